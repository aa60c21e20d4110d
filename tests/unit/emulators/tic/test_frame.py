"""Frames as values."""

from __future__ import annotations

import pytest

from emulators.tic import Frame, Group

FRAME = Frame("historique", (Group("ADCO", "042361000001"), Group("IINST", 7)))


def test_groups_are_found_by_their_label() -> None:
    assert FRAME.labels == ("ADCO", "IINST")
    assert FRAME["IINST"] == 7
    assert FRAME.get("IINST") == Group("IINST", 7)
    assert FRAME.get("PAPP") is None
    with pytest.raises(KeyError, match="PAPP"):
        FRAME["PAPP"]


@pytest.mark.parametrize(("label", "phases"), [("IINST", 1), ("IRMS1", 1), ("IINST2", 3), ("IRMS2", 3)])
def test_phases(label: str, phases: int) -> None:
    assert Frame("standard", (Group(label, 0),)).phases == phases
