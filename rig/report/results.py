"""`results.json`, schema 1: every verdict of a run for other programs to read.

{"schema": 1,
 "run": {version, commit, clock, seed, bench, station, station_s, wall_s, started, self_test},
 "results": [{clause, case, verdict, measured, unit, limit, tolerance_early, tolerance_late, uncertainty, margin,
              evidence, what}]}
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import msgspec

from rig.errors import ConfigurationError
from rig.report.headline import ordered_cases
from rig.report.model import Report, RunInfo
from rig.verdicts import Verdict

SCHEMA = 1
FILE_NAME = "results.json"
_KEYS = (
    "clause",
    "case",
    "verdict",
    "measured",
    "unit",
    "limit",
    "tolerance_early",
    "tolerance_late",
    "uncertainty",
    "margin",
    "evidence",
    "what",
)


class Results(msgspec.Struct, frozen=True):
    """A `results.json` as read back."""

    schema: int
    run: RunInfo
    results: list[Verdict]


def render_results(report: Report) -> bytes:
    """The bytes of `results.json`, one verdict a line so that two runs compare with `diff`."""
    run = _dump(msgspec.to_builtins(report.run))
    rows = [_row(verdict) for case in ordered_cases(report) for verdict in case.verdicts]
    body = ",\n".join(f"  {row}" for row in rows)
    listing = f"[\n{body}\n ]" if rows else "[]"
    return f'{{"schema": {SCHEMA},\n "run": {run},\n "results": {listing}\n}}\n'.encode("ascii")


def _row(verdict: Verdict) -> str:
    # Evidence that is not plain data becomes text: a stray object must not cost the report of a whole run.
    fields = msgspec.to_builtins(verdict, str_keys=True, enc_hook=str)
    return _dump({key: fields[key] for key in _KEYS})


def _dump(value: Any) -> str:
    return json.dumps(_finite(value), ensure_ascii=True, allow_nan=False)


def _finite(value: Any) -> Any:
    """JSON has no NaN and no infinity; they become null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return value


def load_results(path: Path) -> Results:
    """Read a `results.json`. Raises ConfigurationError when the file is missing, damaged or of another schema."""
    try:
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path} is not JSON ({error}); it should be the results.json of a run") from error
    schema = data.get("schema") if isinstance(data, dict) else None
    if schema != SCHEMA:
        raise ConfigurationError(f"{path} has schema {schema!r}; this version reads schema {SCHEMA}")
    try:
        return msgspec.convert(data, Results)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{path} does not follow schema {SCHEMA}: {error}") from error
