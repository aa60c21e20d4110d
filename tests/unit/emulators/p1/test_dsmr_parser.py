"""Emulated telegrams, read by dsmr-parser: every one is accepted, with equal values."""

from __future__ import annotations

import math
import os
import random
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dsmr_parser import telegram_specifications
from dsmr_parser.exceptions import InvalidChecksumError
from dsmr_parser.parsers import TelegramParser

from emulators.p1 import VERSIONS, MbusReading, Meter, Telegram, decode, encode
from emulators.p1.codec import CRC_BYTES
from emulators.p1.telegram import stamp_of
from emulators.p1.versions import MBUS_READINGS
from emulators.site import GridReading, Site

DEEP = os.environ.get("EVSE_RIG_DEEP") == "1"
TELEGRAMS = 100_000 if DEEP else 300
SITES = 500 if DEEP else 30
SEED = 42
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
YEARS_S = 3 * 365 * 86_400
SPECIFICATIONS = {
    "2.2": telegram_specifications.V2_2,
    "3.0": telegram_specifications.V3,
    "4.0.0": telegram_specifications.V4,
    "4.0": telegram_specifications.V4,
    "4.2.2": telegram_specifications.V4,
    "5.0.2": telegram_specifications.V5,
    "BE-50213": telegram_specifications.BELGIUM_FLUVIUS,
    "BE-50217": telegram_specifications.BELGIUM_FLUVIUS,
    "LU": telegram_specifications.LUXEMBOURG_SMARTY,
    "SE": telegram_specifications.SWEDEN,
}


def moment(rng: random.Random) -> datetime:
    return EPOCH + timedelta(seconds=rng.randrange(YEARS_S))


def local_stamp(at: datetime) -> str:
    return stamp_of(at.astimezone(AMSTERDAM))


def generated(rng: random.Random) -> tuple[Telegram, dict[str, Any]]:
    """A random telegram, and the times in it as UTC by the names of dsmr-parser."""
    version = rng.choice(["4.2.2", "5.0.2"])
    phases = rng.choice([1, 3])
    at = moment(rng)
    ends = [moment(rng) for _ in range(rng.randrange(11))]
    captures = {channel: moment(rng) for channel in range(1, rng.randrange(1, 4 if version == "5.0.2" else 2) + 1)}

    def per_phase(limit: int) -> tuple[int, ...]:
        # Zeros and the largest values are as likely as all others together.
        return tuple(rng.choice([0, limit - 1, rng.randrange(limit)]) for _ in range(phases))

    telegram = Telegram(
        version=version,
        ident=rng.choice(["EMU5EVTEST", "EMU5\\2EVTEST-50-3P", "XMX5 with a blank"]),
        stamp=local_stamp(at),
        equipment_id=f"E00{rng.randrange(10**14):014}",
        import_wh=(rng.randrange(10**9), rng.randrange(10**9)),
        export_wh=(rng.randrange(10**9), rng.randrange(10**9)),
        tariff=rng.choice([1, 2]),
        import_w=rng.randrange(100_000),
        export_w=rng.randrange(100_000),
        failures=rng.randrange(100_000),
        long_failures=rng.randrange(100_000),
        failure_log=tuple((local_stamp(end), rng.randrange(10**10)) for end in ends),
        sags=per_phase(100_000),
        swells=per_phase(100_000),
        # dsmr-parser takes the code for a number, which it is as long as its characters are digits.
        text_code=rng.choice(["", "3142"]) if version == "4.2.2" else "",
        text="".join(rng.choices("Storing / werk! aan het net", k=rng.choice([0, 0, 20, 1024]))),
        voltage_dv=per_phase(10_000) if version == "5.0.2" else (),
        current_ma=tuple(a * 1000 for a in per_phase(1000)),
        phase_import_w=per_phase(100_000),
        phase_export_w=per_phase(100_000),
        mbus=tuple(
            MbusReading(
                channel=channel,
                # dsmr-parser knows gas only in version 4.
                device_type=rng.choice([2, 3, 4, 7]) if version == "5.0.2" else 3,
                equipment_id=f"G00{rng.randrange(10**14):014}",
                stamp=local_stamp(captured),
                reading_milli=rng.randrange(10**7) * 10,
            )
            for channel, captured in captures.items()
        ),
    )
    return telegram, {"at": at, "ends": ends, "captures": captures}


def read(data: bytes, version: str) -> Any:
    return TelegramParser(SPECIFICATIONS[version]).parse(data.decode("ascii"), throw_ex=True)


def hexed(text: str) -> str | None:
    return text.encode("ascii").hex().upper() or None


def check(told: Any, meant: Telegram) -> None:
    """What dsmr-parser says is what was meant; `told` has no more phases than there are."""
    assert told.P1_MESSAGE_HEADER.value == {"4.2.2": "42", "5.0.2": "50"}[meant.version]
    assert told.EQUIPMENT_IDENTIFIER.value == hexed(meant.equipment_id)
    assert told.ELECTRICITY_ACTIVE_TARIFF.value == f"{meant.tariff:04}"
    assert told.SHORT_POWER_FAILURE_COUNT.value == meant.failures
    assert told.LONG_POWER_FAILURE_COUNT.value == meant.long_failures
    assert told.TEXT_MESSAGE.value == hexed(meant.text)
    if meant.version == "4.2.2":
        code = hexed(meant.text_code)
        assert told.TEXT_MESSAGE_CODE.value == (None if code is None else int(code))
    scaled: dict[str, tuple[int, int, str]] = {
        "ELECTRICITY_USED_TARIFF_1": (meant.import_wh[0], 3, "kWh"),
        "ELECTRICITY_USED_TARIFF_2": (meant.import_wh[1], 3, "kWh"),
        "ELECTRICITY_DELIVERED_TARIFF_1": (meant.export_wh[0], 3, "kWh"),
        "ELECTRICITY_DELIVERED_TARIFF_2": (meant.export_wh[1], 3, "kWh"),
        "CURRENT_ELECTRICITY_USAGE": (meant.import_w, 3, "kW"),
        "CURRENT_ELECTRICITY_DELIVERY": (meant.export_w, 3, "kW"),
    }
    per_phase: dict[str, tuple[tuple[int, ...], int, str | None]] = {
        "VOLTAGE_SAG_L{}_COUNT": (meant.sags, 0, None),
        "VOLTAGE_SWELL_L{}_COUNT": (meant.swells, 0, None),
        "INSTANTANEOUS_VOLTAGE_L{}": (meant.voltage_dv, 1, "V"),
        "INSTANTANEOUS_CURRENT_L{}": (meant.current_ma, 3, "A"),
        "INSTANTANEOUS_ACTIVE_POWER_L{}_POSITIVE": (meant.phase_import_w, 3, "kW"),
        "INSTANTANEOUS_ACTIVE_POWER_L{}_NEGATIVE": (meant.phase_export_w, 3, "kW"),
    }
    for name, (value, decimals, unit) in scaled.items():
        item = getattr(told, name)
        assert item.value == Decimal(value).scaleb(-decimals), name
        assert item.unit == unit, name
    for pattern, (values, places, unit_or_none) in per_phase.items():
        for phase in (1, 2, 3):
            name = pattern.format(phase)
            assert hasattr(told, name) == (phase <= len(values)), name
            if phase <= len(values):
                item = getattr(told, name)
                assert item.value == Decimal(values[phase - 1]).scaleb(-places), name
                assert item.unit == unit_or_none, name
    log = told.POWER_EVENT_FAILURE_LOG
    assert [entry.value for entry in log.buffer] == [duration_s for _, duration_s in meant.failure_log]
    for sub_meter in meant.mbus:
        device = told.get_mbus_device_by_channel(sub_meter.channel)
        if meant.version == "4.2.2":
            names = ("DEVICE_TYPE", "EQUIPMENT_IDENTIFIER_GAS", "HOURLY_GAS_METER_READING")
        else:
            names = ("MBUS_DEVICE_TYPE", "MBUS_EQUIPMENT_IDENTIFIER", "MBUS_METER_READING")
        kind, identity, reading = (getattr(device, name) for name in names)
        assert kind.value == sub_meter.device_type
        assert identity.value == hexed(sub_meter.equipment_id)
        assert sub_meter.reading_milli is not None
        assert reading.value == Decimal(sub_meter.reading_milli).scaleb(-3)
        assert reading.unit == MBUS_READINGS[sub_meter.device_type].unit


def test_generated_telegrams_are_accepted_with_equal_values() -> None:
    rng = random.Random(SEED)
    for number in range(TELEGRAMS):
        telegram, times = generated(rng)
        data = encode(telegram)
        told = read(data, telegram.version)
        try:
            check(told, telegram)
            assert told.P1_MESSAGE_TIMESTAMP.value == times["at"]
            assert [entry.datetime for entry in told.POWER_EVENT_FAILURE_LOG.buffer] == times["ends"]
            for channel, captured in times["captures"].items():
                device = told.get_mbus_device_by_channel(channel)
                name = "HOURLY_GAS_METER_READING" if telegram.version == "4.2.2" else "MBUS_METER_READING"
                assert getattr(device, name).datetime == captured
        except AssertionError:
            pytest.fail(f"telegram {number} of seed {SEED} is read otherwise:\n{data.decode('ascii')}")


@pytest.mark.parametrize("version", ["4.2.2", "5.0.2"])
@pytest.mark.parametrize("phases", [1, 3])
def test_the_meters_own_telegrams_are_accepted(version: str, phases: int) -> None:
    site = Site(phases=phases)
    site.add_load("house", *[12.3] * phases)
    site.add_pv("roof", 20.0)
    meter = Meter(
        version, site.read, lambda now_s: (EPOCH + timedelta(seconds=now_s)).astimezone(AMSTERDAM), phases=phases
    )
    meter.request(True, 0.0)
    for _ in range(20):
        due_s = meter.next_deadline_s()
        assert due_s is not None
        data = meter.step(due_s)
        told = read(data, version)
        check(told, decode(data))
        assert told.P1_MESSAGE_TIMESTAMP.value == EPOCH + timedelta(seconds=due_s)
        net_w = round((12.3 * phases - 20.0) * 230)
        net_kw = told.CURRENT_ELECTRICITY_USAGE.value - told.CURRENT_ELECTRICITY_DELIVERY.value
        assert net_kw == Decimal(net_w).scaleb(-3)


def test_there_is_a_specification_for_every_version() -> None:
    assert SPECIFICATIONS.keys() == VERSIONS.keys()


# --- the site's values, within the last digit ---------------------------------------------------------------------


def random_site(rng: random.Random, phases: int) -> Site:
    """Loads with a power factor and PV, some phases exporting, at voltages of every day."""
    voltages_v = (rng.uniform(207, 253), rng.uniform(207, 253), rng.uniform(207, 253))
    site = Site(phases=phases, voltage_v=voltages_v)
    site.add_load("house", *[rng.uniform(0, 60) for _ in range(phases)], power_factor=rng.choice([1.0, 0.9, 0.7]))
    site.add_pv("roof", *[rng.choice([0.0, rng.uniform(0, 60)]) for _ in range(phases)])
    return site


# By field of Telegram: the name of dsmr-parser for a phase, its unit, and what the site has in that unit.
OF_PHASES: dict[str, tuple[str, str, Callable[[GridReading, int], float]]] = {
    "voltage_dv": ("INSTANTANEOUS_VOLTAGE_L{}", "V", lambda grid, n: grid.voltage_v[n]),
    "current_ma": ("INSTANTANEOUS_CURRENT_L{}", "A", lambda grid, n: abs(grid.current_a[n])),
    "phase_import_w": (
        "INSTANTANEOUS_ACTIVE_POWER_L{}_POSITIVE",
        "kW",
        lambda grid, n: max(0.0, grid.power_w[n]) / 1000,
    ),
    "phase_export_w": (
        "INSTANTANEOUS_ACTIVE_POWER_L{}_NEGATIVE",
        "kW",
        lambda grid, n: max(0.0, -grid.power_w[n]) / 1000,
    ),
    "phase_import_var": (
        "INSTANTANEOUS_REACTIVE_POWER_L{}_POSITIVE",
        "kVAr",
        lambda grid, n: math.sqrt(max(0.0, (grid.voltage_v[n] * grid.current_a[n]) ** 2 - grid.power_w[n] ** 2)) / 1000,
    ),
    "phase_export_var": ("INSTANTANEOUS_REACTIVE_POWER_L{}_NEGATIVE", "kVAr", lambda _grid, _n: 0.0),
}
# Half of the last digit. dsmr-parser reads no reactive powers from Luxembourg.
HALF = {"2.2": 0.005, "3.0": 0.005}
HALF_AMPERE = {"BE-50217": 0.005, "SE": 0.05}


@pytest.mark.parametrize("phases", [1, 3])
@pytest.mark.parametrize("version", VERSIONS)
def test_the_values_read_are_those_of_the_site(version: str, phases: int) -> None:
    rng = random.Random(f"{version} {phases} {SEED}")
    row = VERSIONS[version].row
    for _ in range(SITES):
        site = random_site(rng, phases)
        # Winter: dsmr-parser takes the Swedish W in summer for a slip.
        start = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(seconds=rng.randrange(60 * 86_400))
        meter = Meter(version, site.read, partial(clock, start), phases=phases, interval_s=3600.0)
        meter.request(True, 0.0)
        meter.step(3600.0)
        began = site.read(3600.0)
        told = read(meter.step(7200.0), version)
        grid = site.read(7200.0)
        assert header_of(told, version) == VERSIONS[version].line.partition("(")[2].removesuffix(")")
        assert version in {"2.2", "3.0"} or told.P1_MESSAGE_TIMESTAMP.value == start + timedelta(seconds=7200)
        half_kw = HALF.get(version, 0.0005)
        net_kw = told.CURRENT_ELECTRICITY_USAGE.value - told.CURRENT_ELECTRICITY_DELIVERY.value
        assert float(net_kw) == pytest.approx(sum(grid.power_w) / 1000, abs=half_kw + 1e-9)
        assert energies_kwh(told, version) == pytest.approx(
            (grid.import_kwh - began.import_kwh, grid.export_kwh - began.export_kwh), abs=0.001
        )
        for field, (name, unit, of_site) in OF_PHASES.items():
            if field.endswith("var") and version != "SE":
                continue
            half = HALF_AMPERE.get(version, 0.5) if unit == "A" else 0.05 if unit == "V" else 0.0005
            for n in range(3):
                printed = row(field) is not None and n < phases
                assert hasattr(told, name.format(n + 1)) == printed, name
                if printed:
                    item = getattr(told, name.format(n + 1))
                    assert item.unit == unit
                    assert float(item.value) == pytest.approx(of_site(grid, n), abs=half + 1e-9), name


def clock(start: datetime, now_s: float) -> datetime:
    return (start + timedelta(seconds=now_s)).astimezone(AMSTERDAM)


def header_of(told: Any, version: str) -> str:
    """What dsmr-parser has for the version line, "" for none."""
    name = "BELGIUM_VERSION_INFORMATION" if version.startswith("BE") else "P1_MESSAGE_HEADER"
    return str(getattr(told, name).value) if hasattr(told, name) else ""


def energies_kwh(told: Any, version: str) -> tuple[float, float]:
    """Import and export of all tariffs."""
    if version in {"LU", "SE"}:
        return float(told.ELECTRICITY_IMPORTED_TOTAL.value), float(told.ELECTRICITY_EXPORTED_TOTAL.value)
    used, delivered = "ELECTRICITY_USED_TARIFF_{}", "ELECTRICITY_DELIVERED_TARIFF_{}"
    return (
        sum(float(getattr(told, used.format(tariff)).value) for tariff in (1, 2)),
        sum(float(getattr(told, delivered.format(tariff)).value) for tariff in (1, 2)),
    )


# --- the fixtures, against their sidecars -------------------------------------------------------------------------

FIXTURES = Path(__file__).parents[4] / "fixtures" / "p1"
# By key of a sidecar: the names of dsmr-parser, one for each value, of which those count that its specification has.
IN_SIDECARS: dict[str, tuple[str, ...]] = {
    "import_kw": ("CURRENT_ELECTRICITY_USAGE",),
    "export_kw": ("CURRENT_ELECTRICITY_DELIVERY",),
    "demand_kw": ("BELGIUM_CURRENT_AVERAGE_DEMAND",),
    "failures": ("SHORT_POWER_FAILURE_COUNT",),
    "long_failures": ("LONG_POWER_FAILURE_COUNT",),
    "switch": ("ACTUAL_SWITCH_POSITION",),
    "threshold": ("ACTUAL_TRESHOLD_ELECTRICITY",),
    "fuse_a": ("FUSE_THRESHOLD_L1",),
    "import_kvarh": ("ELECTRICITY_REACTIVE_IMPORTED_TOTAL",),
    "export_kvarh": ("ELECTRICITY_REACTIVE_EXPORTED_TOTAL",),
    "voltage_v": tuple(f"INSTANTANEOUS_VOLTAGE_L{n}" for n in (1, 2, 3)),
    "current_a": tuple(f"INSTANTANEOUS_CURRENT_L{n}" for n in (1, 2, 3)),
    "phase_import_kw": tuple(f"INSTANTANEOUS_ACTIVE_POWER_L{n}_POSITIVE" for n in (1, 2, 3)),
    "phase_export_kw": tuple(f"INSTANTANEOUS_ACTIVE_POWER_L{n}_NEGATIVE" for n in (1, 2, 3)),
    "phase_import_kvar": tuple(f"INSTANTANEOUS_REACTIVE_POWER_L{n}_POSITIVE" for n in (1, 2, 3)),
    "phase_export_kvar": tuple(f"INSTANTANEOUS_REACTIVE_POWER_L{n}_NEGATIVE" for n in (1, 2, 3)),
    "sags": tuple(f"VOLTAGE_SAG_L{n}_COUNT" for n in (1, 2, 3)),
    "swells": tuple(f"VOLTAGE_SWELL_L{n}_COUNT" for n in (1, 2, 3)),
}
TARIFFS = {
    "import_kwh": ("ELECTRICITY_USED_TARIFF_1", "ELECTRICITY_USED_TARIFF_2"),
    "export_kwh": ("ELECTRICITY_DELIVERED_TARIFF_1", "ELECTRICITY_DELIVERED_TARIFF_2"),
}
TOTALS = {"import_kwh": ("ELECTRICITY_IMPORTED_TOTAL",), "export_kwh": ("ELECTRICITY_EXPORTED_TOTAL",)}


@pytest.mark.parametrize("name", sorted(path.stem for path in FIXTURES.glob("*.txt")))
def test_fixtures_are_read_as_their_sidecars_say(name: str) -> None:
    sidecar = tomllib.loads((FIXTURES / f"{name}.toml").read_text("utf-8"))
    version, expected = sidecar["version"], sidecar["expected"]
    told = read((FIXTURES / f"{name}.txt").read_bytes(), version)
    known = {item["value_name"] for item in SPECIFICATIONS[version]["objects"]}
    names = IN_SIDECARS | (TOTALS if version in {"LU", "SE"} else TARIFFS)
    compared = 0
    for key, keys_of_peer in names.items():
        values = expected.get(key, [])
        for peer, value in zip(keys_of_peer, values if isinstance(values, list) else [values], strict=False):
            if peer in known:
                assert Decimal(getattr(told, peer).value) == Decimal(value), peer
                compared += 1
    assert compared >= 6
    assert told.TEXT_MESSAGE.value == hexed(expected["text"]) if "text" in expected else version == "SE"
    for sub_meter in expected.get("sub_meters", []):
        check_sub_meter(told.get_mbus_device_by_channel(sub_meter["channel"]), sub_meter)
    if "peaks" in expected:
        peaks = [peak.value for peak in told.BELGIUM_MAXIMUM_DEMAND_13_MONTHS]
        assert peaks == [Decimal(peak[-1]) for peak in expected["peaks"]]
        assert told.BELGIUM_MAXIMUM_DEMAND_MONTH.value == Decimal(expected["peak"][-1])


def check_sub_meter(device: Any, expected: dict[str, Any]) -> None:
    def one_of(*names: str) -> Any:
        return next(getattr(device, name) for name in names if hasattr(device, name))

    assert int(one_of("MBUS_DEVICE_TYPE", "DEVICE_TYPE").value) == expected["device_type"]
    identity = one_of("MBUS_EQUIPMENT_IDENTIFIER", "EQUIPMENT_IDENTIFIER_GAS")
    assert identity.value == hexed(expected["equipment_id"])
    reading = one_of("MBUS_METER_READING", "HOURLY_GAS_METER_READING", "GAS_METER_READING")
    assert reading.value == Decimal(expected.get("reading", 0))
    assert reading.unit == expected.get("unit")
    if hasattr(device, "MBUS_VALVE_POSITION") or hasattr(device, "VALVE_POSITION_GAS"):
        assert int(one_of("MBUS_VALVE_POSITION", "VALVE_POSITION_GAS").value) == expected["valve"]


def test_a_wrong_crc_is_not_accepted() -> None:
    telegram, _ = generated(random.Random(SEED))
    data = bytearray(encode(telegram))
    data[-CRC_BYTES] ^= 1
    with pytest.raises(InvalidChecksumError):
        read(bytes(data), telegram.version)
