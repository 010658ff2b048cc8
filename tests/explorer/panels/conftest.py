"""Every test has a stand-in for the explorer, and no front end."""

from __future__ import annotations

from typing import Any

import comm
import pytest
from comm.base_comm import BaseComm

from .stand_in import StandIn


class RecordingComm(BaseComm):
    sent: list[Any]

    def publish_msg(
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any
    ) -> None:
        type(self).sent.append((msg_type, self.comm_id, data))


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the kernel sends to the browser."""
    RecordingComm.sent = []
    monkeypatch.setattr(comm, "create_comm", lambda *given, **options: RecordingComm(*given, **options))
    return RecordingComm.sent


@pytest.fixture
def explorer() -> StandIn:
    return StandIn()
