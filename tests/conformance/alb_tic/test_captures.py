"""Frames of real Linky and older meters, byte for byte over a 7E1 line at their speed into the station's TIC reader."""

from __future__ import annotations

import pytest

from rig.captured import TIC
from rig.case import Case
from rig.kit import tic_captures
from rig.kit.capture_files import PhaseRange, fits, spelled
from rig.kit.replaying import read_by_station, seen
from rig.kit.tic_captures import READ, REFUSED, Capture
from rig.replay import Replayed

CAPTURES = tic_captures.load()

if CAPTURES:

    @pytest.mark.parametrize(
        "capture",
        [pytest.param(found, id=found.name, marks=pytest.mark.clause(found.clause)) for found in CAPTURES],
    )
    async def test_capture(rig: Case, capture: Capture) -> None:
        """What a real meter sent: good frames are read with their signed current, anything else is not acted on

        A frame with one wrong check sum is refused for that. Bytes that are no frame at all give nothing: half a frame
        at the start, single groups, a text file that has lost its control characters.
        """
        found = await read_by_station(rig, capture.read(), TIC)
        if capture.clause == READ:
            judge_read(rig, capture, found)
        else:
            judge_refused(rig, capture, found)

else:

    def test_no_capture() -> None:
        """No case without captures: clauses keep the verdicts that others give with frames of our own"""
        pytest.skip(tic_captures.MISSING)


def judge_read(rig: Case, capture: Capture, found: list[Replayed]) -> None:
    """One item per frame and nothing else, with the figures of the index."""
    expected = capture.frames_a
    rig.judge.holds(
        READ,
        f"{capture.whole_frames} whole frame(s) in {capture.mode} mode, every check sum right",
        holds=len(found) == len(expected) and all(map(is_read, found, expected, [capture.mode] * len(found))),
        seen="; ".join(map(seen, found)),
        promised="read: " + "; ".join(", ".join(map(spelled, current_a)) for current_a in expected),
    )


def is_read(found: Replayed, expected: tuple[PhaseRange, ...], mode: str) -> bool:
    """Whether a frame was read as the index has it."""
    heard = found.heard
    if heard is None or heard.rejected or heard.version != mode or heard.phases != len(expected):
        return False
    return all(map(fits, heard.current_a, expected))


def judge_refused(rig: Case, capture: Capture, found: list[Replayed]) -> None:
    """No current comes out of it. As many frames are refused for a check sum as there are whole ones."""
    reasons = [item.heard.rejected for item in found if item.heard is not None]
    rig.judge.holds(
        REFUSED,
        f"{capture.whole_frames} whole frame(s) in {capture.mode} mode, each with a wrong check sum, or none at all",
        holds="" not in reasons and reasons.count("crc") == capture.whole_frames,
        seen="; ".join(map(seen, found)),
        promised=f"nothing read, {capture.whole_frames} refused for the check sum",
    )
