"""The frozen model that all JSON objects of the wire share, and how its errors name their place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.alias_generators import to_camel, to_snake

from .numerals import shorten

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A finite JSON number; text is not one."""
Whole = Annotated[int, Field(strict=True, ge=-(2**63), lt=2**63)]
"""A JSON number without fraction, of at most 64 bits."""
Flag = Annotated[bool, Field(strict=True)]
"""JSON true or false."""
Text = Annotated[str, Field(strict=True)]
"""A JSON string."""

Path = tuple[str | int, ...]
T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")


class Model(BaseModel):
    """A JSON object: camelCase on the wire, snake_case in Python, frozen.

    Unknown keys are ignored, and a key that is null is one that is not there.
    """

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore", allow_inf_nan=False
    )

    @model_validator(mode="before")
    @classmethod
    def _leave_out_null(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: item for key, item in value.items() if item is not None}
        return value

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object with wire names; what is None is left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class FrozenMapping(dict[K, V]):
    """A dict that cannot be changed and can be hashed.

    >>> FrozenMapping({3: "POP > 5"}) == {3: "POP > 5"}
    True
    """

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("this mapping is frozen; copy it with dict() to change it")

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __copy__(self) -> FrozenMapping[K, V]:
        return self

    def __deepcopy__(self, _: Any) -> FrozenMapping[K, V]:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return (FrozenMapping, (dict(self),))


class ValueFaults(ValueError):  # noqa: N818  (several faults, not one error)
    """What is wrong inside a value: pairs of a path below it and a problem."""

    def __init__(self, faults: Iterable[tuple[Path, str]]) -> None:
        self.faults: tuple[tuple[Path, str], ...] = tuple(faults)
        super().__init__(self.faults)

    def __str__(self) -> str:
        return "; ".join(f"{write_path('', path)}: {problem}".lstrip(": ") for path, problem in self.faults)

    def below(self, *steps: str | int) -> ValueFaults:
        """Give the same faults seen from further up."""
        return ValueFaults(((*steps, *path), problem) for path, problem in self.faults)


def write_path(root: str, path: Path) -> str:
    """Write a JSON path below a root.

    >>> write_path("dynamicLayers", (1, "drawingInfo", "renderer"))
    'dynamicLayers[1].drawingInfo.renderer'
    """
    text = root
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif re.fullmatch(r"\w{1,64}", step):
            text += f".{step}" if text else step
        else:
            text += f"[{shorten(step)}]"
    return text


def validate(adapter: TypeAdapter[T], value: Any) -> T:
    """Read a JSON value into its model; raise ValueFaults with all faults and their paths."""
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise ValueFaults(list(describe_faults(error, value))) from error


def describe_faults(error: ValidationError, value: Any) -> Iterator[tuple[Path, str]]:
    """Say each fault of a validation as a JSON path below ``value`` and one problem."""
    for fault in error.errors(include_url=False):
        path = _json_path(fault["loc"], value, keep_last=fault["type"] == "missing")
        cause = fault.get("ctx", {}).get("error")
        if isinstance(cause, ValueFaults):
            yield from cause.below(*path).faults
            continue
        yield (
            (*path, "type") if fault["type"].startswith("union_tag") else path,
            _problem(fault["type"], fault["msg"], fault.get("ctx", {}), fault["input"]),
        )


def _problem(kind: str, message: str, context: Mapping[str, Any], value: Any) -> str:
    if kind == "missing" or kind == "union_tag_not_found":
        return "is required"
    if kind == "union_tag_invalid":
        return f"expected one of {context['expected_tags']}, not {shorten(context['tag'])}"
    if kind == "value_error":
        return str(context["error"])
    if message.startswith("Input should be "):
        expected = message.removeprefix("Input should be ").replace("a valid ", "a ")
        expected = {
            "a string": "text",
            "a boolean": "true or false",
            "a dictionary": "an object",
            "a tuple": "an array",
            "a integer": "a whole number",
        }.get(expected, expected)
        if kind in ("model_type", "model_attributes_type", "dataclass_type"):
            expected = "an object"
        if expected.startswith(("greater", "less")):
            expected = f"a number {expected}"
        return f"expected {expected}, not {shorten(value)}"
    return message.replace("Tuple should", "the array should").replace("String should", "the text should")


def _json_path(location: tuple[int | str, ...], value: Any, keep_last: bool) -> Path:
    """Keep the steps that exist in the value; the others name branches of a union."""
    path: list[str | int] = []
    for number, step in enumerate(location):
        last = keep_last and number == len(location) - 1
        name = _key_in(value, step)
        if name is not None:
            value = value[name]
            path.append(step)
        elif last:
            path.append(step)
    return tuple(path)


def _key_in(value: Any, step: int | str) -> Any:
    if isinstance(value, (list, tuple)) and isinstance(step, int) and 0 <= step < len(value):
        return step
    if isinstance(value, dict):
        for name in (step, to_snake(step) if isinstance(step, str) else step):
            if name in value:
                return name
    return None
