"""How the station on a bench is built: its sockets, its feeders, and the grid's phases behind each of its sockets."""

from __future__ import annotations

import msgspec

from rig.bench.file import MAX_SOCKETS, StationEntry
from rig.bench.phases import STRAIGHT, behind_socket, first_of, phases_of
from rig.errors import ConfigurationError, NotTestableHere


class Built(msgspec.Struct, frozen=True):
    """With two `feeders` each of two `sockets` has its own. `feeder` and `feeder_2` are the orders of the grid's phases
    at their terminals; without `feeder_2` both have the same. Feeders of one phase are those of a one-phase station.
    """

    sockets: int = 1
    feeders: int = 1
    feeder: str = STRAIGHT
    feeder_2: str | None = None

    def check(self) -> None:
        """Raises ConfigurationError for a station that there is not."""
        if not 1 <= self.feeders <= self.sockets <= MAX_SOCKETS:
            raise ConfigurationError(
                f"a bench with sockets = {self.sockets} and feeders = {self.feeders}; "
                f"a station has 1 to {MAX_SOCKETS} sockets and no more feeders than sockets"
            )
        if self.feeder_2 is None:
            return
        if self.feeders == 1:
            raise ConfigurationError(f"a bench with feeder_2 = {self.feeder_2} and one feeder; set feeders = 2")
        if len(phases_of(self.feeder)) != len(phases_of(self.feeder_2)):
            raise ConfigurationError(
                f"a bench with feeder = {self.feeder} and feeder_2 = {self.feeder_2}; both have 1 phase, or both 3"
            )

    def check_external(self, station: StationEntry) -> None:
        """Raises NotTestableHere when a station that the rig does not build is another one."""
        for what, needed, has in (
            ("sockets", self.sockets, station.sockets),
            ("feeders", self.feeders, station.feeders),
        ):
            if has != needed:
                raise NotTestableHere(
                    f"the case needs a station with {what} = {needed}; [station] in the bench file says {what} = {has}"
                )

    def orders(self, phases: int) -> list[str]:
        """The order behind each socket, on a connection of so many phases."""
        second = self.feeder_2 if self.feeder_2 is not None else self.feeder
        fed_by = (self.feeder, second if self.feeders == MAX_SOCKETS else self.feeder)[: self.sockets]
        present = [first_of(order, phases) for order in fed_by]
        return [behind_socket(order, number, self.sockets) for number, order in enumerate(present, 1)]

    def settings(self, station: StationEntry, phases: int) -> dict[str, object]:
        """What the station has to be set to as it is built so; of an external one, what [station] does not say."""
        second: dict[str, object] = {}
        if self.feeder_2 is not None or (self.feeders > 1 and station.kind == "reference"):
            second["station.phases_2"] = first_of(self.feeder_2 or self.feeder, phases)
        if self.sockets == 1 or station.kind == "external":
            return second
        return {"station.sockets": self.sockets, "station.feeders": self.feeders, **second}
