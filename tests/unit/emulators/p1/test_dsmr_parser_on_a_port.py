"""dsmr-parser opens the meter's port itself, a pseudo-terminal, and reads what the site has."""

from __future__ import annotations

import asyncio
import os
import tty
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from dsmr_parser import telegram_specifications
from dsmr_parser.clients import SERIAL_SETTINGS_V5, SerialReader

from emulators.p1 import Meter
from emulators.p1.port import P1Port
from emulators.p1.versions import VERSIONS
from emulators.site import Site

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
EPOCH = datetime(2026, 7, 3, 11, 15, 0, tzinfo=UTC)
PATIENCE_S = 20.0
TELEGRAMS = 5
# Real time is spent here, so the meter is in a hurry.
INTERVAL_S = 0.05


def site_of(phases: int) -> Site:
    site = Site(phases=phases)
    site.add_load("house", *[12.0, 7.0, 3.0][:phases])
    site.add_pv("roof", *[0.0, 9.0, 0.0][:phases])
    return site


def read_on_a_pty(version: str, specification: Any, phases: int) -> list[Any]:
    """What dsmr-parser read. The port has 8N1 in each version: a pseudo-terminal knows nothing else."""
    far, near = os.openpty()
    reader_far, reader_near = os.openpty()
    for descriptor in (near, reader_near):
        tty.setraw(descriptor)

    def read() -> list[Any]:
        telegrams = SerialReader(os.ttyname(reader_near), dict(SERIAL_SETTINGS_V5), specification).read()
        try:
            return [next(telegrams) for _ in range(TELEGRAMS)]
        finally:
            telegrams.close()

    async def scenario() -> list[Any]:
        meter = Meter(
            version,
            site_of(phases).read,
            lambda now_s: EPOCH + timedelta(seconds=now_s),
            phases=phases,
            interval_s=INTERVAL_S,
        )
        asyncio.get_running_loop().add_reader(far, lambda: os.write(reader_far, os.read(far, 65_536)))
        async with asyncio.timeout(PATIENCE_S):
            port = P1Port(meter, os.ttyname(near))
            port.set_request(True)
            try:
                return await asyncio.to_thread(read)
            finally:
                port.close()
                await port.wait()

    try:
        return asyncio.run(scenario())
    finally:
        for descriptor in (far, near, reader_far, reader_near):
            os.close(descriptor)


@pytest.mark.parametrize("phases", [1, 3])
@pytest.mark.parametrize("version", VERSIONS)
def test_on_a_pty(version: str, phases: int) -> None:
    """The totals, and of each phase what the version has of it."""
    told = read_on_a_pty(version, SPECIFICATIONS[version], phases)
    assert len(told) == TELEGRAMS
    reading = site_of(phases).read(0.0)
    has_current, has_power = (VERSIONS[version].row(field) is not None for field in ("current_ma", "phase_import_w"))
    for telegram in told:
        usage, delivery = telegram.CURRENT_ELECTRICITY_USAGE.value, telegram.CURRENT_ELECTRICITY_DELIVERY.value
        assert usage - delivery == kilowatts(sum(reading.power_w))
        for phase in range(phases):
            names = [f"INSTANTANEOUS_ACTIVE_POWER_L{phase + 1}_{way}" for way in ("POSITIVE", "NEGATIVE")]
            if has_power:
                imported, exported = (getattr(telegram, name).value for name in names)
                assert imported - exported == kilowatts(reading.power_w[phase])
            if has_current:
                current = getattr(telegram, f"INSTANTANEOUS_CURRENT_L{phase + 1}").value
                assert current == abs(round(reading.current_a[phase]))


def kilowatts(power_w: float) -> Decimal:
    return Decimal(round(power_w)).scaleb(-3)
