"""Messages damaged on the way, many of them, to an EV simulator box and to scopes.

Nothing is raised, nothing piles up, every answer is one line, and a message that is refused as a whole changes nothing.
"""

from __future__ import annotations

import os
from random import Random
from typing import Any

import pytest

from emulators.instruments import DIALECTS, BenchPilot, ev_box_instrument, oscilloscope_instrument
from emulators.instruments.ev_commands import COMMANDS
from emulators.pilot.circuit import pwm
from emulators.scpi import ScpiServer
from emulators.scpi.commands import Command, shortest
from emulators.scpi.errors import MAX_QUEUED, ScpiError
from emulators.scpi.instrument import COMMON
from emulators.scpi.message import Parameter
from emulators.scpi.server import MAX_MESSAGE_BYTES

COUNT = 1_000_000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 10_000
VALUES = ("1", "A", "C", "1.3 kOhm", "OPEN", "MIN", "ON", "32", "MISS", "PIL", "'x;y'", "1e5", "CHAN1", "BYTE", "9e99")
JUNK = (b";", b":", b"*", b"?", b",", b'"', b"'", b"#", b"\n", b"\x00", b"\xff", b" ", b"E+99", b"A" * 13, b"1" * 400)


Rows = tuple[Command[Any], ...]


def rights(commands: Rows) -> list[str]:
    """Units that are right, each in its shortest form, with every value that fits."""
    units = []
    for command in commands:
        header = shortest(command.header)
        if command.query is not None:
            units.append(f"{header}?{' DUTY' if 'PAVA' in header else ' FREQ' if 'ITEM' in header else ''}")
        if command.change is not None and not command.parameters:
            units.append(header)
        for kind in command.parameters:
            units += [f"{header} {value}" for value in VALUES if fits(kind, value)]
    return units


def fits(kind: Any, value: str) -> bool:
    try:
        kind.read(Parameter(value))
    except ScpiError:
        return False
    return True


def message(units: list[str], rng: Random) -> bytes:
    """A few units; on a path that goes on where the next one may not begin, one time in three."""
    return rng.choice((";", ";:", ";:")).join(rng.choices(units, k=rng.randint(1, 3))).replace(":*", "*").encode()


def damaged(whole: bytes, rng: Random) -> bytes:
    data = bytearray(whole)
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        at = rng.randrange(len(data) + 1)
        to = min(len(data), at + rng.choice((1, 2, 5, 20)))
        match rng.randrange(5):
            case 0 if data:
                data[at % len(data)] ^= 1 << rng.randrange(8)
            case 1:
                del data[at:to]
            case 2:
                data[at:at] = data[at:to]
            case 3:
                data[at:at] = rng.choice(JUNK)
            case _:
                data[at:at] = rng.randbytes(rng.choice((1, 8, 60)))
    return bytes(data)


def test_a_box() -> None:
    rng = Random(1)
    pilot = BenchPilot()
    pilot.drive(pwm(30_000))
    instrument = ev_box_instrument(pilot)
    server = ScpiServer(instrument, name="box")
    server.connected(1, "10.0.0.1", 0.0)
    heard = server._connections[1]
    answers = refused = changed = 0
    units = rights((*COMMANDS, *COMMON))
    for number in range(COUNT):
        before, errors = instrument.device.settings, len(instrument.status.errors)
        server.receive(1, damaged(message(units, rng), rng) + b"\n", float(number))
        assert len(heard._heard) <= MAX_MESSAGE_BYTES
        assert len(instrument.status.errors) <= MAX_QUEUED
        for output in server.step(float(number)):
            answers += 1
            assert output.data.endswith(b"\n")
            assert output.data.isascii()
        refused += len(instrument.status.errors) > errors
        changed += instrument.device.settings != before
        assert pilot.end == instrument.device.settings.end()
        if number % 50 == 0:
            instrument.execute(b"*CLS", 0.0)
    assert min(answers, refused, changed) > COUNT // 50


class Flat:
    """A constant level: sampling a pilot takes longer, and what is measured is not the matter here."""

    def sample(self, start_s: float, sample_rate_hz: float, count: int) -> list[float]:
        return [1.0] * count


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_a_scope(name: str) -> None:
    rng = Random(2)
    instrument = oscilloscope_instrument(Flat(), DIALECTS[name])
    units = rights((*DIALECTS[name].commands, *COMMON))
    answers = 0
    for number in range(COUNT // 100):
        answers += instrument.execute(damaged(message(units, rng), rng), float(number)) is not None
        assert len(instrument.status.errors) <= MAX_QUEUED
    assert answers > COUNT // 1000


def test_what_is_refused_as_a_whole_changes_nothing() -> None:
    """A message with an open quote or a foreign byte at its end."""
    rng = Random(3)
    instrument = ev_box_instrument(BenchPilot())
    units = rights(COMMANDS)
    for number in range(COUNT // 10):
        before = instrument.device.settings
        end = rng.choice((b";EV:STAT 'A", b"\xff", b';EV:STAT "', b" \x80"))
        assert instrument.execute(message(units, rng) + end, float(number)) is None
        assert instrument.device.settings == before
        assert instrument.status.errors.take().code in (-101, -151)
