"""The tables against the facts: lines, order and presence by meter type."""

from __future__ import annotations

import pytest

from emulators.p1.versions import DIALECTS, DSMR_4_2_2, DSMR_5_0_2, SE, VERSIONS, Version, version_named

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


BEFORE_4 = (
    "0-0:96.1.1 1-0:1.8.1 1-0:1.8.2 1-0:2.8.1 1-0:2.8.2 0-0:96.14.0 1-0:1.7.0 1-0:2.7.0 0-0:17.0.0 0-0:96.3.10 "
    "0-0:96.13.1 0-0:96.13.0"
)
# 4.0 has a limiter and a breaker, which later versions have not; currents came with 4.0.4.
COMMON_40 = COMMON.replace("0-0:96.7.21", "0-0:17.0.0 0-0:96.3.10 0-0:96.7.21")
ONE_PHASE_40 = ONE_PHASE_4.replace(COMMON, COMMON_40)
THREE_PHASES_40 = THREE_PHASES_4.replace(COMMON, COMMON_40)
PHASES_4 = " 1-0:31.7.0 1-0:51.7.0 1-0:71.7.0 1-0:21.7.0 1-0:41.7.0 1-0:61.7.0 1-0:22.7.0 1-0:42.7.0 1-0:62.7.0"
BELGIUM = "0-0:96.1.1 0-0:1.0.0 1-0:1.8.1 1-0:1.8.2 1-0:2.8.1 1-0:2.8.2 0-0:96.14.0 "
BELGIUM_END = "0-0:96.3.10 0-0:17.0.0 1-0:31.4.0 0-0:96.13.0"
LUXEMBOURG = (
    "0-0:1.0.0 0-0:42.0.0 1-0:1.8.0 1-0:2.8.0 1-0:3.8.0 1-0:4.8.0 1-0:1.7.0 1-0:2.7.0 1-0:3.7.0 1-0:4.7.0 "
    "0-0:17.0.0 1-0:9.7.0 1-0:10.7.0 1-1:31.4.0 0-0:96.3.10 0-1:96.3.10 0-2:96.3.10 0-0:96.7.21 {} "
    "0-0:96.13.0 0-0:96.13.2 0-0:96.13.3 0-0:96.13.4 0-0:96.13.5 {}"
)
SWEDEN = "0-0:1.0.0 1-0:1.8.0 1-0:2.8.0 1-0:3.8.0 1-0:4.8.0 1-0:1.7.0 1-0:2.7.0 1-0:3.7.0 1-0:4.7.0 "

LINES = {
    ("2.2", 1): BEFORE_4,
    ("2.2", 3): BEFORE_4,
    ("3.0", 3): BEFORE_4,
    ("4.0.0", 1): ONE_PHASE_40.removesuffix(" 1-0:31.7.0 1-0:21.7.0 1-0:22.7.0"),
    ("4.0.0", 3): THREE_PHASES_40.removesuffix(PHASES_4),
    ("4.0", 1): ONE_PHASE_40,
    ("4.0", 3): THREE_PHASES_40,
    ("4.2.2", 1): ONE_PHASE_4,
    ("4.2.2", 3): THREE_PHASES_4,
    ("5.0.2", 1): ONE_PHASE_5,
    ("5.0.2", 3): THREE_PHASES_5,
    ("BE-50213", 1): BELGIUM + "1-0:1.7.0 1-0:2.7.0 1-0:32.7.0 1-0:31.7.0 " + BELGIUM_END,
    ("BE-50213", 3): (
        f"{BELGIUM} 1-0:1.7.0 1-0:2.7.0 1-0:32.7.0 1-0:52.7.0 1-0:72.7.0 1-0:31.7.0 1-0:51.7.0 1-0:71.7.0 {BELGIUM_END}"
    ),
    ("BE-50217", 3): (
        f"{BELGIUM} 1-0:1.4.0 1-0:1.6.0 0-0:98.1.0 1-0:1.7.0 1-0:2.7.0 "
        "1-0:21.7.0 1-0:41.7.0 1-0:61.7.0 1-0:22.7.0 1-0:42.7.0 1-0:62.7.0 "
        f"1-0:32.7.0 1-0:52.7.0 1-0:72.7.0 1-0:31.7.0 1-0:51.7.0 1-0:71.7.0 {BELGIUM_END}"
    ),
    ("LU", 1): LUXEMBOURG.format(
        "1-0:32.32.0 1-0:32.36.0", "1-0:32.7.0 1-0:31.7.0 1-0:21.7.0 1-0:22.7.0 1-0:23.7.0 1-0:24.7.0"
    ),
    ("LU", 3): LUXEMBOURG.format(
        "1-0:32.32.0 1-0:52.32.0 1-0:72.32.0 1-0:32.36.0 1-0:52.36.0 1-0:72.36.0",
        "1-0:32.7.0 1-0:52.7.0 1-0:72.7.0 1-0:31.7.0 1-0:51.7.0 1-0:71.7.0 "
        "1-0:21.7.0 1-0:41.7.0 1-0:61.7.0 1-0:22.7.0 1-0:42.7.0 1-0:62.7.0 "
        "1-0:23.7.0 1-0:43.7.0 1-0:63.7.0 1-0:24.7.0 1-0:44.7.0 1-0:64.7.0",
    ),
    ("SE", 1): SWEDEN + "1-0:21.7.0 1-0:22.7.0 1-0:23.7.0 1-0:24.7.0 1-0:32.7.0 1-0:31.7.0",
    ("SE", 3): (
        f"{SWEDEN} 1-0:21.7.0 1-0:22.7.0 1-0:41.7.0 1-0:42.7.0 1-0:61.7.0 1-0:62.7.0 "
        "1-0:23.7.0 1-0:24.7.0 1-0:43.7.0 1-0:44.7.0 1-0:63.7.0 1-0:64.7.0 "
        "1-0:32.7.0 1-0:52.7.0 1-0:72.7.0 1-0:31.7.0 1-0:51.7.0 1-0:71.7.0"
    ),
}


@pytest.mark.parametrize(("name", "phases"), LINES)
def test_the_lines_and_their_order(name: str, phases: int) -> None:
    printed = [code for row in VERSIONS[name].rows for code in row.codes_for(phases)]
    assert printed == LINES[name, phases].split()


@pytest.mark.parametrize(
    ("name", "line", "interval_s", "capture_s"),
    [
        ("2.2", "", 10.0, 3600),
        ("3.0", "", 10.0, 3600),
        ("4.0.0", "1-3:0.2.8(40)", 10.0, 3600),
        ("4.0", "1-3:0.2.8(40)", 10.0, 3600),
        ("4.2.2", "1-3:0.2.8(42)", 10.0, 3600),
        ("5.0.2", "1-3:0.2.8(50)", 1.0, 300),
        ("BE-50213", "0-0:96.1.4(50213)", 1.0, 300),
        ("BE-50217", "0-0:96.1.4(50217)", 1.0, 300),
        ("LU", "1-3:0.2.8(42)", 10.0, 300),
        ("SE", "", 10.0, None),
    ],
)
def test_version_line_cadence_and_line_settings(name: str, line: str, interval_s: float, capture_s: int | None) -> None:
    version = VERSIONS[name]
    assert (version.name, version.line, version.interval_s) == (name, line, interval_s)
    assert (None if version.mbus is None else version.mbus.capture_s) == capture_s
    before_4 = name in {"2.2", "3.0"}
    assert (version.baud, version.char_format) == ((9600, "7E1") if before_4 else (115200, "8N1"))  # O-24
    assert version.checksum is not before_4
    assert version.summer_time is (name != "SE")
    assert version.low_tariff == (2 if name.startswith("BE") else 1)


def test_the_newest_dutch_version_is_the_last() -> None:
    assert [*VERSIONS][-1] == "5.0.2"  # the default of the command line
    assert not VERSIONS.keys() & DIALECTS.keys()


@pytest.mark.parametrize(
    ("name", "of", "codes"),
    [
        ("2.2-text", "2.2", {"0-0:42.0.0", "0-0:24.4.0"}),
        ("LU-34.4.0", "LU", {"1-1:34.4.0"}),
        ("SE-signed", "SE", set()),
    ],
)
def test_dialects_differ_where_the_documents_do(name: str, of: str, codes: set[str]) -> None:
    def printed(version: Version) -> set[str]:
        return {code for row in version.rows for code in row.codes}

    assert version_named(name) is DIALECTS[name]
    assert printed(DIALECTS[name]) - printed(VERSIONS[of]) == codes
    assert DIALECTS[name].rows != VERSIONS[of].rows


@pytest.mark.parametrize(
    ("name", "field"),
    [("2.2", ""), ("3.0", ""), ("4.0.0", "sags"), ("4.0", "current_ma"), ("SE", "current_ma"), ("LU", "current_ma")],
)
def test_what_tells_the_number_of_phases(name: str, field: str) -> None:
    assert VERSIONS[name].phase_field == field


def test_rows_are_found_by_field() -> None:
    assert DSMR_4_2_2.row("voltage_dv") is None
    row = DSMR_5_0_2.row("voltage_dv")
    assert row is not None
    assert row.codes == ("1-0:32.7.0", "1-0:52.7.0", "1-0:72.7.0")
    pairs = SE.row("phase_export_w")
    assert pairs is not None
    assert pairs.fields == ("phase_import_w", "phase_export_w")
