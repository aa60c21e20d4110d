"""Emulated telegrams, read by dsmr-parser: every one is accepted, with equal values."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dsmr_parser import telegram_specifications
from dsmr_parser.exceptions import InvalidChecksumError
from dsmr_parser.parsers import TelegramParser

from emulators.p1 import MbusReading, Meter, Telegram, decode, encode
from emulators.p1.codec import CRC_BYTES
from emulators.p1.telegram import stamp_of
from emulators.p1.versions import MBUS_READINGS
from emulators.site import Site

TELEGRAMS = 100_000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 300
SEED = 42
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
YEARS_S = 3 * 365 * 86_400
SPECIFICATIONS = {"4.2.2": telegram_specifications.V4, "5.0.2": telegram_specifications.V5}


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


def test_a_wrong_crc_is_not_accepted() -> None:
    telegram, _ = generated(random.Random(SEED))
    data = bytearray(encode(telegram))
    data[-CRC_BYTES] ^= 1
    with pytest.raises(InvalidChecksumError):
        read(bytes(data), telegram.version)
