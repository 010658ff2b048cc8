"""Labels: what is written where on a map (Esri, Labeling objects).

`placement.place` turns the label classes of a view into `PlacedLabel` values, which say which text stands
where in which style; `writing.draw_labels` draws them on pixels or in a vector format.
"""
