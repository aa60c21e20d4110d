"""The telegrams in fixtures/p1 against their sidecars: every version, one and three phases, every quirk.

What is expected follows from the sidecar: 2.2 and 3.0 are refused (ALB-P1-002); of the others the values are read as
they stand there, and the currents are told from them where the documents of the version say enough.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from station.sources.p1.codec import Unsupported, decode
from station.sources.p1.framer import GAP_S
from station.sources.p1.reader import P1Reader
from station.sources.reading import BadTelegram, Reading

FOLDER = Path(__file__).parents[5] / "fixtures" / "p1"
TOO_OLD = {"2.2", "3.0"}
# What the version line says, and the cadence to expect.
VERSIONS = {
    "4.0.0": ("40", 10.0),
    "4.0": ("40", 10.0),
    "4.2.2": ("42", 10.0),
    "5.0.2": ("50", 1.0),
    "BE-50213": ("50213", 1.0),
    "BE-50217": ("50217", 1.0),
    "LU": ("42", 10.0),
    "SE": ("SE", 10.0),
}
ALL = sorted(path.stem for path in FOLDER.glob("*.txt"))


def load(name: str) -> tuple[bytes, dict[str, Any]]:
    return (FOLDER / f"{name}.txt").read_bytes(), tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))


SUPPORTED = [name for name in ALL if load(name)[1]["version"] not in TOO_OLD]


def read(data: bytes) -> list[Reading | BadTelegram]:
    reader = P1Reader()
    return reader.receive(data, 0.0) + reader.step(GAP_S)


def three(values: list[str] | None) -> tuple[float | None, ...]:
    return tuple([float(value) for value in values or ()] + [None] * (3 - len(values or ())))


@pytest.mark.parametrize("name", [name for name in ALL if name not in SUPPORTED])
def test_before_version_4_nothing_is_read(name: str) -> None:
    data, _ = load(name)
    with pytest.raises(Unsupported):
        decode(data)
    (bad,) = read(data)
    assert isinstance(bad, BadTelegram)
    assert bad.kind == "unsupported"


def test_there_are_fixtures_of_every_version() -> None:
    assert {load(name)[1]["version"] for name in ALL} == TOO_OLD | VERSIONS.keys()


@pytest.mark.parametrize("name", SUPPORTED)
def test_the_values_are_those_of_the_sidecar(name: str) -> None:
    data, sidecar = load(name)
    telegram = decode(data)
    expected = sidecar["expected"]
    assert telegram.version == VERSIONS[sidecar["version"]][0]
    assert telegram.timestamp == expected["stamp"]
    assert (telegram.import_kw, telegram.export_kw) == (float(expected["import_kw"]), float(expected["export_kw"]))
    assert telegram.phase_import_kw == three(expected.get("phase_import_kw"))
    assert telegram.phase_export_kw == three(expected.get("phase_export_kw"))
    assert telegram.voltage_v == three(expected.get("voltage_v"))
    assert telegram.current_a == three(expected.get("current_a"))
    assert telegram.has_phase == ((True, True, True) if sidecar["phases"] == 3 else (True, False, False))


def expected_a(expected: dict[str, Any], phase: int, phases: int) -> tuple[float, float] | None:
    """Between which values the current of a phase lies, import positive; None where the telegram cannot tell.

    The direction is that of the power (O-25); without one a current counts as import. The size is power by voltage,
    without a voltage that or what the current line says. Where there is no power for a phase that carries a current
    (no neutral), it is the current line.
    """
    powers = expected.get("phase_import_kw"), expected.get("phase_export_kw")
    if powers == (None, None) and phases == 1:
        powers = [expected["import_kw"]], [expected["export_kw"]]
    current_a = float(expected["current_a"][phase]) if "current_a" in expected else None
    if powers[0] is None or powers[1] is None:
        return None if current_a is None else (current_a, current_a)
    power_w = (float(powers[0][phase]) - float(powers[1][phase])) * 1000
    voltage_v = float(expected["voltage_v"][phase]) if "voltage_v" in expected else None
    if power_w == 0 and current_a is not None and (current_a >= 2.0 or (voltage_v is not None and voltage_v < 1.0)):
        return current_a, current_a
    active_a = power_w / (voltage_v or 230.0)
    line_a = current_a if power_w >= 0 else -(current_a or 0.0)
    if voltage_v is not None or line_a is None:
        return active_a, active_a
    return min(active_a, line_a), max(active_a, line_a)


# Three phases of which only a total is known.
TELL_NO_CURRENT = {"dsmr400_3p_export"}


@pytest.mark.parametrize("name", SUPPORTED)
def test_the_currents_are_told_from_them(name: str) -> None:
    data, sidecar = load(name)
    phases = sidecar["phases"]
    ranges = [expected_a(sidecar["expected"], phase, phases) for phase in range(phases)]
    (item,) = read(data)
    assert (None in ranges) == (name in TELL_NO_CURRENT)
    if None in ranges:
        assert isinstance(item, BadTelegram)
        assert item.kind == "malformed"
        return
    assert isinstance(item, Reading)
    assert (item.version, item.interval_s) == VERSIONS[sidecar["version"]]
    assert item.phases == phases
    assert item.current_a[phases:] == (0.0,) * (3 - phases)
    for told_a, bounds in zip(item.current_a, ranges, strict=False):
        assert bounds is not None
        assert bounds[0] - 0.001 <= told_a <= bounds[1] + 0.001


@pytest.mark.parametrize("name", ALL)
def test_a_start_in_mid_telegram_costs_only_that_telegram(name: str) -> None:
    data, _ = load(name)
    (alone,) = read(data)
    for at in range(1, len(data), 7):
        assert read(data[at:] + data) == [alone]


@pytest.mark.parametrize("name", ALL)
def test_a_request_dropped_in_mid_telegram_costs_only_that_telegram(name: str) -> None:
    data, _ = load(name)
    (alone,) = read(data)
    for length in range(1, data.rindex(b"!"), 7):
        reader = P1Reader()
        assert reader.receive(data[:length], 0.0) == []
        (cut,) = reader.step(GAP_S)
        assert isinstance(cut, BadTelegram)
        assert cut.kind == "malformed"
        assert reader.receive(data, 0.0) == [alone]
