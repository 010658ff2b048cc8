"""A process that serves maps keeps its buffers: measured by the pages it must have cleared."""

import subprocess
import sys

import pytest

CODE = """
import resource, sys
import numpy as np
from mapexplorer.service.allocation import keep_buffers
if sys.argv[1] == "keep" and not keep_buffers():
    print("not here")
    sys.exit()
def draw():
    np.ones(3 * 2**20, dtype=np.uint8)
draw()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(50):
    draw()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="told to glibc only")
def test_buffers_that_are_kept_need_no_new_pages():
    faults = {
        mode: subprocess.run(
            [sys.executable, "-c", CODE, mode], capture_output=True, text=True, check=True
        ).stdout.strip()
        for mode in ("keep", "give back")
    }
    if faults["keep"] == "not here":
        pytest.skip("this C library cannot be told")
    assert int(faults["keep"]) < 50
    assert int(faults["give back"]) > 500
