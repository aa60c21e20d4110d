"""Connections of a meter on Ethernet: requests, ends, and what is wrong with them."""

from __future__ import annotations

import struct
from typing import Any

import msgspec
import pytest

from emulators.errors import BadConfiguration
from emulators.listening.server import Output
from emulators.modbus import faults
from emulators.modbus.description import load
from emulators.modbus.faults import CONNECTION_FAULTS
from emulators.modbus.meter import ModbusMeter
from emulators.modbus.pdu import Read, encode_request
from emulators.modbus.tcp import Frame, decode, encode
from emulators.modbus.tcp_server import TcpServer
from emulators.site import Site

CURRENTS = encode_request(Read(3, 50528, 6))
DELAY_S = 0.05
Event = tuple[float, str, dict[str, object]]


def request(transaction: int = 1, unit: int = 5, pdu: bytes = CURRENTS) -> bytes:
    return encode(transaction, unit, pdu)


class Bench:
    def __init__(self, *meters: ModbusMeter, **rules: Any) -> None:
        self.events: list[Event] = []
        site = Site()
        site.add_load("house", 10.0, 5.0, 1.0)
        e27 = load("e27")
        description = msgspec.structs.replace(e27, tcp=msgspec.structs.replace(e27.tcp, **rules))
        self.meter = ModbusMeter(description, site.read)
        self.server = TcpServer([self.meter, *meters], name="e27", emit=lambda *event: self.events.append(event))

    def connect(self, *numbers: int, now_s: float = 0.0) -> None:
        for number in numbers:
            self.server.connected(number, f"10.0.0.{number}:4000", now_s)

    def run(self, until_s: float) -> list[tuple[float, Output]]:
        outputs = []
        while (due_s := self.server.next_deadline_s()) <= until_s:
            outputs += [(due_s, output) for output in self.server.step(due_s)]
        return outputs

    def told(self) -> list[tuple[object, object]]:
        return [(fields["connection"], fields["what"]) for _, kind, fields in self.events if kind == "connection"]


def currents(output: Output) -> tuple[int, ...]:
    values: tuple[int, ...] = struct.unpack(">3I", decode(output.data).pdu[2:])
    return values


def test_a_request_is_answered_after_the_meters_time() -> None:
    bench = Bench()
    bench.connect(1)
    bench.server.receive(1, request(0xABCD), 1.0)
    ((at_s, output),) = bench.run(2.0)
    assert at_s == pytest.approx(1.0 + DELAY_S)
    assert (output.connection, output.end) == (1, None)
    assert decode(output.data)[:2] == (0xABCD, 5)
    assert currents(output) == (10_000, 5_000, 1_000)


def test_requests_in_one_segment_and_one_in_many() -> None:
    bench = Bench()
    bench.connect(1)
    stream = request(1) + request(2) + request(3)
    bench.server.receive(1, stream[:30], 1.0)
    for at in range(30, len(stream)):
        bench.server.receive(1, stream[at : at + 1], 1.01)
    outputs = bench.run(2.0)
    assert [decode(output.data).transaction for _, output in outputs] == [1, 2, 3]
    assert [at_s for at_s, _ in outputs] == pytest.approx([1.05, 1.1, 1.15])


def test_connections_do_not_wait_for_each_other() -> None:
    bench = Bench()
    bench.connect(1, 2)
    bench.server.receive(2, request(7), 1.0)
    bench.server.receive(1, request(8), 1.0)
    assert [(output.connection, decode(output.data).transaction) for _, output in bench.run(2.0)] == [(1, 8), (2, 7)]


@pytest.mark.parametrize(
    ("rule", "answers"), [("silent", []), ("answer", [b"\x03\x02\x00\x64"]), ("exception", [b"\x83\x0b"])]
)
def test_units_that_are_not_there(rule: str, answers: list[bytes]) -> None:
    bench = Bench(other_units=rule)
    bench.connect(1)
    bench.server.receive(1, request(1, 9, encode_request(Read(3, 50004, 1))), 1.0)
    assert [decode(output.data) for _, output in bench.run(2.0)] == [Frame(1, 9, pdu) for pdu in answers]
    unheard = (1.0, "unheard", {"server": "e27", "connection": 1, "why": "no meter is unit 9"})
    assert (unheard in bench.events) == (rule == "silent")


def test_a_gateway_with_several_meters() -> None:
    site = Site()
    site.add_load("house", 7.0)
    bench = Bench(ModbusMeter(load("sdm230"), site.read, unit=6))
    bench.connect(1)
    bench.server.receive(1, request() + encode(2, 6, encode_request(Read(4, 6, 2))), 1.0)
    (_, first), (_, second) = bench.run(2.0)
    assert currents(first) == (10_000, 5_000, 1_000)
    assert decode(second.data) == Frame(2, 6, b"\x04\x04" + struct.pack(">f", 7.0))


def test_an_idle_connection_is_closed_after_a_minute() -> None:
    bench = Bench()
    bench.connect(1, 2)
    bench.server.receive(1, request(), 30.0)
    bench.server.receive(2, request()[:5], 30.0)
    outputs = bench.run(200.0)
    ends = [(at_s, output.connection, output.end) for at_s, output in outputs if output.end]
    assert ends == [(60.0, 2, "close"), (90.0, 1, "close")], "half a request is none"
    assert bench.told() == [(1, "accepted"), (2, "accepted"), (2, "closed"), (1, "closed")]
    assert bench.events[-1][2]["why"] == "no request for 60 s"


def test_one_connection_too_many_is_refused() -> None:
    bench = Bench(max_connections=2)
    bench.connect(1, 2, 3)
    assert bench.server.step(0.0) == [Output(3, b"", "close")]
    assert bench.told()[-1] == (3, "refused")
    bench.server.disconnected(1, "gone", 1.0)
    bench.connect(4, now_s=1.0)
    assert bench.told()[-2:] == [(1, "lost"), (4, "accepted")]


def test_or_it_takes_the_place_of_the_oldest() -> None:
    bench = Bench(max_connections=2, when_full="drop_oldest")
    bench.connect(1, 2, 3)
    assert bench.server.step(0.0) == [Output(1, b"", "close")]
    assert bench.told()[-2:] == [(1, "closed"), (3, "accepted")]


def test_a_stream_that_is_no_modbus_is_closed() -> None:
    bench = Bench()
    bench.connect(1)
    bench.server.receive(1, b"GET / HTTP/1.1\r\n\r\n", 1.0)
    assert [output.end for output in bench.server.step(1.0)] == ["close"]
    assert "is not Modbus" in str(bench.events[-1][2]["why"])
    bench.server.receive(1, request(), 2.0)
    assert bench.run(3.0) == []


def test_a_meter_that_is_started_anew_is_silent_for_a_while() -> None:
    bench = Bench()
    bench.connect(1)
    bench.meter.restart(1.0)
    bench.server.receive(1, request(1), 5.9)
    bench.server.receive(1, request(2), 6.0)
    assert [decode(output.data).transaction for _, output in bench.run(7.0)] == [2]


def test_faults_of_answers() -> None:
    bench = Bench()
    bench.connect(1)
    bench.meter.inject(faults.wrong_transaction(), answers=1)
    bench.server.receive(1, request(8), 1.0)
    bench.meter.inject(faults.wrong_unit(), answers=1)
    bench.server.receive(1, request(10), 2.0)
    bench.meter.inject(faults.two_segments(7, 0.1), answers=1)
    bench.server.receive(1, request(12), 3.0)
    bench.meter.inject(faults.exception(6), answers=1)
    bench.server.receive(1, request(14), 4.0)
    wrong_transaction, wrong_unit, first, second, busy = bench.run(5.0)
    assert decode(wrong_transaction[1].data).transaction == 9
    assert decode(wrong_unit[1].data).unit == 6
    assert (first[0], second[0]) == pytest.approx((3.05, 3.15))
    assert len(first[1].data) == 7
    assert currents(Output(1, first[1].data + second[1].data)) == (10_000, 5_000, 1_000)
    assert decode(busy[1].data).pdu == b"\x83\x06"


def test_a_late_answer_comes_before_that_to_the_next_request() -> None:
    bench = Bench()
    bench.connect(1)
    bench.meter.inject(faults.late(1.5), answers=1)
    bench.server.receive(1, request(1), 1.0)
    bench.server.receive(1, request(2), 2.0)
    outputs = bench.run(5.0)
    assert [(round(at_s, 6), decode(output.data).transaction) for at_s, output in outputs] == [(2.55, 1), (2.6, 2)]


def test_accepted_and_silent() -> None:
    bench = Bench()
    bench.connect(1)
    bench.server.set_fault("silent", 1.0)
    bench.connect(2, now_s=1.0)
    for number in (1, 2):
        bench.server.receive(number, request(), 2.0)
    assert bench.run(300.0) == []
    assert bench.server.listening
    bench.server.set_fault(None, 300.0)
    bench.server.receive(2, request(), 300.0)
    assert [output.connection for _, output in bench.run(300.1) if output.data] == [2]


def test_unplugged() -> None:
    """What is on the wire or comes later is lost; when the cable is back, the connection that was there works."""
    bench = Bench()
    bench.connect(1)
    bench.server.receive(1, request(), 0.99)
    bench.server.set_fault("unplugged", 1.0)
    bench.server.receive(1, request(), 2.0)
    assert bench.run(300.0) == []
    assert bench.server.listening
    assert bench.server.unplugged
    bench.server.set_fault(None, 300.0)
    bench.server.receive(1, request(), 300.0)
    assert [output.connection for _, output in bench.run(300.1) if output.data] == [1]


def test_reset() -> None:
    bench = Bench()
    bench.connect(1, 2)
    bench.server.set_fault("reset", 1.0)
    assert bench.server.step(1.0) == []
    bench.server.receive(1, request(), 2.0)
    assert bench.server.step(2.0) == [Output(1, b"", "reset")]
    assert bench.told()[-1] == (1, "reset")


def test_half_open() -> None:
    bench = Bench(max_connections=1)
    bench.connect(1)
    bench.server.set_fault("half_open", 1.0)
    assert bench.told()[-1] == (1, "half-open")
    bench.server.receive(1, request(1), 2.0)
    bench.connect(2, now_s=3.0)
    bench.server.receive(2, request(2), 3.0)
    bench.server.set_fault(None, 4.0)
    bench.server.receive(1, request(3), 5.0)
    bench.server.receive(2, request(4), 5.0)
    outputs = bench.run(1000.0)
    assert [decode(output.data).transaction for _, output in outputs if output.data] == [2, 4]
    assert [output.connection for _, output in outputs if output.end] == [2], "of the other it knows nothing"
    bench.server.disconnected(1, "gone", 1000.0)
    assert bench.told()[-1] == (1, "lost")


def test_refused() -> None:
    bench = Bench()
    bench.connect(1)
    bench.server.set_fault("refused", 1.0)
    assert not bench.server.listening
    assert bench.server.step(1.0) == [Output(1, b"", "close")]
    bench.server.set_fault(None, 2.0)
    assert bench.server.listening


def test_the_values_are_renewed_without_requests() -> None:
    bench = Bench()
    assert bench.server.next_deadline_s() == 0.0
    bench.server.step(0.0)
    assert bench.server.next_deadline_s() == 1.0


def test_servers_and_faults_that_cannot_be() -> None:
    with pytest.raises(BadConfiguration, match="a Modbus server without a meter"):
        TcpServer([])
    with pytest.raises(BadConfiguration, match="there is refused, silent, reset, half_open, unplugged"):
        Bench().server.set_fault("broken", 0.0)  # type: ignore[arg-type]
    assert list(CONNECTION_FAULTS) == ["refused", "silent", "reset", "half_open", "unplugged"]
