"""Ready-made telegram faults for `Meter(corrupt=...)`: each takes a telegram and its running number, from 1.

The functions here make such faults; `during` limits one to some telegrams. The ones that remember something belong
to one meter and one run. Those that damage a CRC raise BadConfiguration where there is none, before DSMR 4.
"""

from __future__ import annotations

import re

from emulators.errors import BadConfiguration
from emulators.p1.codec import seal
from emulators.p1.meter import Corrupt

_STAMP_LINE = re.compile(rb"\r\n0-0:1\.0\.0\([0-9]{12}[SW]\)")
_LOWEST_BIT = 0x01


def _parts(telegram: bytes) -> tuple[bytes, bytes]:
    """A telegram up to and including its `!`, and its CRC, if it has one."""
    end = telegram.rfind(b"!") + 1
    return telegram[:end], telegram[end:-2]


def _with_crc(telegram: bytes) -> tuple[bytes, bytes]:
    body, crc = _parts(telegram)
    if not crc:
        raise BadConfiguration("the telegram has no CRC to damage: it is of a version before 4")
    return body, crc


def _resealed(body: bytes, crc: bytes) -> bytes:
    """A changed telegram with the CRC that fits it, if it had one."""
    return seal(body) if crc else body + b"\r\n"


def during(fault: Corrupt, first: int, last: int | None = None) -> Corrupt:
    """The fault for telegrams `first` to `last` (both included; None: for good), the others as they are."""

    def apply(telegram: bytes, number: int) -> bytes:
        return fault(telegram, number) if first <= number and (last is None or number <= last) else telegram

    return apply


def bad_crc() -> Corrupt:
    """The data is right and the CRC is not: a bit error in the last characters, by a long cable or a weak pull-up."""

    def apply(telegram: bytes, _number: int) -> bytes:
        body, crc = _with_crc(telegram)
        return body + (b"0" if crc[:1] != b"0" else b"1") + crc[1:] + b"\r\n"

    return apply


def bit_error(code: str, bit_of_digit: int = _LOWEST_BIT) -> Corrupt:
    """One bit of the first digit of a line's value is wrong and the CRC tells: noise on the cable.

    The value still looks like one (with the lowest bit `(005*A)` becomes `(105*A)`), so a reader that skips the CRC
    acts on it. Raises BadConfiguration when the telegram has no such line.
    """
    line = f"\r\n{code}(".encode("ascii")

    def apply(telegram: bytes, _number: int) -> bytes:
        at = telegram.find(line)
        if at < 0:
            raise BadConfiguration(f"the telegram has no line {code} to damage")
        at += len(line)
        return telegram[:at] + bytes([telegram[at] ^ bit_of_digit]) + telegram[at + 1 :]

    return apply


def truncated(keep: float = 0.5) -> Corrupt:
    """Only the first part arrives: a splitter's other device dropped Data Request, or the cable came loose."""

    def apply(telegram: bytes, _number: int) -> bytes:
        return telegram[: int(len(telegram) * keep)]

    return apply


def started_in_the_middle(skip: float = 0.5) -> Corrupt:
    """Only the last part arrives: the receiver was switched on, or plugged in, while the meter was sending."""

    def apply(telegram: bytes, _number: int) -> bytes:
        return telegram[int(len(telegram) * skip) :]

    return apply


def no_crc() -> Corrupt:
    """The telegram ends `!` CR LF: a meter of before DSMR 4, or a gateway that strips the CRC."""

    def apply(telegram: bytes, _number: int) -> bytes:
        return _parts(telegram)[0] + b"\r\n"

    return apply


def nul_after_crc() -> Corrupt:
    """A NUL stands between the CRC and its CR LF: some meters pad the CRC like a C string."""

    def apply(telegram: bytes, _number: int) -> bytes:
        return b"".join(_with_crc(telegram)) + b"\0\r\n"

    return apply


def small_letters() -> Corrupt:
    """The CRC is right, in small letters: the standard does not say which, meters print capitals."""

    def apply(telegram: bytes, _number: int) -> bytes:
        body, crc = _with_crc(telegram)
        return body + crc.lower() + b"\r\n"

    return apply


def crc_without_zeros() -> Corrupt:
    """The CRC is right, but its leading zeros are missing: heat meters with a P1 port print a plain number."""

    def apply(telegram: bytes, _number: int) -> bytes:
        body, crc = _with_crc(telegram)
        return body + (crc.lstrip(b"0") or b"0") + b"\r\n"

    return apply


def rewritten(code: str, text: str) -> Corrupt:
    """A line says something else, under a right CRC: a deviation of the meter itself.

    `text` stands for all that follows the code, brackets included: `(000101010000W)` on `0-0:1.0.0` is a clock that
    was reset, `(000*A)` on `1-0:31.7.0` no current beside a power, `()` an empty value. Raises BadConfiguration when
    the telegram has no such line.
    """
    line = re.compile(rb"\r\n" + re.escape(code.encode("ascii")) + rb"(\([^\r]*)")

    def apply(telegram: bytes, _number: int) -> bytes:
        body, crc = _parts(telegram)
        found = line.search(body)
        if found is None:
            raise BadConfiguration(f"the telegram has no line {code} to rewrite")
        return _resealed(body[: found.start(1)] + text.encode("ascii") + body[found.end(1) :], crc)

    return apply


def glued() -> Corrupt:
    """The last telegram without its end runs on into this one's lines: a slow receiver lost the bytes in between.

    The first telegram comes as it is, having none before it.
    """
    before = b""

    def apply(telegram: bytes, _number: int) -> bytes:
        nonlocal before
        end = before.rfind(b"!")
        lines = telegram.find(b"\r\n\r\n") + 4
        together = before[:end] + telegram[lines:] if before else telegram
        before = telegram
        return together

    return apply


def frozen(telegrams: int | None = None, *, clock_runs: bool = True) -> Corrupt:
    """Telegrams keep coming, with right CRCs, but their values are old: a stuck meter, or one that measures slowly.

    Values are taken over from the first telegram, and again every `telegrams` (10 on a 1 s meter is one that measures
    every 10 s); None: never again. With `clock_runs` False the time stamp stands still too.
    """
    held = b""
    held_since = 0

    def apply(telegram: bytes, number: int) -> bytes:
        nonlocal held, held_since
        if not held or (telegrams is not None and number - held_since >= telegrams):
            held, held_since = telegram, number
        stamp = _STAMP_LINE.search(telegram)
        if not clock_runs or stamp is None:
            return held
        body, crc = _parts(held)
        return _resealed(_STAMP_LINE.sub(stamp[0], body, count=1), crc)

    return apply
