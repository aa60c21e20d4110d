"""Settings that the user types are written as a master would."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulators.modbus import ModbusMeter, SerialFormat, load
from emulators.site import Site
from rig.cli.modbus_meters import Assignment
from rig.cli.modbus_writes import write
from rig.errors import ConfigurationError

SINGLE = """
name = "Mine"
transport = "rtu"
functions = [3, 6]
registers = []
settings = [
  { at = 1, name = "unit", type = "uint16", range = [1, 99] },
  { at = 2, name = "fixed", type = "uint16", read_only = true },
]
"""


def meter(model: str = "sdm72d") -> ModbusMeter:
    return ModbusMeter(load(model), Site().read)


def test_a_number_and_a_meaning() -> None:
    written = meter()
    assert write(written, Assignment.parse("unit=7"), 0.0) == "unit=7"
    assert written.unit == 7
    assert write(written, Assignment.parse("baud=19200"), 0.0) == "baud=19200"
    assert written.line == SerialFormat(19200, "8N1")


def test_what_counts_after_a_restart_says_so() -> None:
    written = meter()
    assert write(written, Assignment.parse("char_format=8E1"), 0.0) == "char_format=8E1, after a restart"
    assert written.line == SerialFormat(9600, "8N1")
    written.restart(0.0)
    assert written.line == SerialFormat(9600, "8E1")


def test_a_lock_is_opened() -> None:
    assert write(meter(), Assignment.parse("system_type=1P2W"), 0.0) == "system_type=1P2W"


def test_what_can_be_set_once() -> None:
    written = meter("sdm72ct")
    assert write(written, Assignment.parse("ct_ratio=100"), 0.0) == "ct_ratio=100"
    with pytest.raises(ConfigurationError, match="SDM72CT refuses ct_ratio=1 with exception 3; it can be set once"):
        write(written, Assignment.parse("ct_ratio=1"), 0.0)


def test_a_meter_that_has_only_function_6(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(SINGLE)
    written = meter(str(path))
    assert write(written, Assignment.parse("unit=7"), 0.0) == "unit=7"
    assert written.unit == 7
    with pytest.raises(ConfigurationError, match="Mine refuses fixed=7 with exception 2"):
        write(written, Assignment.parse("fixed=7"), 0.0)


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("colour=1", "Eastron SDM72D has no setting 'colour'; there is "),
        ("baud=1", "setting baud has no code for 1.0"),
        ("unit=many", "setting unit has no code for 'many'"),
        ("unit=248", "Eastron SDM72D refuses unit=248 with exception 3"),
    ],
)
def test_what_is_refused(typed: str, complaint: str) -> None:
    written = meter()
    with pytest.raises(ConfigurationError, match=complaint):
        write(written, Assignment.parse(typed), 0.0)
    assert (written.unit, written.line) == (1, SerialFormat(9600, "8N1"))


def test_a_meter_without_settings() -> None:
    with pytest.raises(ConfigurationError, match="Socomec Countis E27 has no setting 'unit'; there is none"):
        write(meter("e27"), Assignment.parse("unit=1"), 0.0)
