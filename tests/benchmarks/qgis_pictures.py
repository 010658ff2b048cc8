"""Draws the pictures and swatches that `beside` asks for, with QGIS.

Runs under the Python that QGIS is bound to, with the pictures as JSON on standard input (`written_for_qgis`
of `beside` makes them): every one has its layers from top to bottom, each with its data, symbols and labels.
"""

import json
import sys

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsBilinearRasterResampler,
    QgsCategorizedSymbolRenderer,
    QgsCoordinateReferenceSystem,
    QgsFillSymbol,
    QgsLabelLineSettings,
    QgsLineSymbol,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsMarkerSymbol,
    QgsPalLayerSettings,
    QgsProject,
    QgsRasterLayer,
    QgsRasterMarkerSymbolLayer,
    QgsRectangle,
    QgsRendererCategory,
    QgsRuleBasedLabeling,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsUnitTypes,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor, QFont, QImage, QPainter

PIXELS = 96 / 72
PEN = {
    "esriSLSSolid": "solid",
    "esriSLSDash": "dash",
    "esriSLSDot": "dot",
    "esriSLSDashDot": "dash dot",
    "esriSLSDashDotDot": "dash dot dot",
    "esriSLSNull": "no",
}
BRUSH = {
    "esriSFSSolid": "solid",
    "esriSFSNull": "no",
    "esriSFSHorizontal": "horizontal",
    "esriSFSVertical": "vertical",
    "esriSFSCross": "cross",
    "esriSFSDiagonalCross": "diagonal_x",
    "esriSFSForwardDiagonal": "f_diagonal",
    "esriSFSBackwardDiagonal": "b_diagonal",
}
SHAPE = {
    "esriSMSCircle": "circle",
    "esriSMSSquare": "square",
    "esriSMSDiamond": "diamond",
    "esriSMSTriangle": "triangle",
    "esriSMSCross": "cross",
    "esriSMSX": "cross2",
}
POSITIONS = {
    "AboveRight": [QgsPalLayerSettings.TopRight],
    "CenterRight": [QgsPalLayerSettings.MiddleRight],
}
"""Where a label is tried first; then at the other places round the point, as ours does."""
AROUND = [
    QgsPalLayerSettings.TopRight,
    QgsPalLayerSettings.MiddleRight,
    QgsPalLayerSettings.BottomRight,
    QgsPalLayerSettings.TopLeft,
    QgsPalLayerSettings.MiddleLeft,
    QgsPalLayerSettings.BottomLeft,
    QgsPalLayerSettings.TopMiddle,
    QgsPalLayerSettings.BottomMiddle,
]


def color(rgba):
    """A colour as QGIS writes it; none is invisible."""
    return ",".join(map(str, rgba or (0, 0, 0, 0)))


def outline_of(esri):
    """The properties of an outline."""
    line = esri.get("outline")
    if not line or not line.get("color"):
        return {"outline_style": "no"}
    return {
        "outline_color": color(line["color"]),
        "outline_width": str(line["width"] * PIXELS),
        "outline_width_unit": "Pixel",
        "outline_style": PEN[line.get("style", "esriSLSSolid")],
        "joinstyle": "round",
    }


def symbol_of(esri):
    """The QGIS symbol that looks like an Esri one."""
    if esri["type"] == "esriSLS":
        return QgsLineSymbol.createSimple(
            {
                "line_color": color(esri["color"]),
                "line_width": str(esri["width"] * PIXELS),
                "line_width_unit": "Pixel",
                "line_style": PEN[esri.get("style", "esriSLSSolid")],
                "capstyle": "round",
                "joinstyle": "round",
            }
        )
    if esri["type"] == "esriSFS":
        return QgsFillSymbol.createSimple(
            {"color": color(esri.get("color")), "style": BRUSH[esri["style"]], **outline_of(esri)}
        )
    if esri["type"] == "esriPMS":
        picture = QgsRasterMarkerSymbolLayer(f"base64:{esri['imageData']}")
        picture.setSizeUnit(QgsUnitTypes.RenderPixels)
        picture.setSize(esri["width"] * PIXELS)
        picture.setAngle(-esri.get("angle", 0))
        marker = QgsMarkerSymbol()
        marker.changeSymbolLayer(0, picture)
        return marker
    size = {"name": SHAPE[esri["style"]], "size": str(esri["size"] * PIXELS), "size_unit": "Pixel"}
    turned = {"angle": str(-esri.get("angle", 0))}
    return QgsMarkerSymbol.createSimple({"color": color(esri["color"]), **outline_of(esri), **size, **turned})


def text_format(esri):
    """The letters of a text symbol with their halo."""
    font = QFont(esri["font"]["family"])
    font.setBold(esri["font"].get("weight") == "bold")
    font.setItalic(esri["font"].get("style") == "italic")
    text = QgsTextFormat()
    text.setFont(font)
    text.setSize(esri["font"]["size"] * PIXELS)
    text.setSizeUnit(QgsUnitTypes.RenderPixels)
    text.setColor(QColor(*esri["color"]))
    if esri.get("haloSize"):
        halo = QgsTextBufferSettings()
        halo.setEnabled(True)
        # QGIS draws the halo with a pen of this width, half of which lies inside the letters.
        halo.setSize(2 * esri["haloSize"] * PIXELS)
        halo.setSizeUnit(QgsUnitTypes.RenderPixels)
        halo.setColor(QColor(*esri["haloColor"]))
        text.setBuffer(halo)
    return text


def label_rule(entry, layer, priority):
    """The rule of one label class, whose features and texts stand in the data."""
    settings = QgsPalLayerSettings()
    settings.fieldName = "label"
    settings.enabled = True
    settings.priority = priority
    settings.setFormat(text_format(entry["symbol"]))
    settings.distUnits = QgsUnitTypes.RenderPixels
    kind = layer.geometryType()
    if kind == 0:
        settings.placement = QgsPalLayerSettings.OrderedPositionsAroundPoint
        first = POSITIONS.get(entry["position"], [])
        settings.predefinedPositionOrder = first + [place for place in AROUND if place not in first]
        settings.offsetType = QgsPalLayerSettings.FromSymbolBounds
        settings.dist = 1.5 * PIXELS
    elif kind == 1:
        settings.placement = QgsPalLayerSettings.Line
        lines = settings.lineSettings()
        lines.setPlacementFlags(QgsLabelLineSettings().placementFlags())
        settings.setLineSettings(lines)
    else:
        settings.placement = QgsPalLayerSettings.Horizontal
    rule = QgsRuleBasedLabeling.Rule(settings)
    rule.setFilterExpression(f'"labelclass" = {entry["number"]}')
    return rule


def vector_layer(wanted, priority):
    """A layer of features whose fields `class`, `label` and `labelclass` tell how they are drawn."""
    layer = QgsVectorLayer(wanted["data"], wanted["name"], "ogr")
    categories = [
        QgsRendererCategory(number, symbol_of(symbol), str(number))
        for number, symbol in enumerate(wanted["symbols"])
        if symbol is not None
    ]
    layer.setRenderer(QgsCategorizedSymbolRenderer("class", categories))
    if wanted["labels"]:
        root = QgsRuleBasedLabeling.Rule(QgsPalLayerSettings())
        for entry in wanted["labels"]:
            root.appendChild(label_rule(entry, layer, priority))
        layer.setLabeling(QgsRuleBasedLabeling(root))
        layer.setLabelsEnabled(True)
    return layer


def raster_layer(wanted):
    """A picture, smoothed."""
    layer = QgsRasterLayer(wanted["raster"], wanted["name"])
    layer.setCrs(QgsCoordinateReferenceSystem.fromWkt(wanted["crs"]))
    layer.resampleFilter().setZoomedInResampler(QgsBilinearRasterResampler())
    layer.resampleFilter().setZoomedOutResampler(QgsBilinearRasterResampler())
    return layer


def draw(wanted):
    """Draw one picture."""
    layers = []
    for number, entry in enumerate(wanted["layers"]):
        layer = raster_layer(entry) if "raster" in entry else vector_layer(entry, max(10 - number, 0))
        assert layer.isValid(), entry["name"]
        layer.setOpacity(1 - entry["transparency"] / 100)
        layers.append(layer)
    QgsProject.instance().addMapLayers(layers)
    settings = QgsMapSettings()
    settings.setDestinationCrs(QgsCoordinateReferenceSystem(wanted["crs"]))
    settings.setExtent(QgsRectangle(*wanted["extent"]))
    settings.setOutputSize(QSize(*wanted["size"]))
    settings.setOutputDpi(96)
    settings.setBackgroundColor(QColor(*wanted["background"]))
    settings.setFlag(Qgis.MapSettingsFlag.Antialiasing, True)
    settings.setLayers(layers)
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(wanted["picture"])
    QgsProject.instance().removeAllMapLayers()


def draw_swatch(wanted):
    """Draw one legend patch: a marker at its own size, else a patch of 27 by 20 pixels."""
    symbol = symbol_of(wanted["symbol"])
    image = QImage(27, 20, QImage.Format_ARGB32_Premultiplied)
    image.fill(QColor(255, 255, 255))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.Antialiasing)
    symbol.drawPreviewIcon(painter, QSize(27, 20))
    painter.end()
    image.save(wanted["picture"])


# Pictures of markers need the application with its windows, which the offscreen platform never opens.
application = QgsApplication([], True)
application.initQgis()
task = json.load(sys.stdin)
for picture in task["pictures"]:
    draw(picture)
for swatch in task["swatches"]:
    draw_swatch(swatch)
application.exitQgis()
