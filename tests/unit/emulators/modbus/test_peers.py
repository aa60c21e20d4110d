"""sdm_modbus and minimalmodbus read the Eastron meters, over a socket and over a line.

sdm_modbus wants a pymodbus of its own, so each runs in a virtual environment: `.venv-peers/NAME` in the checkout, or
the folder that EVSE_RIG_PEERS names. `python -m venv .venv-peers/sdm_modbus` and then, in it,
`pip install sdm_modbus==0.7.0 pymodbus==3.6.9 pyserial`; for minimalmodbus, `pip install minimalmodbus`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emulators.modbus.description import load
from emulators.modbus.meter import ModbusMeter

PEERS = Path(os.environ.get("EVSE_RIG_PEERS") or Path(__file__).resolve().parents[4] / ".venv-peers")

SDM_MODBUS = """
import json, sys
import sdm_modbus
kind, way, where = sys.argv[1:]
INPUT = sdm_modbus.registerType.INPUT
options = {"host": "127.0.0.1", "port": int(where)} if way == "tcp" else {"device": where, "baud": 9600, "parity": "N"}
meter = getattr(sdm_modbus, kind)(unit=1, **options)
print(json.dumps(meter.read_all(INPUT)))
"""

MINIMALMODBUS = """
import json, sys
import minimalmodbus
meter = minimalmodbus.Instrument(sys.argv[1], 1)
meter.serial.baudrate = 9600
meter.serial.timeout = 2.0
read = [meter.read_float(address, functioncode=4) for address in (0, 2, 4, 6, 8, 10, 12, 14, 16)]
meter.write_float(0x14, 1.0)
unit = meter.read_float(0x14, functioncode=3)
try:
    meter.read_float(0x1000, functioncode=4)
except minimalmodbus.IllegalRequestError as error:
    refused = str(error)
print(json.dumps([read, unit, refused]))
"""


def interpreter(name: str) -> Path:
    """The Python that has a peer. Skips where there is none."""
    path = PEERS / name / "bin" / "python"
    if not path.exists():
        pytest.skip(f"{name} has no virtual environment at {path.parents[1]}; this file says how to make it")
    return path


def script(name: str, text: str, *words: str) -> Callable[[str], list[str]]:
    python = str(interpreter(name))
    return lambda where: [python, "-c", text, *words, where]


@pytest.mark.parametrize("way", ["tcp", "rtu"])
@pytest.mark.parametrize(("model", "kind", "values"), [("sdm230", "SDM230", 22), ("sdm72d", "SDM72V2", 41)])
def test_sdm_modbus(way: str, model: str, kind: str, values: int, outside: Any, house: Any) -> None:
    meter = ModbusMeter(load(model), house.read, import_kwh=1234.5)
    served = outside.over_tcp(meter) if way == "tcp" else outside.over_rtu(meter)
    (ended,) = outside.run(served, script("sdm_modbus", SDM_MODBUS, kind, way))
    assert ended.code == 0, ended.text
    read = json.loads(ended.text.splitlines()[-1])
    assert len(read) == values
    reading = house.reading
    if model == "sdm230":
        assert (read["voltage"], read["current"], read["power_active"]) == (231.0, 10.0, 2310.0)
    else:
        for phase in range(3):
            assert read[f"l{phase + 1}_voltage"] == reading.voltage_v[phase]
            assert read[f"l{phase + 1}_current"] == abs(reading.current_a[phase])
            assert read[f"l{phase + 1}_power_active"] == reading.power_w[phase]
        assert read["total_power"] == sum(reading.power_w)
    assert (read["frequency"], read["import_energy_active"]) == (50.0, 1234.5)


def test_minimalmodbus(outside: Any, house: Any) -> None:
    meter = ModbusMeter(load("sdm72d"), house.read)
    (ended,) = outside.run(outside.over_rtu(meter), script("minimalmodbus", MINIMALMODBUS))
    assert ended.code == 0, ended.text
    read, unit, refused = json.loads(ended.text.splitlines()[-1])
    reading = house.reading
    currents = [abs(current) for current in reading.current_a]
    assert read == [*reading.voltage_v, *currents, *reading.power_w]
    assert unit == 1.0
    assert "illegal data address" in refused.lower()
