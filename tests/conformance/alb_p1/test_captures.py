"""Telegrams of real meters, byte for byte over the line into the station's P1 reader."""

from __future__ import annotations

import pytest

from rig.captured import P1
from rig.case import Case
from rig.kit import captures
from rig.kit.capture_files import fits, spelled
from rig.kit.captures import ACCEPTED, Capture
from rig.kit.replaying import read_by_station, seen
from rig.replay import Replayed

CAPTURES = captures.load()


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
        (found,) = await read_by_station(rig, capture.read(), P1)
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
