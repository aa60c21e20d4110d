"""Reading the TOML tables that ship in `rig/clauses/data`, and looking up a row of any of them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from rig.errors import ConfigurationError, HarnessError

T = TypeVar("T")

# How many ids a message about an unknown one suggests.
SUGGESTIONS = 3


def read_file(name: str) -> dict[str, Any]:
    """The content of `data/<name>`. Raises HarnessError when it is not TOML."""
    try:
        return tomllib.loads(files("rig.clauses").joinpath("data", name).read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as exc:
        raise HarnessError(f"rig/clauses/data/{name}: {exc}") from exc


def to_rows(name: str, tables: Mapping[str, Any], row: type[T], **common: str) -> dict[str, T]:
    """The tables of file `name` as rows of type `row`, each with its key as `id` and with the `common` fields.

    Raises HarnessError when a table does not fit the type, saying which and why.
    """
    rows = {}
    for key, fields in tables.items():
        try:
            rows[key] = msgspec.convert({"id": key, **common, **fields}, row)
        except (TypeError, msgspec.ValidationError) as exc:
            raise HarnessError(f"rig/clauses/data/{name}: [{key}]: {exc}") from exc
    return rows


def read_rows(name: str, row: type[T]) -> Mapping[str, T]:
    """The rows of a file that holds nothing else. Raises HarnessError when the file is broken."""
    return MappingProxyType(to_rows(name, read_file(name), row))


def look_up(table: Mapping[str, T], key: str, what: str) -> T:
    """The row `key`. Raises ConfigurationError for an unknown one, with the nearest keys; `what` names the rows."""
    try:
        return table[key]
    except KeyError:
        raise ConfigurationError(f"unknown {what} {key!r}{_did_you_mean(key, table)}") from None


def _did_you_mean(key: str, known: Mapping[str, object]) -> str:
    from difflib import get_close_matches  # only needed for a message, and slow to import

    by_folded = {name.casefold(): name for name in known}
    near = [by_folded[name] for name in get_close_matches(key.casefold(), by_folded, n=SUGGESTIONS)]
    return f"; did you mean {' or '.join(near)}?" if near else ""
