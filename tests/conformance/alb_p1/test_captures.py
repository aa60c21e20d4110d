"""Telegrams of real meters, byte for byte over the line into the station's P1 reader."""

from __future__ import annotations

import pytest

from rig.case import Case
from rig.errors import NotTestableHere
from rig.kit import captures
from rig.kit.captures import ACCEPTED, TOO_OLD, WRONG_CRC, Capture
from rig.lines import Line
from rig.replay import Replayed, replay

CAPTURES = captures.load()
# Both sides compute with the same printed figures; only the last bits of a float may differ.
ROUNDING_A = 0.001


def parameters() -> list[object]:
    """A case for each file, marked with what it can judge; one that says why when there is none."""
    if not CAPTURES:
        marks = pytest.mark.clause(ACCEPTED, TOO_OLD, WRONG_CRC)
        return [pytest.param(None, id="none here", marks=marks)]
    return [pytest.param(found, id=found.name, marks=pytest.mark.clause(found.clause)) for found in CAPTURES]


async def read_by_station(rig: Case, data: bytes) -> list[Replayed]:
    """The bytes over a paced line between two ttys, and what the reference station's reader made of them."""
    station = rig.options.bench.station
    if station.kind != "reference" or station.factory:
        raise NotTestableHere("only the reference station's P1 reader can be looked into")
    capture = None if rig.files is None else rig.files / "p1.pcapng"
    async with Line("p1", loop=rig.loop, timeline=rig.timeline, rng=rig.random, capture=capture) as line:
        return await replay(line, data)


@pytest.mark.parametrize("capture", parameters())
async def test_capture(rig: Case, capture: Capture | None) -> None:
    """A real meter's telegram: read with its signed currents, or refused when its CRC is wrong or its version too old

    Expected currents come from what independent parsers read: power by voltage with the sign of the power. Without a
    voltage the meter's whole amperes and the power at 230 V are the two ends of what is right.
    """
    if capture is None:
        pytest.skip(captures.MISSING)
    data = capture.read()
    (found,) = await read_by_station(rig, data)
    if capture.current_a:
        judge_currents(rig, capture, found)
    else:
        judge_refused(rig, capture, found)


def judge_currents(rig: Case, capture: Capture, found: Replayed) -> None:
    """Every phase of the meter, compared with the figures of the index."""
    heard = found.heard
    rig.judge.holds(
        ACCEPTED,
        f"a telegram of version {capture.entry['version_tag']} with a right CRC",
        holds=heard is not None and not heard.rejected,
        seen=seen(found),
        promised="read",
    )
    if heard is None or heard.rejected:
        return
    rig.judge.value(ACCEPTED, "phases of the meter", measured=heard.phases, limit=len(capture.current_a), unit="phases")
    for phase, (current_a, expected) in enumerate(zip(heard.current_a, capture.current_a, strict=False), 1):
        rig.judge.value(
            ACCEPTED,
            f"current of L{phase}" if expected.directed else f"current of L{phase}, without its direction",
            measured=current_a if expected.directed else abs(current_a),
            limit=expected.low_a,
            unit="A",
            early=ROUNDING_A,
            late=expected.high_a - expected.low_a + ROUNDING_A,
            evidence={"low_a": expected.low_a, "high_a": expected.high_a},
        )


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
