"""The TIC reader: bytes in, readings out, in whichever mode the meter speaks. Pure; told the time.

Which mode a group is in is seen from the group. What is not seen is the speed of the line: at the wrong one a meter
is nothing but garbage. So while only garbage comes, the reader asks its port for the other speed, and so on in turn
(`line` is the one it wants). A line without a pace of its own, such as a pty, is read at either.
"""

from station.errors import Malformed
from station.serial_line import SerialLine
from station.sources.reading import BadTelegram, Reading
from station.sources.tic.codec import BadChecksum, decode_frame, good_groups
from station.sources.tic.currents import currents_a
from station.sources.tic.framer import Frame, FrameFramer, seven_bits

# O-26; historique first, in which meters leave the factory.
LINES = (SerialLine(1200, 7, "E"), SerialLine(9600, 7, "E"))
# Frames with the group DATE: no two of them are the same.
DATED = ("standard",)
# A port without a pace is read at either, so what the frame took on the wire follows from its mode.
LINE_OF = {"historique": LINES[0], "standard": LINES[1]}
# At the right speed the longest group takes 0.2 s.
DETECT_S = 3.0
# At least one whole group is among so many characters in a row: the longest has 120.
RECENT_B = 256
# A meter takes its figures at least this often; a frame shows those of its beginning.
MEASURED_EVERY_S = 1.0
# Seconds between frames: a long historique frame of a three-phase meter, a three-phase frame in standard mode.
INTERVAL_S = {"historique": 2.0, "standard": 1.5}


class TicReader:
    """Reads a TIC port: every valid frame gives a Reading, everything that only looked like one a BadTelegram.

    With one bad check sum in it a frame is refused as "crc" whole. `detect_s` is how long nothing but garbage may
    come, not one group that can be read, before the other line settings are tried.
    """

    def __init__(self, detect_s: float = DETECT_S) -> None:
        self.line = LINES[0]
        self._detect_s = detect_s
        self._framer = FrameFramer()
        self._garbage_since_s: float | None = None
        self._last_byte_s = 0.0
        self._recent = b""
        self._last_frame = b""

    def receive(self, data: bytes, now_s: float) -> list[Reading | BadTelegram]:
        """Take bytes that arrived at `now_s`; ask for the other line settings when it is time to."""
        heard = [self._read(item) for item in self._framer.receive(data, now_s)]
        if data:
            self._recent = (self._recent + data)[-RECENT_B:]
            self._tune(now_s)
        return heard

    def step(self, now_s: float) -> list[Reading | BadTelegram]:
        """Report a frame whose rest did not come in time."""
        return [self._read(item) for item in self._framer.step(now_s)]

    def next_deadline_s(self) -> float | None:
        """When step() has something to report if no byte comes before; None when there is nothing to wait for."""
        return self._framer.next_deadline_s()

    def _tune(self, now_s: float) -> None:
        """Silence is not garbage: a meter that was unplugged comes back at the speed it had."""
        silent_s, self._last_byte_s = now_s - self._last_byte_s, now_s
        if self._garbage_since_s is None or silent_s >= self._detect_s:
            self._garbage_since_s = now_s
        elif now_s >= self._garbage_since_s + self._detect_s:
            self._garbage_since_s = None
            if not good_groups(seven_bits(self._recent)):
                self._framer.reset()
                self.line = LINES[1 - LINES.index(self.line)]

    def _read(self, item: Frame | BadTelegram) -> Reading | BadTelegram:
        if isinstance(item, BadTelegram):
            return item
        try:
            frame = decode_frame(item.frame)
            current_a, phases = currents_a(frame)
        except Malformed as error:
            return BadTelegram(str(error), item.at_s, "crc" if isinstance(error, BadChecksum) else "malformed")
        repeated = item.frame == self._last_frame
        self._last_frame = item.frame
        if repeated and frame.mode in DATED:
            return BadTelegram("the frame before once more, with the same date", item.at_s, "repeated")
        newest_s = len(item.frame) * LINE_OF[frame.mode].character_s
        oldest_s = newest_s + MEASURED_EVERY_S
        interval_s = INTERVAL_S[frame.mode]
        return Reading(frame.mode, interval_s, current_a, phases, item.at_s, oldest_s=oldest_s, newest_s=newest_s)
