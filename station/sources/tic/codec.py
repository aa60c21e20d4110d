"""One TIC frame, bytes to groups. Pure.

A frame is STX, groups, ETX; a group is LF, label, data, check sum, CR. There are two modes, told apart by their
separator: a blank in historique, a tab in standard, where a time stamp may precede the data. The check sum is the low
six bits of a sum of characters plus 0x20, so it can be a blank; historique leaves the last separator out of the sum,
standard counts it.

Six bits let one damaged group in 64 pass. So a frame with one bad group is not believed at all, and whoever uses a
value also checks how many digits it has.
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, NamedTuple

from station.errors import Malformed

Mode = Literal["historique", "standard"]

STX, ETX, EOT = 0x02, 0x03, 0x04

# Label, time stamp, data; then the check sum.
_STANDARD = re.compile(rb"([A-Z0-9+-]{1,9})\t(?:([HhEe ]\d{12})\t)?([ -~]*)\t[ -~]")
_HISTORIQUE = re.compile(rb"([A-Z0-9+-]{1,9}) ()([ -~]+) [ -~]")
_SIX_BITS = 0x3F
_OFFSET = 0x20
_TEXT_B = 60


class BadChecksum(Malformed):
    """The check sum of a group does not belong to what precedes it."""


class Group(NamedTuple):
    """One group: `stamp` is its time stamp (SYYMMDDhhmmss), empty where it has none; `data` as sent, with blanks."""

    label: bytes
    stamp: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class TicFrame:
    """A whole frame, every check sum right: label to data. `mode` is that of its groups."""

    mode: Mode
    data: dict[bytes, bytes]


def decode_group(raw: bytes) -> Group:
    """Read what stands between LF and CR. Raises BadChecksum or Malformed."""
    standard = b"\t" in raw
    match = (_STANDARD if standard else _HISTORIQUE).fullmatch(raw)
    if match is None:
        separators = "tabs" if standard else "blanks"
        raise Malformed(f"group {_text(raw)!r}: LABEL, data and check sum between {separators} expected")
    computed = _checksum(raw, standard)
    if raw[-1] != computed:
        raise BadChecksum(f"group {_text(raw)!r}: check sum {chr(computed)!r} computed, {chr(raw[-1])!r} received")
    return Group(*match.groups(b""))


def decode_frame(frame: bytes) -> TicFrame:
    """Read a frame from STX to ETX. Raises BadChecksum or Malformed for the first thing that is wrong with it."""
    if len(frame) < 4 or frame[:2] != b"\x02\n" or frame[-2:] != b"\r\x03":
        raise Malformed(f"frame of {len(frame)} bytes: STX LF at its start and CR ETX at its end expected")
    standard = b"\t" in frame
    fullmatch = (_STANDARD if standard else _HISTORIQUE).fullmatch
    data: dict[bytes, bytes] = {}
    for raw in frame[2:-2].split(b"\r\n"):
        match = fullmatch(raw)
        if match is None or raw[-1] != _checksum(raw, standard):
            decode_group(raw)
            raise Malformed(f"group {_text(raw)!r} of the other mode in one frame")
        label, _, value = match.groups()
        if label in data:
            raise Malformed(f"{_text(label)} twice in one frame: two frames glued together?")
        data[label] = value
    return TicFrame("standard" if standard else "historique", data)


def good_groups(frame: bytes) -> list[Group]:
    """The groups of a damaged frame whose check sum is right; good for telling a meter from noise, not for values."""
    groups = []
    for raw in frame.strip(b"\x02\x03\r\n").split(b"\r\n"):
        with suppress(Malformed):
            groups.append(decode_group(raw))
    return groups


def _checksum(raw: bytes, standard: bool) -> int:
    """Of the group that `raw` is, its own check sum at the end."""
    return (sum(raw[:-1] if standard else raw[:-2]) & _SIX_BITS) + _OFFSET


def _text(data: bytes) -> str:
    return data[:_TEXT_B].decode("ascii", "backslashreplace")
