"""Frames of real meters and of public test suites, against what independent parsers read from them.

They live outside the repository: in the folder that EVSE_RIG_CAPTURES names, else in ../shared/captures. The index
lists the groups of each frame, those with a wrong check sum apart. Many captures were made anonymous by changing the
meter's address, so their frames have one bad group: the groups are read as the index says, and the frame is refused.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from station.errors import Malformed
from station.sources.reading import BadTelegram, Reading
from station.sources.tic.codec import BadChecksum, decode_frame, decode_group, good_groups
from station.sources.tic.framer import Frame, FrameFramer
from station.sources.tic.reader import TicReader

_REPO = Path(__file__).resolve().parents[5]
FOLDER = Path(os.environ.get("EVSE_RIG_CAPTURES") or _REPO.parent / "shared" / "captures") / "tic"


def _index() -> list[dict[str, Any]]:
    if not FOLDER.is_dir():
        return []
    content = json.loads((FOLDER / "index.json").read_text("utf-8"))
    return next(value for value in content.values() if isinstance(value, list))


INDEX = _index()
FRAMED = [entry for entry in INDEX if entry["complete_frames"]]
LONE_GROUPS = [entry for entry in INDEX if entry["kind"] == "edge"]

pytestmark = pytest.mark.skipif(not INDEX, reason=f"no captures of real meters in {FOLDER} (EVSE_RIG_CAPTURES)")


def by_name(entry: dict[str, Any]) -> str:
    return str(entry["file"])


def bytes_of(entry: dict[str, Any]) -> bytes:
    return (FOLDER / str(entry["file"])).read_bytes()


def framed(entry: dict[str, Any]) -> list[bytes]:
    return [item.frame for item in FrameFramer().receive(bytes_of(entry), 0.0) if isinstance(item, Frame)]


@pytest.mark.parametrize("entry", FRAMED, ids=by_name)
def test_as_many_frames_as_the_index_counts(entry: dict[str, Any]) -> None:
    assert len(framed(entry)) == entry["complete_frames"]


@pytest.mark.parametrize("entry", FRAMED, ids=by_name)
def test_groups_are_those_of_the_index(entry: dict[str, Any]) -> None:
    for frame, expected in zip(framed(entry), entry["frames"], strict=False):
        groups = good_groups(frame)
        assert {group.label.decode(): group.data.decode() for group in groups} == expected["labels"]
        assert {group.label.decode(): group.stamp.decode() for group in groups if group.stamp} == expected["dates"]
        assert len(groups) + len(expected["bad_groups"]) == expected["groups"]


@pytest.mark.parametrize("chunk_b", [1, 100, 100_000])
@pytest.mark.parametrize("entry", FRAMED, ids=by_name)
def test_a_frame_is_refused_if_a_check_sum_is_wrong_and_only_then(entry: dict[str, Any], chunk_b: int) -> None:
    data, reader = bytes_of(entry), TicReader()
    chunks = (data[start : start + chunk_b] for start in range(0, len(data), chunk_b))
    items = [item for chunk in chunks for item in reader.receive(chunk, 0.0)]
    assert len(items) == entry["complete_frames"]
    for item, expected in zip(items, entry["frames"], strict=False):
        if expected["bad_groups"]:
            assert isinstance(item, BadTelegram)
            assert item.kind == "crc"
            continue
        assert isinstance(item, Reading)
        assert item.version == {"historic": "historique", "standard": "standard"}[entry["mode"]]
        assert item.phases == expected["phases"]
        values = expected["expected"]
        assert item.current_a[0] == pytest.approx(values["current_l1_A"], abs=0.5)
        assert item.current_a[0] == pytest.approx(values["apparent_power_VA"] / 230.0, abs=0.5)


@pytest.mark.parametrize("entry", LONE_GROUPS, ids=by_name)
def test_groups_that_a_test_suite_holds_to_be_wrong(entry: dict[str, Any]) -> None:
    (bad,) = entry["frames"][0]["bad_groups"]
    with pytest.raises(BadChecksum if "checksum" in bad else Malformed):
        decode_group(bytes_of(entry).strip(b"\r\n\x02\x03"))


def test_a_log_without_frames_gives_no_reading() -> None:
    (entry,) = (entry for entry in INDEX if entry["kind"] == "stream_noframing")
    reader = TicReader()
    assert reader.receive(bytes_of(entry), 0.0) == []


def test_some_captures_are_whole() -> None:
    whole = [entry for entry in FRAMED if entry["all_group_checksums_ok"]]
    assert len(whole) >= 11
    for entry in whole:
        for frame in framed(entry):
            decode_frame(frame)
