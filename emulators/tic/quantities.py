"""What a meter can show, by the names that the rows of labels.py use as their source."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from emulators.tic.frame import Group, Value
from emulators.tic.labels import Row


class Dated(NamedTuple):
    """A value and its time stamp."""

    value: Value
    stamp: str


Quantity = Value | Dated | None
Quantities = dict[str, Quantity]
"""Absent or None where there is nothing to show."""


def numbered(name: str, values: Iterable[Quantity]) -> Quantities:
    """Quantities of the same kind as `name.1`, `name.2` and so on."""
    return {f"{name}.{number}": value for number, value in enumerate(values, start=1)}


def groups_of(rows: Iterable[Row], quantities: Quantities) -> tuple[Group, ...]:
    """The groups of those rows for which there is something to show."""
    groups = []
    for row in rows:
        quantity = quantities.get(row.source)
        if isinstance(quantity, Dated):
            groups.append(Group(row.name, quantity.value, quantity.stamp))
        elif quantity is not None:
            groups.append(Group(row.name, quantity))
    return tuple(groups)
