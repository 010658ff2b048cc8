"""A small part of Arcade, Esri's expression language, for labels, renderers and drawing order.

Expressions are parsed to a tree of known parts and evaluated on whole columns, in a bounded number of steps;
nothing is executed. Whatever else the language has (functions of its own, dictionaries, other features,
geometry) is refused by its name. Source: Esri, ArcGIS Arcade, function reference.
"""

from mapexplorer.service.arcade.evaluation import Names, Program, parse_program
from mapexplorer.service.arcade.syntax import ArcadeError

__all__ = ["ArcadeError", "Names", "Program", "parse_program"]
