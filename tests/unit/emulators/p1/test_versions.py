"""The tables against the facts: lines, order and presence by meter type."""

from __future__ import annotations

import pytest

from emulators.p1.versions import DSMR_4_2_2, DSMR_5_0_2, VERSIONS, Version

COMMON = (
    "0-0:1.0.0 0-0:96.1.1 1-0:1.8.1 1-0:1.8.2 1-0:2.8.1 1-0:2.8.2 0-0:96.14.0 1-0:1.7.0 1-0:2.7.0 "
    "0-0:96.7.21 0-0:96.7.9 1-0:99.97.0 "
)
ONE_PHASE_4 = COMMON + "1-0:32.32.0 1-0:32.36.0 0-0:96.13.1 0-0:96.13.0 1-0:31.7.0 1-0:21.7.0 1-0:22.7.0"
ONE_PHASE_5 = COMMON + "1-0:32.32.0 1-0:32.36.0 0-0:96.13.0 1-0:32.7.0 1-0:31.7.0 1-0:21.7.0 1-0:22.7.0"
THREE_PHASES_4 = (
    COMMON + "1-0:32.32.0 1-0:52.32.0 1-0:72.32.0 1-0:32.36.0 1-0:52.36.0 1-0:72.36.0 0-0:96.13.1 0-0:96.13.0 "
    "1-0:31.7.0 1-0:51.7.0 1-0:71.7.0 1-0:21.7.0 1-0:41.7.0 1-0:61.7.0 1-0:22.7.0 1-0:42.7.0 1-0:62.7.0"
)
THREE_PHASES_5 = (
    COMMON + "1-0:32.32.0 1-0:52.32.0 1-0:72.32.0 1-0:32.36.0 1-0:52.36.0 1-0:72.36.0 0-0:96.13.0 "
    "1-0:32.7.0 1-0:52.7.0 1-0:72.7.0 1-0:31.7.0 1-0:51.7.0 1-0:71.7.0 "
    "1-0:21.7.0 1-0:41.7.0 1-0:61.7.0 1-0:22.7.0 1-0:42.7.0 1-0:62.7.0"
)


@pytest.mark.parametrize(
    ("version", "phases", "codes"),
    [
        (DSMR_4_2_2, 1, ONE_PHASE_4),
        (DSMR_4_2_2, 3, THREE_PHASES_4),
        (DSMR_5_0_2, 1, ONE_PHASE_5),
        (DSMR_5_0_2, 3, THREE_PHASES_5),
    ],
)
def test_the_lines_and_their_order(version: Version, phases: int, codes: str) -> None:
    assert [code for row in version.rows for code in row.codes_for(phases)] == codes.split()


@pytest.mark.parametrize(("name", "interval_s", "capture_s"), [("4.2.2", 10.0, 3600), ("5.0.2", 1.0, 300)])
def test_cadence_and_line_settings(name: str, interval_s: float, capture_s: int) -> None:
    version = VERSIONS[name]
    assert version.name == name
    assert version.interval_s == interval_s
    assert version.mbus.capture_s == capture_s
    assert (version.baud, version.char_format) == (115200, "8N1")  # O-24


def test_rows_are_found_by_field() -> None:
    assert DSMR_4_2_2.row("voltage_dv") is None
    row = DSMR_5_0_2.row("voltage_dv")
    assert row is not None
    assert row.codes == ("1-0:32.7.0", "1-0:52.7.0", "1-0:72.7.0")
