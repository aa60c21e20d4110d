"""The telegrams in fixtures/p1: each decodes to what its sidecar says, and the encoder writes the same bytes."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from emulators.p1 import MbusReading, Telegram, decode, encode
from emulators.p1.codec import crc_of
from emulators.p1.versions import MBUS_READINGS, VERSIONS

FOLDER = Path(__file__).parents[4] / "fixtures" / "p1"
NAMES = sorted(path.stem for path in FOLDER.glob("*.txt"))


def load(name: str) -> tuple[bytes, dict[str, Any]]:
    return (FOLDER / f"{name}.txt").read_bytes(), tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))


def thousandths(value: int | tuple[int, ...]) -> Any:
    return [Decimal(v).scaleb(-3) for v in value] if isinstance(value, tuple) else Decimal(value).scaleb(-3)


def tenths(values: tuple[int, ...]) -> list[Decimal]:
    return [Decimal(value).scaleb(-1) for value in values]


def with_kilowatts(record: tuple[Any, ...]) -> list[Any]:
    """A peak: its times, and its power in kW."""
    return [*record[:-1], thousandths(record[-1])]


def lists(value: Any) -> Any:
    return [lists(part) for part in value] if isinstance(value, tuple) else value


# Fields of Telegram whose name or unit differs in a sidecar.
IN_SIDECARS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "import_wh": ("import_kwh", thousandths),
    "export_wh": ("export_kwh", thousandths),
    "import_varh": ("import_kvarh", thousandths),
    "export_varh": ("export_kvarh", thousandths),
    "demand_w": ("demand_kw", thousandths),
    "peak": ("peak", with_kilowatts),
    "peaks": ("peaks", lambda peaks: [with_kilowatts(peak) for peak in peaks]),
    "import_w": ("import_kw", thousandths),
    "export_w": ("export_kw", thousandths),
    "import_var": ("import_kvar", thousandths),
    "export_var": ("export_kvar", thousandths),
    "import_va": ("import_kva", thousandths),
    "export_va": ("export_kva", thousandths),
    "threshold_milli": ("threshold", thousandths),
    "voltage_dv": ("voltage_v", tenths),
    "current_ma": ("current_a", thousandths),
    "phase_import_w": ("phase_import_kw", thousandths),
    "phase_export_w": ("phase_export_kw", thousandths),
    "phase_import_var": ("phase_import_kvar", thousandths),
    "phase_export_var": ("phase_export_kvar", thousandths),
}


def spoken(telegram: Telegram) -> dict[str, Any]:
    """A telegram in the words and units of a sidecar."""
    said: dict[str, Any] = {"ident": telegram.ident, "sub_meters": [sub_meter(found) for found in telegram.mbus]}
    for row in VERSIONS[telegram.version].rows:
        for field in row.fields:
            word, convert = IN_SIDECARS.get(field, (field, lists))
            said[word] = convert(getattr(telegram, field))
    return said


def sub_meter(reading: MbusReading) -> dict[str, Any]:
    said: dict[str, Any] = {
        "channel": reading.channel,
        "device_type": reading.device_type,
        "equipment_id": reading.equipment_id,
        "stamp": reading.stamp,
    }
    if reading.reading_milli is not None:
        said["reading"] = thousandths(reading.reading_milli)
        said["unit"] = MBUS_READINGS[reading.device_type].unit
    if reading.valve is not None:
        said["valve"] = reading.valve
    return said


NUMBERS = {word for word, _ in IN_SIDECARS.values()} - {"peak", "peaks"} | {"reading"}


def numbered(expected: dict[str, Any]) -> dict[str, Any]:
    """A sidecar's values, with its decimal strings as numbers."""
    values: dict[str, Any] = {}
    for key, value in expected.items():
        if key in NUMBERS:
            values[key] = [Decimal(v) for v in value] if isinstance(value, list) else Decimal(value)
        else:
            values[key] = value
    if "peak" in expected:
        values["peak"] = [*expected["peak"][:-1], Decimal(expected["peak"][-1])]
        values["peaks"] = [[*peak[:-1], Decimal(peak[-1])] for peak in expected["peaks"]]
    values["sub_meters"] = [
        {key: Decimal(value) if key in NUMBERS else value for key, value in told.items()}
        for told in expected.get("sub_meters", [])
    ]
    return values


def phases_told(telegram: Telegram) -> int:
    field = VERSIONS[telegram.version].phase_field
    return len(getattr(telegram, field)) if field else 0


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_its_sidecar_says(name: str) -> None:
    data, sidecar = load(name)
    telegram = decode(data)
    assert telegram.version == sidecar["version"]
    assert phases_told(telegram) == sidecar["phases"]
    assert len(data) == sidecar["length"]
    assert crc_of(data) == sidecar["crc"]
    assert sidecar["models"]
    assert spoken(telegram) == numbered(sidecar["expected"])


@pytest.mark.parametrize("name", NAMES)
def test_the_encoder_writes_the_same_bytes(name: str) -> None:
    data, _ = load(name)
    assert encode(decode(data)) == data


def test_there_is_one_for_every_version_and_number_of_phases() -> None:
    kinds = {(sidecar["version"], sidecar["phases"]) for _, sidecar in map(load, NAMES)}
    told = {name: (1, 3) if version.phase_field else (0,) for name, version in VERSIONS.items()}
    assert kinds == {(version, phases) for version, numbers in told.items() for phases in numbers}


def test_every_telegram_has_a_sidecar_and_every_sidecar_a_telegram() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.toml")) == NAMES
