"""Faults of Modbus meters, each with a word on how it happens in the field. Put one on a live meter with `inject`.

A fault changes the values that the meter measures, or the answer that it gives. The faults of a TCP connection, which
no answer carries, are in `CONNECTION_FAULTS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Literal

from emulators.errors import BadConfiguration
from emulators.modbus.pdu import DEVICE_FAILURE, Refused, encode_answer

Medium = Literal["rtu", "tcp"]
Values = dict[str, float]

_FUNCTION_BITS = 0x7F


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer on its way out, as faults may change it.

    It begins `delay_s` after the request ended. With `split_at`, the bytes of the frame from that one on follow
    `pause_s` later. `crc_xor` (RTU) and `transaction_xor` (TCP) are put on the right CRC and transaction.
    """

    unit: int
    pdu: bytes
    delay_s: float
    crc_xor: int = 0
    transaction_xor: int = 0
    split_at: int | None = None
    pause_s: float = 0.0

    def pieces(self, frame: bytes, begin_s: float) -> list[tuple[float, bytes]]:
        """The frame as it is sent: when each of its pieces begins, and the piece."""
        at = self.split_at
        if at is None or not 0 < at < len(frame):
            return [(begin_s, frame)]
        return [(begin_s, frame[:at]), (begin_s + self.pause_s, frame[at:])]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong: `values` changes what the meter measures, `answer` what it says; `frozen`: it does not measure.

    `field` says how it happens, `media` where it can.
    """

    name: str
    field: str
    media: tuple[Medium, ...] = ("rtu", "tcp")
    values: Callable[[Values], Values] | None = None
    answer: Callable[[Answer], Answer] | None = None
    frozen: bool = False


def wrong_crc(crc_xor: int = 0x0100) -> Fault:
    """The answer's CRC is wrong by the bits of `crc_xor`. Raises BadConfiguration for 0 or more than 16 bits."""
    if not 0 < crc_xor <= 0xFFFF:
        raise BadConfiguration(f"the error in a CRC is 1 to 0xFFFF, not {crc_xor}")
    return Fault(
        "crc",
        "Noise on a long or unterminated RS-485 cable, or missing bias resistors, turns a bit over.",
        media=("rtu",),
        answer=lambda answer: replace(answer, crc_xor=crc_xor),
    )


def exception(code: int = DEVICE_FAILURE) -> Fault:
    """Every request is answered by that exception. Raises BadConfiguration for a code below 1 or above 255."""
    if not 1 <= code <= 255:
        raise BadConfiguration(f"an exception code is 1 to 255, not {code}")
    return Fault(
        "exception",
        "The meter is starting up, its measuring chip is gone (4), or a gateway finds no meter behind it (10, 11).",
        answer=lambda answer: replace(answer, pdu=encode_answer(Refused(answer.pdu[0] & _FUNCTION_BITS, code))),
    )


def wrong_unit(offset: int = 1) -> Fault:
    """The answer names the unit `offset` further."""
    return Fault(
        "unit",
        "Two meters share a bus and the answer of the other one comes late, or a gateway mixes its meters up.",
        answer=lambda answer: replace(answer, unit=(answer.unit + offset) % 256),
    )


def wrong_transaction(xor: int = 0x0001) -> Fault:
    """The answer names a transaction that the client did not ask with."""
    return Fault(
        "transaction",
        "A gateway numbers its answers by itself, or answers a request that the client has given up already.",
        media=("tcp",),
        answer=lambda answer: replace(answer, transaction_xor=xor),
    )


def late(by_s: float = 2.0) -> Fault:
    """The answer comes `by_s` later than it should. Raises BadConfiguration for less than 0 s."""
    if not by_s >= 0:
        raise BadConfiguration(f"an answer can only be late by 0 s or more, not {by_s}")
    return Fault(
        "late",
        "The meter is busy (writing its energy registers, serving its web page), or a gateway queues for others.",
        answer=lambda answer: replace(answer, delay_s=answer.delay_s + by_s),
    )


def two_segments(split_at: int = 5, pause_s: float = 0.02) -> Fault:
    """The answer comes in two pieces: `split_at` bytes, and the rest `pause_s` later."""
    return Fault(
        "segments",
        "A USB adapter hands over by its latency timer; a gateway or a small TCP stack sends header and data apart.",
        answer=lambda answer: replace(answer, split_at=split_at, pause_s=pause_s),
    )


def frozen() -> Fault:
    """The meter answers, but with the values of when this began."""
    return Fault(
        "frozen",
        "The measuring chip hangs while the communication side runs on, or a gateway serves its cache.",
        frozen=True,
    )


def zero_current(quantities: str = "*current*") -> Fault:
    """The current registers read 0 while the power registers do not."""
    return Fault(
        "zero-current",
        "The firmware or the model has no such registers and answers zeros, or a current input is read before its "
        "first cycle.",
        values=lambda values: _with(values, quantities, 0.0),
    )


def not_a_number(quantities: str = "*_a") -> Fault:
    """The registers of these quantities hold NaN, or the mark for no value that the model has in integers."""
    return Fault(
        "nan",
        "A phase or a current transformer is not connected, or the meter has not measured yet after power on.",
        values=lambda values: _with(values, quantities, math.nan),
    )


def overflow(quantities: str = "*_a") -> Fault:
    """The registers of these quantities hold infinity, or the mark for a number that does not fit."""
    return Fault(
        "overflow",
        "The input is above the range of the meter, or its current transformer ratio is set far too high.",
        values=lambda values: _with(values, quantities, math.inf),
    )


# Every fault of a meter with its usual figures, by its name.
FAULTS: Mapping[str, Callable[[], Fault]] = {
    make().name: make
    for make in (
        wrong_crc,
        exception,
        wrong_unit,
        wrong_transaction,
        late,
        two_segments,
        frozen,
        zero_current,
        not_a_number,
        overflow,
    )
}

ConnectionFault = Literal["refused", "silent", "reset", "half_open", "unplugged"]

CONNECTION_FAULTS: Mapping[ConnectionFault, str] = {
    "refused": "The meter is on, but its Modbus service is not: a restart, a changed port, all connections in use.",
    "silent": "A hung application under a living TCP stack: connections are accepted and nothing is ever answered.",
    "reset": "The meter restarted and knows the connection no more, or a firewall ends it: every request is reset.",
    "half_open": "A cable or a switch was off, or a router forgot the connection: who is connected hears nothing "
    "more, not even an end; a new connection works.",
    "unplugged": "The cable is out, a switch is off, or something in the network blocks port 502: who is connected "
    "hears nothing more, and a new connection gets no answer.",
}


def _with(values: Values, quantities: str, value: float) -> Values:
    return {name: value if fnmatchcase(name, quantities) else old for name, old in values.items()}
