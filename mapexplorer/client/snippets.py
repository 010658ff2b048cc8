"""Write a request so that it can be pasted elsewhere: as an address, for curl, for requests, for mapexplorer.

Secrets never stand in a snippet. Where a request needs a token, the snippet takes it from the environment
variable ``ARCGIS_TOKEN`` when it is run; an address alone gets a mask.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from mapexplorer.protocol import BY_NAME, Call, MapRequest, ResponseFormat, Size

from .addresses import get_url, is_secret, masked_url, service_address
from .credentials import MASK

VARIABLE = "ARCGIS_TOKEN"
SAMPLES = frozenset({"storms", "world", "usa", "earthquakes"})
"""Names by which connect() finds a demo map anywhere; other maps in this process only have their data."""
_EMBEDDED = "embedded.invalid"
_TOKEN_FIELD = "token"  # noqa: S105 - the name of a field


def as_url(call: Call) -> str:
    """Write a call as one address, also where it went out as a form; secrets are masked."""
    url, fields = _taken_apart(call)
    return masked_url(
        get_url(url, {name: MASK if is_secret(name) else value for name, value in fields.items()})
    )


def as_curl(call: Call, *, secured: bool = False) -> str:
    """Write a call as a shell command; ``secured`` adds the token from the environment."""
    url, fields = _taken_apart(call)
    words = ["curl", "--silent", "--show-error", "--fail-with-body"]
    secret = secured or any(is_secret(name) for name in fields)
    plain = {name: value for name, value in fields.items() if not is_secret(name)}
    if call.method == "GET" and not secret:
        return shlex.join([*words, call.url])
    lines = [shlex.join([*words, url])]
    lines += [f"--data-urlencode {shlex.quote(f'{name}={value}')}" for name, value in plain.items()]
    if secret:
        lines.append(f'--data-urlencode "{_TOKEN_FIELD}=${VARIABLE}"')
    return " \\\n  ".join(lines)


def as_python(call: Call, *, secured: bool = False) -> str:
    """Write a call as Python that uses requests; ``secured`` adds the token from the environment."""
    url, fields = _taken_apart(call)
    secret = secured or any(is_secret(name) for name in fields)
    post = secret or call.method == "POST"
    entries = [f"    {name!r}: {value!r}," for name, value in fields.items() if not is_secret(name)]
    if secret:
        entries.append(f"    {_TOKEN_FIELD!r}: os.environ[{VARIABLE!r}],")
    lines = ["import os", ""] if secret else []
    lines += ["import requests", "", "parameters = {", *entries, "}"]
    send = "post" if post else "get"
    keyword = "data" if post else "params"
    lines.append(f"response = requests.{send}({url!r}, {keyword}=parameters, timeout=30)")
    lines.append("response.raise_for_status()")
    if fields.get("f") in ("image", "kmz"):
        lines.append("content = response.content")
    else:
        lines.append("answer = response.json()")
    return "\n".join(lines)


def as_javascript(call: Call, *, secured: bool = False) -> str:
    """Write a call as JavaScript that uses fetch; ``secured`` adds the token from the environment of Node."""
    url, fields = _taken_apart(call)
    secret = secured or any(is_secret(name) for name in fields)
    post = secret or call.method == "POST"
    plain = {name: value for name, value in fields.items() if not is_secret(name)}
    entries = [f"  {json.dumps(name)}: {json.dumps(value)}," for name, value in plain.items()]
    if secret:
        entries.append(f'  "{_TOKEN_FIELD}": process.env.{VARIABLE},')
    lines = ["const parameters = new URLSearchParams({", *entries, "});"]
    if post:
        ask = f'fetch({json.dumps(url)}, {{ method: "POST", body: parameters }})'
    else:
        ask = f"fetch({json.dumps(f'{url}?')} + parameters)"
    lines.append(f"const response = await {ask};")
    lines.append("if (!response.ok) throw new Error(`HTTP status ${response.status}`);")
    binary = fields.get("f") in ("image", "kmz")
    lines.append(
        f"const {'content' if binary else 'answer'} = await response.{'blob' if binary else 'json'}();"
    )
    return "\n".join(lines)


def as_mapexplorer(
    request: MapRequest,
    service_url: str,
    *,
    operation: str = "export",
    secured: bool = False,
    target: str | None = None,
) -> str:
    """Write a request as Python that uses mapexplorer; ``operation`` is ``export`` or ``query_legends``.

    ``target`` names a map in this process: a sample or the path of a file; None stands for tables of the
    session, which are called ``data``.
    """
    if operation not in ("export", "query_legends"):
        raise ValueError(f"operation: expected export or query_legends, got {operation!r}")
    lines = ["import os", ""] if secured else []
    token = f", token=os.environ[{VARIABLE!r}]" if secured else ""
    lines += ["from mapexplorer import connect", ""]
    lines.append(f"service = connect({_target_of(service_url, target)}{token})")
    given = {name: value for name, value in request.given().items() if name != "f"}
    if request.f is ResponseFormat.IMAGE and operation == "export":
        given["f"] = request.f
    arguments = [f"    {name}={_literal(name, value)}," for name, value in given.items()]
    lines += (
        [f"result = service.{operation}(", *arguments, ")"]
        if arguments
        else [f"result = service.{operation}()"]
    )
    return "\n".join(lines)


def as_explorer(
    parameters: Mapping[str, Any],
    target: str | None,
    absent: Iterable[str] = (),
    *,
    secured: bool = False,
    unsent: Mapping[str, Any] | None = None,
) -> str:
    """Write Python that shows a view in an explorer.

    ``target`` None stands for tables of the session, which are called ``data``; ``absent`` are parameters
    that the explorer would set by itself at first and that are not given in this view; ``unsent`` is what it
    keeps for layers that are switched off.
    """
    lines = ["import os", ""] if secured else []
    lines += ["from mapexplorer import explore", ""]
    arguments = ["data" if target is None else repr(target)]
    if secured:
        arguments.append(f"token=os.environ[{VARIABLE!r}]")
    arguments += [f"{name}={_literal(name, value)}" for name, value in parameters.items()]
    lines += ["explorer = explore(", *(f"    {argument}," for argument in arguments), ")"]
    lines += [f"explorer.parameters.{name} = None" for name in absent]
    if unsent:
        lines.append(f"explorer.unsent = {unsent!r}")
    return "\n".join([*lines, "explorer"])


def is_embedded(url: str) -> bool:
    """Whether an address only has a meaning in this process."""
    return urlsplit(url).hostname == _EMBEDDED


def as_served(call: Call, address: str) -> Call:
    """The call to a map in this process as it goes out once the map is served at an address."""
    parts = urlsplit(call.url)
    return replace(call, url=call.url.replace(f"{parts.scheme}://{parts.netloc}", address, 1))


def _target_of(url: str, target: str | None) -> str:
    """Write what connect() needs for a service; an address in this process means nothing elsewhere."""
    address = service_address(url).url
    parts = urlsplit(address)
    if not is_embedded(address):
        return repr(address)
    if target is not None:
        return repr(target)
    name = parts.path.split("/")[-2]
    return repr(f"sample:{name}") if name in SAMPLES else "data"


def _taken_apart(call: Call) -> tuple[str, dict[str, str]]:
    """Separate the bare address from the fields of query and form."""
    parts = urlsplit(call.url)
    fields = dict(parse_qsl(parts.query, keep_blank_values=True)) | dict(call.form or {})
    netloc = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, netloc, parts.path, "", "")), fields


def _literal(name: str, value: Any) -> str:
    """Write a value as a Python literal that MapRequest reads as the same value."""
    row = BY_NAME[name]
    if isinstance(value, bool | int | float) and not hasattr(value, "value"):
        return repr(value)
    if isinstance(value, Size):
        return repr((value.width, value.height))
    if name == "bbox":
        return repr(value.numbers)
    if name in ("bbox_sr", "image_sr") and value.to_text().isdecimal():
        return str(value.to_text())
    if name == "layer_defs":
        return repr(dict(value))
    return repr(str(row.write(value)))
