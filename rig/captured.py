"""What was captured at a meter's port: of which kind the port is, how its line is set, where its telegrams begin. Pure.

The cutting decides on nothing else: the pieces are the capture, in order and without a gap, and whether a piece is a
telegram is for a reader to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from rig.errors import ConfigurationError
from rig.lines.format import CharFormat, PortSettings

KindName = Literal["p1", "tic"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a capture: from where a telegram seems to begin to where the next one does.

    `interval_s` is the cadence of a meter that sends such telegrams; 0 where it sends one after the other.
    """

    offset: int
    data: bytes
    interval_s: float


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of meter port. `sign` is in every capture of it; `telegram` and `signs` say in words what it sends."""

    name: KindName
    telegram: str
    signs: str
    sign: re.Pattern[bytes]
    starts: Callable[[bytes], Iterator[int]]
    interval_s: Callable[[bytes], float]
    settings: Callable[[bytes], PortSettings]
    notes: Callable[[bytes], list[str]]

    def check(self, data: bytes) -> None:
        """Raises ConfigurationError when nothing in the capture can be a telegram of this kind."""
        if self.sign.search(data) is None:
            raise ConfigurationError(f"holds no {self.telegram}: there is no {self.signs} in its {len(data)} bytes")

    def pieces(self, data: bytes) -> Iterator[Piece]:
        """The capture in order; the first piece holds what precedes the first telegram, if anything does."""
        starts = [*self.starts(data), len(data)]
        for start, end in pairwise(starts if starts[0] == 0 else [0, *starts]):
            piece = data[start:end]
            yield Piece(start, piece, self.interval_s(piece))


# -- P1 ---------------------------------------------------------------------------------------------------------

FAST_INTERVAL_S = 1.0
SLOW_INTERVAL_S = 10.0
# DSMR 5 and the Belgian versions send every second, all others every ten.
_FAST = re.compile(rb"1-3:0\.2\.8\(5|0-0:96\.1\.4\(")
# A telegram ends with a line that starts with "!", or with "!" and four digits; or it was cut off by the next one.
_END = re.compile(rb"(?<=\n)![^\n/]{0,8}\n|![0-9A-Fa-f]{4}(?:\0*\r?\n|(?=/))|\n(?=/)")
_LF_ONLY = (
    "the line ends are LF only: an editor, git or a copy changed them from CR LF, so no CRC can hold; "
    "restore them, e.g. with unix2dos"
)


def _p1_starts(data: bytes) -> Iterator[int]:
    at = data.find(b"/")
    while at >= 0:
        yield at
        end = _END.search(data, at)
        at = -1 if end is None else data.find(b"/", end.end())


def _p1_interval_s(piece: bytes) -> float:
    return FAST_INTERVAL_S if _FAST.search(piece) else SLOW_INTERVAL_S


def has_lf_only(data: bytes) -> bool:
    """Whether the line ends were changed on the way to LF; a CRC, which covers CR LF, cannot hold then."""
    return b"\n" in data and b"\r\n" not in data


P1 = Kind(
    name="p1",
    telegram="P1 telegram",
    signs='"/"',
    sign=re.compile(rb"/"),
    starts=_p1_starts,
    interval_s=_p1_interval_s,
    settings=lambda _data: PortSettings(115_200, CharFormat()),
    notes=lambda data: [_LF_ONLY] if has_lf_only(data) else [],
)

# -- TIC --------------------------------------------------------------------------------------------------------

# O-26: standard mode, whose separator is a tab, at 9600 baud; historique at 1200.
STANDARD_BAUD = 9600
HISTORIQUE_BAUD = 1200
# A port that was set to eight data bits leaves the parity on the character.
_SEVEN_BITS = bytes(byte & 0x7F for byte in range(256))
# STX, alone or with its parity bit.
_STX = re.compile(rb"[\x02\x82]")
_PARITY_LEFT = re.compile(rb"[\x80-\xff]")
# Between two groups there is CR LF; only the first LF of a frame stands behind an STX.
_BARE_LF = re.compile(rb"[^\r\x02]\n")
_GROUP = re.compile(rb"[\r\n][A-Z][A-Z0-9+-]{1,8}[ \t][ -~\t]+[ \t][ -_](?=[\r\n])")


def _tic_starts(data: bytes) -> Iterator[int]:
    return (match.start() for match in _STX.finditer(data))


def _tic_settings(data: bytes) -> PortSettings:
    """Eight bits where the capture has eight: they are the seven and the parity of the same character on the wire."""
    baud = STANDARD_BAUD if b"\t" in data.translate(_SEVEN_BITS) else HISTORIQUE_BAUD
    return PortSettings(baud, CharFormat.parse("8N1" if _PARITY_LEFT.search(data) else "7E1"))


def _tic_notes(data: bytes) -> list[str]:
    notes = []
    plain = data.translate(_SEVEN_BITS)
    if has_lf_only(plain) and _BARE_LF.search(plain):
        notes.append(
            "groups end without CR: an editor, git or a copy removed it, so no frame can be read; capture anew"
        )
    if _PARITY_LEFT.search(data):
        notes.append("the parity bit is still on the characters (the port was set to eight data bits): sent as 8N1")
    return notes


TIC = Kind(
    name="tic",
    telegram="TIC frame",
    signs="STX LF",
    sign=re.compile(rb"[\x02\x82]\n"),
    starts=_tic_starts,
    interval_s=lambda _piece: 0.0,
    settings=_tic_settings,
    notes=_tic_notes,
)

KINDS: dict[KindName, Kind] = {kind.name: kind for kind in (P1, TIC)}


def kind_of(data: bytes) -> Kind:
    """What a capture seems to be of; TIC before P1, since "/" is in texts too. Raises ConfigurationError."""
    if TIC.sign.search(data) is not None:
        return TIC
    if _GROUP.search(data) is not None:
        raise ConfigurationError(
            f"holds groups of TIC and no frame: there is no {TIC.signs} in its {len(data)} bytes; an editor, git or a "
            "copy removed control characters, so capture it anew"
        )
    if P1.sign.search(data) is not None:
        return P1
    wanted = " and ".join(f"no {kind.telegram} (no {kind.signs})" for kind in KINDS.values())
    raise ConfigurationError(f"holds {wanted} in its {len(data)} bytes")
