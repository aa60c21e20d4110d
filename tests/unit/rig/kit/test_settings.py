"""Verdicts on settings: each of them can fail, and says what was seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from rig.bench.file import BenchFile, StationEntry
from rig.case import Case
from rig.errors import NotTestableHere
from rig.kit import settings as kit
from rig.kit.settings import SettingsCase
from rig.options import RunOptions

CLAUSE = "CFG-003"


@pytest.fixture
def bare() -> Iterator[Case]:
    case = Case("cfg/keys/it", RunOptions())
    yield case
    case.close()


class Desk:
    """Takes everything but 99, warns of 5, shows what it is given."""

    def refusal(self, given: Mapping[str, object]) -> str:
        return "Max: 99 is too much" if 99 in given.values() else ""

    def listed(self) -> list[str]:
        return ["Max"]

    def shown(self, given: Mapping[str, object]) -> dict[str, str]:
        assert not self.refusal(given), "only for settings that are taken"
        return {key: str(value) for key, value in given.items()}

    def warnings(self, given: Mapping[str, object]) -> list[str]:
        assert not self.refusal(given), "only for settings that are taken"
        return ["Max: 5 is little"] if 5 in given.values() else []


@pytest.fixture
def case(bare: Case) -> SettingsCase:
    case = SettingsCase(bare)
    case.face = Desk()
    return case


def last(bare: Case) -> tuple[str, str | float | None]:
    verdict = bare.judge.verdicts[-1]
    assert verdict.clause == CLAUSE
    return verdict.verdict, verdict.measured


def test_takes(case: SettingsCase, bare: Case) -> None:
    case.takes(CLAUSE, "it", {"Max": 5}, {"Max": "5"})
    assert last(bare) == ("pass", "Max = 5")
    case.takes(CLAUSE, "it", {"Max": 5}, {})
    assert last(bare) == ("pass", "taken")
    case.takes(CLAUSE, "it", {"Max": 5}, {"Max": "5.0"})
    assert last(bare) == ("fail", "Max = 5")
    case.takes(CLAUSE, "it", {"Max": 5}, {"Min": "5"})
    assert last(bare) == ("fail", "Min = None")
    case.takes(CLAUSE, "it", {"Max": 99}, {})
    assert last(bare) == ("fail", "refused: Max: 99 is too much")
    assert bare.judge.verdicts[-1].evidence == {"given": {"Max": 99}}


def test_refuses(case: SettingsCase, bare: Case) -> None:
    case.refuses(CLAUSE, "it", {"Max": 99})
    assert last(bare) == ("pass", "Max: 99 is too much")
    case.refuses(CLAUSE, "it", {"Max": 5})
    assert last(bare) == ("fail", "taken")


def test_advises(case: SettingsCase, bare: Case) -> None:
    for given, key, said in (
        ({"Max": 5}, "Max", ("pass", "Max: 5 is little")),
        ({"Max": 99}, "Max", ("pass", "Max: 99 is too much")),
        ({"Max": 5}, "Min", ("fail", "Max: 5 is little")),
        ({"Max": 6}, "Max", ("fail", "nothing said")),
    ):
        case.advises(CLAUSE, "it", given, key)
        assert last(bare) == said


def test_is_content(case: SettingsCase, bare: Case) -> None:
    for given, key, said in (
        ({"Max": 6}, "Max", ("pass", "nothing said")),
        ({"Max": 5}, "Min", ("pass", "nothing said")),
        ({"Max": 5}, "Max", ("fail", "Max: 5 is little")),
        ({"Max": 99}, "Min", ("fail", "Max: 99 is too much")),
    ):
        case.is_content(CLAUSE, "it", given, key)
        assert last(bare) == said


def test_the_station_is_that_of_the_bench(bare: Case) -> None:
    assert SettingsCase(bare).face.refusal(kit.ALB_ON) == ""
    assert SettingsCase(bare).face.refusal(kit.SCN) == ""


def test_a_station_whose_settings_nobody_gets_at() -> None:
    options = RunOptions(bench=BenchFile(station=StationEntry(kind="external")))
    case = Case("cfg/keys/it", options)
    with pytest.raises(NotTestableHere, match="can be neither read nor set"):
        SettingsCase(case)
    case.close()
