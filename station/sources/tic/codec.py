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
from typing import Literal, NamedTuple, NoReturn
from zlib import adler32

from station.errors import Malformed

Mode = Literal["historique", "standard"]

STX, ETX, EOT = 0x02, 0x03, 0x04

# The check sum of a group and the separator before it.
CHECK_B = 2

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


class TicFrame(NamedTuple):
    """A whole frame, every check sum right. `tails` is what follows each label: time stamp, data, check sum.

    Few of up to 63 groups are asked for, so they are taken apart when they are. Data ends at `[:-CHECK_B]`.
    """

    mode: Mode
    tails: dict[bytes, bytes]


class _Rules(NamedTuple):
    """One mode. `group` is a group from label to check sum: label, time stamp, data; `frame` is the shape of a frame.

    A group sums up, its check sum included, to twice its check sum and `residue`, as far as six bits tell: 0x20 was
    added, and the last of the separators, 0x20 as well, left out, or not. `uncovered` is how many bytes at its end are
    left out.
    """

    mode: Mode
    separator: bytes
    uncovered: int
    residue: int
    group: re.Pattern[bytes]
    frame: re.Pattern[bytes]


# The longest data, the table of a day, has 98 characters. Data of historique mode may have blanks in it.
_HISTORIQUE = _Rules(
    "historique", b" ", uncovered=2, residue=0,
    group=re.compile(rb"([A-Z0-9+-]{1,9}) ()([ -~]{1,128}) [ -~]"),
    frame=re.compile(rb"\x02(?:\n[A-Z0-9+-]{1,9}+ [ -~]{1,128} [ -_]\r)++\x03"),
)  # fmt: skip
_STANDARD = _Rules(
    "standard", b"\t", uncovered=1, residue=0x20,
    group=re.compile(rb"([A-Z0-9+-]{1,9})\t(?:([HhEe ]\d{12})\t)?([ -~]{0,128})\t[ -~]"),
    frame=re.compile(rb"\x02(?:\n[A-Z0-9+-]{1,9}+\t(?:[HhEe ]\d{12}\t)?[ -~]{0,128}+\t[ -_]\r)++\x03"),
)  # fmt: skip


def decode_group(raw: bytes) -> Group:
    """Read what stands between LF and CR. Raises BadChecksum or Malformed."""
    rules = _rules(raw)
    match = rules.group.fullmatch(raw)
    if match is None:
        separators = "tabs" if rules is _STANDARD else "blanks"
        raise Malformed(f"group {_text(raw)!r}: LABEL, data and check sum between {separators} expected")
    computed = (sum(raw[: -rules.uncovered]) & _SIX_BITS) + _OFFSET
    if raw[-1] != computed:
        raise BadChecksum(f"group {_text(raw)!r}: check sum {chr(computed)!r} computed, {chr(raw[-1])!r} received")
    return Group(*match.groups(b""))


def decode_frame(frame: bytes) -> TicFrame:
    """Read a frame from STX to ETX. Raises BadChecksum or Malformed for the first thing that is wrong with it.

    A frame that is right takes a short way, several times as fast as its groups one by one.
    """
    mode, separator, _, residue, _, shape = _rules(frame)
    if shape.fullmatch(frame) is None:
        _refuse(frame)
    groups = frame[2:-2].split(b"\r\n")
    tails: dict[bytes, bytes] = {}
    for raw in groups:
        # The lower half of Adler-32 is the sum, faster than sum(). No group is so long that it wraps, at 65,521.
        if (adler32(raw, 0) - 2 * raw[-1]) & _SIX_BITS != residue:
            _refuse(frame)
        label, _, tail = raw.partition(separator)
        tails[label] = tail
    if len(tails) < len(groups):
        _refuse(frame)
    return TicFrame(mode, tails)


def good_groups(frame: bytes) -> list[Group]:
    """The groups of a damaged frame whose check sum is right; good for telling a meter from noise, not for values."""
    groups = []
    for raw in frame.strip(b"\x02\x03\r\n").split(b"\r\n"):
        with suppress(Malformed):
            groups.append(decode_group(raw))
    return groups


def _refuse(frame: bytes) -> NoReturn:
    """Find what is wrong with a frame, group by group."""
    if len(frame) < 4 or frame[:2] != b"\x02\n" or frame[-2:] != b"\r\x03":
        raise Malformed(f"frame of {len(frame)} bytes: STX LF at its start and CR ETX at its end expected")
    labels = []
    for raw in frame[2:-2].split(b"\r\n"):
        labels.append(decode_group(raw).label)
        if _rules(raw) is not _rules(frame):
            raise Malformed(f"group {_text(raw)!r} of the other mode in one frame")
    # Nothing else is left that decode_frame() refuses.
    twice = max(labels, key=labels.count)
    raise Malformed(f"{_text(twice)} twice in one frame: two frames glued together?")


def _rules(data: bytes) -> _Rules:
    """No historique group has a tab in it, and no standard group can do without."""
    return _STANDARD if b"\t" in data else _HISTORIQUE


def _text(data: bytes) -> str:
    return data[:_TEXT_B].decode("ascii", "backslashreplace")
