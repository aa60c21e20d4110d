"""The station's decision core: inputs observed now, outputs decided now. Pure; it is told the time.

Each function is a room of its own (over-current, watch over the meter, active balancing, sharing, suspend, mode 3,
panel); the core only carries what one room decides to the next, in the order of `StationCore.step`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from station import messages
from station.balancing.active import ActiveBalancing
from station.balancing.allocator import Claim, Limit, Share, divide
from station.balancing.classifiers import Sample
from station.balancing.probing import Known
from station.balancing.sharing import Sharing
from station.board.codec import Drive, Sense
from station.face import Around, Event, Face
from station.messages import LogLine
from station.mode3 import Mode3
from station.outlet import Outlet
from station.overcurrent import OverCurrent
from station.settings import Settings
from station.sources.reading import BadTelegram, Reading
from station.sources.watch import SourceWatch
from station.suspend import Suspend
from station.units import MA_PER_DA

# The rooms answer each other at one instant: a car's state, its offer, what is left for the next one.
MOST_ROUNDS = 8
SUSPENDED = Share(0, "suspended")


@dataclass(frozen=True, slots=True)
class Inputs:
    """What was observed since the last step.

    `sense` is the newest word of the board on one of its sockets, `contact` whether the external circuit is closed,
    each None when there is no new one; `linked` whether the board is there; `heard` what the meter reader made of the
    bytes that came.
    """

    sense: Sense | None = None
    contact: bool | None = None
    linked: bool = True
    heard: Sequence[Reading | BadTelegram] = ()


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the station wants now: pilot and contactor of each socket, the P1 Data Request, and what to report."""

    drives: tuple[Drive, ...]
    request: bool
    events: list[Event] = field(default_factory=list)


class _Still(NamedTuple):
    """What was decided last. It holds while only the meter speaks, and says nothing that changes a limit."""

    limits: Sequence[Limit]
    until_s: float | None
    drives: tuple[Drive, ...]

    def holds(self, inputs: Inputs, now_s: float, limits: Sequence[Limit]) -> bool:
        quiet = inputs.sense is None and inputs.contact is None and inputs.linked
        return quiet and limits is self.limits and (self.until_s is None or now_s < self.until_s)


class StationCore:
    """A station with one or two sockets. The rooms can be replaced, for instance by deliberately faulty ones.

    Of those that each socket has one of, the maker is given.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        overcurrent: Callable[[Settings], OverCurrent] = OverCurrent,
        mode3: Callable[[Settings], Mode3] = Mode3,
        watch: SourceWatch | None = None,
        active: ActiveBalancing | None = None,
        sharing: Sharing | None = None,
        suspend: Suspend | None = None,
        outlet: Callable[..., Outlet] = Outlet,
        face: Callable[[Outlet], Face] = Face,
    ) -> None:
        self.settings = settings
        self.outlets = [
            outlet(number, settings, overcurrent=overcurrent, mode3=mode3) for number in range(1, settings.sockets + 1)
        ]
        self.watch = watch or SourceWatch(settings)
        self.active = active or ActiveBalancing(settings)
        self.sharing = sharing or Sharing(settings)
        self.suspend = suspend or Suspend(settings)
        self._faces = [face(each) for each in self.outlets]
        self._request = settings.p1_selected
        self._metered = settings.meter_port is not None
        self._sockets = frozenset(each.number for each in self.outlets)
        self._station = Limit("station", self._sockets, (settings.station_da,) * 3)
        self._limits: list[Limit] = [self._station]
        self._plugged: list[int] = []  # in the order in which their sessions began
        self._drawn_ma: tuple[int, ...] = (0, 0, 0)
        self._meter_a: tuple[float, float, float] | None = None
        self._still: _Still | None = None

    def step(self, inputs: Inputs, now_s: float) -> Outputs:
        """Take what was observed and decide what to do from `now_s` on. Idempotent when nothing is new or due."""
        events: list[Event] = []
        self._observe(inputs)
        if self.settings.active_balancing:
            self._balance(now_s, inputs.heard, events)
        still = self._still
        if still is None or not still.holds(inputs, now_s, self._limits):
            still = self._still = self._decide(inputs, now_s, events)
        for face in self._faces:
            face.monitor(self._meter_a, events)
        return Outputs(still.drives, self._request, events)

    def _decide(self, inputs: Inputs, now_s: float, events: list[Event]) -> "_Still":
        suspended = self.suspend.step(now_s, inputs.contact)
        for outlet in self.outlets:
            outlet.change = None
            outlet.resuming |= suspended and outlet.session
            outlet.protect(now_s)
        shares = self._settle(now_s, suspended, events)
        self._report(shares, suspended, events)
        due = [outlet.next_deadline_s() for outlet in self.outlets]
        due += [self.sharing.next_deadline_s() if self._all_seen else None, self.suspend.next_deadline_s()]
        if len(self.outlets) > 1:  # another one may wait for it
            due += [outlet.settled_s(now_s) for outlet in self.outlets]
        until_s = min((due_s for due_s in due if due_s is not None), default=None)
        return _Still(self._limits, until_s, tuple(outlet.commanded() for outlet in self.outlets))

    def remembered(self) -> Mapping[int, Known]:
        """What is kept over a reboot: what is known of the cars that are plugged in, by socket (O-13)."""
        return self.sharing.known

    def recall(self, known: Mapping[int, Known]) -> None:
        """Begin with what was known before the reboot. To be called before the first step.

        The cars are taken to be there until the board says that they are not: of a pilot that still is at -12 V, as
        without a station, it cannot say.
        """
        self.sharing.recall(known)
        for number in known:
            self.outlets[number - 1].session = True

    def next_deadline_s(self) -> float | None:
        """When step() has something to do if nothing is observed before."""
        due = [None if self._still is None else self._still.until_s]
        if self.settings.active_balancing:
            due += [self.watch.next_deadline_s(), self.active.next_deadline_s()]
        return min((due_s for due_s in due if due_s is not None), default=None)

    def _observe(self, inputs: Inputs) -> None:
        if not inputs.linked:
            for outlet in self.outlets:
                outlet.unlink()
        elif inputs.sense is not None:
            self.outlets[inputs.sense.socket - 1].observe(inputs.sense)
        else:
            return
        sessions = {outlet.number for outlet in self.outlets if outlet.session}
        self._plugged = [number for number in self._plugged if number in sessions]
        self._plugged += sorted(sessions.difference(self._plugged))
        one, *others = (outlet.grid_ma for outlet in self.outlets)
        self._drawn_ma = tuple(map(sum, zip(one, *others, strict=True)))

    def _balance(self, now_s: float, heard: Sequence[Reading | BadTelegram], events: list[Event]) -> None:
        report = self.watch.step(now_s, heard if self._metered else ())
        events += map(_log, report.logs)
        self.active.step(now_s, report.state, report.reading, self._drawn_ma, bool(self._plugged))
        if (mismatch := self.active.mismatch) is not None:
            names = (f"L{phase + 1}" for phase in mismatch)
            events.append(_log(messages.phase_order(*names)))
        if report.reading is not None:
            self._meter_a = report.reading.current_a
        elif report.state != "live":
            self._meter_a = None
        level, limits_da = "safe" if self.active.safe else "active", self.active.limits_da
        grid = self._limits[-1]
        if (grid.level, grid.per_phase_da) != (level, limits_da):
            self._limits = [self._station, Limit(level, self._sockets, limits_da)]

    def _settle(self, now_s: float, suspended: bool, events: list[Event]) -> dict[int, Share]:
        """Share and drive until nothing changes any more at this instant."""
        for _ in range(MOST_ROUNDS):
            shares = self._share(now_s, suspended, events)
            changed = [outlet.drive(now_s, shares[outlet.number].current_da * MA_PER_DA) for outlet in self.outlets]
            if not any(changed):
                break
        return shares

    def _share(self, now_s: float, suspended: bool, events: list[Event]) -> dict[int, Share]:
        """What each socket may have; without a session, what a vehicle plugged in now would get alone."""
        claims = [
            Claim(outlet.number, outlet.behind, outlet.cap_da, cap_source=outlet.cap_source) for outlet in self.outlets
        ]
        wanting = [] if suspended else [claims[n - 1] for n in self._plugged if self.outlets[n - 1].wants]
        offers_da, samples, flowing_ma = {}, dict[int, Sample](), {}
        for outlet in self.outlets:
            offers_da[outlet.number] = outlet.signalled_da
            flowing_ma[outlet.number] = outlet.flowing_ma(now_s)
            if outlet.session:
                samples[outlet.number] = outlet.sample
        shares: dict[int, Share] = {}
        if self._all_seen:
            shares = self.sharing.step(now_s, self._plugged, wanting, self._limits, offers_da, samples, flowing_ma)
            for number, known in self.sharing.concluded.items():
                phases = "".join(f"L{phase + 1}" for phase in sorted(known.phases))
                events.append(_log(messages.probed(number, known.minimum_da / 10, phases or "no phase yet")))
        wants = {claim.socket for claim in wanting}
        for claim in claims:
            if claim.socket not in shares:
                shares[claim.socket] = self._without_a_claim(claim, claim.socket in wants, suspended)
        return shares

    @property
    def _all_seen(self) -> bool:
        """Without a board, or before it has spoken of every socket, nobody knows who is there: sharing stands still."""
        return all(outlet.sense is not None for outlet in self.outlets)

    def _without_a_claim(self, claim: Claim, wants: bool, suspended: bool) -> Share:
        if wants:
            return Share(0, "probing")  # it waits for its own
        if suspended:
            return SUSPENDED
        return divide([claim], self._limits)[claim.socket]

    def _report(self, shares: Mapping[int, Share], suspended: bool, events: list[Event]) -> None:
        safe = self.settings.active_balancing and self.active.safe
        for outlet, face in zip(self.outlets, self._faces, strict=True):
            others = any(other.session and other.signalled_da for other in self.outlets if other is not outlet)
            face.report(shares[outlet.number], Around(safe, suspended, others), events)


def _log(line: LogLine) -> Event:
    return Event("log", {"text": line.text, "documented": line.documented})
