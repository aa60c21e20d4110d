"""Ready-made frame faults for `Meter(corrupt=...)`: each takes a frame and its running number, from 1.

The functions here make such faults; `during` limits one to some frames. The ones that remember something belong to one
meter and one run. Three deviations are not here because they are settings of the meter: a mode that is switched in
operation (`Meter.set_mode`), historique frames at 9600 baud (`baud`), and a frame broken off in mid-transmission
(`Meter.interrupt`).
"""

from __future__ import annotations

import re

from emulators.errors import BadConfiguration
from emulators.tic.codec import reseal
from emulators.tic.meter import Corrupt
from emulators.tic.modes import EOT, ETX, STX

_CHECKSUMS = range(0x20, 0x60)
# The labels of RMS currents, by which a frame shows that something flows.
_CURRENT = re.compile(rb"\n(?:IINST|IRMS)[123]?[ \t]")
_DIGITS_OF_CURRENT = 3
_LOWEST_BIT = 0x01


def during(fault: Corrupt, first: int, last: int | None = None) -> Corrupt:
    """The fault for frames `first` to `last` (both included; None: for good), the others as they are."""

    def apply(frame: bytes, number: int) -> bytes:
        return fault(frame, number) if first <= number and (last is None or number <= last) else frame

    return apply


def bad_checksum(label: str) -> Corrupt:
    """One group's data is right and its checksum is not: a bit error in it, by a long cable or a weak signal.

    The other groups are right; a reader that throws away a group instead of the frame goes on with a part of it.
    """

    def apply(frame: bytes, _number: int) -> bytes:
        _, end = _place(frame, label)
        right = frame[end - 2]
        wrong = right + 1 if right + 1 in _CHECKSUMS else _CHECKSUMS[0]
        return frame[: end - 2] + bytes([wrong]) + frame[end - 1 :]

    return apply


def bit_error(label: str, bit: int = _LOWEST_BIT) -> Corrupt:
    """One bit of the first character of a group's data is wrong and the checksum tells: noise on the cable.

    The value still looks like one (with the lowest bit `005` becomes `105`), so a reader that skips the checksum acts
    on it.
    """

    def apply(frame: bytes, _number: int) -> bytes:
        at = _place(frame, label)[0] + 1 + len(label) + 1
        return frame[:at] + bytes([frame[at] ^ bit]) + frame[at + 1 :]

    return apply


def unnoticed_loss() -> Corrupt:
    """Four characters of PJOURF+1 are lost and the checksum does not tell: their sum is a multiple of 64.

    Seen in the field, where a receiver's buffer overran. Only the length of the data is wrong.
    """

    def apply(frame: bytes, _number: int) -> bytes:
        _, end = _place(frame, "PJOURF+1")
        at = frame.rfind(b"NONU", 0, end)
        return frame[:at] + frame[at + 4 :]

    return apply


def other_checksum() -> Corrupt:
    """All checksums follow the rule of the other mode: older meters and home-made senders mix the two up."""

    def apply(frame: bytes, _number: int) -> bytes:
        separator = 0x09 if b"\t" in frame else 0x20
        difference = -separator if separator == 0x09 else separator
        lines = frame[1:-1].split(b"\r")[:-1]
        moved = [line[:-1] + bytes([(line[-1] - 0x20 + difference) % 64 + 0x20]) for line in lines]
        return STX + b"".join([line + b"\r" for line in moved]) + ETX

    return apply


def missing(label: str) -> Corrupt:
    """A group is not there: it was lost on the way, or a meter's firmware leaves it out now and then."""

    def apply(frame: bytes, _number: int) -> bytes:
        start, end = _place(frame, label)
        return frame[:start] + frame[end:]

    return apply


def swapped(first: str, second: str) -> Corrupt:
    """Two groups have changed places: the firmware of a meter, or a modem that puts frames together again.

    The documents fix the order, but a reader that looks for labels need not mind.
    """

    def apply(frame: bytes, _number: int) -> bytes:
        (a, b), (c, d) = sorted([_place(frame, first), _place(frame, second)])
        return frame[:a] + frame[c:d] + frame[b:c] + frame[a:b] + frame[d:]

    return apply


def showing(label: str, data: str) -> Corrupt:
    """A group shows something else, with a checksum that fits: meters are seen to print garbage (48370 VA) for once."""

    def apply(frame: bytes, _number: int) -> bytes:
        start, end = _place(frame, label)
        line = frame[start:end]
        separator = line[-3:-2]
        head = line[: line.rindex(separator, 0, -3) + 1]
        return frame[:start] + reseal(head + data.encode("ascii") + line[-3:]) + frame[end:]

    return apply


def zero_current() -> Corrupt:
    """All currents are 0 while the powers are not: one of two sources inside the meter stopped, or less than 0.5 A."""

    def apply(frame: bytes, _number: int) -> bytes:
        for match in reversed(list(_CURRENT.finditer(frame))):
            start, data = match.span()
            end = frame.index(b"\r", start) + 1
            zero = frame[start:data] + b"0" * _DIGITS_OF_CURRENT + frame[data + _DIGITS_OF_CURRENT : end]
            frame = frame[:start] + reseal(zero) + frame[end:]
        return frame

    return apply


def nul_in(label: str) -> Corrupt:
    """The last character of a group's data is a NUL: seen in STGE behind a receiver that pads like a C string."""

    def apply(frame: bytes, _number: int) -> bytes:
        _, end = _place(frame, label)
        return frame[: end - 4] + b"\0" + frame[end - 3 :]

    return apply


def parity_left_in() -> Corrupt:
    """Bytes carry their even parity in the eighth bit: the receiver is set to 8N1. No fault on a line of seven bits."""
    with_parity = bytes(byte | (byte.bit_count() & 1) << 7 for byte in range(128)) + bytes(range(128, 256))

    def apply(frame: bytes, _number: int) -> bytes:
        return frame.translate(with_parity)

    return apply


def truncated(keep: float = 0.5) -> Corrupt:
    """Only the first part arrives, without ETX: the cable came loose, or the meter lost its supply."""

    def apply(frame: bytes, _number: int) -> bytes:
        return frame[: int(len(frame) * keep)]

    return apply


def started_in_the_middle(skip: float = 0.5) -> Corrupt:
    """Only the last part arrives: the receiver was switched on, or plugged in, while the meter was sending."""

    def apply(frame: bytes, _number: int) -> bytes:
        return frame[int(len(frame) * skip) :]

    return apply


def interrupted(keep: float = 0.5) -> Corrupt:
    """EOT ends the frame before its time: the grid operator's reading device began a session with the meter."""

    def apply(frame: bytes, _number: int) -> bytes:
        return frame[: int(len(frame) * keep)] + EOT

    return apply


def standby() -> Corrupt:
    """Frames hold nothing but the meter's address: the output has just started, or is in standby."""

    def apply(frame: bytes, _number: int) -> bytes:
        start, end = _place(frame, "ADSC" if b"\t" in frame else "ADCO")
        return STX + frame[start:end] + ETX

    return apply


def silence() -> Corrupt:
    """No frames at all, in their time: the meter lost its supply, or its output is switched off."""

    def apply(_frame: bytes, _number: int) -> bytes:
        return b""

    return apply


def frozen(frames: int | None = None, *, clock_runs: bool = True) -> Corrupt:
    """Frames keep coming, with right checksums, but their values are old: a stuck meter, or one that measures slowly.

    Values are taken over from the first frame, and again every `frames`; None: never again. With `clock_runs` False
    the DATE of standard mode stands still too; historique frames have none.
    """
    held = b""
    held_since = 0

    def apply(frame: bytes, number: int) -> bytes:
        nonlocal held, held_since
        if not held or (frames is not None and number - held_since >= frames):
            held, held_since = frame, number
        if not clock_runs or b"\nDATE\t" not in frame or b"\nDATE\t" not in held:
            return held
        now, then = _place(frame, "DATE"), _place(held, "DATE")
        return held[: then[0]] + frame[slice(*now)] + held[then[1] :]

    return apply


def _place(frame: bytes, label: str) -> tuple[int, int]:
    """Where the group of a label begins, with its LF, and where it ends, behind its CR."""
    for separator in (b" ", b"\t"):
        start = frame.find(b"\n" + label.encode("ascii") + separator)
        if start >= 0:
            return start, frame.index(b"\r", start) + 1
    raise BadConfiguration(f"the frame has no group {label} to damage")
