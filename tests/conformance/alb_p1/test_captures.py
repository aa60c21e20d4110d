"""Telegrams of real meters, byte for byte over the line into the station's P1 reader."""

from __future__ import annotations

import pytest

from rig.case import Case
from rig.errors import NotTestableHere
from rig.kit import captures
from rig.kit.captures import ACCEPTED, Capture, PhaseRange
from rig.lines import Line
from rig.replay import Replayed, replay

CAPTURES = captures.load()
# Both sides compute with the same printed figures; only the last bits of a float may differ.
ROUNDING_A = 0.001


async def read_by_station(rig: Case, data: bytes) -> list[Replayed]:
    """The bytes over a paced line between two ttys, and what the reference station's reader made of them."""
    station = rig.options.bench.station
    if station.kind != "reference" or station.factory:
        raise NotTestableHere("only the reference station's P1 reader can be looked into")
    capture = None if rig.files is None else rig.files / "p1.pcapng"
    async with Line("p1", loop=rig.loop, timeline=rig.timeline, rng=rig.random, capture=capture) as line:
        return await replay(line, data)


if CAPTURES:

    @pytest.mark.parametrize(
        "capture",
        [pytest.param(found, id=found.name, marks=pytest.mark.clause(found.clause)) for found in CAPTURES],
    )
    async def test_capture(rig: Case, capture: Capture) -> None:
        """A real meter's telegram: read with its signed currents, or refused: its CRC is wrong or its version too old

        Expected currents come from what independent parsers read: power by voltage with the sign of the power. Without
        a voltage the meter's whole amperes and the power at 230 V are the two ends of what is right.
        """
        (found,) = await read_by_station(rig, capture.read())
        if capture.current_a:
            judge_currents(rig, capture, found)
        else:
            judge_refused(rig, capture, found)

else:

    def test_no_capture() -> None:
        """No case without captures: clauses keep the verdicts that others give with telegrams of our own"""
        pytest.skip(captures.MISSING)


def judge_currents(rig: Case, capture: Capture, found: Replayed) -> None:
    """Every phase of the meter, compared with the figures of the index."""
    heard = found.heard
    current_a = () if heard is None or heard.rejected else heard.current_a[: heard.phases]
    expected = capture.current_a
    rig.judge.holds(
        ACCEPTED,
        f"a telegram of version {capture.entry['version_tag']} with a right CRC, and its signed currents",
        holds=len(current_a) == len(expected) and all(map(fits, current_a, expected)),
        seen=seen(found),
        promised="read: " + ", ".join(f"L{n} {spelled(item)}" for n, item in enumerate(expected, 1)),
    )


def fits(current_a: float, expected: PhaseRange) -> bool:
    """Whether a current is in its range; where only the size is known, whether its size is."""
    judged_a = current_a if expected.directed else abs(current_a)
    return expected.low_a - ROUNDING_A <= judged_a <= expected.high_a + ROUNDING_A


def spelled(expected: PhaseRange) -> str:
    """A range in words."""
    if not expected.directed:
        return f"{expected.low_a:.3f} A either way"
    low, high = f"{expected.low_a:+.3f}", f"{expected.high_a:+.3f}"
    return f"{low} A" if low == high else f"{low} to {high} A"


def judge_refused(rig: Case, capture: Capture, found: Replayed) -> None:
    """No current may come out of it; where the CRC can be read and is wrong, that must be the reason."""
    heard = found.heard
    refused = heard is None or bool(heard.rejected)
    by_crc = heard is not None and heard.rejected == "crc"
    rig.judge.holds(
        capture.clause,
        f"a telegram of version {capture.entry['version_tag'] or 'below 4.0'} that must not be acted on",
        holds=by_crc if capture.entry["crc_valid"] is False else refused,
        seen=seen(found),
        promised="refused for its CRC" if capture.entry["crc_valid"] is False else "refused",
    )


def seen(found: Replayed) -> str:
    """What the reader said, in a line."""
    heard = found.heard
    if heard is None:
        return "ignored"
    if heard.rejected:
        return f"{heard.rejected}: {heard.reason}"
    return "read: " + ", ".join(f"L{n} {a:+.3f} A" for n, a in enumerate(heard.current_a[: heard.phases], 1))
