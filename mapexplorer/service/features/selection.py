"""Which features of which layers a request means: the filters of a map request, without its picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mapexplorer.protocol import (
    MapRequest,
    Operation,
    ParameterError,
    RequestErrors,
)
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.limits import Limits
from mapexplorer.service.view import MapView, build_view


def filtered_view(
    catalog: MapCatalog,
    wire: Sequence[tuple[str, str]],
    limits: Limits,
    *,
    names: Mapping[str, str],
    any_scale: bool,
    given: Mapping[str, Any] | None = None,
) -> MapView:
    """Return the view of a map request made of wire parameters, with every filter worked out.

    Without a bbox it is that of the whole map. `names` tells under which names the caller knows the
    parameters; `any_scale` takes layers out of their scale range too; `given` sets parameters by their Python
    name. Raises `RequestErrors`.
    """
    try:
        request = MapRequest.decode(Operation.QUERY_LEGENDS, wire)
        if given:
            request = request.replace(**given)
        return build_view(catalog, request, Operation.QUERY_LEGENDS, limits, any_scale=any_scale)
    except RequestErrors as errors:
        raise RequestErrors([_renamed(fault, names) for fault in errors.faults]) from None
    except ParameterError as fault:
        raise RequestErrors([_renamed(fault, names)]) from None


def _renamed(fault: ParameterError, names: Mapping[str, str]) -> ParameterError:
    return ParameterError(names.get(fault.parameter, fault.parameter), fault.problem)
