"""What a server does with memory: finished buffers are kept, what is loaded is left alone."""

import gc
import subprocess
import sys

import pytest

from mapexplorer.service.allocation import set_loaded_aside

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


def test_what_is_loaded_is_out_of_the_rounds_of_the_collector():
    loaded = [{"a": [number]} for number in range(1_000)]
    before = len(gc.get_objects())
    try:
        set_loaded_aside()
        assert gc.get_freeze_count() >= len(loaded)
        assert len(gc.get_objects()) < before - len(loaded)
    finally:
        gc.unfreeze()
