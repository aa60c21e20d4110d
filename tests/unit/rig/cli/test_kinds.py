"""What can be emulated."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulators.modbus import models
from emulators.p1.versions import VERSIONS
from rig.cli import modbus_faults, p1, tic
from rig.cli.kinds import KINDS, MODBUS, P1, TIC, find_kind, listed
from rig.errors import ConfigurationError

PAGE = Path(__file__).resolve().parents[4] / "docs" / "emulate.md"


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (None, "5.0.2"),
        ("5.0.2", "5.0.2"),
        ("5.0", "5.0.2"),
        ("5", "5.0.2"),
        ("4.2", "4.2.2"),
        ("4.0", "4.0"),
        ("2.2", "2.2"),
        ("lu", "LU"),
        ("be-50217", "BE-50217"),
    ],
)
def test_p1_versions_have_short_forms(text: str | None, version: str) -> None:
    assert P1.version(text) == version


@pytest.mark.parametrize(("text", "mode"), [(None, "standard"), ("standard", "standard"), ("hist", "historique")])
def test_tic_versions_are_its_modes(text: str | None, mode: str) -> None:
    assert TIC.version(text) == mode


@pytest.mark.parametrize("text", ["", "1", "5.0.2.1", "be", "4.", "x"])
def test_other_versions_are_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match=f"there is no version '{text}'; there is 2.2, 3.0"):
        P1.version(text)


def test_every_version_is_found_by_its_name() -> None:
    assert [P1.version(name) for name in VERSIONS] == list(VERSIONS)


def test_every_meter_has_a_kind() -> None:
    assert find_kind("p1") is P1
    assert find_kind("tic") is TIC
    assert all(find_kind(name) is MODBUS for name in (*models(), "folder/mine.toml"))


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        (None, "what is to be emulated\\? there is p1, tic, ev, abb-b23, .*, FILE.toml"),
        ("sdm23", "'sdm23' is not emulated; is sdm230 meant\\? there is p1"),
        ("toaster", "'toaster' is not emulated; there is p1"),
    ],
)
def test_other_names_are_refused(name: str | None, complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        find_kind(name)


def test_the_list_has_everything_in_columns() -> None:
    lines = list(listed())
    assert [line.split()[0] for line in lines] == [*KINDS, *models(), "FILE.toml"]
    assert len({line.index(line.split("  ", 1)[1].strip()) for line in lines}) == 1
    (e27,) = [line for line in lines if line.startswith("e27 ")]
    assert e27.endswith("Modbus TCP, 3 phases, unit 5")
    (clamps,) = [line for line in lines if line.startswith("sdm120ct ")]
    assert clamps.endswith("RS-485, 9600 8N1, 1 phase, unit 1, transformers 100 to 1")


@pytest.mark.parametrize(
    "names",
    [
        [*KINDS, *models(), "FILE.toml"],
        ["--load", "--pv", "--phases", "--port", "--clock", "--until-eof", *P1.options, *TIC.options, *MODBUS.options],
        [*p1.FAULTS, *tic.FAULTS],
        [*modbus_faults.WORDS, *modbus_faults.CONNECTION_WORDS],
    ],
    ids=["kinds", "options", "faults", "Modbus faults"],
)
def test_the_page_names_everything(names: list[str]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in names if f"`{name}`" not in page and f"`{name} " not in page] == []
