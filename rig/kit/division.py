"""Examples of how a station divides its current, from the table of the suite `scenarios`, as scenarios."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from rig.errors import HarnessError
from rig.scenario.form import BenchTable, Expect, Plug, Scenario, Step
from rig.scenario.script import Script, script

# The second car comes when the minute of the first is over, and is given its own.
SECOND_CAR_S, JUDGED_S = 90.0, 180.0
CARS: Mapping[str, dict[str, Any]] = {
    "1p": {"like": "obedient-1p", "max_a": 32.0},
    "2p": {"like": "obedient-2p", "max_a": 32.0},
    "3p": {"like": "obedient-3p", "max_a": 32.0},
    "14 A": {"like": "chameleon"},
}
NO_CAR = "none"


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of the table; its head says what each key means."""

    id: str
    clauses: tuple[str, ...]
    orders: tuple[str, ...]
    station_a: float
    connector_a: float
    cars: tuple[str, str]
    offers_a: tuple[float, float]
    loaded: tuple[int, int] | None = None
    licence: str = "SLB"
    probing: bool = False


def examples(table: Path) -> Iterator[Script]:
    """A scenario for every alternative of every row. Raises HarnessError for a table that is broken."""
    try:
        rows = msgspec.convert(tomllib.loads(table.read_text(encoding="utf-8"))["example"], list[Example])
    except (OSError, KeyError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise HarnessError(f"{table}: {error}") from error
    for row in rows:
        for orders in itertools.product(*(order.split("|") for order in row.orders)):
            for cars in itertools.product(*(car.split("|") for car in row.cars)):
                yield script(_scenario(row, orders, cars))


def _scenario(row: Example, orders: tuple[str, ...], cars: tuple[str, ...]) -> Scenario:
    given = zip((*row.orders, *row.cars), (*orders, *cars), strict=True)
    chosen = [one for alternatives, one in given if alternatives != one]
    plugs = [
        Step(at_s=at_s, plug=Plug(socket=socket, car=CARS[car]))
        for socket, at_s, car in zip((1, 2), (0.0, SECOND_CAR_S), cars, strict=True)
        if car != NO_CAR
    ]
    return Scenario(
        name=" ".join([row.id, *chosen]),
        clauses=row.clauses,
        station={
            "FeatureLicenseKey": row.licence,
            **({"Static-LoadBalancing": "On"} if row.licence else {}),
            "Station-MaxCurrent": row.station_a,
            "Connector1-MaxCurrent": row.connector_a,
            "Connector2-MaxCurrent": row.connector_a,
        },
        bench=BenchTable(
            sockets=2,
            feeders=2 if len(orders) == 2 else 1,
            feeder=orders[0],
            feeder_2=orders[1] if len(orders) == 2 else "",
            probing=row.probing,
        ),
        steps=(*plugs, *_expectations(row, cars)),
    )


def _expectations(row: Example, cars: tuple[str, ...]) -> Iterator[Step]:
    for socket, car in enumerate(cars, 1):
        offer_a = 0.0 if car == NO_CAR else row.offers_a[socket - 1]
        yield Step(at_s=JUDGED_S, expect=Expect(socket=socket, offered_a=offer_a))
        if row.loaded is not None:
            yield Step(at_s=JUDGED_S, expect=Expect(socket=socket, loaded_phases=row.loaded[socket - 1]))
