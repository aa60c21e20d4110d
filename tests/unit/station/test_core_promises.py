"""What holds for the core whatever board, meter and vehicle do, sensible or not."""

import os

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from station.board.codec import Drive, Sense
from station.cable import cable_da
from station.core import Inputs, StationCore
from station.pilot import signalled_ma
from station.settings import Settings
from station.sources.reading import BadTelegram, Reading

DEEP = bool(os.environ.get("EVSE_RIG_DEEP"))

voltages = st.sampled_from([12_000, 9_000, 9_000, 6_000, 6_000, 6_000, 3_000, 0, -12_000, 7_500, 10_500]) | st.integers(
    -13_000, 13_000
)
currents = st.sampled_from([0, 6_000, 7_200, 16_000, 20_000, 21_000, 24_000]) | st.integers(0, 40_000)
amperes = st.floats(-60, 60).map(lambda a: round(a, 2))


class Promises(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self.linked = True
        self.pp_ohm: int | None = None
        self.drive = Drive(1, "high", False)
        self.before = self.drive

    @initialize(
        safe_a=st.sampled_from([0.0, 5.9, 6.0, 10.0]),
        include=st.booleans(),
        close_s=st.sampled_from([0.0, 1.0]),
        on=st.sampled_from([True, True, False]),
    )
    def configure(self, safe_a: float, include: bool, close_s: float, on: bool) -> None:
        self.settings = Settings(
            active_balancing=on,
            safe_a=safe_a,
            station_max_a=25.0,
            connector1_max_a=20.0,
            meter_includes_charger=include,
            m3_contactor_close_s=close_s,
            licence_key="ALB",
            probing_s=0.0,
        )
        self.core = StationCore(self.settings)
        self.step(Inputs())

    def step(self, inputs: Inputs) -> None:
        self.before = self.drive
        self.drive = self.core.step(inputs, self.now_s).drives[0]

    @rule(high=voltages, pwm=st.booleans(), current=st.tuples(currents, currents, currents), contactor=st.booleans())
    def senses_anything(self, high: int, pwm: bool, current: tuple[int, int, int], contactor: bool) -> None:
        pp_ohm = self.pp_ohm if self.pp_ohm is not None else 220
        self.linked = True
        self.step(Inputs(Sense(1, high, -12_000 if pwm else high, pp_ohm, current, (2300,) * 3, contactor)))

    @rule(state=st.sampled_from([12_000, 9_000, 6_000, 6_000, 6_000]), current=currents)
    def obeys(self, state: int, current: int) -> None:
        """A board and a vehicle as they should be."""
        high = -12_000 if self.drive.pilot == "low" else state
        low = high if isinstance(self.drive.pilot, str) else -12_000
        drawn = (current, 0, 0) if self.drive.contactor else (0, 0, 0)
        pp_ohm = self.pp_ohm if self.pp_ohm is not None else 220
        self.linked = True
        self.step(Inputs(Sense(1, high, low, pp_ohm, drawn, (2300,) * 3, self.drive.contactor)))

    @rule(pp_ohm=st.sampled_from([0, 220, 220, 680, 1500, 30]))
    def changes_cable(self, pp_ohm: int) -> None:
        self.pp_ohm = pp_ohm
        self.senses_anything(9_000 if pp_ohm else 12_000, False, (0, 0, 0), False)

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
            self.now_s = max(due_s, self.now_s)
            self.step(Inputs(linked=self.linked))
            self.check()
        self.now_s = end_s
        self.step(Inputs(linked=self.linked))

    @precondition(lambda self: self.drive.contactor)
    @rule(wait_s=st.floats(0, 10))
    def sleeps_through_deadlines(self, wait_s: float) -> None:
        self.now_s += wait_s
        self.step(Inputs(linked=self.linked))

    @invariant()
    def check(self) -> None:
        drive, core = self.drive, self.core
        signalled = signalled_ma(drive.pilot)
        cap_ma = 20_000
        if self.pp_ohm is not None:
            cap_ma = min(cap_ma, cable_da(self.pp_ohm) * 100)
        if isinstance(drive.pilot, int):
            assert 6_000 <= signalled <= cap_ma
            assert self.pp_ohm != 0
            assert self.linked
        assert (drive.pilot == "low") == core.outlets[0].overcurrent.paused
        assert drive.contactor <= (core.outlets[0].mode3.state in ("C1", "C2"))
        assert not (drive.contactor and not self.before.contactor and core.outlets[0].mode3.state != "C2")
        if core.outlets[0].mode3.state == "C1" and drive.contactor:
            assert core.outlets[0].mode3.next_deadline_s() is not None
        if not self.linked or self.pp_ohm == 0:
            assert not drive.contactor

    @invariant()
    def lies_ahead(self) -> None:
        due_s = self.core.next_deadline_s()
        assert due_s is None or due_s > self.now_s

    @invariant()
    def again_is_nothing_new(self) -> None:
        again = self.core.step(Inputs(linked=self.linked), self.now_s)
        assert again.drives == (self.drive,)
        assert again.events == []


TestPromises = Promises.TestCase
TestPromises.settings = settings(
    derandomize=True, deadline=None, max_examples=3000 if DEEP else 60, stateful_step_count=100 if DEEP else 50
)
