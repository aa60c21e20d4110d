"""Settings, turns, pauses and what is drawn together, of the cases with two sockets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rig.case import Case
from rig.kit import turns as kit
from rig.kit.turns import Turn
from rig.options import RunOptions
from station.settings import Settings


@pytest.fixture
def case() -> Iterator[Case]:
    case = Case("slb/dividing/it", RunOptions())
    yield case
    case.close()


def pilot(case: Case, at_s: float, socket: int, offered_a: float | None) -> None:
    case.timeline.record(at_s, "board", "pilot", {"socket": socket, "offered_a": offered_a})


def currents(case: Case, at_s: float, socket: int, *i_a: float) -> None:
    case.timeline.record(at_s, "board", "currents", {"socket": socket, "i_a": i_a})


def times(found: list[Turn]) -> list[tuple[int, float, float | None]]:
    return [(turn.socket, turn.start.at_s, None if turn.end is None else turn.end.at_s) for turn in found]


class TestSettings:
    def test_the_station_takes_them_as_they_are_meant(self) -> None:
        two = {"station.sockets": 2}
        given = Settings.from_mapping({**kit.sharing(25.0, period_s=60.0), **two})
        assert given.shares
        assert given.alternating_s == 60.0
        assert given.connectors_da == (250, 250)
        assert not Settings.from_mapping({**kit.unshared(25.0), **two}).shares


class TestTurns:
    def test_from_the_offer_to_its_end(self, case: Case) -> None:
        pilot(case, 0.0, 1, None)
        pilot(case, 1.0, 1, 11.0)
        pilot(case, 2.0, 1, 10.0)
        pilot(case, 61.0, 1, None)
        pilot(case, 62.0, 2, 11.0)
        pilot(case, 63.0, 1, None)
        assert times(kit.turns(case)) == [(1, 1.0, 61.0), (2, 62.0, None)]
        assert times(kit.turns(case, since_s=2.0)) == [(2, 62.0, None)]

    def test_pauses_are_between_them(self, case: Case) -> None:
        for at_s, socket, offered_a in ((0.0, 1, 11.0), (60.0, 1, None), (60.0, 2, 11.0), (120.0, 2, None)):
            pilot(case, at_s, socket, offered_a)
        pilot(case, 121.0, 1, 11.0)
        pauses = [(turn.socket, turn.start.at_s, turn.end and turn.end.at_s) for turn in kit.pauses(case)]
        assert pauses == [(1, 60.0, 121.0), (2, 120.0, None)]


class TestDrawn:
    def test_on_the_fullest_phase_of_the_grid(self, case: Case) -> None:
        currents(case, 1.0, 1, 10.0, 0.0, 0.0)  # socket 1 has L3 first (PH-001)
        currents(case, 2.0, 2, 8.0, 0.0, 0.0)
        assert kit.drawn(case) == [(0.0, 0.0), (1.0, 10.0), (2.0, 10.0)]
        currents(case, 3.0, 2, 8.0, 8.0, 8.0)
        assert kit.drawn(case, since_s=2.5) == [(2.5, 10.0), (3.0, 18.0)]

    def test_a_car_has_its_time_to_follow(self, case: Case) -> None:
        pilot(case, 0.0, 1, 25.0)
        currents(case, 1.0, 1, 20.0, 20.0, 20.0)
        pilot(case, 10.0, 1, 12.5)
        currents(case, 11.0, 2, 12.0, 12.0, 12.0)
        currents(case, 15.0, 1, 12.0, 12.0, 12.0)
        case.run(_wait(case, 30.0))
        assert kit.most_drawn_a(case) == 24.0
        currents(case, 30.0, 1, 20.0, 20.0, 20.0)
        case.run(_wait(case, 31.0))
        assert kit.most_drawn_a(case) == 32.0


async def _wait(case: Case, until_s: float) -> None:
    await case.until(until_s)
