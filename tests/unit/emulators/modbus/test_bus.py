"""The bus: who hears what, and when the answer goes out."""

from __future__ import annotations

import struct
from typing import Any

import msgspec
import pytest

from emulators.errors import BadConfiguration, Malformed
from emulators.modbus import faults
from emulators.modbus.bus import RtuBus
from emulators.modbus.description import load
from emulators.modbus.meter import ModbusMeter
from emulators.modbus.pdu import Read, Registers, WriteMultiple, decode_answer, encode_request
from emulators.modbus.rtu import Frame, SerialFormat, decode, encode
from emulators.site import Site

LINE = SerialFormat(9600, "8N1")
CHAR_S = LINE.char_s
CURRENT = encode_request(Read(4, 6, 2))
Event = tuple[float, str, dict[str, object]]


class Bench:
    """A bus with meters, and a station that knows when its bytes have arrived."""

    def __init__(self, *meters: ModbusMeter, **options: Any) -> None:
        self.events: list[Event] = []
        self.bus = RtuBus(meters, emit=lambda at_s, kind, fields: self.events.append((at_s, kind, fields)), **options)

    def send(self, data: bytes, begin_s: float) -> float:
        """When the bytes have arrived, which is when the bus hears them."""
        end_s = begin_s + len(data) * CHAR_S
        self.run(end_s)
        self.bus.receive(data, end_s)
        return end_s

    def run(self, until_s: float) -> list[tuple[float, bytes]]:
        """What the bus sends until then, and when."""
        sent = []
        while (due_s := self.bus.next_deadline_s()) <= until_s:
            if data := self.bus.step(due_s):
                sent.append((due_s, data))
        return sent

    def unheard(self) -> list[object]:
        return [fields["why"] for _, kind, fields in self.events if kind == "unheard"]


def meter(model: str = "sdm72d", *, current_a: float = 10.0, **options: Any) -> ModbusMeter:
    site = Site()
    site.add_load("house", current_a)
    return ModbusMeter(load(model), site.read, name=f"{model} {options.get('unit', 1)}", **options)


def current(frame: bytes) -> float:
    answer = decode_answer(decode(frame).pdu)
    assert isinstance(answer, Registers)
    value: float = struct.unpack(">f", answer.data)[0]
    return value


def test_an_answer_comes_after_the_meters_time() -> None:
    bench = Bench(meter(response_s=0.03))
    end_s = bench.send(encode(1, CURRENT), 1.0)
    ((at_s, data),) = bench.run(2.0)
    assert at_s == pytest.approx(end_s + 0.03, abs=1e-12)
    assert current(data) == 10.0


@pytest.mark.parametrize("line", [LINE, SerialFormat(2400, "8N1"), SerialFormat(19200, "8E1")])
def test_a_meter_that_is_quick_still_keeps_the_gap(line: SerialFormat) -> None:
    bench = Bench(meter(response_s=0.0, line=line))
    if line.char_format == "8E1":
        bench.bus.meters[0].restart(-10.0)
    bench.bus.receive(encode(1, CURRENT), 1.0)
    ((at_s, _),) = bench.run(1.9)
    assert at_s == pytest.approx(1.0 + 3.5 * line.char_s, abs=1e-12)


def test_several_meters_at_their_addresses() -> None:
    bench = Bench(meter(current_a=1.0), meter(unit=2, current_a=2.0), meter("sdm230", unit=3, current_a=3.0))
    read = []
    for at_s, unit in enumerate((3, 1, 2, 4)):
        bench.send(encode(unit, CURRENT), float(at_s))
        read.append([current(data) for _, data in bench.run(at_s + 0.9)])
    assert read == [[3.0], [1.0], [2.0], []]
    assert bench.unheard() == ["no meter has address 4 at 9600 8N1"]


def test_a_crc_that_is_wrong_is_not_answered_and_does_not_disturb() -> None:
    bench = Bench(meter())
    wrong = bytearray(encode(1, CURRENT))
    wrong[3] ^= 1
    bench.send(bytes(wrong), 1.0)
    assert bench.run(1.9) == []
    assert bench.unheard() == ["it is no request with a right CRC"]
    bench.send(encode(1, CURRENT), 2.0)
    assert len(bench.run(2.9)) == 1


def test_a_silence_within_a_request_ends_it() -> None:
    frame = encode(1, CURRENT)
    for gap_chars, answers in ((3.4, 1), (3.6, 0)):
        bench = Bench(meter())
        end_s = bench.send(frame[:5], 1.0)
        bench.send(frame[5:], end_s + gap_chars * CHAR_S)
        assert len(bench.run(2.0)) == answers, gap_chars


def test_the_silence_may_be_longer_for_an_adapter() -> None:
    frame = encode(1, CURRENT)
    bench = Bench(meter(), silence_s=0.03)
    bench.send(frame[:5], 1.0)
    bench.send(frame[5:], 1.03)
    assert len(bench.run(2.0)) == 1


def test_functions_that_only_a_silence_ends_are_refused() -> None:
    bench = Bench(meter(response_s=0.03))
    end_s = bench.send(encode(1, bytes.fromhex("2b 0e 01 00")), 1.0)
    ((at_s, data),) = bench.run(2.0)
    assert decode(data) == Frame(1, bytes.fromhex("ab 01"))
    assert at_s == pytest.approx(end_s + 0.03)


def test_a_meter_that_has_not_answered_hears_nothing() -> None:
    bench = Bench(meter(response_s=0.5), meter(unit=2))
    bench.send(encode(1, CURRENT), 1.0)
    bench.send(encode(1, encode_request(Read(4, 0, 2))), 1.2)
    bench.send(encode(2, CURRENT), 1.3)
    sent = bench.run(3.0)
    assert [decode(data).unit for _, data in sent] == [2, 1]
    assert bench.unheard() == ["sdm72d 1 had not answered yet"]


@pytest.mark.parametrize(
    ("gap_chars", "strict", "answers"), [(-2.0, False, 0), (0.0, False, 1), (3.4, True, 0), (3.5, True, 1)]
)
def test_nothing_is_heard_during_an_answer_nor_by_strict_meters_in_the_gap(
    gap_chars: float, strict: bool, answers: int
) -> None:
    bench = Bench(meter(), meter(unit=2), strict=strict)
    bench.send(encode(1, CURRENT), 1.0)
    ((at_s, data),) = bench.run(1.9)
    bench.send(encode(2, CURRENT), at_s + len(data) * CHAR_S + gap_chars * CHAR_S)
    assert len(bench.run(2.9)) == answers
    assert len(bench.unheard()) == 1 - answers
    hurried = [fields for _, kind, fields in bench.events if kind == "hurried"]
    assert len(hurried) == (0.0 <= gap_chars < 3.5)
    if hurried:
        silence_s = round(gap_chars * CHAR_S, 6)
        assert hurried == [{"bus": "rs485", "meter": "sdm72d 2", "silence_s": silence_s, "needed_s": LINE.gap_s}]


@pytest.mark.parametrize(
    ("quiet_ms", "strict", "answers", "hurried"), [(59.9, True, 0, 1), (59.9, False, 1, 1), (60.0, True, 1, 0)]
)
def test_a_meter_that_needs_a_longer_silence(quiet_ms: float, strict: bool, answers: int, hurried: int) -> None:
    bench = Bench(meter("sdm230"), meter("sdm72d", unit=2), strict=strict)
    bench.send(encode(1, CURRENT), 1.0)
    ((at_s, data),) = bench.run(1.9)
    ended_s = at_s + len(data) * CHAR_S
    bench.send(encode(1, CURRENT), ended_s + quiet_ms / 1000)
    assert len(bench.run(ended_s + 0.5)) == answers
    assert bench.unheard() == ["sdm230 1 needs a longer silence"] * (1 - answers)
    assert [kind for _, kind, _ in bench.events].count("hurried") == hurried
    bench.send(encode(2, CURRENT), ended_s + 1.0)
    assert len(bench.run(ended_s + 2.0)) == 1


def test_only_meters_with_the_bus_settings_hear() -> None:
    bench = Bench(meter(), meter(unit=2, line=SerialFormat(19200, "8N1")))
    bench.send(encode(2, CURRENT), 1.0)
    assert bench.run(2.0) == []
    change = WriteMultiple(0x1C, struct.pack(">f", 3))
    bench.send(encode(1, encode_request(change)), 3.0)
    assert len(bench.run(4.0)) == 1, "the answer still goes out as the request came"
    bench.send(encode(1, CURRENT), 5.0)
    assert bench.run(6.0) == []
    bench.bus.set_line(SerialFormat(19200, "8N1"))
    bench.send(encode(1, CURRENT), 7.0)
    assert len(bench.run(8.0)) == 1


def test_an_address_counts_from_the_next_request_on() -> None:
    bench = Bench(meter())
    bench.send(encode(1, encode_request(WriteMultiple(0x14, struct.pack(">f", 9)))), 1.0)
    ((_, data),) = bench.run(2.0)
    assert decode(data).unit == 1
    bench.send(encode(1, CURRENT), 3.0)
    assert bench.run(4.0) == []
    bench.send(encode(9, CURRENT), 5.0)
    ((_, data),) = bench.run(6.0)
    assert decode(data).unit == 9


def test_broadcasts_are_obeyed_by_who_knows_them_and_answered_by_nobody() -> None:
    deaf = meter("sdm120ct")
    willing = msgspec.structs.replace(
        deaf.description, rtu=msgspec.structs.replace(deaf.description.rtu, broadcast=True)
    )
    hearing = ModbusMeter(willing, Site().read, unit=2)
    bench = Bench(deaf, hearing)
    scroll = WriteMultiple(0xF900, b"\0\x09")
    bench.send(encode(0, encode_request(scroll)), 1.0)
    assert bench.run(2.0) == []
    read = encode_request(Read(3, 0xF900, 1))
    assert [m.request(read, 2.0) for m in (deaf, hearing)] == [b"\x03\x02\0\x05", b"\x03\x02\0\x09"]


def test_two_meters_at_one_address_cannot_be_understood() -> None:
    bench = Bench(meter(current_a=10.0), meter(current_a=6.0))
    bench.send(encode(1, CURRENT), 1.0)
    ((_, data),) = bench.run(2.0)
    with pytest.raises(Malformed):
        decode(data)


def test_a_restarting_meter_is_silent() -> None:
    bench = Bench(meter())
    bench.bus.meters[0].restart(0.5)
    bench.send(encode(1, CURRENT), 1.0)
    assert bench.run(2.0) == []
    bench.send(encode(1, CURRENT), 2.6)
    assert len(bench.run(3.0)) == 1


def test_faults_of_answers() -> None:
    bench = Bench(meter(response_s=0.03))
    bench.bus.meters[0].inject(faults.wrong_crc(), answers=1)
    end_s = bench.send(encode(1, CURRENT), 1.0)
    ((_, data),) = bench.run(1.5)
    with pytest.raises(Malformed, match="the CRC should be"):
        decode(data)
    bench.bus.meters[0].inject(faults.wrong_unit(), answers=1)
    bench.send(encode(1, CURRENT), 2.0)
    ((_, data),) = bench.run(2.5)
    assert decode(data).unit == 2
    bench.bus.meters[0].inject(faults.late(1.5), answers=1)
    end_s = bench.send(encode(1, CURRENT), 3.0)
    ((at_s, data),) = bench.run(5.0)
    assert at_s == pytest.approx(end_s + 1.53)
    bench.bus.meters[0].inject(faults.two_segments(4, 0.02), answers=1)
    end_s = bench.send(encode(1, CURRENT), 6.0)
    (first_s, first), (second_s, second) = bench.run(7.0)
    assert (first_s, second_s) == pytest.approx((end_s + 0.03, end_s + 0.05))
    assert current(first + second) == 10.0


def test_without_a_pace_answers_come_at_once() -> None:
    bench = Bench(meter(response_s=0.0), char_s=0.0, silence_s=0.05)
    frame = encode(1, CURRENT)
    for moment in range(100):
        bench.bus.receive(frame[:3], 1.0 + moment / 10)
        bench.bus.receive(frame[3:], 1.0 + moment / 10)
        assert current(bench.bus.step(1.0 + moment / 10)) == 10.0


def test_steps_too_many_change_nothing() -> None:
    bench = Bench(meter(response_s=0.03))
    end_s = bench.send(encode(1, CURRENT), 1.0)
    assert [bench.bus.step(end_s + ms / 1000) != b"" for ms in range(40)] == [ms == 30 for ms in range(40)]


def test_a_bus_needs_a_meter() -> None:
    with pytest.raises(BadConfiguration, match="a bus without a meter"):
        RtuBus([])
