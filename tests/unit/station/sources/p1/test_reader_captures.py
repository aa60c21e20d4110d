"""Telegrams of real meters and of public test suites, against what independent parsers read from them.

They live outside the repository: in the folder that EVSE_RIG_CAPTURES names, else in ../shared/captures.
What is expected follows from the index by rule:

- its check sum is known to be wrong: refused as "crc", and nothing else is;
- its check sum is right: the values are those of the index, and there is a reading if they suffice for currents;
- it has no check sum that can be read: "unsupported" without a version line (DSMR 2.2 and 3.0, Swedish),
  "malformed" with one, and "malformed" (cut off) if the end mark is missing.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from station.sources.p1.codec import P1Telegram, decode
from station.sources.p1.framer import GAP_S
from station.sources.p1.reader import P1Reader
from station.sources.reading import BadTelegram, Reading

_REPO = Path(__file__).resolve().parents[5]
FOLDER = Path(os.environ.get("EVSE_RIG_CAPTURES") or _REPO.parent / "shared" / "captures") / "p1"
INDEX: list[dict[str, Any]] = (
    json.loads((FOLDER / "index.json").read_text("utf-8"))["telegrams"] if FOLDER.is_dir() else []
)

pytestmark = pytest.mark.skipif(not INDEX, reason=f"no captures of real meters in {FOLDER} (EVSE_RIG_CAPTURES)")


def by_name(entry: dict[str, Any]) -> str:
    return str(entry["file"])


def read(entry: dict[str, Any], chunk_b: int) -> list[Reading | BadTelegram]:
    data = (FOLDER / entry["file"]).read_bytes()
    reader = P1Reader()
    chunks = (data[start : start + chunk_b] for start in range(0, len(data), chunk_b))
    return [item for chunk in chunks for item in reader.receive(chunk, 0.0)] + reader.step(GAP_S)


def indexed_values(telegram: P1Telegram) -> dict[str, float | None]:
    """The values the station reads, under the names the index gives them."""
    values = {"power_import_total_kW": telegram.import_kw, "power_export_total_kW": telegram.export_kw}
    for n in range(3):
        values[f"power_import_l{n + 1}_kW"] = telegram.phase_import_kw[n]
        values[f"power_export_l{n + 1}_kW"] = telegram.phase_export_kw[n]
        values[f"voltage_l{n + 1}_V"] = telegram.voltage_v[n]
        values[f"current_l{n + 1}_A"] = telegram.current_a[n]
    return values


def expected_outcome(entry: dict[str, Any]) -> str:
    if entry["crc_valid"] is False:
        return "crc"
    if entry["crc_valid"]:
        expected = entry["expected"]
        tells_current = "power_import_total_kW" in expected or "current_l1_A" in expected
        return "reading" if tells_current else "malformed"
    has_end_mark = b"!" in (FOLDER / entry["file"]).read_bytes()
    return "unsupported" if has_end_mark and entry["version_tag"] is None else "malformed"


@pytest.mark.parametrize("chunk_b", [1, 100, 100_000])
@pytest.mark.parametrize("entry", INDEX, ids=by_name)
def test_outcome_is_what_the_index_implies(entry: dict[str, Any], chunk_b: int) -> None:
    (item,) = read(entry, chunk_b)
    outcome = item.kind if isinstance(item, BadTelegram) else "reading"
    assert outcome == expected_outcome(entry), item


@pytest.mark.parametrize("entry", [entry for entry in INDEX if entry["crc_valid"]], ids=by_name)
def test_values_are_those_of_the_index(entry: dict[str, Any]) -> None:
    telegram = decode((FOLDER / entry["file"]).read_bytes().rstrip(b"\r\n"))
    read_values = indexed_values(telegram)
    expected = {name: float(value) for name, value in entry["expected"].items() if name in read_values}
    assert expected
    assert {name: read_values[name] for name in expected} == expected
    assert telegram.version == entry["version_tag"].removeprefix("BE ")


@pytest.mark.parametrize("entry", [entry for entry in INDEX if expected_outcome(entry) == "reading"], ids=by_name)
def test_currents_agree_with_the_meter_s_own_figures(entry: dict[str, Any]) -> None:
    """Direction is that of the power; size is that of the power at the given or nominal voltage, give or take 1 A."""
    (reading,) = read(entry, 100_000)
    assert isinstance(reading, Reading)
    values = indexed_values(decode((FOLDER / entry["file"]).read_bytes().rstrip(b"\r\n")))
    assert reading.interval_s == (10.0 if entry["spec"] == "V4" else 1.0)
    assert reading.phases == (3 if len(entry["phases"]) == 3 else 1)
    for n in range(reading.phases):
        imported, exported = values[f"power_import_l{n + 1}_kW"], values[f"power_export_l{n + 1}_kW"]
        if imported is None or exported is None:
            imported, exported = values["power_import_total_kW"], values["power_export_total_kW"]
        assert imported is not None
        assert exported is not None
        active_a = (imported - exported) * 1000 / (values[f"voltage_l{n + 1}_V"] or 230.0)
        whole_a = values[f"current_l{n + 1}_A"]
        assert reading.current_a[n] * active_a >= 0
        assert any(abs(abs(reading.current_a[n]) - a) <= 0.001 for a in (abs(active_a), whole_a) if a is not None)
