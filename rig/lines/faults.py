"""What goes wrong on serial lines, as data: each fault says which way it acts and what it does to the characters.

A fault works on characters on the wire (see `rig.lines.format.Characters`), so a flipped bit may be the parity bit. It
is applied to what the sender handed over in one go, a telegram or a frame as a rule; positions count from there.
All chance comes from the random numbers it is given.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Literal

from rig.errors import ConfigurationError
from rig.lines.format import Characters

Direction = Literal["a>b", "b>a", "both"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of what a sender handed over in one go; usually all of it, less when faults change in between.

    `at` is the position of its first character, `bits` how many bits each character has, `rng` the fault's own chance.
    """

    at: int
    bits: int
    rng: Random


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Base of all faults; by itself it does nothing. `direction` is the way in which it acts."""

    direction: Direction = "both"

    @property
    def kind(self) -> str:
        """The fault's name on the timeline, e.g. "bit_flip"."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()

    @property
    def late_s(self) -> float:
        """Seconds by which the bytes leave late."""
        return 0.0

    @property
    def sender_baud(self) -> int | None:
        """The rate at which the sender sends instead of its own; None: its own."""
        return None

    @property
    def parts_the_line(self) -> bool:
        """Whether the wires are open, those of the Data Request included."""
        return False

    def apply(self, characters: Characters, stretch: Stretch) -> Characters:  # noqa: ARG002
        """What arrives of `characters`, which lie at `stretch` of what the sender handed over."""
        return characters

    def describe(self) -> dict[str, object]:
        """Kind and parameters for the timeline."""
        return {"fault": self.kind, **dataclasses.asdict(self)}


def _check_probability(fault: Fault, probability: float) -> None:
    if not 0.0 <= probability <= 1.0:
        raise ConfigurationError(f"{fault.kind}: probability {probability:g} must lie between 0 and 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class BitFlip(Fault):
    """Single bits arrive inverted.

    In the field: a long or badly crimped cable, a pull-up too weak for clean edges, a line beside a switching motor.
    `probability` is per bit; `positions` are (character, bit) pairs that flip every time.
    """

    probability: float = 0.0
    positions: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        _check_probability(self, self.probability)

    def apply(self, characters: Characters, stretch: Stretch) -> Characters:
        """Invert the chosen bits."""
        flipped = list(characters)
        if self.probability:
            probability, random = self.probability, stretch.rng.random
            for number in [number for number in range(len(flipped) * stretch.bits) if random() < probability]:
                index, bit = divmod(number, stretch.bits)
                flipped[index] ^= 1 << bit
        for position, bit in self.positions:
            if 0 <= position - stretch.at < len(flipped) and bit < stretch.bits:
                flipped[position - stretch.at] ^= 1 << bit
        return flipped


@dataclass(frozen=True, slots=True, kw_only=True)
class _SomeCharacters(Fault):
    """A fault that strikes single characters: by `probability` each, and always at `positions`."""

    probability: float = 0.0
    positions: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        _check_probability(self, self.probability)

    def _struck(self, characters: Characters, stretch: Stretch) -> Iterable[tuple[int, bool]]:
        for position, character in enumerate(characters, stretch.at):
            by_chance = self.probability > 0.0 and stretch.rng.random() < self.probability
            yield character, by_chance or position in self.positions


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop(_SomeCharacters):
    """Single characters are lost.

    In the field: a receiver that is interrupted for longer than its FIFO lasts, a software UART on a busy controller.
    """

    def apply(self, characters: Characters, stretch: Stretch) -> Characters:
        """Leave out the characters that are struck."""
        return [character for character, struck in self._struck(characters, stretch) if not struck]


@dataclass(frozen=True, slots=True, kw_only=True)
class Double(_SomeCharacters):
    """Single characters arrive twice.

    In the field: a repeater or a Wi-Fi bridge that sends again what was acknowledged too late, a driver's race.
    """

    def apply(self, characters: Characters, stretch: Stretch) -> Characters:
        """Repeat the characters that are struck."""
        doubled: Characters = []
        for character, struck in self._struck(characters, stretch):
            doubled += [character, character] if struck else [character]
        return doubled


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay(Fault):
    """Everything leaves `by_s` seconds late, in its order.

    In the field: a serial server or radio bridge that collects bytes before it passes them on, a meter that is late.
    """

    by_s: float

    def __post_init__(self) -> None:
        if not 0 <= self.by_s < math.inf:
            raise ConfigurationError(f"delay: by_s {self.by_s:g} must be seconds, 0 or more")

    @property
    def late_s(self) -> float:
        """The configured delay in seconds."""
        return self.by_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Truncate(Fault):
    """Only the first `after` characters arrive of what is handed over in one go.

    In the field: a buffer that is shorter than the telegram, a splitter on which another device releases the request.
    """

    after: int

    def __post_init__(self) -> None:
        if self.after < 0:
            raise ConfigurationError(f"truncate: after {self.after} must not be negative")

    def apply(self, characters: Characters, stretch: Stretch) -> Characters:
        """Keep what lies before the cut."""
        return characters[: max(0, self.after - stretch.at)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise(Fault):
    """Between two telegrams `least` to `most` random characters arrive: they precede what is handed over in one go.

    In the field: a bus without bias resistors floats while nobody drives it, a receiver powers up in mid-character.
    """

    least: int = 1
    most: int = 8

    def __post_init__(self) -> None:
        if not 0 <= self.least <= self.most:
            raise ConfigurationError(f"noise: least {self.least} and most {self.most} must be 0 <= least <= most")

    def apply(self, characters: Characters, stretch: Stretch) -> Characters:
        """Put random characters in front."""
        if stretch.at:
            return characters
        count = stretch.rng.randint(self.least, self.most)
        return [stretch.rng.getrandbits(stretch.bits) for _ in range(count)] + characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplug(Fault):
    """The plug is out: nothing passes either way, and the Data Request reads as released.

    In the field: somebody pulls the cable, a clip is broken, an adapter falls off. What passes after the plug is back
    may begin in the middle of a telegram.
    """

    def __post_init__(self) -> None:
        if self.direction != "both":
            raise ConfigurationError("unplug: a plug parts both directions; for one of them use Drop(probability=1)")

    @property
    def parts_the_line(self) -> bool:
        """Always."""
        return True

    def apply(self, characters: Characters, stretch: Stretch) -> Characters:  # noqa: ARG002
        """Let nothing pass."""
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck(Fault):
    """The receiver reads `value` for every character.

    In the field: a shorted data pin or a transceiver that never lets go of the bus. A model: a receiver on a line that
    never moves would read one break or nothing; here the traffic's pace stays and its content is gone.
    """

    value: int = 0x00

    def __post_init__(self) -> None:
        if not 0 <= self.value <= 0xFF:
            raise ConfigurationError(f"stuck: value {self.value} must be a byte, 0 to 255")

    def apply(self, characters: Characters, stretch: Stretch) -> Characters:
        """Replace all characters."""
        return [self.value & ((1 << stretch.bits) - 1)] * len(characters)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongBaud(Fault):
    """The sender sends at `baud`, the receiver listens at its own rate and reads garbage at the ratio of the two.

    In the field: an installer picks the wrong rate, a meter falls back to its factory setting, a crystal is off (a few
    percent read right).
    """

    baud: int

    def __post_init__(self) -> None:
        if self.baud <= 0:
            raise ConfigurationError(f"wrong_baud: baud {self.baud} must be above 0")

    @property
    def sender_baud(self) -> int | None:
        """The configured rate."""
        return self.baud
