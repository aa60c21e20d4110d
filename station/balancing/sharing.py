"""Who gets how much: the rooms for several sockets in their order, and the allocator behind them. Pure.

    probing → idle cars → alternating → unused current → allocator → handover

Each room changes what the sockets claim; none of them knows of another one.
"""

from collections.abc import Mapping, Sequence

from station.balancing.allocator import Claim, Limit, Share, divide
from station.balancing.alternating import Alternating
from station.balancing.classifiers import Classifier, PowerFactor, Sample, StepDown
from station.balancing.handover import handed_over
from station.balancing.idle import Idle
from station.balancing.probing import Known, Probing
from station.balancing.unused import Unused
from station.settings import Settings
from station.socket_rows import POWER_FACTOR, STEP_DOWN
from station.units import Triple, da_from_a, ma_from_a

CLASSIFIERS: Mapping[str, type[Classifier]] = {POWER_FACTOR: PowerFactor, STEP_DOWN: StepDown}


class Sharing:
    """The shares of all sockets. The rooms can be replaced, for instance by deliberately faulty ones.

    `concluded` has what the last step found out about cars, by socket.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        probing: Probing | None = None,
        idle: Idle | None = None,
        alternating: Alternating | None = None,
        unused: Unused | None = None,
    ) -> None:
        self._several = settings.sockets > 1
        self.probing = probing or new_probing(settings)
        self.idle = idle or Idle()
        self.alternating = alternating or Alternating(settings.alternating_s)
        self.unused = unused or Unused(ma_from_a(settings.unused_a), settings.unused_s)
        self.concluded: Mapping[int, Known] = {}
        self._divided: tuple[Sequence[Claim], Sequence[Limit]] = ((), ())
        self._shares: dict[int, Share] = {}

    @property
    def known(self) -> Mapping[int, Known]:
        """What is known by now of the cars that are plugged in."""
        return {} if self.probing is None else self.probing.known

    def recall(self, known: Mapping[int, Known]) -> None:
        """Begin with what was known before."""
        if self.probing is not None:
            self.probing.recall(known)

    @property
    def probed(self) -> frozenset[int]:
        """The sockets that are being probed as of the last step."""
        return frozenset() if self.probing is None else self.probing.probed

    def step(
        self,
        now_s: float,
        plugged: Sequence[int],
        claims: Sequence[Claim],
        limits: Sequence[Limit],
        offers_da: Mapping[int, int],
        samples: Mapping[int, Sample],
        flowing_ma: Mapping[int, Triple],
    ) -> dict[int, Share]:
        """What every socket that claims may be offered from `now_s` on; who is missing must wait for its probe.

        `plugged` are all sockets with a session in the order in which they began, `claims` those that nothing but
        balancing keeps from charging, `offers_da` what is signalled at the moment, `samples` what is seen then at each
        socket and `flowing_ma` what may flow in the phases of the grid.
        """
        if self.probing is not None:
            claims = self.probing.step(now_s, plugged, claims, limits, samples)
            self.concluded = self.probing.concluded
        if not self._several:
            return self._divide(claims, limits)
        probed = self.probed
        in_turn, last = self.idle.step(now_s, plugged, claims, offers_da, samples, probed)
        claims = [*self.alternating.step(now_s, in_turn, limits, probed), *last]
        worst_ma = {socket: max(sample.current_ma) for socket, sample in samples.items()}
        claims = self.unused.step(now_s, claims, limits, offers_da, worst_ma)
        shares = self._divide(claims, limits)
        shares_da = {socket: share.current_da for socket, share in shares.items()}
        now_da = handed_over(shares_da, claims, limits, offers_da, flowing_ma)
        return {socket: share._replace(current_da=now_da[socket]) for socket, share in shares.items()}

    def next_deadline_s(self) -> float | None:
        """When a share changes by itself."""
        rooms = (self.idle, self.alternating, self.unused) if self._several else ()
        due = [room.next_deadline_s() for room in rooms]
        due.append(None if self.probing is None else self.probing.next_deadline_s())
        return min((due_s for due_s in due if due_s is not None), default=None)

    def _divide(self, claims: Sequence[Claim], limits: Sequence[Limit]) -> dict[int, Share]:
        """Remembered until a claim or a limit changes: most steps bring neither."""
        if self._divided != (claims, limits):
            self._divided = (claims, limits)
            self._shares = divide(claims, limits)
        return dict(self._shares)


def new_probing(settings: Settings) -> Probing | None:
    """The probing the settings ask for; None when they ask for none."""
    if settings.probing_s == 0:
        return None
    classifier = CLASSIFIERS[settings.classifier]
    return Probing(da_from_a(settings.chameleon_min_a), settings.probing_s, classifier)
