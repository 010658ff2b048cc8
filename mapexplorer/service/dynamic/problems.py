"""What is wrong with an element of dynamicLayers, told with its JSON path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mapexplorer.protocol import ParameterError


class ElementProblem(Exception):  # noqa: N818 - a cause, told as a ParameterError
    """Something in an element of dynamicLayers that cannot be obeyed: its JSON path and what is wrong."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(place, problem)
        self.place = place
        self.problem = problem

    def fault(self) -> ParameterError:
        """Return the fault as a request is told of it."""
        return ParameterError(self.place, self.problem)


def located(faults: Iterable[str]) -> Iterator[ParameterError]:
    """Turn faults written as `path: problem` into those of a parameter."""
    for fault in faults:
        place, _, problem = fault.partition(": ")
        yield ParameterError(place, problem)
