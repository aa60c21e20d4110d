"""The poller: pace, time-outs, silence on the line, requests in turn, connections that come and go."""

import struct
from collections.abc import Callable

import pytest
from fastcrc import crc16
from hypothesis import given, settings
from hypothesis import strategies as st

from station.serial_line import SerialLine
from station.sources.modbus.mapping import EASTRON, SOCOMEC
from station.sources.modbus.poller import DEAD_AFTER, Poller
from station.sources.modbus.rtu import RtuFraming
from station.sources.modbus.tcp import TcpFraming
from station.sources.reading import BadTelegram, Reading

QUIET_S = 0.06
Heard = list[Reading | BadTelegram]


def rtu(preset: str = "Eastron SDM72D") -> Poller:
    framing = RtuFraming(1, SerialLine(9600), QUIET_S)
    return Poller(EASTRON[preset], framing, meter="/dev/rs485")


def tcp(unit: int = 5) -> Poller:
    return Poller(SOCOMEC, TcpFraming(unit), meter="192.168.0.4:502")


def sealed(body: bytes) -> bytes:
    return body + crc16.modbus(body).to_bytes(2, "little")


def rtu_answer(amperes: float = 10.0, count: int = 12) -> bytes:
    values = struct.pack(">6f", *[amperes] * 3, *[amperes * 230.0] * 3)[: 2 * count]
    return sealed(bytes([1, 4, len(values)]) + values)


def tcp_answer(request: bytes, milliamperes: int = 10_000, unit: int = 5) -> bytes:
    values = struct.pack(">3I", *[milliamperes] * 3) + bytes(20) + struct.pack(">3i", *[milliamperes * 23 // 1000] * 3)
    return request[:4] + struct.pack(">HBBB", 3 + len(values), unit, 3, len(values)) + values


class Driven:
    """Steps a poller at its deadlines, as the runtime does, and notes what it sends and when."""

    def __init__(self, poller: Poller) -> None:
        self.poller = poller
        self.sent: list[tuple[float, bytes]] = []
        self.heard: list[tuple[float, Reading | BadTelegram]] = []

    def take(self, heard: Heard, now_s: float) -> None:
        self.heard += [(now_s, item) for item in heard]
        request = self.poller.take_request()
        if request:
            self.sent.append((now_s, request))

    def until(self, end_s: float, answer: Callable[[bytes], bytes] | None = None, delay_s: float = 0.02) -> None:
        """Let time pass; every request is answered after `delay_s`."""
        arrives_s, arriving = 0.0, b""
        while True:
            due_s = self.poller.next_deadline_s()
            if arriving and (due_s is None or arrives_s < due_s):
                if arrives_s > end_s:
                    return
                data, arriving, now_s = arriving, b"", arrives_s
                self.take(self.poller.receive(data, now_s), now_s)
            elif due_s is None or due_s > end_s:
                return
            else:
                now_s = due_s
                self.take(self.poller.step(now_s), now_s)
            if self.sent and self.sent[-1][0] == now_s and answer is not None:
                arrives_s, arriving = now_s + delay_s, answer(self.sent[-1][1])

    def reasons(self) -> list[str]:
        return [item.reason for _, item in self.heard if isinstance(item, BadTelegram)]

    def readings(self) -> list[Reading]:
        return [item for _, item in self.heard if isinstance(item, Reading)]


def opened(poller: Poller) -> Driven:
    poller.opened(0.0)
    return Driven(poller)


def test_asks_each_second_and_reads() -> None:
    driven = opened(rtu())
    driven.until(4.5, lambda _: rtu_answer())
    assert [at_s for at_s, _ in driven.sent] == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert {frame for _, frame in driven.sent} == {sealed(bytes.fromhex("01 04 0006 000C"))}
    assert driven.readings()[0] == Reading("Eastron SDM72D", 1.0, (10.0, 10.0, 10.0), 3, 0.02, "/dev/rs485")
    assert driven.readings()[4].at_s == 4.02
    assert driven.reasons() == []


def test_over_tcp() -> None:
    driven = opened(tcp())
    driven.until(2.5, tcp_answer)
    assert [frame.hex(" ") for _, frame in driven.sent[:2]] == [
        "00 01 00 00 00 06 05 03 c5 60 00 16",
        "00 02 00 00 00 06 05 03 c5 60 00 16",
    ]
    assert driven.readings()[2] == Reading("Socomec Countis E27", 1.0, (10.0, 10.0, 10.0), 3, 2.02, "192.168.0.4:502")


@pytest.mark.parametrize(
    ("preset", "count", "asked_s"),
    [("Eastron SDM72D", 12, 0.02), ("Eastron SDM230", 2, 0.02 + QUIET_S + 0.02)],  # in one request, in two
)
def test_figures_may_be_of_a_second_before_they_were_asked_for(preset: str, count: int, asked_s: float) -> None:
    """A meter renews its registers each second; the first request of a poll reads the oldest ones."""
    driven = opened(rtu(preset))
    driven.until(1.5, lambda _: rtu_answer(count=count))
    assert [reading.oldest_s for reading in driven.readings()] == pytest.approx([1.0 + asked_s] * 2)
    assert {reading.newest_s for reading in driven.readings()} == {0.0}


def test_figures_may_be_as_old_as_the_request_that_was_not_answered() -> None:
    """The next poll begins with that request, and on a bus nothing tells its answer from a late one to the first."""
    driven = opened(rtu("Eastron SDM230"))
    answers = iter([rtu_answer(count=2), b"", rtu_answer(count=2), rtu_answer(count=2)])
    driven.until(1.5, lambda _: next(answers))
    (reading,) = driven.readings()
    assert [frame[3] for _, frame in driven.sent] == [6, 12, 12, 6]
    assert reading.oldest_s == pytest.approx(1.0 + reading.at_s - driven.sent[0][0])
    driven.until(2.5, lambda _: rtu_answer(count=2))
    assert driven.readings()[-1].oldest_s == pytest.approx(1.0 + 0.02 + QUIET_S + 0.02), "that is over then"


def test_over_tcp_an_answer_is_to_its_own_request() -> None:
    """A transaction number tells it, so that figures are no older for a poll that failed."""
    driven = opened(tcp())
    driven.until(1.5)
    driven.until(2.5, lambda request: tcp_answer(request))
    (reading,) = driven.readings()
    assert reading.oldest_s == pytest.approx(1.0 + 0.02)


def test_pace_and_time_out_are_settings() -> None:
    framing = TcpFraming(5)
    driven = opened(Poller(SOCOMEC, framing, meter="", poll_s=5.0, timeout_s=0.25))
    driven.until(12.0)
    assert [at_s for at_s, _ in driven.sent] == [0.0, 5.0, 10.0]
    assert [at_s for at_s, _ in driven.heard] == [0.25, 5.25, 10.25]
    assert driven.reasons()[0] == "no answer within 0.25 s"


def test_a_silent_meter_fails_each_second() -> None:
    driven = opened(rtu())
    driven.until(5.0)
    assert [at_s for at_s, _ in driven.heard] == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert set(driven.reasons()) == {"no answer within 1 s"}
    assert all(isinstance(item, BadTelegram) and item.meter == "/dev/rs485" for _, item in driven.heard)


class TestRequestsInTurn:
    def test_two_requests_make_one_reading(self) -> None:
        driven = opened(rtu("Eastron SDM230"))
        driven.until(1.5, lambda _: rtu_answer(count=2))
        assert [(round(at_s, 3), frame[3]) for at_s, frame in driven.sent] == [
            (0.0, 6), (0.08, 12), (1.0, 6), (1.08, 12),
        ]  # fmt: skip
        assert len(driven.readings()) == 2

    def test_silence_before_a_request(self) -> None:
        poller = rtu("Eastron SDM230")
        driven = opened(poller)
        driven.take(poller.step(0.0), 0.0)
        answer = rtu_answer(count=2)
        driven.take(poller.receive(answer[:4], 0.01), 0.01)
        driven.take(poller.receive(answer[4:], 0.02), 0.02)
        assert poller.next_deadline_s() == 0.02 + QUIET_S
        driven.take(poller.step(0.02 + QUIET_S - 1e-6), 0.0)
        assert len(driven.sent) == 1
        driven.take(poller.receive(b"\0", 0.05), 0.05)  # noise puts it off
        assert poller.next_deadline_s() == 0.05 + QUIET_S
        driven.take(poller.step(0.05 + QUIET_S), 0.05 + QUIET_S)
        assert len(driven.sent) == 2

    def test_a_failure_ends_the_poll_and_the_next_begins_with_what_failed(self) -> None:
        driven = opened(rtu("Eastron SDM230"))
        answers = iter([rtu_answer(count=2), b""])
        driven.until(1.5, lambda _: next(answers, rtu_answer(5.0, count=2)))
        assert [frame[3] for _, frame in driven.sent] == [6, 12, 12, 6]
        assert driven.reasons() == ["no answer within 1 s"]
        (reading,) = driven.readings()
        assert reading.current_a[0] == 5.0, "nothing of the poll that failed is left"

    def test_the_time_out_is_per_request(self) -> None:
        driven = opened(rtu("Eastron SDM230"))
        driven.until(10.0, lambda _: rtu_answer(count=2), delay_s=0.9)
        assert driven.reasons() == []
        assert len(driven.readings()) == 5


class TestOneBadAnswer:
    @pytest.mark.parametrize(
        ("answer", "reason", "kind"),
        [
            (sealed(b"\x01\x84\x02"), "exception 2 (illegal data address) for registers 6", "malformed"),
            (rtu_answer()[:-1] + b"\0", "CRC", "crc"),
            (sealed(b"\x02" + rtu_answer()[1:-2]), "answer from unit 2, unit 1 was asked", "malformed"),
            (rtu_answer(count=10), "answer with 20 bytes of values, 24 expected", "malformed"),
            (rtu_answer(float("nan")), "register 6: the meter has no value there", "malformed"),
            (rtu_answer(1e6), "register 6: 1e+06 A cannot be", "malformed"),
            (rtu_answer()[:9], "answer cut off after 9 of 29 bytes", "malformed"),
        ],
    )
    def test_is_one_failure(self, answer: bytes, reason: str, kind: str) -> None:
        driven = opened(rtu())
        answers = iter([rtu_answer(), answer])
        driven.until(3.5, lambda _: next(answers, rtu_answer()))
        assert [type(item) for _, item in driven.heard] == [Reading, BadTelegram, Reading, Reading]
        bad = driven.heard[1][1]
        assert isinstance(bad, BadTelegram)
        assert bad.kind == kind
        assert bad.reason.startswith(reason)
        assert [at_s for at_s, _ in driven.sent] == [0.0, 1.0, 2.0, 3.0]


class TestLateAnswers:
    def test_on_a_serial_line_bytes_nobody_asked_for_are_nothing(self) -> None:
        poller = rtu()
        driven = opened(poller)
        driven.take(poller.step(0.0), 0.0)
        driven.take(poller.receive(rtu_answer(), 0.1), 0.1)
        driven.take(poller.receive(rtu_answer(99.0), 0.5), 0.5)
        assert len(driven.readings()) == 1
        driven.until(1.5, lambda _: rtu_answer())
        assert [reading.current_a[0] for reading in driven.readings()] == [10.0, 10.0]

    def test_an_answer_at_the_time_out_is_late(self) -> None:
        poller = tcp()
        driven = opened(poller)
        driven.take(poller.step(0.0), 0.0)
        (_, request) = driven.sent[0]
        driven.take(poller.receive(tcp_answer(request, 99_000), 1.0), 1.0)
        assert driven.readings() == []
        assert driven.reasons() == ["no answer within 1 s"]
        assert len(driven.sent) == 2, "the next poll begins at its time"

    def test_on_tcp_an_old_answer_is_never_taken_for_a_new_one(self) -> None:
        poller = tcp()
        driven = opened(poller)
        driven.take(poller.step(0.0), 0.0)
        driven.take(poller.step(1.0), 1.0)
        (_, first), (_, second) = driven.sent
        driven.take(poller.receive(tcp_answer(first, 99_000)[:20], 1.1), 1.1)
        driven.take(poller.receive(tcp_answer(first, 99_000)[20:] + tcp_answer(second), 1.2), 1.2)
        assert [reading.current_a[0] for reading in driven.readings()] == [10.0]

    def test_the_rest_of_an_old_answer_does_not_break_the_stream(self) -> None:
        """An answer from another unit fails the poll; an older one trickles in while nothing is asked."""
        poller = tcp()
        driven = opened(poller)
        driven.take(poller.step(0.0), 0.0)
        driven.take(poller.step(1.0), 1.0)
        (_, first), (_, second) = driven.sent
        driven.take(poller.receive(tcp_answer(second, unit=1) + tcp_answer(first)[:20], 1.2), 1.2)
        driven.take(poller.receive(tcp_answer(first)[20:], 1.4), 1.4)
        driven.until(2.5, tcp_answer)
        assert driven.reasons()[1:] == ["answer from unit 1, unit 5 was asked"]
        assert len(driven.readings()) == 1


class TestConnection:
    def test_nothing_is_asked_before_the_port_is_there(self) -> None:
        poller = tcp()
        assert poller.next_deadline_s() is None
        assert poller.step(100.0) == []
        assert poller.take_request() == b""

    def test_polls_fail_with_the_reason_as_long_as_it_is_not_there(self) -> None:
        poller = tcp()
        assert poller.closed("no connection to x: Connection refused", 3.0) == []
        driven = Driven(poller)
        driven.until(5.5)
        assert [at_s for at_s, _ in driven.heard] == [3.0, 4.0, 5.0]
        assert set(driven.reasons()) == {"no connection to x: Connection refused"}
        assert driven.sent == []
        poller.opened(5.6)
        driven.until(6.5, tcp_answer)
        assert [at_s for at_s, _ in driven.sent] == [6.0]
        assert len(driven.readings()) == 1

    def test_a_connection_lost_while_asking(self) -> None:
        poller = tcp()
        driven = opened(poller)
        driven.take(poller.step(0.0), 0.0)
        (item,) = poller.closed("closed at the other end", 0.3)
        assert isinstance(item, BadTelegram)
        assert item.reason == "closed at the other end"
        poller.opened(0.8)
        driven.until(1.5, tcp_answer)
        assert [at_s for at_s, _ in driven.sent] == [0.0, 1.0]

    def test_a_connection_lost_while_idle_is_no_failure(self) -> None:  # O-66
        poller = tcp()
        driven = opened(poller)
        driven.until(0.5, tcp_answer)
        assert poller.closed("closed at the other end", 0.6) == []
        poller.opened(0.9)
        driven.until(1.5, tcp_answer)
        assert driven.reasons() == []
        assert len(driven.readings()) == 2

    def test_a_dead_connection_is_given_up(self) -> None:
        poller = tcp()
        driven = opened(poller)
        driven.until(DEAD_AFTER - 0.5)
        assert poller.hang_up == ""
        driven.until(100.0)
        assert poller.hang_up == "no answer within 1 s"
        assert poller.next_deadline_s() is None, "until there is a new connection"
        assert len(driven.sent) == DEAD_AFTER
        poller.closed(poller.hang_up, 3.0)
        driven.until(3.4)
        assert driven.reasons() == ["no answer within 1 s"] * (DEAD_AFTER + 1)
        poller.opened(3.5)
        assert poller.hang_up == ""
        driven.until(4.5, tcp_answer)
        assert len(driven.readings()) == 1

    def test_an_answer_in_between_keeps_it(self) -> None:
        driven = opened(tcp())
        count = 0

        def every_third(request: bytes) -> bytes:
            nonlocal count
            count += 1
            return tcp_answer(request) if count % DEAD_AFTER == 0 else b""

        driven.until(30.0, every_third)
        assert driven.poller.hang_up == ""

    def test_a_serial_line_is_not_given_up(self) -> None:
        driven = opened(rtu())
        driven.until(30.0)
        assert driven.poller.hang_up == ""

    def test_a_stream_out_of_step_is_given_up_at_once(self) -> None:
        poller = tcp()
        driven = opened(poller)
        driven.take(poller.step(0.0), 0.0)
        driven.take(poller.receive(b"HTTP/1.1 400 Bad Request\r\n", 0.1), 0.1)
        assert poller.hang_up.endswith("is this Modbus TCP?")
        assert driven.reasons() == [poller.hang_up]

    def test_so_is_one_on_which_nothing_was_asked(self) -> None:
        poller = tcp()
        driven = opened(poller)
        driven.until(0.5, tcp_answer)
        assert poller.receive(b"HTTP/1.1 400 Bad Request\r\n", 0.6) == []
        assert poller.hang_up

    def test_a_unit_that_cannot_be_asked_fails_every_poll(self) -> None:  # O-57
        driven = opened(tcp(65535))
        driven.until(2.5)
        assert [at_s for at_s, _ in driven.heard] == [0.0, 1.0, 2.0]
        assert set(driven.reasons()) == {"unit 65535 cannot be asked: a frame has one byte for it, 0 to 255"}
        assert driven.sent == []


def test_stepped_late_it_skips_what_it_missed() -> None:
    poller = tcp()
    driven = opened(poller)
    driven.until(0.5, tcp_answer)
    driven.take(poller.step(10.3), 10.3)
    driven.until(11.0)
    assert [at_s for at_s, _ in driven.sent] == [0.0, 10.3]


def test_stepped_too_often_it_asks_no_more() -> None:
    poller = tcp()
    driven = opened(poller)
    for n in range(100):
        driven.take(poller.step(n / 110), n / 110)
    assert len(driven.sent) == 1


def test_a_frozen_meter_looks_like_a_steady_one() -> None:
    driven = opened(rtu())
    driven.until(100.5, lambda _: rtu_answer())
    assert len(driven.readings()) == 101


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.booleans(), st.lists(st.tuples(st.binary(max_size=40), st.floats(0.0, 0.6)), max_size=20))
def test_any_bytes_at_any_time(serial: bool, chunks: list[tuple[bytes, float]]) -> None:
    poller = rtu() if serial else tcp()
    poller.opened(0.0)
    now_s = 0.0
    for chunk, after_s in chunks:
        now_s += after_s
        for item in poller.step(now_s) + poller.receive(chunk, now_s):
            assert isinstance(item, BadTelegram)
        poller.take_request()
        due_s = poller.next_deadline_s()
        assert due_s is None or due_s > now_s
