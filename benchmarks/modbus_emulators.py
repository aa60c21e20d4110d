"""Requests per second that the Modbus meters answer, beside a bare pymodbus server that does the same reads.

Server and client are two processes; the client is a loop of blocking writes and reads, the same for both servers. RTU
goes over a pseudo-terminal without a pace, since a paced line would take 22 ms for the shortest exchange at 9600 baud.
The meters wait for nothing, but renew their values each second from a site. `python -m benchmarks.modbus_emulators`
prints it.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import socket
import time
import tty
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection

from pymodbus import FramerType
from pymodbus.server import ModbusBaseServer, ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from emulators.modbus import rtu, tcp
from emulators.modbus.bus import RtuBus
from emulators.modbus.description import Description, load, models
from emulators.modbus.meter import ModbusMeter
from emulators.modbus.pdu import Read, encode_request
from emulators.modbus.rtu_port import RtuPort
from emulators.modbus.tcp_port import TcpPort
from emulators.modbus.tcp_server import TcpServer
from emulators.site import Site

REQUESTS = 1000
ROUNDS = 12
REGISTERS = 18
MBAP_AND_COUNT, RTU_AND_COUNT = 9, 5


def read_of(description: Description) -> Read:
    """The first registers of the meter, as many as go into one request up to REGISTERS."""
    table = description.registers[0].table or description.defaults.table
    first = description.registers[0].at
    count = 2
    for register in description.registers[1:]:
        if register.at == first + count and count + 2 <= min(REGISTERS, description.max_registers):
            count += 2
    return Read(3 if table == "holding" else 4, first, count)


# -- servers, each in a process of its own ---------------------------------------------------------------------------


async def serve_ours(model: str, path: str, ready: Connection) -> None:
    site = Site()
    site.add_load("house", 10.0, 5.0, 1.0)
    meter = ModbusMeter(load(model), site.read, response_s=0.0)
    if path:
        port = RtuPort(RtuBus([meter], char_s=0.0, silence_s=0.1), path)
        ready.send(0)
        await port.wait()
    else:
        listening = TcpPort(TcpServer([meter]), "tcp::0")
        listening.start()
        ready.send(listening.port)
        await listening.wait()


async def serve_pymodbus(model: str, path: str, ready: Connection) -> None:
    description = load(model)
    read = read_of(description)
    device = SimDevice(
        description.unit, simdata=[SimData(read.address, count=read.count, values=0x1234, datatype=DataType.REGISTERS)]
    )
    if path:
        server: ModbusBaseServer = ModbusSerialServer(device, framer=FramerType.RTU, port=path, baudrate=115_200)
        number = 0
    else:
        with socket.create_server(("127.0.0.1", 0)) as found:
            number = found.getsockname()[1]
        server = ModbusTcpServer(device, address=("127.0.0.1", number))
    task = asyncio.create_task(server.serve_forever())
    await asyncio.sleep(0.5)
    ready.send(number)
    await task


SERVERS = {"ours": serve_ours, "pymodbus": serve_pymodbus}


def serve(kind: str, model: str, path: str, ready: Connection) -> None:
    asyncio.run(SERVERS[kind](model, path, ready))


@contextmanager
def served(kind: str, model: str, path: str = "") -> Iterator[int]:
    """The server runs meanwhile; its port number, where it has one."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(kind, model, path, there), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        process.terminate()
        process.join()


# -- the client ------------------------------------------------------------------------------------------------------


def exchange(descriptor: int, request: bytes, length: int) -> bytes:
    os.write(descriptor, request)
    answer = os.read(descriptor, 512)
    while len(answer) < length:
        answer += os.read(descriptor, 512)
    return answer


def per_second(descriptor: int, request: bytes, length: int) -> float:
    """Requests per second, over REQUESTS of them."""
    began_s = time.perf_counter()
    for _ in range(REQUESTS):
        exchange(descriptor, request, length)
    return REQUESTS / (time.perf_counter() - began_s)


Speeds = tuple[float, float]


def over_tcp(model: str) -> Speeds:
    """Ours and pymodbus, over loopback."""
    description = load(model)
    read = read_of(description)
    request = tcp.encode(7, description.unit, encode_request(read))
    with ExitStack() as stack:
        descriptors = []
        for kind in SERVERS:
            number = stack.enter_context(served(kind, model))
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", number)))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            descriptors.append(connection.fileno())
        return best(descriptors, request, MBAP_AND_COUNT + 2 * read.count)


def over_pty(model: str) -> Speeds:
    """Ours and pymodbus, each over a pseudo-terminal."""
    description = load(model)
    read = read_of(description)
    request = rtu.encode(description.unit, encode_request(read))
    with ExitStack() as stack:
        descriptors = []
        for kind in SERVERS:
            far, near = os.openpty()
            stack.callback(os.close, far)
            stack.callback(os.close, near)
            tty.setraw(near)
            stack.enter_context(served(kind, model, os.ttyname(near)))
            descriptors.append(far)
        return best(descriptors, request, RTU_AND_COUNT + 2 * read.count)


def best(descriptors: list[int], request: bytes, length: int) -> Speeds:
    """The best of ROUNDS, in turns: whatever else the machine does can only make a round slower."""
    rounds = [[per_second(descriptor, request, length) for descriptor in descriptors] for _ in range(ROUNDS)]
    ours, pymodbus = (max(speeds) for speeds in zip(*rounds, strict=True))
    return ours, pymodbus


def main() -> None:
    ways = {"rtu": ("pty", over_pty), "tcp": ("TCP", over_tcp)}
    print(f"Modbus requests per second (best of {ROUNDS} times {REQUESTS})")
    print(f"  {'meter':<12}{'over':<6}{'registers':>10}{'ours':>10}{'pymodbus':>10}{'ratio':>8}")
    for model in models():
        description = load(model)
        over, measure = ways[description.transport]
        ours, bare = measure(model)
        count = read_of(description).count
        print(f"  {model:<12}{over:<6}{count:>10}{ours:>10,.0f}{bare:>10,.0f}{ours / bare:>8.2f}")


if __name__ == "__main__":
    main()
