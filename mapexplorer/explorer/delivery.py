"""What widgets say reaches the page, also when the page is slow to listen.

A kernel publishes on a ZeroMQ socket, which keeps 1,000 messages for a reader that falls behind and drops
the rest without a word. An explorer sends more than that when it is made or opens a service: on a busy
machine controls would be missing in the page, and a box that names one of them would stay empty for good.

Where the cells of a notebook run before its page is there, as in Voila, the page asks for the state of all
widgets when it comes. What they say from then until the page has made them is lost, and a widget made in that
time breaks all that hold it, because the page does not know yet what it refers to. There the explorer keeps
answers back until the page has shown the map.
"""

from __future__ import annotations

import os
import sys
from typing import Any

MOST_UNREAD = 5_000
"""Messages that a kernel keeps for a reader: several times what an explorer says when it is made."""
LONGEST_HOLD = 60.0
"""Seconds after which answers are shown although no page shows the map; a busy machine is slow."""


def comes_before_its_page() -> bool:
    """Whether the cells of this kernel run before the page that will show their widgets is there."""
    return os.environ.get("SERVER_SOFTWARE", "").startswith("voila/")


def keep_unread_messages() -> None:
    """Let this kernel keep far more messages for a slow page; does nothing where there is no such kernel."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    thread = getattr(getattr(shell, "kernel", None), "iopub_thread", None)
    socket = getattr(thread, "socket", None)
    if thread is None or socket is None:  # a kernel without ZeroMQ, as in a browser
        return
    thread.schedule(lambda: _raise_limit(socket))


def _raise_limit(socket: Any) -> None:
    """Raise the limit, also for readers already connected; runs on the thread that owns the socket."""
    import zmq

    socket.setsockopt(zmq.SNDHWM, max(MOST_UNREAD, socket.getsockopt(zmq.SNDHWM)))
