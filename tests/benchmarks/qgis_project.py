"""Writes the project that QGIS Server draws a dataset from.

Runs under the Python that QGIS is bound to, with a description of the dataset as JSON on standard input.
"""

import json
import sys

from qgis.core import (
    QgsApplication,
    QgsCategorizedSymbolRenderer,
    QgsFillSymbol,
    QgsLineSymbol,
    QgsMarkerSymbol,
    QgsPalLayerSettings,
    QgsProject,
    QgsRendererCategory,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsUnitTypes,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtGui import QColor, QFont

PIXELS = 96 / 72


def color(rgba):
    """A colour as QGIS writes it."""
    return ",".join(map(str, rgba))


def symbol_of(esri, dash):
    """The QGIS symbol that looks like an Esri one."""
    if esri["type"] == "esriSLS":
        return QgsLineSymbol.createSimple(
            {
                "line_color": color(esri["color"]),
                "line_width": str(esri["width"] * PIXELS),
                "line_width_unit": "Pixel",
                "use_custom_dash": "1",
                "customdash": ";".join(map(str, dash)),
                "customdash_unit": "Pixel",
                "capstyle": "flat",
            }
        )
    properties = {
        "color": color(esri["color"]),
        "outline_color": color(esri["outline"]["color"]),
        "outline_width": str(esri["outline"]["width"] * PIXELS),
        "outline_width_unit": "Pixel",
    }
    if esri["type"] == "esriSFS":
        return QgsFillSymbol.createSimple(properties)
    size = {"name": "circle", "size": str(esri["size"] * PIXELS), "size_unit": "Pixel"}
    return QgsMarkerSymbol.createSimple({**properties, **size})


def labeling():
    """Labels above and to the right of the points, with a halo."""
    text = QgsTextFormat()
    text.setFont(QFont("DejaVu Sans"))
    text.setSize(12)
    text.setSizeUnit(QgsUnitTypes.RenderPixels)
    text.setColor(QColor(40, 40, 40))
    halo = QgsTextBufferSettings()
    halo.setEnabled(True)
    halo.setSize(PIXELS)
    halo.setSizeUnit(QgsUnitTypes.RenderPixels)
    halo.setColor(QColor(255, 255, 255))
    text.setBuffer(halo)
    settings = QgsPalLayerSettings()
    settings.fieldName = "name"
    settings.enabled = True
    settings.placement = QgsPalLayerSettings.OrderedPositionsAroundPoint
    settings.dist = 3
    settings.distUnits = QgsUnitTypes.RenderPixels
    settings.setFormat(text)
    return QgsVectorLayerSimpleLabeling(settings)


def write(wanted):
    """Write a project with one layer, its classes told by the field `class`."""
    layer = QgsVectorLayer(wanted["shapefile"], "features", "ogr")
    categories = [
        QgsRendererCategory(str(number), symbol_of(symbol, wanted["dash"]), str(number))
        for number, symbol in enumerate(wanted["symbols"])
    ]
    layer.setRenderer(QgsCategorizedSymbolRenderer("class", categories))
    if wanted["labelled"]:
        layer.setLabeling(labeling())
        layer.setLabelsEnabled(True)
    project = QgsProject.instance()
    project.setCrs(layer.crs())
    project.addMapLayer(layer)
    project.write(wanted["project"])


application = QgsApplication([], False)
application.initQgis()
write(json.load(sys.stdin))
