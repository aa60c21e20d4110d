"""The P1 reader: bytes in, readings out. Pure; told the time."""

from station.errors import Malformed
from station.sources.p1.codec import BadCrc, Unsupported, decode
from station.sources.p1.currents import currents_a
from station.sources.p1.framer import Frame, TelegramFramer
from station.sources.reading import BadKind, BadTelegram, Reading

# Seconds between telegrams, by the first character of the version. Belgian versions (502xx) keep the cadence of 5,
# Luxembourg says 42 and keeps that of 4; Swedish meters send at least every 10 s.
INTERVAL_S = {"4": 10.0, "5": 1.0, "S": 10.0}
# The figures are those of the last second or two: meters take them each second, and a telegram is 0.1 s on the wire.
OLDEST_S = 1.2
# The line with the date: no two telegrams that have it are the same.
DATE = b"0-0:1.0.0("
# A single flipped bit turns a capital letter of the check sum into a small one and leaves the number the same.
# Meters print capitals, so small letters are believed from the second such telegram in a row on.
SMALL_LETTERS_BELIEVED_AT = 2


class P1Reader:
    """Reads a P1 port: every valid telegram gives a Reading, everything that only looked like one a BadTelegram.

    The check sum is required (DSMR 4.0 and higher); lower versions are refused (ALB-P1-001, ALB-P1-002).
    """

    def __init__(self) -> None:
        self._framer = TelegramFramer()
        self._small_letters = 0
        self._last = b""

    def receive(self, data: bytes, now_s: float) -> list[Reading | BadTelegram]:
        """Take bytes that arrived at `now_s`."""
        return [self._read(item) for item in self._framer.receive(data, now_s)]

    def step(self, now_s: float) -> list[Reading | BadTelegram]:
        """Report a telegram whose rest did not come in time."""
        return [self._read(item) for item in self._framer.step(now_s)]

    def next_deadline_s(self) -> float | None:
        """When step() has something to report if no byte comes before; None when there is nothing to wait for."""
        return self._framer.next_deadline_s()

    def _read(self, item: Frame | BadTelegram) -> Reading | BadTelegram:
        if isinstance(item, BadTelegram):
            return item
        try:
            telegram = decode(item.telegram)
            self._check_letters(item.telegram)
            current_a, phases = currents_a(telegram)
        except Malformed as error:
            return BadTelegram(str(error), item.at_s, _kind(error))
        repeated = item.telegram == self._last and DATE in item.telegram
        self._last = item.telegram
        if repeated:
            return BadTelegram("the telegram before once more, with the same date", item.at_s, "repeated")
        return Reading(
            telegram.version, INTERVAL_S[telegram.version[0]], current_a, phases, item.at_s, oldest_s=OLDEST_S
        )

    def _check_letters(self, telegram: bytes) -> None:
        crc = telegram.rpartition(b"!")[2]
        if crc.isupper():
            self._small_letters = 0
        if not crc.islower():  # capitals, or digits only, which say nothing either way
            return
        self._small_letters += 1
        if self._small_letters < SMALL_LETTERS_BELIEVED_AT:
            raise BadCrc("CRC in small letters: capitals expected from a meter not yet seen to do so")


def _kind(error: Malformed) -> BadKind:
    if isinstance(error, BadCrc):
        return "crc"
    return "unsupported" if isinstance(error, Unsupported) else "malformed"
