"""Frames of real meters: the tables that the emulator writes by are those that meters in the field write by.

They live outside the repository: in the folder that EVSE_RIG_CAPTURES names, else in ../shared/captures. Whoever
published them made the meter's address unreadable in some; there the checksum of that group is wrong.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from emulators.errors import Malformed
from emulators.tic import decode, encode

_REPO = Path(__file__).resolve().parents[4]
FOLDER = Path(os.environ.get("EVSE_RIG_CAPTURES") or _REPO.parent / "shared" / "captures") / "tic"
FILES: list[dict[str, Any]] = json.loads((FOLDER / "index.json").read_text("utf-8"))["files"] if FOLDER.is_dir() else []
WHOLE = [entry for entry in FILES if entry["complete_frames"]]

pytestmark = pytest.mark.skipif(not WHOLE, reason=f"no captures of real meters in {FOLDER} (EVSE_RIG_CAPTURES)")

ADDRESS = re.compile(rb"\n(?:ADCO [0-9]+ .|ADSC\t[0-9]+\t.)\r")
ADDRESSES = {"historic": b"\nADCO 042361000001 (\r", "standard": b"\nADSC\t042361000001\t^\r"}


def frames(entry: dict[str, Any]) -> list[bytes]:
    return re.findall(rb"\x02[^\x02\x03]*\x03", (FOLDER / entry["file"]).read_bytes())


def by_name(entry: dict[str, Any]) -> str:
    return str(entry["file"])


@pytest.mark.parametrize("entry", WHOLE, ids=by_name)
def test_frames_with_a_wrong_checksum_are_rejected_and_only_those(entry: dict[str, Any]) -> None:
    for data, told in zip(frames(entry), entry["frames"], strict=False):
        if told["bad_groups"]:
            with pytest.raises(Malformed, match=rf"the checksum of group b'\\n{told['bad_groups'][0]['label']}"):
                decode(data)
        else:
            assert encode(decode(data)) == data


@pytest.mark.parametrize("entry", WHOLE, ids=by_name)
def test_with_a_readable_address_they_say_what_the_index_says(entry: dict[str, Any]) -> None:
    found = frames(entry)
    assert len(found) == entry["complete_frames"]
    for data, told in zip(found, entry["frames"], strict=False):
        unreadable = bool(told["bad_groups"])
        readable = ADDRESS.sub(lambda _match: ADDRESSES[entry["mode"]], data) if unreadable else data
        frame = decode(readable)
        assert encode(frame) == readable
        assert len(frame.groups) == told["groups"]
        assert frame.phases == told["phases"]
        assert list(frame.labels)[unreadable:] == list(told["labels"])
        for label, text in told["labels"].items():
            value = frame[label]
            assert value == text if isinstance(value, str) else value == int(text, 16 if label == "STGE" else 10)
        assert {group.label: group.stamp for group in frame.groups if group.stamp} == told["dates"]
