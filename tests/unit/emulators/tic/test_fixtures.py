"""The frames in fixtures/tic: each decodes to what its sidecar says, and the encoder writes the same bytes."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from emulators.tic import decode, encode
from emulators.tic.labels import HISTORIQUE, HISTORIQUE_SHORT, STANDARD

FOLDER = Path(__file__).parents[4] / "fixtures" / "tic"
NAMES = sorted(path.stem for path in FOLDER.glob("*.txt"))


def load(name: str) -> tuple[bytes, dict[str, Any]]:
    return (FOLDER / f"{name}.txt").read_bytes(), tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_its_sidecar_says(name: str) -> None:
    data, sidecar = load(name)
    frame = decode(data)
    assert sidecar["models"]
    assert (frame.mode, frame.phases, len(data)) == (sidecar["mode"], sidecar["phases"], sidecar["length"])
    assert (frame.get("EAIT") is not None) == sidecar["producer"]
    # The order of the wire is that of the sidecar.
    assert [(group.label, group.value) for group in frame.groups] == list(sidecar["values"].items())
    assert {group.label: group.stamp for group in frame.groups if group.stamp} == sidecar.get("stamps", {})


@pytest.mark.parametrize("name", NAMES)
def test_the_encoder_writes_the_same_bytes(name: str) -> None:
    data, _ = load(name)
    assert encode(decode(data)) == data


def test_there_is_one_for_every_kind_of_meter() -> None:
    kinds = {(sidecar["mode"], sidecar["phases"], sidecar["producer"]) for _, sidecar in map(load, NAMES)}
    assert kinds == {
        ("historique", 1, False),
        ("historique", 3, False),
        ("standard", 1, False),
        ("standard", 1, True),
        ("standard", 3, False),
        ("standard", 3, True),
    }


def test_nearly_every_label_is_in_one_of_them() -> None:
    shown = {label for name in NAMES for label in decode(load(name)[0]).labels}
    missing = {row.name for row in (*HISTORIQUE, *HISTORIQUE_SHORT, *STANDARD)} - shown
    # What goes with more than one overloaded phase, or more than one announced peak.
    assert missing == {"ADIR2", "ADIR3", "DPM2", "FPM2", "DPM3", "FPM3"}


def test_every_frame_has_a_sidecar_and_every_sidecar_a_frame() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.toml")) == NAMES
