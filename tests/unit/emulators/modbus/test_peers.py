"""sdm_modbus and minimalmodbus read the Eastron meters, over a socket and over a line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulators.modbus.description import load
from emulators.modbus.meter import ModbusMeter

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

# By model: its class in sdm_modbus, how many values both know, and the ratio of the clamps before the meter.
MODELS = {
    "sdm230": ("SDM230", 22, 1),
    "sdm120ct": ("SDM120", 22, 100),
    "sdm72d": ("SDM72V2", 41, 1),
    "sdm72ct": ("SDM72V2", 41, 100),
    "sdm72d-v1": ("SDM72", 2, 1),
}


@pytest.mark.parametrize(
    ("way", "model"), [*[("tcp", model) for model in MODELS], ("rtu", "sdm230"), ("rtu", "sdm72d")]
)
def test_sdm_modbus(way: str, model: str, outside: Any, house: Any, peer: Any) -> None:
    kind, count, ratio = MODELS[model]
    meter = ModbusMeter(load(model), house.read, import_kwh=1234.5)
    served = outside.over_tcp(meter) if way == "tcp" else outside.over_rtu(meter)
    (ended,) = outside.run(served, lambda where: peer("sdm_modbus", SDM_MODBUS, (kind, way, where)))
    assert ended.code == 0, ended.text
    read = json.loads(ended.text.splitlines()[-1])
    assert len(read) == count
    reading = house.reading
    if model == "sdm72d-v1":
        assert read["import_total_power_active"] == sum(reading.power_w)
        return
    if meter.description.phases == 1:
        site = {"voltage": 231.0, "current": 10.0 / ratio, "power_active": 2310.0 / ratio}
    else:
        site = {"total_power": sum(reading.power_w) / ratio}
        for phase in range(3):
            site[f"l{phase + 1}_voltage"] = reading.voltage_v[phase]
            site[f"l{phase + 1}_current"] = abs(reading.current_a[phase]) / ratio
            site[f"l{phase + 1}_power_active"] = reading.power_w[phase] / ratio
    assert {name: read[name] for name in site} == pytest.approx(site, rel=1e-6)
    assert (read["frequency"], read["import_energy_active"]) == (50.0, 1234.5)


def test_minimalmodbus(outside: Any, house: Any, peer: Any) -> None:
    meter = ModbusMeter(load("sdm72d"), house.read)
    (ended,) = outside.run(outside.over_rtu(meter), lambda where: peer("minimalmodbus", MINIMALMODBUS, (where,)))
    assert ended.code == 0, ended.text
    read, unit, refused = json.loads(ended.text.splitlines()[-1])
    reading = house.reading
    currents = [abs(current) for current in reading.current_a]
    assert read == [*reading.voltage_v, *currents, *reading.power_w]
    assert unit == 1.0
    assert "illegal data address" in refused.lower()
