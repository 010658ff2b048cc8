"""Where a front end that is not Jupyter's own finds the modules of widgets.

Visual Studio Code brings those of ipywidgets itself. For all others it reads, beside the kernel, the file
extension.js of every folder in nbextensions: the configuration of RequireJS in it says which script is which
module. What is not there it asks public servers for.
"""

from __future__ import annotations

import functools
import re
import sys
from pathlib import Path

BUNDLED = frozenset({"@jupyter-widgets/base", "@jupyter-widgets/controls", "@jupyter-widgets/output"})
NBEXTENSIONS = Path(sys.prefix, "share", "jupyter", "nbextensions")
_CONFIGURED = re.compile(r"require(?:js)?(?:\?\.|\.)config\(\{(.*?)\)", re.DOTALL)
_MAPPED = re.compile(r"""["']?([\w@./-]+)["']?\s*:\s*["']nbextensions/([\w@./-]+)["']""")


@functools.cache
def local_modules() -> dict[str, str]:
    """The modules beside the kernel, and the script of each, below the folder and without its ending."""
    found: dict[str, str] = {}
    for entry in sorted(NBEXTENSIONS.glob("*/extension.js")):
        configured = _CONFIGURED.search(entry.read_text(encoding="utf-8"))
        if configured:
            found |= dict(_MAPPED.findall(configured.group(1)))
    return {name: script for name, script in found.items() if name not in BUNDLED}
