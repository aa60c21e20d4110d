"""Writing a scenario as the file that reads as it: for scenarios that a program found."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from rig.scenario.form import Scenario

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def text_of(scenario: Scenario) -> str:
    """The file; what is at its default is left out."""
    plain: dict[str, Any] = msgspec.to_builtins(scenario)
    steps = plain.pop("step", ())
    tables = {key: plain.pop(key) for key in ("station", "bench", "invariants") if key in plain}
    parts = ["".join(f"{_key(key)} = {_value(value)}\n" for key, value in plain.items())]
    parts += [_table(f"[{name}]", fields) for name, fields in tables.items()]
    parts += [_table("[[step]]", fields) for fields in steps]
    return "\n".join(part for part in parts if part)


def _table(head: str, fields: Mapping[str, Any]) -> str:
    return head + "\n" + "".join(f"{_key(key)} = {_value(value)}\n" for key, value in fields.items())


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _text(text: str) -> str:
    # A JSON string is a basic string of TOML, but for the one control character that JSON leaves as it is.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        return str(value) if math.isfinite(value) else f"{value}".replace("Infinity", "inf")
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return str(value)
