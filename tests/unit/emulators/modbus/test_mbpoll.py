"""mbpoll, a program in C on libmodbus, reads the meters and writes their settings."""

from __future__ import annotations

import re
import shutil
import struct
from collections.abc import Callable
from typing import Any

import pytest

from emulators.modbus import faults
from emulators.modbus.description import load, models
from emulators.modbus.meter import ModbusMeter

MBPOLL = shutil.which("mbpoll")
pytestmark = pytest.mark.skipif(MBPOLL is None, reason="mbpoll is not installed (Debian: apt install mbpoll)")

# A busy machine may take its time; where no answer is expected, the time is given anew and shorter.
TCP = ("-o", "5", "-m", "tcp", "-p")
# The default of mbpoll is even parity, which a pseudo-terminal refuses.
RTU = ("-o", "5", "-m", "rtu", "-P", "none", "-b")


def poll(*options: str, unit: int = 1) -> Callable[[str], list[str]]:
    """One poll of a Modbus TCP port on this machine."""
    return lambda port: [str(MBPOLL), "-1", *TCP, port, "-a", str(unit), "-0", *options, "127.0.0.1"]


def poll_line(*options: str, unit: int = 1, values: tuple[str, ...] = ()) -> Callable[[str], list[str]]:
    """One poll, or one write of values, on a tty."""
    once = [] if values else ["-1"]
    return lambda path: [str(MBPOLL), *once, *RTU, "9600", "-a", str(unit), "-0", *options, path, *values]


def read(text: str) -> list[float]:
    """The values that mbpoll printed."""
    return [float(value) for value in re.findall(r"^\[\d+\]:\s+(\S+)", text, re.MULTILINE)]


# What to ask, and the values in the house: currents of 10, 4.5 and -6.75 A at 231, 229.5 and 230.25 V.
CASES = {
    "sdm230": (("-t", "3:float", "-B", "-r", "0", "-c", "9"), [231, 0, 0, 10, 0, 0, 2310, 0, 0]),
    "sdm72d": (
        ("-t", "3:float", "-B", "-r", "0", "-c", "9"),
        [231, 229.5, 230.25, 10, 4.5, 6.75, 2310, 1032.75, -1554.19],
    ),
    "sdm120ct": (("-t", "3:float", "-B", "-r", "6", "-c", "4"), [0.1, 0, 0, 23.1]),
    "sdm72ct": (("-t", "3:float", "-B", "-r", "6", "-c", "3"), [0.1, 0.045, 0.0675]),
    "sdm72d-v1": (("-t", "3:float", "-B", "-r", "52", "-c", "1"), [1788.56]),
    "e27": (("-t", "4:int", "-B", "-r", "50528", "-c", "3"), [10_000, 4_500, 6_750]),
    "abb-b23": (("-t", "4:int", "-B", "-r", "23318", "-c", "3"), [231_000, 103_275, -155_419]),
    "em340": (("-t", "3:int", "-r", "12", "-c", "3"), [10_000, 4_500, -6_750]),
    "iem3155": (("-t", "4:float", "-B", "-r", "3053", "-c", "3"), [2.31, 1.03275, -1.55419]),
    "eem-ma370": (("-t", "4:float", "-r", "32782", "-c", "3"), [10, 4.5, 6.75]),
    "eem-350": (("-t", "3:int", "-r", "0", "-c", "3"), [2310, 2295, 2302]),
}


def test_every_meter_is_asked() -> None:
    assert set(CASES) == set(models())


@pytest.mark.parametrize("model", CASES)
def test_over_a_socket(model: str, outside: Any, house: Any) -> None:
    meter = ModbusMeter(load(model), house.read)
    options, values = CASES[model]
    (ended,) = outside.run(outside.over_tcp(meter), poll(*options, unit=meter.unit))
    assert ended.code == 0, ended.text
    assert read(ended.text) == pytest.approx(values, rel=1e-5)


def test_over_a_line_with_several_meters(outside: Any, house: Any) -> None:
    meters = [ModbusMeter(load(model), house.read, unit=unit) for unit, model in enumerate(("sdm230", "sdm72d"), 1)]
    first, second, nobody = outside.run(
        outside.over_rtu(*meters),
        poll_line(*CASES["sdm230"][0], unit=1),
        poll_line(*CASES["sdm72d"][0], unit=2),
        poll_line(*CASES["sdm72d"][0], "-o", "0.3", unit=3),
    )
    assert read(first.text) == pytest.approx(CASES["sdm230"][1])
    assert read(second.text) == pytest.approx(CASES["sdm72d"][1], rel=1e-5)
    assert nobody.code != 0
    assert "timed out" in nobody.text


def test_refusals_are_understood(outside: Any, house: Any) -> None:
    hole, half, many = outside.run(
        outside.over_tcp(ModbusMeter(load("sdm72d"), house.read)),
        poll("-t", "3:float", "-B", "-r", "4096", "-c", "1"),
        poll("-t", "3", "-r", "0", "-c", "1"),
        poll("-t", "3:float", "-B", "-r", "0", "-c", "41"),
    )
    assert [ended.code for ended in (hole, half, many)] == [1, 1, 1]
    assert "Illegal data address" in hole.text
    assert "Illegal data address" in half.text
    assert "Illegal data value" in many.text


def test_a_setting_is_written_and_takes_effect(outside: Any, house: Any) -> None:
    # Written as two hex words: Debian's libmodbus writes floats with their bytes swapped.
    high, low = (f"0x{word:04X}" for word in struct.unpack(">HH", struct.pack(">f", 9.0)))
    written, old, new = outside.run(
        outside.over_rtu(ModbusMeter(load("sdm72d"), house.read)),
        poll_line("-t", "4:hex", "-r", "20", values=(high, low)),
        poll_line(*CASES["sdm72d"][0], "-o", "0.3", unit=1),
        poll_line("-t", "4:float", "-B", "-r", "20", "-c", "1", unit=9),
    )
    assert written.code == 0, written.text
    assert old.code != 0
    assert read(new.text) == [9.0]


def test_a_wrong_crc_is_no_answer(outside: Any, house: Any) -> None:
    meter = ModbusMeter(load("sdm72d"), house.read)
    meter.inject(faults.wrong_crc(), answers=1)
    command = poll_line(*CASES["sdm72d"][0])
    wrong, right = outside.run(outside.over_rtu(meter), command, command)
    assert wrong.code != 0
    assert "CRC" in wrong.text
    assert right.code == 0
