"""One direction of a cable: when bytes arrive, to the microsecond, and what a change in mid-telegram does."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rig.clock import VirtualLoop
from rig.lines.cable import Lane
from rig.lines.faults import BitFlip, Delay, Fault, Stuck, Truncate, Unplug, WrongBaud
from rig.lines.format import CharFormat, PortSettings

EXAMPLES = 500 if os.environ.get("EVSE_RIG_DEEP") else 40
FAST = PortSettings(115200)
SLOW = PortSettings(9600)
SLOW_CHAR_S = 10 / 9600
TELEGRAM = bytes(ord("!") + i % 90 for i in range(853))

Arrivals = list[tuple[Any, bytes, Any]]


class Rig:
    """A lane on a fresh virtual loop; `arrivals` holds (when, data, first bit)."""

    def __init__(
        self,
        sender: PortSettings = SLOW,
        receiver: PortSettings | None = None,
        *,
        paced: bool = True,
        chunk_s: float | None = None,
    ) -> None:
        self.loop = VirtualLoop()
        self.arrivals: Arrivals = []
        self.lane = Lane(self.loop, sender, receiver or sender, self._deliver, paced=paced, chunk_s=chunk_s)

    def _deliver(self, data: bytes, from_s: float, to_s: float) -> None:
        assert to_s == pytest.approx(self.loop.time(), abs=1e-9)
        self.arrivals.append((to_s, data, from_s))

    def play(self, script: Callable[[Rig], Awaitable[None]], until_s: float = 100.0) -> Arrivals:
        async def whole() -> None:
            await script(self)
            await asyncio.sleep(until_s - self.loop.time())

        try:
            self.loop.run_until_complete(whole())
        finally:
            self.loop.close()
        return self.arrivals

    async def at(self, when_s: float) -> None:
        await asyncio.sleep(when_s - self.loop.time())

    def faults(self, *faults: Fault) -> None:
        self.lane.set_faults([(fault, Random(1)) for fault in faults])


def test_a_telegram_arrives_as_one_when_its_last_bit_has_passed() -> None:
    async def script(rig: Rig) -> None:
        await rig.at(2.0)
        rig.lane.send(TELEGRAM)
        assert not rig.lane.idle

    rig = Rig(FAST)
    ((at_s, data, from_s),) = rig.play(script)
    assert data == TELEGRAM
    assert from_s == 2.0
    assert round(at_s - 2.0, 6) == 0.074045
    assert rig.lane.idle


def test_what_comes_while_the_direction_is_busy_waits_for_its_turn() -> None:
    async def script(rig: Rig) -> None:
        rig.lane.send(b"first")
        await rig.at(2 * SLOW_CHAR_S)
        rig.lane.send(b"second")
        await rig.at(1.0)
        rig.lane.send(b"third")

    arrivals = Rig().play(script)
    assert [(data, from_s) for _, data, from_s in arrivals] == [
        (b"first", 0.0),
        (b"second", pytest.approx(5 * SLOW_CHAR_S)),
        (b"third", 1.0),
    ]
    assert [at_s for at_s, _, _ in arrivals] == pytest.approx([5 * SLOW_CHAR_S, 11 * SLOW_CHAR_S, 1 + 5 * SLOW_CHAR_S])


@pytest.mark.parametrize("passed", range(11))
def test_a_cut_delivers_exactly_the_bytes_whose_last_bit_has_passed(passed: int) -> None:
    async def script(rig: Rig) -> None:
        rig.lane.send(b"0123456789")
        await rig.at((passed + 0.95) * SLOW_CHAR_S)
        assert rig.lane.cut() == 10 - passed
        assert rig.lane.idle
        rig.lane.send(b"x")

    *head, (at_s, last, from_s) = Rig().play(script)
    assert b"".join(data for _, data, _ in head) == b"0123456789"[:passed]
    assert all(when == pytest.approx(min(passed + 0.95, 10) * SLOW_CHAR_S) for when, _, _ in head)
    assert last == b"x"
    assert at_s - from_s == pytest.approx(SLOW_CHAR_S)
    assert from_s == pytest.approx((passed + 0.95) * SLOW_CHAR_S), "after a cut the direction is free at once"


def test_a_byte_that_ends_at_the_instant_of_the_cut_has_passed() -> None:
    async def script(rig: Rig) -> None:
        await rig.at(0.1)
        rig.lane.send(b"0123456789")
        await rig.at(0.1 + 7 * SLOW_CHAR_S)
        rig.lane.cut()

    assert b"".join(data for _, data, _ in Rig().play(script)) == b"0123456"


def test_a_cut_takes_what_waits_too() -> None:
    async def script(rig: Rig) -> None:
        rig.lane.send(b"0123456789")
        rig.lane.send(b"abc")
        await rig.at(4.5 * SLOW_CHAR_S)
        assert rig.lane.cut() == 9

    assert [data for _, data, _ in Rig().play(script)] == [b"0123"]


def test_a_fault_strikes_only_what_passes_while_it_acts() -> None:
    async def script(rig: Rig) -> None:
        rig.lane.send(b"0123456789")
        await rig.at(2.5 * SLOW_CHAR_S)
        rig.faults(Stuck(value=0x2A))
        await rig.at(6.5 * SLOW_CHAR_S)
        rig.faults()

    arrivals = Rig().play(script)
    assert [data for _, data, _ in arrivals] == [b"01", b"****", b"6789"]
    assert [from_s for _, _, from_s in arrivals] == pytest.approx([0.0, 2 * SLOW_CHAR_S, 6 * SLOW_CHAR_S])


def test_a_plug_pulled_and_put_back_within_a_telegram_loses_its_middle() -> None:
    async def script(rig: Rig) -> None:
        rig.lane.send(b"0123456789")
        await rig.at(2.5 * SLOW_CHAR_S)
        rig.faults(Unplug())
        await rig.at(6.5 * SLOW_CHAR_S)
        rig.faults()

    assert [data for _, data, _ in Rig().play(script)] == [b"01", b"6789"]


def test_positions_hold_across_a_change_in_mid_telegram() -> None:
    async def script(rig: Rig) -> None:
        rig.faults(Truncate(after=7))
        rig.lane.send(b"0123456789")
        await rig.at(4.5 * SLOW_CHAR_S)
        rig.faults(Truncate(after=7), BitFlip(positions=((5, 0), (1, 0))))

    assert [data for _, data, _ in Rig().play(script)] == [b"0123", b"446"]


def test_faults_act_one_after_the_other() -> None:
    async def script(rig: Rig) -> None:
        rig.faults(Truncate(after=3), Stuck(value=0x55))
        rig.lane.send(b"abcdef")

    assert [data for _, data, _ in Rig().play(script)] == [b"UUU"]


def test_a_delay_makes_bytes_leave_late_and_in_order() -> None:
    async def script(rig: Rig) -> None:
        rig.faults(Delay(by_s=1.5))
        rig.lane.send(b"ab")
        await rig.at(0.5)
        rig.faults()
        rig.lane.send(b"c")

    assert Rig().play(script) == [
        (pytest.approx(1.5 + 2 * SLOW_CHAR_S), b"ab", 1.5),
        (pytest.approx(1.5 + 3 * SLOW_CHAR_S), b"c", pytest.approx(1.5 + 2 * SLOW_CHAR_S)),
    ]


def test_a_wrong_rate_changes_content_and_pace_and_leaves_with_the_fault() -> None:
    async def script(rig: Rig) -> None:
        rig.faults(WrongBaud(baud=4800))
        rig.lane.send(b"U")
        await rig.at(1.0)
        rig.faults(WrongBaud(baud=9400))
        rig.lane.send(b"U")
        await rig.at(2.0)
        rig.faults()
        rig.lane.send(b"U")

    assert Rig().play(script) == [
        (pytest.approx(10 / 4800), b"\x66\xe6", 0.0),
        (pytest.approx(1.0 + 10 / 9400), b"U", 1.0),
        (pytest.approx(2.0 + 10 / 9600), b"U", 2.0),
    ]


def test_ports_that_are_set_to_another_rate_are_so_from_the_next_byte_on() -> None:
    slower = PortSettings(4800)

    async def script(rig: Rig) -> None:
        rig.lane.send(b"UU")
        await rig.at(1.5 * SLOW_CHAR_S)
        rig.lane.retune(slower, SLOW)
        rig.lane.send(b"U")
        await rig.at(1.0)
        rig.lane.retune(slower, slower)
        rig.lane.send(b"U")

    assert Rig().play(script) == [
        (pytest.approx(2 * SLOW_CHAR_S), b"UU", 0.0),
        (pytest.approx(2 * SLOW_CHAR_S + 10 / 4800), b"\x66\xe6", pytest.approx(2 * SLOW_CHAR_S)),
        (pytest.approx(1.0 + 10 / 4800), b"U", 1.0),
    ]


def test_a_wrong_rate_outlasts_another_setting_of_the_port() -> None:
    async def script(rig: Rig) -> None:
        rig.faults(WrongBaud(baud=4800))
        rig.lane.retune(PortSettings(9400), SLOW)
        rig.lane.send(b"U")
        await rig.at(1.0)
        rig.faults()
        rig.lane.send(b"U")

    assert Rig().play(script) == [
        (pytest.approx(10 / 4800), b"\x66\xe6", 0.0),
        (pytest.approx(1.0 + 10 / 9400), b"U", 1.0),
    ]


def test_formats_that_differ_are_read_as_the_receiver_reads() -> None:
    async def script(rig: Rig) -> None:
        rig.lane.send(b"/X5")

    sender, receiver = PortSettings(9600, CharFormat.parse("7E1")), PortSettings(9600)
    assert [data for _, data, _ in Rig(sender, receiver).play(script)] == [b"\xaf\xd85"]


def test_a_flipped_bit_breaks_the_parity_where_it_is_checked() -> None:
    async def script(rig: Rig) -> None:
        rig.faults(BitFlip(positions=((1, 0), (2, 7))))  # bit 7 is the parity bit
        rig.lane.send(b"abc")

    checked = PortSettings(9600, CharFormat.parse("7E1"), "nul")
    assert [data for _, data, _ in Rig(checked).play(script)] == [b"a\0\0"]


def test_nothing_arrives_of_what_the_receiver_drops() -> None:
    async def script(rig: Rig) -> None:
        rig.lane.send(b"\x01")

    receiver = PortSettings(9600, CharFormat.parse("7E1"), "drop")
    assert Rig(SLOW, receiver).play(script) == []


def test_a_latency_timer_delivers_pieces_on_its_grid() -> None:
    grid_s = 0.016  # 15.36 characters

    async def script(rig: Rig) -> None:
        await rig.at(0.001)
        rig.lane.send(bytes(range(40)))
        await rig.at(1.0)
        rig.lane.send(b"z")

    arrivals = Rig(chunk_s=grid_s).play(script)
    assert [at_s for at_s, _, _ in arrivals] == pytest.approx([grid_s, 2 * grid_s, 3 * grid_s, 63 * grid_s])
    assert [len(data) for _, data, _ in arrivals] == [14, 15, 11, 1]
    assert b"".join(data for _, data, _ in arrivals[:3]) == bytes(range(40))


def test_where_a_real_uart_paces_bytes_pass_at_once_and_in_order() -> None:
    async def script(rig: Rig) -> None:
        rig.lane.send(b"one")
        assert [data for _, data, _ in rig.arrivals] == [b"one"]
        rig.faults(Delay(by_s=0.25))
        rig.lane.send(b"two")
        rig.faults()
        rig.lane.send(b"three")
        assert rig.lane.cut() == 8
        rig.lane.send(b"four")

    assert Rig(paced=False).play(script) == [(0.0, b"one", 0.0), (0.0, b"four", 0.0)]


def test_where_a_real_uart_paces_a_delay_holds_too() -> None:
    async def script(rig: Rig) -> None:
        rig.faults(Delay(by_s=0.25))
        rig.lane.send(b"two")
        rig.faults()
        rig.lane.send(b"three")

    assert Rig(paced=False).play(script) == [(0.25, b"two", 0.25), (0.25, b"three", 0.25)]


class LateLoop:
    """A loop that runs its timers when the test says so, as a busy machine does under the real clock."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.timers: list[tuple[Callable[[float], None], float]] = []

    def time(self) -> float:
        return self.now_s

    def call_at(self, due_s: float, callback: Callable[[float], None], argument: float) -> None:
        self.timers.append((callback, argument))

    def run_late(self, now_s: float) -> None:
        self.now_s = now_s
        for callback, argument in [self.timers.pop(0) for _ in tuple(self.timers)]:
            callback(argument)


def test_under_a_late_real_clock_telegrams_stay_whole_and_say_when_they_were_delivered() -> None:
    loop = LateLoop()
    arrivals: Arrivals = []
    lane = Lane(loop, SLOW, SLOW, lambda data, from_s, to_s: arrivals.append((to_s, data, from_s)))  # type: ignore[arg-type]
    for data in (b"0123456789", b"abcdefghij", b"ABCDEFGHIJ"):
        lane.send(data)
    loop.run_late(25.5 * SLOW_CHAR_S)
    assert [data for _, data, _ in arrivals] == [b"0123456789", b"abcdefghij"]
    loop.run_late(40 * SLOW_CHAR_S)
    assert arrivals[-1] == (40 * SLOW_CHAR_S, b"ABCDEFGHIJ", pytest.approx(20 * SLOW_CHAR_S))


@given(
    sends=st.lists(st.tuples(st.floats(0, 0.02), st.integers(1, 30)), min_size=1, max_size=8),
    stops=st.lists(st.floats(0, 0.1), max_size=4),
    chunk_s=st.sampled_from([None, 0.001, 0.016]),
)
@settings(derandomize=True, max_examples=EXAMPLES)
def test_no_byte_is_lost_doubled_or_overtaken_and_none_arrives_early(
    sends: list[tuple[float, int]], stops: list[float], chunk_s: float | None
) -> None:
    rig = Rig(chunk_s=chunk_s)
    sent = bytearray()
    ends_s: list[float] = []  # by the definition: a byte starts when the one before it has ended
    for stop_s in stops:
        rig.loop.call_at(stop_s, rig.lane.settle)

    async def script(rig: Rig) -> None:
        for pause_s, count in sends:
            await asyncio.sleep(pause_s)
            free_s = max(rig.loop.time(), ends_s[-1] if ends_s else 0.0)
            ends_s.extend(free_s + (i + 1) * SLOW_CHAR_S for i in range(count))
            data = bytes((len(sent) + i) % 256 for i in range(count))
            sent.extend(data)
            rig.lane.send(data)

    arrivals = rig.play(script)
    assert b"".join(data for _, data, _ in arrivals) == sent
    index = 0
    for at_s, data, from_s in arrivals:
        assert from_s == pytest.approx(ends_s[index] - SLOW_CHAR_S, abs=1e-8)
        index += len(data)
        assert at_s >= ends_s[index - 1] - 1e-8
        if chunk_s is None and not stops:
            assert at_s == pytest.approx(ends_s[index - 1], abs=1e-8)
