"""TIC frames to bytes and back. Pure, strict, and driven by the tables of labels.py.

The decoder is the mirror of the encoder: it accepts the labels of the frame's mode in the order and format of the
tables, all that a frame must have and none twice. It is there for what this package writes and for fixtures; a reader
that has to live with the deviations of meters in the field is the business of the station.

What the checksum of a group is worth: it is a sum of bytes of which six bits are sent. It catches every single wrong
bit of the lower six. It misses a wrong bit 6 (worth 64), characters that changed places, several errors that cancel
out, lost characters whose sum is a multiple of 64, and one in 64 of all other damage. The fixed width and character
set of the data catch most of that: of the single bit errors, none gets through but a wrong bit 6 in the free texts
(NGTF, LTARF, MSG1, MSG2) and in the program letter of OPTARIF, where another printable character is as good as any.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from zlib import adler32

from emulators.errors import BadConfiguration, Malformed
from emulators.tic.frame import Frame, Group
from emulators.tic.labels import OPTION_LETTERS, Row
from emulators.tic.modes import ETX, MODES, STX, Mode, layout

# Most groups say the same from frame to frame, also those of a damaged frame; remembering them makes a quiet meter
# several times as fast to write, and a damaged frame to refuse.
_REMEMBERED = 1024
# Kinds of frames: 14 of historique, and the optional groups of standard that come and go.
_KINDS = 64


def encode(frame: Frame) -> bytes:
    """The frame as it goes over the wire, from STX to ETX, with bytes of 7 bits.

    Raises BadConfiguration when a value does not fit its label, or labels are missing, foreign or out of order.
    """
    codec = _CODECS.get(frame.mode)
    if codec is None:
        raise BadConfiguration(f"no TIC mode {frame.mode!r}; there is {', '.join(MODES)}")
    complaint = codec.complaint(frame.groups)
    if complaint:
        raise BadConfiguration(complaint)
    write = codec.write
    return STX + b"".join([write(group) for group in frame.groups]) + ETX


def decode(data: bytes) -> Frame:
    """One whole frame, from STX to ETX, as a value. Raises Malformed for anything else."""
    # No historique group has a tabulator in it, and no standard group can do without.
    return _CODECS["standard" if b"\t" in data else "historique"].decode(data)


def checksum(covered: bytes) -> int:
    """The checksum character, 0x20 to 0x5F, of the bytes that it covers (fewer than 65,521 in sum)."""
    # The lower half of Adler-32, begun at 0, is the plain sum of the bytes, in a third of the time of sum().
    return (adler32(covered, 0) & 0x3F) + 0x20


class _Codec:
    """The tables of one mode, compiled. `write` turns one group into its bytes, `decode` the bytes of a frame back."""

    def __init__(self, mode: Mode) -> None:
        self.mode = mode
        self.write = lru_cache(maxsize=_REMEMBERED)(self._write)
        self._read = lru_cache(maxsize=_REMEMBERED)(self._read_line)
        self._kind = lru_cache(maxsize=_KINDS)(self._compile)
        # The kind of the last frame of a length. As all data have a fixed width, it mostly is that of the next.
        self._kinds: dict[int, _Kind] = {}
        self._order_complaint = lru_cache(maxsize=64)(self._find_order_complaint)
        separator = mode.separator
        self._separator = separator.encode("ascii")
        self._rows = {row.name: row for row in (*mode.rows, *mode.short_rows)}
        self._readers = {row.name: (re.compile(_pattern(row, separator)), row.form.read) for row in self._rows.values()}
        # Where in a group the part ends that the checksum covers, counted from its end (without CR).
        self._sum_ends = -1 if mode.sum_ends_behind_data else -2
        # The longest frame has fewer groups; anything longer is not worth comparing with the tables, or remembering.
        self._most_groups = len(mode.rows)

    def _write(self, group: Group) -> bytes:
        row = self._rows.get(group.label)
        if row is None:
            raise BadConfiguration(f"there is no label {group.label!r} in {self.mode.name} mode")
        if re.fullmatch(row.stamp, group.stamp) is None:
            needed = f"a time stamp like {row.stamp}" if row.stamp else "no time stamp"
            raise BadConfiguration(f"{row.name} needs {needed}, not {group.stamp!r}")
        try:
            data = row.form.write(group.value)
        except BadConfiguration as error:
            raise BadConfiguration(f"{row.name}: {error}") from None
        parts = (row.name, group.stamp, data) if row.stamp else (row.name, data)
        return self.seal(self.mode.separator.join(parts).encode("ascii"))

    def seal(self, body: bytes) -> bytes:
        """A group from LF to CR, of its bytes from the label to the data."""
        covered = body + self._separator if self.mode.sum_ends_behind_data else body
        return b"\n%b%b%c\r" % (body, self._separator, checksum(covered))

    def decode(self, data: bytes) -> Frame:
        """A frame from STX to ETX: at one go if it is of a kind that was seen before, or else group by group."""
        kind = self._kinds.get(len(data))
        groups = kind.read(data) if kind else None
        if groups is None:
            groups = self._read_groups(data)
            self._kinds[len(data)] = self._kind(*_outline(groups))
        return Frame(self.mode.name, groups)

    def _read_groups(self, data: bytes) -> tuple[Group, ...]:
        if not (data.startswith(STX) and data.endswith(b"\r" + ETX)):
            raise Malformed(f"{len(data)} bytes are no frame: it goes from STX to CR and ETX, with groups in between")
        groups = tuple([self._read(line) for line in data[1:-2].split(b"\r")])
        complaint = self.complaint(groups)
        if complaint:
            raise Malformed(complaint)
        return groups

    def _compile(self, labels: tuple[str, ...], option: str) -> _Kind:
        return _Kind(self.mode, [self._rows[label] for label in labels], option)

    def _read_line(self, line: bytes) -> Group:
        """The group of a line from LF up to, but not including, its CR."""
        covered = line[1 : self._sum_ends]
        if not line or line[-1] != checksum(covered):
            raise Malformed(f"the checksum of group {line[:60]!r} should be {chr(checksum(covered))!r}")
        try:
            text = line[:-1].decode("ascii")
        except UnicodeDecodeError as error:
            raise Malformed(f"byte {error.start} of group {line[:60]!r} has its eighth bit set") from None
        label = text[1:].partition(self.mode.separator)[0]
        if label not in self._readers:
            raise Malformed(f"there is no label {label[:20]!r} in {self.mode.name} mode")
        pattern, read = self._readers[label]
        match = pattern.fullmatch(text)
        if match is None:
            raise Malformed(f"the group {text[:60]!r} should match {pattern.pattern[:60]!r}")
        stamp, data = match.groups()
        return Group(label, read(data), stamp)

    def complaint(self, groups: tuple[Group, ...]) -> str:
        """What is wrong with the labels of a frame and their order, or nothing."""
        if not 0 < len(groups) <= self._most_groups:
            return f"a frame has 1 to {self._most_groups} groups, not {len(groups)}"
        return self._order_complaint(*_outline(groups))

    def _find_order_complaint(self, labels: tuple[str, ...], option: str) -> str:
        rows = iter(self._layout(labels, option))
        for number, label in enumerate(labels, start=1):
            for row in rows:
                if row.name == label:
                    break
                if not row.optional:
                    return f"group {number} is {label}, but {row.name} comes before it"
            else:
                return f"group {number} is {label}, which has no place there"
        missing = next((row.name for row in rows if not row.optional), None)
        return f"the frame ends without {missing}" if missing else ""

    def _layout(self, labels: tuple[str, ...], option: str) -> tuple[Row, ...]:
        """The rows of the kind of frame that these labels seem to be."""
        phases = 1 if not {"IINST2", "IRMS2"}.intersection(labels) else 3
        short = phases == 3 and bool(self.mode.short_rows) and "PAPP" not in labels
        return layout(self.mode.name, phases=phases, producer="EAIT" in labels, short=short, option=option)


class _Kind:
    """All frames that have the same labels and the same option, compiled into one expression."""

    def __init__(self, mode: Mode, rows: Sequence[Row], option: str) -> None:
        separator = mode.separator
        groups = [_pattern(row, separator, option if row.name == "OPTARIF" else "") + "[ -_]\r" for row in rows]
        self._whole = re.compile(f"\x02{''.join(groups)}\x03")
        self._fields = [(row.name, row.form.reader()) for row in rows]
        # A checksum c is the sum of what it covers, plus 0x20. So all of a right group, c and the separator before c
        # included, sums up to 2 c - 0x20, and that separator if it is not covered; of all this, six bits are known.
        self._excess = (-0x20 if mode.sum_ends_behind_data else ord(separator) - 0x20) & 0x3F

    def read(self, data: bytes) -> tuple[Group, ...] | None:
        """The groups of a frame, or None when it is not of this kind, or not right."""
        match = self._whole.fullmatch(data.decode("latin-1"))
        if match is None:
            return None
        excess = self._excess
        for line in data[2:-2].split(b"\r\n"):
            if (adler32(line, 0) - 2 * line[-1]) & 0x3F != excess:
                return None
        found = iter(match.groups())  # stamp, data, stamp, data, ...
        fields = zip(self._fields, found, found, strict=True)
        return tuple([Group(label, read(text), stamp) for (label, read), stamp, text in fields])


def _outline(groups: tuple[Group, ...]) -> tuple[tuple[str, ...], str]:
    """The labels of a frame, and as much of its OPTARIF as tells the option."""
    # OPTARIF follows ADCO wherever there is one.
    second = groups[1] if len(groups) > 1 else groups[0]
    option = str(second.value)[:OPTION_LETTERS] if second.label == "OPTARIF" else ""
    return tuple([group.label for group in groups]), option


def _pattern(row: Row, separator: str, begins: str = "") -> str:
    """A group from LF up to its checksum; what is asked for are the stamp and the data, which `begins` so."""
    stamp = f"({row.stamp}){separator}" if row.stamp else "()"
    return f"\n{re.escape(row.name)}{separator}{stamp}(?={re.escape(begins)})({row.form.pattern}){separator}"


_CODECS: dict[str, _Codec] = {name: _Codec(mode) for name, mode in MODES.items()}


def reseal(line: bytes) -> bytes:
    """A group from LF to CR whose text was changed, with the checksum that fits it. For faults that keep it right."""
    codec = _CODECS["standard" if b"\t" in line else "historique"]
    return codec.seal(line[1:-3])
