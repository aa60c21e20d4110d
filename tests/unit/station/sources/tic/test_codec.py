"""One TIC frame at a time: both check sum rules, blank check sums, time stamps, and what is refused."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.errors import Malformed
from station.sources.tic.codec import BadChecksum, Group, TicFrame, decode_frame, decode_group, good_groups

Build = Callable[..., bytes]


@pytest.mark.parametrize(
    ("raw", "group"),
    [
        (b"ADCO 021861348497 L", Group(b"ADCO", b"", b"021861348497")),
        (b"PAPP 02830 .", Group(b"PAPP", b"", b"02830")),
        (b"HCHP 011240032  ", Group(b"HCHP", b"", b"011240032")),  # the check sum is a blank
        (b"PTEC HP..  ", Group(b"PTEC", b"", b"HP..")),
        (b"ADSC\t041876163178\tA", Group(b"ADSC", b"", b"041876163178")),
        (b"VTIC\t02\tJ", Group(b"VTIC", b"", b"02")),
        (b"NGTF\t      BASE      \t<", Group(b"NGTF", b"", b"      BASE      ")),
        (b"DATE\tE210519075608\t\tJ", Group(b"DATE", b"E210519075608", b"")),
        (b"DATE\te260703131502\t\t\\", Group(b"DATE", b"e260703131502", b"")),  # clock degraded
        (b"DPM1\t 250123060000\t00\t ", Group(b"DPM1", b" 250123060000", b"00")),  # no season, blank check sum
        (b"SMAXSN-1\tE260702193305\t06480\t ", Group(b"SMAXSN-1", b"E260702193305", b"06480")),
    ],
)
def test_groups_of_real_meters_and_of_the_specification(raw: bytes, group: Group) -> None:
    assert decode_group(raw) == group


@pytest.mark.parametrize(
    "raw",
    [
        b"ADSC\t041876163178\t8",  # the sum of the other mode
        b"VTIC\t02\tA",
        b"IRMS1\t007\t,",
        b"ADCO 021861348497 I",
        b"IINST 012 X",
        b"DATE\tE210519075608\t\tK",
    ],
)
def test_a_wrong_check_sum(raw: bytes) -> None:
    with pytest.raises(BadChecksum, match="computed"):
        decode_group(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"IINST",
        b"IINST 012",  # the blank before the check sum is lost
        b"HCHC 09876543 ea",
        b"iinst 012 Y",
        b"IINST 012\x00 Y",
        b"IINST 012 \xd9",
        b"IINST\t012\tY\t",
        b"IINST012Y",
        b"IRMS1\t007",
        b"H191203120000",
        b"\t\t\t",
        b"TOOLONGLABEL 012 Y",
    ],
)
def test_what_is_no_group(raw: bytes) -> None:
    with pytest.raises(Malformed, match=r"check sum between (tabs|blanks) expected"):
        decode_group(raw)


def test_example_frames(frames: dict[str, bytes]) -> None:
    decoded = {name: decode_frame(frame) for name, frame in frames.items()}
    assert {name: frame.mode for name, frame in decoded.items()} == {name: name.split()[0] for name in frames}
    assert {name: len(frame.tails) for name, frame in decoded.items()} == {
        "historique 1p": 11,
        "historique 3p": 16,
        "historique 3p short": 5,
        "standard 1p": 38,
        "standard 3p export": 63,
    }
    assert decoded["standard 3p export"].tails[b"SMAXSN-1"] == b"E260702193305\t06480\t "
    assert decoded["standard 1p"].tails[b"DATE"] == b"H260114183010\t\t<"


def test_every_group_of_a_frame_must_be_right(frames: dict[str, bytes]) -> None:
    """Each character of every group, one bit off: the frame is refused, whatever the group is about."""
    for frame in frames.values():
        for at in range(2, len(frame) - 2):
            damaged = bytearray(frame)
            damaged[at] ^= 1
            with pytest.raises(Malformed):
                decode_frame(bytes(damaged))


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"", "frame of 0 bytes"),
        (b"\x02\x03", "STX LF at its start"),
        (b"\x02\n\r\x03", "group ''"),
        (b"\x02\nVTIC\t02\tJ\r", "CR ETX at its end expected"),
        (b"\x02\nVTIC\t02\tJ\r\nVTIC\t02\tJ\r\x03", "VTIC twice in one frame"),
        (b"\x02\nVTIC\t02\tJ\r\nPAPP 02830 .\r\x03", "'PAPP 02830 .' of the other mode"),
        (b"\x02\nVTIC\t02\tJ\nPRM\t19528654014760\t;\r\x03", "check sum between tabs expected"),  # lost CR
        # Right but for a bit that six bits of a sum do not show.
        (b"\x02\nIRMS1\t007\tu\r\x03", "check sum '5' computed, 'u' received"),
        (b"\x02\nPAPP 02830 n\r\x03", "check sum '.' computed, 'n' received"),
        (b"\x02\nPRM\t1\t2\tM\r\x03", "check sum between tabs expected"),  # that is no time stamp
        (b"\x02\nPAPP 02830 .\r\nVTIC 02 \x01\r\x03", "check sum between blanks expected"),
        (b"\x02\nMSG1\t" + b"0" * 128 + b"\tK\r\x03", "check sum 'J' computed"),
        (b"\x02\nMSG1\t" + b"0" * 129 + b"\tJ\r\x03", "check sum between tabs expected"),
    ],
)
def test_what_is_no_frame(frame: bytes, reason: str) -> None:
    with pytest.raises(Malformed) as caught:
        decode_frame(frame)
    assert reason in str(caught.value)


@settings(derandomize=True, max_examples=400, deadline=None)
@given(data=st.data())
def test_a_frame_is_its_groups_one_by_one(frames: dict[str, bytes], data: st.DataObject) -> None:
    """The short way for whole frames accepts nothing that the groups would not, and refuses for the same reason."""
    damaged = bytearray(data.draw(st.sampled_from(sorted(frames.values()))))
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        characters = st.sampled_from(b"\x02\x03\t\n\r 0AJj~\x00\xff")
        damaged[at : at + data.draw(st.integers(0, 2))] = bytes(data.draw(st.lists(characters, max_size=2)))
    frame = bytes(damaged)
    assert _outcome(decode_frame, frame) == _outcome(_by_groups, frame)


def _outcome(decode: Callable[[bytes], TicFrame], frame: bytes) -> TicFrame | type[Malformed]:
    try:
        return decode(frame)
    except Malformed as error:
        return type(error)


def _by_groups(frame: bytes) -> TicFrame:
    if not (len(frame) >= 4 and frame.startswith(b"\x02\n") and frame.endswith(b"\r\x03")):
        raise Malformed("the ends")
    raws = frame[2:-2].split(b"\r\n")
    labels = [decode_group(raw).label for raw in raws]
    standard = {b"\t" in raw for raw in raws}
    if len(set(labels)) < len(labels) or len(standard) > 1:
        raise Malformed("twice, or of both modes")
    return TicFrame(
        "standard" if standard == {True} else "historique",
        {label: raw[len(label) + 1 :] for label, raw in zip(labels, raws, strict=True)},
    )


def test_good_groups_of_a_damaged_frame(frames: dict[str, bytes]) -> None:
    frame = frames["historique 3p short"]
    assert len(good_groups(frame)) == 5
    assert [group.label for group in good_groups(frame.replace(b"ADCO 04", b"ADCO 05"))] == [
        b"ADIR1", b"IINST1", b"IINST2", b"IINST3",
    ]  # fmt: skip
    assert good_groups(b"\x02" + bytes(range(256)) + b"\x03") == []


_LABELS = st.from_regex(r"\A[A-Z0-9+-]{1,9}\Z", fullmatch=True)
_STAMPS = st.one_of(st.just(""), st.from_regex(r"\A[HhEe ][0-9]{12}\Z", fullmatch=True))
_TEXT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40)


@settings(derandomize=True, max_examples=400, deadline=None)
@given(label=_LABELS, stamp=_STAMPS, data=_TEXT)
def test_any_standard_group_is_read_back(label: str, stamp: str, data: str) -> None:
    covered = "\t".join([label, *([stamp] if stamp else []), data, ""]).encode("ascii")
    raw = covered + bytes([sum(covered) % 64 + 32])
    assert decode_group(raw) == Group(label.encode(), stamp.encode(), data.encode())


@settings(derandomize=True, max_examples=400, deadline=None)
@given(label=_LABELS, data=_TEXT.filter(bool))
def test_any_historique_group_is_read_back(label: str, data: str) -> None:
    covered = f"{label} {data}".encode("ascii")
    raw = covered + b" " + bytes([sum(covered) % 64 + 32])
    assert decode_group(raw) == Group(label.encode(), b"", data.encode())


@settings(derandomize=True, max_examples=400, deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes_are_refused_cleanly(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode_frame(data)
