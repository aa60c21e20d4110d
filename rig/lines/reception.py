"""What a port receives from characters that were sent with another format or at another rate.

A pty carries bytes, neither bits nor parity, so the line works out what a UART would have made of the bits. Where the
frames fit (as many bits between start and stop, and a rate close enough to sample every bit right) each character is
read for itself: 7E1 read as 8N1 shows the parity bit as bit 7. Otherwise the bit stream is sampled as a UART does it:
wait for a falling edge, take each bit in its middle by the receiver's own clock, check the stop bit, wait again.
"""

from __future__ import annotations

from functools import cache

from rig.lines.format import Characters, CharFormat, PortSettings

_MARK, _SPACE = 1, 0  # the idle level and the level of a start bit


class Reception:
    """How `receiver` reads what a sender of `fmt` at `baud` puts on the wire."""

    def __init__(self, fmt: CharFormat, baud: int, receiver: PortSettings) -> None:
        self._sender_fmt = fmt
        self._sender_baud = baud
        self._receiver = receiver
        self._frames_fit = _frames_fit(fmt, baud, receiver)
        self._table = b""
        self._dropped = b""
        if self._frames_fit:
            each = [self.read_characters(fmt.characters(bytes([byte]))) for byte in range(256)]
            self._table = bytes(got[0] if got else 0 for got in each)
            self._dropped = bytes(byte for byte, got in enumerate(each) if not got)
        # True when every byte arrives as it was sent; saves the hot path a copy.
        self.is_transparent = self._table == bytes(range(256)) and not self._dropped

    def read(self, data: bytes) -> bytes:
        """What arrives of `data` sent in one go."""
        if self.is_transparent:
            return data
        if self._frames_fit:
            return data.translate(self._table, self._dropped)
        return self.read_characters(self._sender_fmt.characters(data))

    def read_characters(self, characters: Characters) -> bytes:
        """What arrives of characters that passed the wire in one go."""
        framed, unframed = _delivered(self._receiver, True), _delivered(self._receiver, False)
        if self._frames_fit:
            return b"".join([framed[character] for character in characters])
        sampled = _sampled(_levels(characters, self._sender_fmt), self._sender_baud, self._receiver)
        return b"".join([framed[character] if stopped else unframed[character] for character, stopped in sampled])


@cache
def reception(fmt: CharFormat, baud: int, receiver: PortSettings) -> Reception:
    """The Reception of these settings, made once."""
    return Reception(fmt, baud, receiver)


def _frames_fit(fmt: CharFormat, baud: int, receiver: PortSettings) -> bool:
    """Whether the receiver's last sample, in the middle of its stop bit, falls into the sender's first stop bit.

    The error grows from the start bit on, so then all earlier samples are right too. For 8N1 that holds up to about
    5 % of difference, which leaves the 4 % that a real UART's coarser sampling permits on the safe side.
    """
    if fmt.character_bits != receiver.fmt.character_bits:
        return False
    stop_bit = 1 + fmt.character_bits
    return (2 * stop_bit + 1) * baud // (2 * receiver.baud) == stop_bit


@cache
def _delivered(receiver: PortSettings, framed: bool) -> list[bytes]:
    """What the program gets for each character that can be sampled, with a right stop bit or without."""
    instead = {"as_is": None, "drop": b"", "nul": b"\0"}[receiver.on_error]
    table = []
    for character in range(1 << receiver.fmt.character_bits):
        data, parity_right = receiver.fmt.split(character)
        table.append(bytes([data]) if instead is None or (framed and parity_right) else instead)
    return table


def _levels(characters: Characters, fmt: CharFormat) -> bytes:
    """The levels on the wire, one a bit of the sender: 1 is mark, 0 is space."""
    levels = bytearray()
    for character in characters:
        levels.append(_SPACE)
        levels.extend(character >> bit & 1 for bit in range(fmt.character_bits))
        levels.extend([_MARK] * fmt.stop_bits)
    return bytes(levels)


def _sampled(levels: bytes, sender_baud: int, receiver: PortSettings) -> list[tuple[int, bool]]:
    """The characters that the receiver samples, each with whether its stop bit was one."""
    # Whole numbers keep this exact: a bit of the sender lasts 2 * receiver baud units, one of the receiver 2 * sender.
    sender_bit, half_receiver_bit = 2 * receiver.baud, sender_baud
    count = receiver.fmt.character_bits
    found: list[tuple[int, bool]] = []

    def level(at: int) -> int:
        index = at // sender_bit
        return levels[index] if index < len(levels) else _MARK

    edge = levels.find(_SPACE)
    while edge >= 0:
        began = edge * sender_bit
        at = began + half_receiver_bit
        if level(at) == _SPACE:  # otherwise the start bit was a glitch
            character = 0
            for bit in range(count):
                character |= level(began + (2 * bit + 3) * half_receiver_bit) << bit
            at = began + (2 * count + 3) * half_receiver_bit
            found.append((character, level(at) == _MARK))
        edge = _falling_edge(levels, at // sender_bit)
    return found


def _falling_edge(levels: bytes, index: int) -> int:
    """The first start of a space after the line was at mark, from bit `index` on; -1 when there is none."""
    mark = levels.find(_MARK, index)
    return levels.find(_SPACE, mark) if mark >= 0 else -1
