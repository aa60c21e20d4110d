"""The tables: which labels, in which order, on which meter. The numbers are those of the protocol facts."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from emulators.site import Site
from emulators.tic import MODES, Meter, decode
from emulators.tic.contracts import CONTRACTS
from emulators.tic.forms import Digits
from emulators.tic.labels import HISTORIQUE, HISTORIQUE_SHORT, STANDARD, Row
from emulators.tic.modes import layout

ALL = (*HISTORIQUE, *HISTORIQUE_SHORT, *STANDARD)


def names(mode: str, **kind: Any) -> list[str]:
    of: dict[str, Any] = {"phases": 1, "producer": False, "short": False, "option": "BASE"}
    return [row.name for row in layout(mode, **{**of, **kind})]


@pytest.mark.parametrize(
    ("phases", "producer", "count"),
    [(1, False, 38), (1, True, 48), (3, False, 53), (3, True, 63)],
)
def test_standard_frames_have_as_many_groups_as_meters_in_the_field(phases: int, producer: bool, count: int) -> None:
    rows = layout("standard", phases=phases, producer=producer, short=False, option="BASE")
    rare = ("DPM", "FPM", "MSG2", "PPOINTE")
    assert len([row for row in rows if not (row.optional and row.name.startswith(rare))]) == count


def test_historique_labels_by_contract_and_phases() -> None:
    head, tail = ["ADCO", "OPTARIF", "ISOUSC"], ["PAPP", "HHPHC", "MOTDETAT"]
    one, three = ["IINST", "ADPS", "IMAX"], ["IINST1", "IINST2", "IINST3", "IMAX1", "IMAX2", "IMAX3", "PMAX"]
    assert names("historique") == [*head, "BASE", "PTEC", *one, *tail]
    assert names("historique", option="HC..") == [*head, "HCHC", "HCHP", "PTEC", *one, *tail]
    assert names("historique", option="EJP.") == [*head, "EJPHN", "EJPHPM", "PEJP", "PTEC", *one, *tail]
    tempo = ["BBRHCJB", "BBRHPJB", "BBRHCJW", "BBRHPJW", "BBRHCJR", "BBRHPJR", "PTEC", "DEMAIN"]
    assert names("historique", option="BBR(", phases=3) == [*head, *tempo, *three, *tail, "PPOT"]
    assert names("historique", producer=True) == names("historique")
    assert names("historique", short=True) == ["ADIR1", "ADIR2", "ADIR3", "ADCO", "IINST1", "IINST2", "IINST3"]


def test_no_label_twice_in_a_mode() -> None:
    for mode in MODES.values():
        labels = [row.name for row in mode.rows]
        assert len(labels) == len(set(labels))


def test_labels_are_short_and_printable() -> None:
    for row in ALL:
        # Nine characters where the documents themselves break their limit of eight.
        assert re.fullmatch(r"[A-Z0-9+-]{3,8}|SMAXSN[123]-1", row.name)


WIDTHS = {"IINST": 3, "PAPP": 5, "ISOUSC": 2, "EAST": 9, "SINSTS": 5, "URMS1": 3, "STGE": 8, "PCOUP": 2, "CCASN": 5}


@pytest.mark.parametrize(("label", "width"), WIDTHS.items())
def test_widths(label: str, width: int) -> None:
    (row,) = [row for row in (*HISTORIQUE, *STANDARD) if row.name == label]
    assert isinstance(row.form, Digits)
    assert row.form.count == width


@pytest.mark.parametrize("row", ALL, ids=lambda row: row.name)
def test_every_label_has_a_source(row: Row) -> None:
    """Some meter shows something under every name that a row asks for."""
    asked: set[str] = set()
    for contract in CONTRACTS.values():
        site = Site()
        site.add_load("house", 99.0, 99.0, 99.0)
        meter = Meter("standard", site.read, lambda _now_s: datetime(2026, 1, 1, 6, 45, tzinfo=UTC), contract=contract)
        asked |= set(meter._figures.measure(site.read(0.0), 0.0, meter._civil(0.0), meter.nameplate))
    rare = {f"peak_{edge}.{n}" for edge in ("begins", "ends") for n in (1, 2, 3)}
    assert row.source in asked | rare


def test_separators_and_rates() -> None:
    assert {mode.name: (mode.baud, mode.separator) for mode in MODES.values()} == {
        "historique": (1200, " "),
        "standard": (9600, "\t"),
    }
    assert (
        decode(b"\x02\nADCO 042363000003 ,\r\nIINST1 023 M\r\nIINST2 002 K\r\nIINST3 009 S\r\x03").mode == "historique"
    )
