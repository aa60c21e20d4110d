"""The station's decision core: inputs observed now, outputs decided now. Pure; it is told the time.

Each function is a room of its own (over-current, watch over the meter, active balancing, allocator, mode 3, panel);
the core only carries what one room decides to the next, in the order of `StationCore.step`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from station import messages, panel
from station.balancing.active import ActiveBalancing
from station.balancing.limits import SOCKET, Offer, SocketLimits
from station.board.codec import Drive, Sense
from station.cable import cable_da
from station.messages import LogLine, Status
from station.mode3 import Mode3, Permission
from station.overcurrent import OverCurrent, Resumed, Tripped
from station.panel import FACES, Situation
from station.pilot import Vehicle, diode_missing, signalled_ma, vehicle_state
from station.settings import Settings
from station.sources.reading import BadTelegram, Reading
from station.sources.watch import SourceWatch

NOMINAL_V = 230
NO_CURRENT = (0, 0, 0)


class Event(NamedTuple):
    """One thing to report: `kind` and `fields` as in docs/architecture.md, section Events."""

    kind: str
    fields: dict[str, object]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What was observed since the last step.

    `sense` is the newest word of the board, None when there is no new one; `linked` whether the board is there;
    `heard` what the meter reader made of the bytes that came.
    """

    sense: Sense | None = None
    linked: bool = True
    heard: Sequence[Reading | BadTelegram] = ()


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the station wants now: pilot and contactor, the P1 Data Request, and what there is to report."""

    drive: Drive
    request: bool
    events: list[Event] = field(default_factory=list)


class StationCore:
    """A station with one socket. The rooms can be replaced, for instance by deliberately faulty ones."""

    def __init__(
        self,
        settings: Settings,
        *,
        overcurrent: OverCurrent | None = None,
        watch: SourceWatch | None = None,
        active: ActiveBalancing | None = None,
        mode3: Mode3 | None = None,
    ) -> None:
        self.settings = settings
        self.overcurrent = overcurrent or OverCurrent(settings)
        self.watch = watch or SourceWatch(settings)
        self.active = active or ActiveBalancing(settings)
        self.mode3 = mode3 or Mode3(settings)
        self.limits = SocketLimits(settings)
        self._request = settings.p1_selected
        self._metered = settings.meter_port is not None
        self._full_power_w = settings.cap_da / 10 * NOMINAL_V * len(settings.grid_phases)

        self._sense: Sense | None = None
        self._vehicle = Vehicle.UNKNOWN
        self._session = False
        self._charged = False  # since it was plugged in
        self._diode_fault = False
        self._meter_a: tuple[float, float, float] | None = None
        self._monitored: object = None
        self._reported: object = None
        self._said: dict[str, object] = {}

    def step(self, inputs: Inputs, now_s: float) -> Outputs:
        """Take what was observed and decide what to do from `now_s` on. Idempotent when nothing is new or due."""
        events: list[Event] = []
        self._observe(inputs)
        if self.settings.active_balancing:
            self._balance(now_s, inputs.heard, events)
        offer = self._offer()

        change = self._protect(now_s)
        pilot_before = self.mode3.pilot
        self.mode3.step(now_s, self._vehicle, self._permission(offer), offer.current_ma)
        if self.mode3.pilot != pilot_before:
            self._protect(now_s)  # from now on against what is signalled now
        self._charged |= self.mode3.state == "C2"

        self._report(offer, change, events)
        self._show(events)
        drive = Drive(SOCKET, self.mode3.pilot, self.mode3.contactor)
        return Outputs(drive, self._request, events)

    def next_deadline_s(self) -> float | None:
        """When step() has something to do if nothing is observed before."""
        deadlines = [self.overcurrent.next_deadline_s(), self.mode3.next_deadline_s()]
        if self.settings.active_balancing:
            deadlines += [self.watch.next_deadline_s(), self.active.next_deadline_s()]
        return min((deadline for deadline in deadlines if deadline is not None), default=None)

    def _observe(self, inputs: Inputs) -> None:
        """What the board says about vehicle and cable, and what follows for the session."""
        if not inputs.linked:
            self._sense = None
            self._vehicle = Vehicle.UNKNOWN
            self._session = False  # an over-current pause goes on: a glitch of the link must not end it
            return
        sense = inputs.sense
        if sense is None:
            return
        self._sense = sense
        self._vehicle = vehicle_state(sense.cp_high_mv, self._vehicle)
        if sense.pp_ohm == 0 or self._vehicle is Vehicle.A:
            self._session = self._charged = self._diode_fault = False
            self.overcurrent.reset()
        elif self._vehicle is not Vehicle.UNKNOWN:
            self._session = True
            if self._vehicle is not Vehicle.E and diode_missing(sense.cp_high_mv, sense.cp_low_mv):
                self._diode_fault = True
        if self._diode_fault:
            self._vehicle = Vehicle.E

    def _measured_ma(self) -> tuple[int, int, int]:
        return NO_CURRENT if self._sense is None else self._sense.current_ma

    def _balance(self, now_s: float, heard: Sequence[Reading | BadTelegram], events: list[Event]) -> None:
        report = self.watch.step(now_s, heard if self._metered else ())
        events += map(_log, report.logs)
        drawn_ma = [0, 0, 0]
        for phase, current_ma in zip(self.settings.grid_phases, self._measured_ma(), strict=False):
            drawn_ma[phase] = current_ma
        self.active.step(now_s, report.state, report.reading, drawn_ma, self._session)
        if (mismatch := self.active.mismatch) is not None:
            names = (f"L{phase + 1}" for phase in mismatch)
            events.append(_log(messages.phase_order(*names)))
        if report.reading is not None:
            self._meter_a = report.reading.current_a
        elif report.state != "live":
            self._meter_a = None

    def _offer(self) -> Offer:
        """What the socket may have; without a session, what a vehicle plugged in now would get."""
        cable = cable_da(self._sense.pp_ohm) if self._session and self._sense is not None else None
        if self.settings.active_balancing:
            return self.limits.offer(cable, self.active.limits_da, "safe" if self.active.safe else "active")
        return self.limits.offer(cable)

    def _protect(self, now_s: float) -> Tripped | Resumed | None:
        charging = self._sense is not None and self._sense.contactor
        return self.overcurrent.step(now_s, self._measured_ma(), signalled_ma(self.mode3.pilot), charging)

    def _permission(self, offer: Offer) -> Permission:
        if self.overcurrent.paused:
            return Permission.FAULT
        return Permission.OFFER if self._session and offer.current_ma else Permission.NONE

    def _situation(self, offer: Offer) -> Situation:
        if self.overcurrent.paused:
            return Situation.OVER_CURRENT
        if not self._session:
            return Situation.IDLE
        if self.mode3.state in ("D1", "E"):
            return Situation.PILOT_FAULT
        if not offer.current_ma:
            return Situation.WAITING
        if self.mode3.state != "C2":
            return Situation.READY
        if self.settings.active_balancing and self.active.safe:
            return Situation.SAFE
        # Within the time a vehicle has to follow a lower offer (O-03); after that it is an over-current.
        following = self.overcurrent.allowed_ma > offer.current_ma < max(self._measured_ma())
        return Situation.REDUCING if following else Situation.CHARGING

    def _report(self, offer: Offer, change: Tripped | Resumed | None, events: list[Event]) -> None:
        """Say what is different from what was said last."""
        situation = self._situation(offer)
        view = (situation, offer, self._charged, self._power_w())
        if view == self._reported:
            return
        self._reported = view
        self._say(events, "limit", {"source": offer.source, "limit_a": offer.current_ma / 1000})
        if isinstance(change, Tripped):
            self._say(events, "status", dict(messages.over_current(SOCKET, change)))
        elif situation is Situation.PILOT_FAULT:
            self._say(events, "status", dict(messages.pilot_fault(SOCKET)))
        elif situation is not Situation.OVER_CURRENT:
            self._say(events, "status", dict(messages.status_notification(SOCKET, self._status(situation))))
        self._say(events, "display", {"text": panel.display(situation, self._power_w(), self._full_power_w)})
        self._say(events, "led", {"pattern": FACES[situation].led})

    def _show(self, events: list[Event]) -> None:
        """Live monitoring, when something of it has changed."""
        view = (self._meter_a, self._measured_ma(), self.mode3.state, self.mode3.pilot)
        if view != self._monitored:
            self._monitored = view
            self._say(events, "monitor", self._monitor())

    def _monitor(self) -> dict[str, object]:
        """Currents, States, Communication car (ALB-GEN-053)."""
        return {
            "meter_a": None if self._meter_a is None else [round(current_a, 1) for current_a in self._meter_a],
            "socket_a": [round(current_ma / 1000, 1) for current_ma in self._measured_ma()],
            "state": self.mode3.state,
            "duty_pct": self.mode3.pilot / 1000 if isinstance(self.mode3.pilot, int) else None,
        }

    def _say(self, events: list[Event], kind: str, fields: dict[str, object]) -> None:
        if self._said.get(kind) != fields:
            self._said[kind] = fields
            events.append(Event(kind, fields))

    def _status(self, situation: Situation) -> Status:
        if situation is Situation.IDLE:
            return "Available"
        if situation is Situation.WAITING:
            return "SuspendedEVSE"
        return "Charging" if self._charged else "Preparing"

    def _power_w(self) -> float:
        if self._sense is None:
            return 0.0
        pairs = zip(self._sense.current_ma, self._sense.voltage_dv, strict=True)
        return sum(current_ma * voltage_dv for current_ma, voltage_dv in pairs) / 10_000


def _log(line: LogLine) -> Event:
    return Event("log", {"text": line.text, "documented": line.documented})
