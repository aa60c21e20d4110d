"""Every register of every meter, read by pymodbus' client, over a socket and over a line."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from emulators.modbus.description import Description, Register, Rtu, load, models
from emulators.modbus.meter import ModbusMeter
from emulators.modbus.rtu import SerialFormat
from rig.clock import ClockSpec

client = pytest.importorskip("pymodbus.client", reason="pymodbus is not installed")

ORDERS = {"high_first": "big", "low_first": "little"}


def described(description: Description, register: Register) -> tuple[str, str, float, str]:
    """Table, type, scale and word order of a register."""
    defaults = description.defaults
    return (
        register.table or defaults.table,
        register.type or defaults.type,
        defaults.scale if register.scale is None else register.scale,
        ORDERS[register.word_order or defaults.word_order],
    )


async def read_all(reader: Any, description: Description) -> dict[int, float]:
    """The value of each register by its address, as pymodbus understands it."""
    values = {}
    for register in description.registers:
        table, number_type, scale, order = described(description, register)
        data_type = reader.DATATYPE[number_type.upper()]
        read = reader.read_input_registers if table == "input" else reader.read_holding_registers
        answer = await read(register.at, count=data_type.value[1], device_id=description.unit)
        assert not answer.isError(), (register, answer)
        values[register.at] = scale * reader.convert_from_registers(answer.registers, data_type, word_order=order)
    return values


def check(description: Description, values: dict[int, float], shown: Mapping[str, float], house: Any) -> None:
    """What the site says itself is compared with it, the rest with what the meter displays."""
    by_site = house.values(description.phases)
    compared = 0
    for register in description.registers:
        _, number_type, scale, _ = described(description, register)
        true = by_site.get(register.quantity, shown[register.quantity])
        step = scale / 2 if "int" in number_type else 1e-6 * abs(true)
        assert values[register.at] == pytest.approx(true, abs=step + 1e-9), register
        compared += register.quantity in by_site
    assert compared >= 1


@pytest.mark.parametrize("model", models())
def test_over_a_socket(model: str, outside: Any, house: Any) -> None:
    meter = house.meter(model, response_s=0.0, import_kwh=1234.5)

    async def scenario() -> None:
        async with outside.over_tcp(meter) as port, asyncio.timeout(30.0):
            reader = client.AsyncModbusTcpClient("127.0.0.1", port=int(port), retries=0)
            await compare(reader, meter, house)

    asyncio.run(scenario())


@pytest.mark.parametrize("model", ["sdm230", "sdm72d", "em340"])
def test_over_a_line(model: str, outside: Any, house: Any) -> None:
    """At 38400 baud, since the line takes its time in earnest here; a meter that can do that is asked so."""
    line = SerialFormat(38400, "8N1")
    quiet = msgspec.structs.replace(load(model), rtu=Rtu(baud=9600))
    meter = ModbusMeter(quiet, house.read, line=line, response_s=0.0, import_kwh=1234.5)

    async def scenario() -> None:
        async with outside.over_rtu(meter) as path, asyncio.timeout(30.0):
            reader = client.AsyncModbusSerialClient(path, baudrate=38400, retries=0, timeout=2.0)
            await compare(reader, meter, house)

    with asyncio.Runner(loop_factory=lambda: ClockSpec("real").make_loop()) as runner:
        runner.run(scenario())


async def compare(reader: Any, meter: ModbusMeter, house: Any) -> None:
    assert await reader.connect()
    try:
        values = await read_all(reader, meter.description)
    finally:
        reader.close()
    check(meter.description, values, meter.display(asyncio.get_running_loop().time()), house)
