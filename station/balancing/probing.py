"""Probing: a session begins with a minute at 14 A, after which the least the car can use is known. Pure.

The minute begins with C2 (PRB-006). The car gets exactly the probing current, or what there is when that is less but
6 A or more (O-15); a car that needs 14 A cannot be told then (PRB-014). Sessions are probed in the order in which they
began, several at once only if there is the full current for all of them; who waits for its probe gets nothing (O-14).
What the probe leaves for the others is the allocator's to divide (O-16).

What was found out holds until the car is unplugged, whatever pauses there are (O-13). A probe that is interrupted (no
permission, or less than 6 A) has found out nothing and is made anew, the whole minute. A car that drew nothing is taken
for a 6 A car until it first draws, and is probed once more then (O-12).

The minute also tells which phases the car loads (PRB-004). Until then all phases of the socket count, afterwards those
that it has ever loaded: a car that takes up another phase is believed at once, one that leaves a phase may come back.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from station.balancing.allocator import MINIMUM_DA, Claim, Limit, alone_da, served
from station.balancing.classifiers import CLASS_6_DA, CLASS_14_DA, Classifier, PowerFactor, Sample

PROBING_DA = 140  # PRB-003, PRB-013, O-55
DURATION_S = 60.0  # PRB-006, O-11
SOURCE = "probing"


class Known(NamedTuple):
    """The least the car can use, in dA, and which phases of the socket it loads, from 0.

    `surely` if it has drawn something or was probed twice. While no `phases` were seen all of them count.
    """

    minimum_da: int
    phases: frozenset[int]
    surely: bool


@dataclass(slots=True)
class _Probe:
    offered_s: float
    offer_da: int
    classifier: Classifier
    c2_s: float | None = None
    seen_s: float = 0.0  # the classifier has seen what happened until then
    sample: Sample | None = None
    phases: frozenset[int] = frozenset()
    drew: bool = False


@dataclass(slots=True)
class _Session:
    known: Known | None = None
    probe: _Probe | None = None
    waits: bool = True  # to be probed
    probes: int = 0


class Probing:
    """What is known about the cars, and who is being probed. Raises ValueError for a probing current below 6 A.

    `classifier` makes a judge for each probe. `concluded` has what the last step found out, by socket.
    """

    def __init__(
        self,
        probing_da: int = PROBING_DA,
        duration_s: float = DURATION_S,
        classifier: Callable[[], Classifier] = PowerFactor,
    ) -> None:
        if probing_da < MINIMUM_DA:
            raise ValueError(f"a probing current of {probing_da / 10} A; {MINIMUM_DA / 10} A or more, please (PRB-012)")
        self._probing_da = probing_da
        self._duration_s = duration_s
        self._classifier = classifier
        self._sessions: dict[int, _Session] = {}
        self.concluded: dict[int, Known] = {}

    @property
    def probed(self) -> frozenset[int]:
        """The sockets that are being probed as of the last step."""
        return frozenset(socket for socket, session in self._sessions.items() if session.probe is not None)

    @property
    def known(self) -> dict[int, Known]:
        """What is known by now of the cars that are plugged in."""
        return {socket: session.known for socket, session in self._sessions.items() if session.known is not None}

    def recall(self, known: Mapping[int, Known]) -> None:
        """Begin with what was known before, by socket."""
        self._sessions = {socket: _Session(one, waits=False, probes=1) for socket, one in known.items()}

    def step(
        self,
        now_s: float,
        plugged: Sequence[int],
        claims: Sequence[Claim],
        limits: Sequence[Limit],
        samples: Mapping[int, Sample],
    ) -> list[Claim]:
        """The claims as they are from `now_s` on: with the minimum of the car, or with the probing current alone.

        `plugged` are all sockets with a session, in the order in which they began; `claims` those of them that nothing
        but balancing keeps from charging, with all the phases behind the socket, in the order of its samples. Who has
        to wait for its probe is left out of what comes back. Raises ValueError for a claim without a session.
        """
        strangers = [claim.socket for claim in claims if claim.socket not in plugged]
        if strangers:
            raise ValueError(f"sockets {strangers} claim, but only {list(plugged)} have a session")
        self.concluded = {}
        self._follow(plugged)
        for socket, session in self._sessions.items():
            self._catch_up(now_s, socket, session, samples.get(socket))
        self._choose(now_s, {claim.socket: claim for claim in claims}, limits)
        for socket, session in self._sessions.items():
            self._look(now_s, session.probe, samples.get(socket))
        return [changed for claim in claims if (changed := self._claim(now_s, claim)) is not None]

    def next_deadline_s(self) -> float | None:
        """When a probe is over, or goes on with another offer."""
        probes = [session.probe for session in self._sessions.values() if session.probe is not None]
        return min([self._next_s(probe) for probe in probes], default=None)

    def _follow(self, plugged: Sequence[int]) -> None:
        for socket in self._sessions.keys() - set(plugged):
            del self._sessions[socket]
        for socket in plugged:
            self._sessions.setdefault(socket, _Session())

    def _catch_up(self, now_s: float, socket: int, session: _Session, sample: Sample | None) -> None:
        if session.probe is not None:
            self._see(now_s, session.probe)
            if self._ends_s(session.probe) <= now_s:
                self._conclude(socket, session, session.probe)
        elif session.known is not None and sample is not None:
            session.known = session.known._replace(phases=session.known.phases | sample.loads)
            session.waits |= sample.draws and not session.known.surely

    def _look(self, now_s: float, probe: _Probe | None, sample: Sample | None) -> None:
        """What is seen from now on."""
        if probe is None:
            return
        probe.sample = sample
        if probe.c2_s is None and sample is not None and sample.charging:
            probe.c2_s = probe.seen_s = now_s

    def _see(self, now_s: float, probe: _Probe) -> None:
        """What was seen last has lasted until now, or until the end of the probe."""
        if probe.c2_s is None:
            return
        until_s = min(now_s, self._ends_s(probe))
        if until_s > probe.seen_s and probe.sample is not None:
            probe.drew |= probe.sample.draws
            probe.phases |= probe.sample.loads
            probe.classifier.take(until_s - probe.seen_s, probe.offer_da, probe.sample)
        probe.seen_s = until_s

    def _conclude(self, socket: int, session: _Session, probe: _Probe) -> None:
        session.probes += 1
        minimum_da = CLASS_14_DA if probe.classifier.needs_14_a() else CLASS_6_DA
        phases = probe.phases if session.known is None else probe.phases | session.known.phases
        session.known = self.concluded[socket] = Known(minimum_da, phases, probe.drew or session.probes > 1)
        session.probe, session.waits = None, False

    def _choose(self, now_s: float, claims: Mapping[int, Claim], limits: Sequence[Limit]) -> None:
        """Who is probed from now on: first who is already, then who has waited longest."""
        chosen: list[Claim] = []
        for socket, session in sorted(self._sessions.items(), key=lambda item: item[1].probe is None):
            if not session.waits:
                continue
            offered = self._offered(claims[socket], limits, chosen) if socket in claims else None
            if offered is None:
                session.probe = None
                continue
            chosen.append(offered)
            if session.probe is None:
                session.probe = _Probe(now_s, offered.cap_da, self._classifier())
            session.probe.offer_da = offered.cap_da

    def _offered(self, claim: Claim, limits: Sequence[Limit], chosen: Sequence[Claim]) -> Claim | None:
        """The probing current for this one beside the others, None if there is none."""
        offer_da = min(self._probing_da, alone_da(claim, limits))
        if offer_da < MINIMUM_DA:
            return None
        offered = _exactly(claim, offer_da)
        together = [*chosen, offered]
        if chosen and (offer_da < self._probing_da or len(served(together, limits)) < len(together)):
            return None
        return offered

    def _claim(self, now_s: float, claim: Claim) -> Claim | None:
        session = self._sessions[claim.socket]
        if session.probe is not None:
            session.probe.offer_da = self._offer_da(now_s, session.probe)
            return _exactly(claim, session.probe.offer_da)
        if session.known is not None:
            phases = tuple(phase for at, phase in enumerate(claim.phases) if at in session.known.phases)
            return replace(claim, minimum_da=session.known.minimum_da, phases=phases or claim.phases)
        return None

    def _offer_da(self, now_s: float, probe: _Probe) -> int:
        if probe.c2_s is None or now_s < probe.c2_s + self._duration_s:
            return probe.offer_da
        return min(probe.offer_da, probe.classifier.after_da())

    def _ends_s(self, probe: _Probe) -> float:
        """A car that does not even go to C is given up when it has had the time for the whole probe."""
        if probe.c2_s is None:
            return probe.offered_s + self._duration_s
        return probe.c2_s + self._duration_s + probe.classifier.after_s

    def _next_s(self, probe: _Probe) -> float:
        minute_s = None if probe.c2_s is None else probe.c2_s + self._duration_s
        return self._ends_s(probe) if minute_s is None or probe.seen_s >= minute_s else minute_s


def _exactly(claim: Claim, offer_da: int) -> Claim:
    return replace(claim, minimum_da=offer_da, cap_da=offer_da, cap_source=SOURCE)
