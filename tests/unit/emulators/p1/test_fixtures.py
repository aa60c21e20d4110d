"""The telegrams in fixtures/p1: each decodes to what its sidecar says, and the encoder writes the same bytes."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from emulators.p1 import Telegram, decode, encode
from emulators.p1.codec import crc_of
from emulators.p1.versions import MBUS_READINGS, VERSIONS

FOLDER = Path(__file__).parents[4] / "fixtures" / "p1"
NAMES = sorted(path.stem for path in FOLDER.glob("*.txt"))


def load(name: str) -> tuple[bytes, dict[str, Any]]:
    return (FOLDER / f"{name}.txt").read_bytes(), tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))


def thousandths(values: tuple[int, ...]) -> list[Decimal]:
    return [Decimal(value).scaleb(-3) for value in values]


def spoken(telegram: Telegram) -> dict[str, Any]:
    """A telegram in the words and units of a sidecar."""
    said: dict[str, Any] = {
        "ident": telegram.ident,
        "stamp": telegram.stamp,
        "equipment_id": telegram.equipment_id,
        "import_kwh": thousandths(telegram.import_wh),
        "export_kwh": thousandths(telegram.export_wh),
        "tariff": telegram.tariff,
        "import_kw": thousandths((telegram.import_w,))[0],
        "export_kw": thousandths((telegram.export_w,))[0],
        "failures": telegram.failures,
        "long_failures": telegram.long_failures,
        "failure_log": [[end, duration_s] for end, duration_s in telegram.failure_log],
        "sags": list(telegram.sags),
        "swells": list(telegram.swells),
        "text": telegram.text,
        "current_a": thousandths(telegram.current_ma),
        "phase_import_kw": thousandths(telegram.phase_import_w),
        "phase_export_kw": thousandths(telegram.phase_export_w),
        "sub_meters": [
            {
                "channel": sub_meter.channel,
                "device_type": sub_meter.device_type,
                "equipment_id": sub_meter.equipment_id,
                "stamp": sub_meter.stamp,
                "reading": thousandths((sub_meter.reading_milli,))[0],
                "unit": MBUS_READINGS[sub_meter.device_type].unit,
            }
            for sub_meter in telegram.mbus
        ],
    }
    if telegram.version == "5.0.2":
        said["voltage_v"] = [Decimal(voltage).scaleb(-1) for voltage in telegram.voltage_dv]
    else:
        said["text_code"] = telegram.text_code
    return said


NUMBERS = {"import_kwh", "export_kwh", "import_kw", "export_kw", "current_a"}
NUMBERS |= {"phase_import_kw", "phase_export_kw", "voltage_v", "reading"}


def numbered(expected: dict[str, Any]) -> dict[str, Any]:
    """A sidecar's values, with its decimal strings as numbers."""
    values: dict[str, Any] = {}
    for key, value in expected.items():
        if key in NUMBERS:
            values[key] = [Decimal(v) for v in value] if isinstance(value, list) else Decimal(value)
        else:
            values[key] = value
    values["sub_meters"] = [
        {key: Decimal(value) if key in NUMBERS else value for key, value in sub_meter.items()}
        for sub_meter in expected.get("sub_meters", [])
    ]
    return values


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_its_sidecar_says(name: str) -> None:
    data, sidecar = load(name)
    telegram = decode(data)
    assert telegram.version == sidecar["version"]
    assert len(telegram.current_ma) == sidecar["phases"]
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
    assert kinds == {(version, phases) for version in VERSIONS for phases in (1, 3)}


def test_every_telegram_has_a_sidecar_and_every_sidecar_a_telegram() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.toml")) == NAMES
