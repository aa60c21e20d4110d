"""What holds for the core whatever board, meter and vehicle do, sensible or not."""

import os

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from station.board.codec import Drive, Sense
from station.cable import cable_da
from station.core import Inputs, StationCore
from station.pilot import signalled_ma
from station.setting_rows import SUSPEND_CLOSED
from station.settings import Settings
from station.sources.reading import BadTelegram, Reading

DEEP = bool(os.environ.get("EVSE_RIG_DEEP"))

voltages = st.sampled_from([12_000, 9_000, 9_000, 6_000, 6_000, 6_000, 3_000, 0, -12_000, 7_500, 10_500]) | st.integers(
    -13_000, 13_000
)
sockets = st.sampled_from([1, 2])
currents = st.sampled_from([0, 6_000, 7_200, 16_000, 20_000, 21_000, 24_000]) | st.integers(0, 40_000)
amperes = st.floats(-60, 60).map(lambda a: round(a, 2))


class Promises(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self.linked = True
        self.pp_ohm: dict[int, int] = {}
        self.drives: tuple[Drive, ...] = ()
        self.before: tuple[Drive, ...] = ()

    @initialize(
        safe_a=st.sampled_from([0.0, 5.9, 6.0, 10.0]),
        include=st.booleans(),
        close_s=st.sampled_from([0.0, 1.0]),
        on=st.sampled_from([True, True, False]),
        sockets=st.sampled_from([1, 2]),
        probing_s=st.sampled_from([0.0, 60.0]),
    )
    def configure(self, safe_a: float, include: bool, close_s: float, on: bool, sockets: int, probing_s: float) -> None:
        self.settings = Settings(
            active_balancing=on,
            safe_a=safe_a,
            station_max_a=25.0,
            connector1_max_a=20.0,
            connector2_max_a=20.0,
            sockets=sockets,
            static_balancing=True,
            rj11_mode=SUSPEND_CLOSED,
            meter_includes_charger=include,
            m3_contactor_close_s=close_s,
            licence_key="ALB",
            probing_s=probing_s,
        )
        self.core = StationCore(self.settings)
        self.drives = self.core.step(Inputs(), self.now_s).drives

    def step(self, inputs: Inputs) -> None:
        self.before, self.drives = self.drives, self.core.step(inputs, self.now_s).drives

    def socket(self, wanted: int) -> int:
        return min(wanted, self.settings.sockets)

    @rule(
        socket=sockets,
        high=voltages,
        pwm=st.booleans(),
        current=st.tuples(currents, currents, currents),
        contactor=st.booleans(),
    )
    def senses_anything(
        self, socket: int, high: int, pwm: bool, current: tuple[int, int, int], contactor: bool
    ) -> None:
        self.sense(self.socket(socket), high, -12_000 if pwm else high, current, contactor)

    @rule(socket=sockets, state=st.sampled_from([12_000, 9_000, 6_000, 6_000, 6_000]), current=currents)
    def obeys(self, socket: int, state: int, current: int) -> None:
        """A board and a vehicle as they should be."""
        drive = self.drives[self.socket(socket) - 1]
        high = -12_000 if drive.pilot == "low" else state
        low = high if isinstance(drive.pilot, str) else -12_000
        self.sense(self.socket(socket), high, low, (current, 0, 0) if drive.contactor else (0, 0, 0), drive.contactor)

    @rule(socket=sockets, pp_ohm=st.sampled_from([0, 220, 220, 680, 1500, 30]))
    def changes_cable(self, socket: int, pp_ohm: int) -> None:
        self.pp_ohm[self.socket(socket)] = pp_ohm
        high = 9_000 if pp_ohm else 12_000
        self.sense(self.socket(socket), high, high, (0, 0, 0), False)

    def sense(self, socket: int, high: int, low: int, current: tuple[int, int, int], contactor: bool) -> None:
        self.linked = True
        power = tuple(current_ma * 23 // 100 for current_ma in current)
        pp_ohm = self.pp_ohm.get(socket, 220)
        self.step(Inputs(Sense(socket, high, low, pp_ohm, current, (2300,) * 3, contactor, power)))  # type: ignore[arg-type]

    @rule(closed=st.booleans())
    def external_circuit(self, closed: bool) -> None:
        self.step(Inputs(linked=self.linked, contact=closed))

    @rule(a=st.tuples(amperes, amperes, amperes), interval_s=st.sampled_from([1.0, 10.0]))
    def hears_the_meter(self, a: tuple[float, float, float], interval_s: float) -> None:
        self.step(Inputs(linked=self.linked, heard=[Reading("50", interval_s, a, 3, self.now_s)]))

    @rule(kind=st.sampled_from(["crc", "malformed", "unsupported"]), count=st.integers(1, 4))
    def hears_nonsense(self, kind: str, count: int) -> None:
        heard = [BadTelegram("why", self.now_s, kind)] * count  # type: ignore[arg-type]
        self.step(Inputs(linked=self.linked, heard=heard))

    @rule()
    def loses_the_board(self) -> None:
        self.linked = False
        self.step(Inputs(linked=False))

    @rule(wait_s=st.sampled_from([0.2, 1.0, 2.0, 5.0, 6.0, 31.0, 300.0]))
    def waits(self, wait_s: float) -> None:
        end_s = self.now_s + wait_s
        while (due_s := self.core.next_deadline_s()) is not None and due_s <= end_s:
            assert due_s > self.now_s
            self.now_s = max(due_s, self.now_s)
            self.step(Inputs(linked=self.linked))
            self.check()
        self.now_s = end_s
        self.step(Inputs(linked=self.linked))

    @precondition(lambda self: any(drive.contactor for drive in self.drives))
    @rule(wait_s=st.floats(0, 10))
    def sleeps_through_deadlines(self, wait_s: float) -> None:
        self.now_s += wait_s
        self.step(Inputs(linked=self.linked))

    @invariant()
    def check(self) -> None:
        for outlet, drive, before in zip(self.core.outlets, self.drives, self.before, strict=False):
            signalled = signalled_ma(drive.pilot)
            pp_ohm = self.pp_ohm.get(outlet.number)
            if isinstance(drive.pilot, int):
                assert 6_000 <= signalled <= min(20_000, cable_da(220 if pp_ohm is None else pp_ohm) * 100)
                assert pp_ohm != 0
                assert self.linked
            assert (drive.pilot == "low") == outlet.overcurrent.paused
            assert drive.contactor <= (outlet.state in ("C1", "C2"))
            assert not (drive.contactor and not before.contactor and outlet.state != "C2")
            if outlet.state == "C1" and drive.contactor:
                assert outlet.mode3.next_deadline_s() is not None
            if not self.linked or pp_ohm == 0:
                assert not drive.contactor
            if self.core.suspend.active:
                assert outlet.state != "C2"

    @invariant()
    def together_no_more_than_the_station_may(self) -> None:
        """Of those whose phases are all known or none, so that each counts on all phases that it may load."""
        offered_ma = [0, 0, 0]
        for outlet, drive in zip(self.core.outlets, self.drives, strict=True):
            known = self.core.sharing.known.get(outlet.number)
            for at, phase in enumerate(outlet.behind):
                if known is None or not known.phases or at in known.phases:
                    offered_ma[phase] += signalled_ma(drive.pilot)
        assert max(offered_ma) <= 25_000

    @invariant()
    def lies_ahead(self) -> None:
        due_s = self.core.next_deadline_s()
        assert due_s is None or due_s > self.now_s

    @invariant()
    def again_is_nothing_new(self) -> None:
        again = self.core.step(Inputs(linked=self.linked), self.now_s)
        assert again.drives == self.drives
        assert again.events == [], again.events


TestPromises = Promises.TestCase
TestPromises.settings = settings(
    derandomize=True, deadline=None, max_examples=3000 if DEEP else 60, stateful_step_count=100 if DEEP else 50
)
