"""A file of the picture: what is said while it comes, how it is given up, and the link that saves it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from mapexplorer.client.transport import on_received
from mapexplorer.explorer.panels.download import DownloadBox
from mapexplorer.protocol import ResponseFormat, TransportError

from .stand_in import choose, press, visible


class Service(SimpleNamespace):
    """Sends what a test lets come, and stops where nobody listens any more."""

    def __init__(self, explorer, steps=(), error=None):
        super().__init__(explorer=explorer, steps=steps, error=error, asked=[], seen=[], stopped=False)

    def export(self, request, **changes):
        self.asked.append(request.replace(**changes))
        for come, total, act in self.steps:
            self.stopped = on_received.get()(come, total) is False
            self.explorer.pass_time(1)
            self.seen.append(self.box.result.value)
            act(self.box)
        if self.error is not None:
            raise self.error
        return SimpleNamespace(request=self.asked[-1], content=b"PK123", width=400, height=300)


@pytest.fixture
def make(explorer):
    def make(*steps, error=None):
        explorer.service = Service(explorer, steps, error)
        box = explorer.service.box = DownloadBox(explorer)
        box.offer(explorer.info)
        return box

    return make


def nothing(box):
    pass


def run(explorer):
    explorer.controller.scheduler.run_job()


def test_what_has_come_and_how_long_it_took_is_told_where_no_number_is_announced(make, explorer):
    box = make((2_500_000, None, nothing), (3_600_000, None, nothing))
    press(box.button)
    assert "The service draws the map … 0 s" in box.result.value
    explorer.pass_time(2)
    assert "The service draws the map … 2 s" in box.result.value
    run(explorer)
    seen = explorer.service.seen
    assert "2.5 MB so far, 3 s; the service does not say how many there will be." in seen[0]
    assert "3.6 MB so far, 4 s" in seen[1]
    assert not visible(box.progress)
    assert "Save map.png" in box.result.value
    assert 'role="status"' in box.result.value


def test_a_bar_shows_the_part_that_has_come_where_the_number_is_announced(make, explorer):
    bars = []
    box = make((1_000_000, 4_000_000, lambda box: bars.append((visible(box.progress), box.progress.value))))
    press(box.button)
    assert (visible(box.cancel), box.button.disabled) == (True, True)
    run(explorer)
    assert bars == [(True, 25)]
    assert "1.0 MB of 4.0 MB, 1 s" in explorer.service.seen[0]
    assert (visible(box.cancel), visible(box.progress), box.button.disabled) == (False, False, False)


def test_the_description_before_a_picture_is_no_progress(make, explorer):
    bars = []
    box = make((300, 300, lambda box: bars.append(visible(box.progress))))
    press(box.button)
    run(explorer)
    assert bars == [False]
    assert "The service draws the map" in explorer.service.seen[0]


def test_what_is_cancelled_stops_the_transfer_and_gives_no_file(make, explorer):
    box = make((500_000, None, lambda box: press(box.cancel)), (600_000, None, nothing))
    press(box.button)
    run(explorer)
    assert explorer.service.stopped
    assert "Cancelled; there is no file." in box.result.value
    assert "Save" not in box.result.value
    assert not box.button.disabled
    assert not visible(box.cancel)


def test_a_second_file_is_not_disturbed_by_the_one_that_was_given_up(make, explorer):
    box = make()
    press(box.button)
    press(box.cancel)
    choose(box.format, "kmz, for globes such as Google Earth")
    press(box.button)
    run(explorer)
    assert box.button.disabled, "the answer of the first is not taken"
    run(explorer)
    assert "Save map.kmz" in box.result.value
    assert explorer.service.asked[-1].f is ResponseFormat.KMZ


def test_a_failure_is_one_sentence(make, explorer):
    box = make(error=TransportError("Nobody answers."))
    press(box.button)
    run(explorer)
    assert "Nobody answers." in box.result.value
    assert 'role="alert"' in box.result.value
    assert not box.button.disabled
