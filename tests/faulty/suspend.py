"""Stations that are wrong on purpose in what they do and say when the external circuit suspends charging."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from station.balancing.allocator import Claim, Limit, Share
from station.balancing.classifiers import Sample
from station.balancing.probing import Probing
from station.balancing.sharing import Sharing, new_probing
from station.board.codec import Drive
from station.core import SUSPENDED, Inputs, Outputs, StationCore
from station.face import Around, Event, Face
from station.outlet import Outlet
from station.panel import DISPLAY_SUSPENDED
from station.runtime import StationRuntime
from station.setting_rows import P1_MODE
from station.settings import Settings
from station.suspend import Suspend
from tests.faulty.building import SharingOtherwise, station

# -- the circuit ----------------------------------------------------------------------------------------------------


def ignores_the_circuit(settings: Settings, **ports: Any) -> StationRuntime:
    """Charges whatever the circuit says."""

    class Deaf(Suspend):
        def step(self, now_s: float, closed: bool | None) -> bool:
            return False

        def next_deadline_s(self) -> float | None:
            return None

    return station(settings, ports, suspend=Deaf(settings))


def takes_open_for_closed(settings: Settings, **ports: Any) -> StationRuntime:
    """Has the two polarities the wrong way round."""
    turned = Suspend(settings)
    turned._when = None if turned._when is None else not turned._when
    return station(settings, ports, suspend=turned)


def knows_one_polarity(settings: Settings, **ports: Any) -> StationRuntime:
    """Suspends when the circuit is closed, whichever of the two values is set."""
    one = Suspend(settings)
    one._when = None if one._when is None else True
    return station(settings, ports, suspend=one)


def suspends_in_any_mode(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes a closed circuit for a suspension although the port is set to a P1 meter."""
    eager = Suspend(settings)
    eager._when = True if eager._when is None else eager._when
    return station(settings, ports, suspend=eager)


def has_no_debounce(settings: Settings, **ports: Any) -> StationRuntime:
    """Every change counts at once."""
    return station(replace(settings, suspend_debounce_s=0.0), ports)


def debounces_for_3_s(settings: Settings, **ports: Any) -> StationRuntime:
    """Waits three seconds, whatever is set."""
    return station(replace(settings, suspend_debounce_s=3.0), ports)


def adds_bounces_up(settings: Settings, **ports: Any) -> StationRuntime:
    """A contact that bounces does not begin the time afresh."""

    class Adding(Suspend):
        first_s = -math.inf

        def step(self, now_s: float, closed: bool | None) -> bool:
            fresh = closed is not None and closed != self._closed
            known = self._closed is not None
            super().step(now_s, closed)
            if fresh and known and (closed == self._when) != self.active:
                if now_s > self.first_s + 10 * self._debounce_s:
                    self.first_s = now_s
                self._since_s = self.first_s
                self._settle(now_s)
            return self.active

    return station(settings, ports, suspend=Adding(settings))


def learns_of_changes_only(settings: Settings, **ports: Any) -> StationRuntime:
    """Does not look how the circuit is when it is switched on."""

    class Late(Suspend):
        def step(self, now_s: float, closed: bool | None) -> bool:
            if self._closed is None and closed is not None and self._when is not None:
                self._closed, self._when = closed, None  # not yet
                return False
            if closed is not None and closed != self._closed:
                self._when = Suspend(settings)._when
            return super().step(now_s, closed)

    return station(settings, ports, suspend=Late(settings))


def stays_suspended(settings: Settings, **ports: Any) -> StationRuntime:
    """Once suspended, for ever."""

    class Final(Suspend):
        def _settle(self, now_s: float) -> None:
            if not self.active:
                super()._settle(now_s)

        def next_deadline_s(self) -> float | None:
            return None if self.active else super().next_deadline_s()

    return station(settings, ports, suspend=Final(settings))


def resumes_after_30_s(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes half a minute to believe that charging is allowed again."""

    class Slow(Suspend):
        def next_deadline_s(self) -> float | None:
            due_s = super().next_deadline_s()
            return due_s + 30.0 if due_s is not None and self.active else due_s

    return station(settings, ports, suspend=Slow(settings))


def reads_p1_beside_it(settings: Settings, **ports: Any) -> StationRuntime:
    """Reads a P1 meter although the port is the input of the circuit."""
    return station(replace(settings, rj11_mode=P1_MODE), ports, suspend=Suspend(settings))


# -- who is suspended -----------------------------------------------------------------------------------------------


class _Selective(SharingOtherwise):
    """Serves none but these sockets; None: all."""

    served: set[int] | None = None

    def claimed(self, claims: Sequence[Claim]) -> Sequence[Claim]:
        return claims if self.served is None else [claim for claim in claims if claim.socket in self.served]


class _Partly(StationCore):
    """While suspended it goes on serving those sockets that `spared` names, told which had a session before."""

    def __init__(self, settings: Settings, spared: Callable[[StationCore, set[int]], set[int]]) -> None:
        self._selective = _Selective(settings)
        super().__init__(settings, sharing=self._selective)
        self._spared = spared
        self._before: set[int] = set()

    def _share(self, now_s: float, suspended: bool, events: list[Event]) -> dict[int, Share]:
        sessions = {outlet.number for outlet in self.outlets if outlet.session}
        self._before = self._before & sessions if suspended else sessions
        served = self._spared(self, self._before) & sessions if suspended else set()
        self._selective.served = served if served else None
        shares = super()._share(now_s, suspended and not served, events)
        if not served:
            return shares
        return {socket: share if socket in served else SUSPENDED for socket, share in shares.items()}


def _partly(
    settings: Settings, ports: dict[str, Any], spared: Callable[[StationCore, set[int]], set[int]]
) -> StationRuntime:
    return StationRuntime(settings, core=_Partly(settings, spared), **ports)


def suspends_socket_1_only(settings: Settings, **ports: Any) -> StationRuntime:
    """The other socket charges on."""
    return _partly(settings, ports, lambda _core, _before: {2})


def lets_new_sessions_start(settings: Settings, **ports: Any) -> StationRuntime:
    """Pauses the sessions there are, and lets new ones charge."""
    return _partly(settings, ports, lambda core, before: {outlet.number for outlet in core.outlets} - before)


def probes_while_suspended(settings: Settings, **ports: Any) -> StationRuntime:
    """Gives a session the minute of its probe before it suspends it."""
    if settings.probing_s == 0:
        return station(settings, ports)
    return _partly(
        settings, ports, lambda core, _before: {outlet.number for outlet in core.outlets} - set(core.sharing.known)
    )


def takes_the_probe_up_where_it_was(settings: Settings, **ports: Any) -> StationRuntime:
    """Counts what a probe lasted before it was interrupted."""

    class Counting(Probing):
        lasted_s: float | None = None

        def _choose(self, now_s: float, claims: Mapping[int, Claim], limits: Sequence[Limit]) -> None:
            for socket, session in self._sessions.items():
                if session.probe is not None and session.probe.c2_s is not None and socket not in claims:
                    self.lasted_s = now_s - session.probe.c2_s
            super()._choose(now_s, claims, limits)

        def _look(self, now_s: float, probe: Any, sample: Sample | None) -> None:
            super()._look(now_s, probe, sample)
            if probe is not None and probe.c2_s == now_s and self.lasted_s is not None:
                probe.c2_s -= self.lasted_s
                self.lasted_s = None

    if settings.probing_s == 0:
        return station(settings, ports)
    made = new_probing(settings)
    assert made is not None
    made.__class__ = Counting
    return station(settings, ports, sharing=Sharing(settings, probing=made))


def forgets_its_cars(settings: Settings, **ports: Any) -> StationRuntime:
    """After a suspension every session is probed anew."""

    class Forgetful(StationCore):
        was = False

        def _share(self, now_s: float, suspended: bool, events: list[Event]) -> dict[int, Share]:
            if self.was and not suspended and self.sharing.probing is not None:
                self.sharing.probing = new_probing(self.settings)
            self.was = suspended
            return super()._share(now_s, suspended, events)

    return StationRuntime(settings, core=Forgetful(settings), **ports)


# -- how it is paused -----------------------------------------------------------------------------------------------


class _Driving(StationCore):
    """While suspended it drives the sockets that have a session otherwise."""

    def __init__(self, settings: Settings, otherwise: Callable[[Outlet, Drive], Drive]) -> None:
        super().__init__(settings)
        self._otherwise = otherwise

    def step(self, inputs: Inputs, now_s: float) -> Outputs:
        outputs = super().step(inputs, now_s)
        if not self.suspend.active:
            return outputs
        pairs = zip(self.outlets, outputs.drives, strict=True)
        drives = tuple(self._otherwise(outlet, drive) if outlet.session else drive for outlet, drive in pairs)
        return replace(outputs, drives=drives)


def goes_to_state_f(settings: Settings, **ports: Any) -> StationRuntime:
    """Pulls the pilot to -12 V and opens the contactor under load."""
    core = _Driving(settings, lambda outlet, _drive: Drive(outlet.number, "low", False))
    return StationRuntime(settings, core=core, **ports)


def opens_under_load(settings: Settings, **ports: Any) -> StationRuntime:
    """Signals C1 and opens the contactor at once."""
    core = _Driving(settings, lambda outlet, drive: Drive(outlet.number, drive.pilot, False))
    return StationRuntime(settings, core=core, **ports)


def never_opens_under_load(settings: Settings, **ports: Any) -> StationRuntime:
    """Never opens the contactor in C1, whatever the car does."""
    return station(replace(settings, m3_c1_open_s=1e9), ports)


def offers_6_a(settings: Settings, **ports: Any) -> StationRuntime:
    """Lowers the current to 6 A instead of pausing."""
    core = _Driving(settings, lambda outlet, drive: Drive(outlet.number, 10_000, outlet.vehicle.name == "C"))
    return StationRuntime(settings, core=core, **ports)


# -- what it says ---------------------------------------------------------------------------------------------------


class _Saying(Face):
    """Says something else on its display while it is suspended, and until it charges again."""

    def report(self, share: Share, around: Around, events: list[Event]) -> None:
        self.suspended = around.suspended
        super().report(share, around, events)

    def _say(self, events: list[Event], kind: str, fields: dict[str, object]) -> None:
        if kind == "display":
            fields = {**fields, "text": self.text(str(fields["text"]))}
        super()._say(events, kind, fields)

    def text(self, text: str) -> str:
        return text


def says_it_in_its_own_words(settings: Settings, **ports: Any) -> StationRuntime:
    """Another text than the printed one."""

    class OwnWords(_Saying):
        def text(self, text: str) -> str:
            return "Charging paused by your supplier" if text == DISPLAY_SUSPENDED else text

    return station(settings, ports, face=OwnWords)


def says_it_at_socket_1_only(settings: Settings, **ports: Any) -> StationRuntime:
    """At socket 2 it only says that it waits."""

    class OneOnly(_Saying):
        def text(self, text: str) -> str:
            other = text == DISPLAY_SUSPENDED and self._outlet.number == 2
            return "Chargepoint ready, waiting for power" if other else text

    return station(settings, ports, face=OneOnly)


def says_it_until_c2(settings: Settings, **ports: Any) -> StationRuntime:
    """Goes on saying that the supplier halted it when that is over, until the car charges."""

    class Stubborn(_Saying):
        def text(self, text: str) -> str:
            return DISPLAY_SUSPENDED if self._outlet.resuming else text

    return station(settings, ports, face=Stubborn)


def says_it_for_good(settings: Settings, **ports: Any) -> StationRuntime:
    """Once said, the text stays, even when the car is gone."""

    class Stuck(_Saying):
        said = False

        def text(self, text: str) -> str:
            self.said |= text == DISPLAY_SUSPENDED
            return DISPLAY_SUSPENDED if self.said else text

    return station(settings, ports, face=Stuck)


def ready_means_a_number(settings: Settings, **ports: Any) -> StationRuntime:
    """Shows a power of nothing until C2 instead of saying that it waits."""

    class Number(_Saying):
        def text(self, text: str) -> str:
            resumes = self._outlet.resuming and not self.suspended
            return "0.0 of 22.0 kW" if resumes else text

    return station(settings, ports, face=Number)
