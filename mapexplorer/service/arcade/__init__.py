"""A small part of Arcade, Esri's expression language, for labels, drawing order and visual variables.

Expressions are parsed to a tree of known parts and evaluated on whole columns; nothing is executed. Whatever
else the language has (loops, functions, other features, geometry) is refused by its name. Source: Esri,
ArcGIS Arcade, function reference.
"""

from mapexplorer.service.arcade.evaluation import Program, parse_program
from mapexplorer.service.arcade.syntax import ArcadeError

__all__ = ["ArcadeError", "Program", "parse_program"]
