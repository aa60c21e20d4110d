"""A capture is cut where telegrams begin, and its bytes tell what port it is of and how the line was set."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rig.captured import KINDS, P1, TIC, Kind, has_lf_only, kind_of
from rig.errors import ConfigurationError
from rig.paths import fixtures

EXAMPLES = 5_000 if os.environ.get("EVSE_RIG_DEEP") else 300
TELEGRAM_5 = (fixtures() / "p1" / "dsmr50_3p_export.txt").read_bytes()
TELEGRAM_4 = (fixtures() / "p1" / "dsmr42_3p_import.txt").read_bytes()
HISTORIQUE = (fixtures() / "tic" / "historique_1p_export.txt").read_bytes()
STANDARD = (fixtures() / "tic" / "standard_1p_import.txt").read_bytes()
OLD = b"/EMU5OLD\r\n\r\n1-0:1.7.0(0001.19*kW)\r\n!\r\n"
PARTS = [
    b"/",
    b"!",
    b"\n",
    b"\r\n",
    b"A1B2",
    b"x(1)",
    TELEGRAM_4,
    TELEGRAM_5[:500],
    b"\x02",
    b"\x03",
    b"\x04",
    HISTORIQUE,
]


def offsets(kind: Kind, data: bytes) -> list[int]:
    return [piece.offset for piece in kind.pieces(data)]


def with_parity(data: bytes) -> bytes:
    return bytes(byte | (byte.bit_count() % 2) << 7 for byte in data)


# -- cutting ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "begins"), [(P1, b"/"), (TIC, b"\x02")], ids=["p1", "tic"])
@given(parts=st.lists(st.sampled_from(PARTS), max_size=12))
@settings(max_examples=EXAMPLES, derandomize=True, deadline=None)
def test_the_pieces_are_the_capture(kind: Kind, begins: bytes, parts: list[bytes]) -> None:
    data = b"".join(parts)
    found = list(kind.pieces(data))
    assert b"".join(piece.data for piece in found) == data
    assert all(data[piece.offset :].startswith(piece.data) and piece.data for piece in found)
    assert all(piece.data.startswith(begins) for piece in found[1:])


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (TELEGRAM_5 + TELEGRAM_4, [0, len(TELEGRAM_5)]),
        (TELEGRAM_5[:-2] + TELEGRAM_4, [0, len(TELEGRAM_5) - 2]),
        (b"0)\r\n!1234\r\n" + TELEGRAM_5, [0, 11]),
        (b"\0\0" + TELEGRAM_5 + b"\0\0" + TELEGRAM_4, [0, 2, 4 + len(TELEGRAM_5)]),
        (TELEGRAM_5[:300] + b"\r\n" + TELEGRAM_4, [0, 302]),
        (OLD + OLD, [0, len(OLD)]),
        (b"/A5B\r\n\r\n0-0:96.13.0(and/or)\r\n!ABCD\r\n", [0]),
        (b"/A5B\r\n\r\n0-0:96.13.0(no!)\r\n1-0:1.7.0(and/or)\r\n!ABCD\r\n", [0]),
        (b"no telegram", [0]),
        (b"", []),
    ],
    ids=["two", "no line end", "tail first", "noise between", "cut by the next", "no CRC", "/", "!", "none", "empty"],
)
def test_pieces_begin_where_telegrams_do(data: bytes, expected: list[int]) -> None:
    assert offsets(P1, data) == expected


def test_much_noise_is_cut_in_linear_time() -> None:
    assert len(list(P1.pieces(b"!\n" * 500_000 + b"/" * 1_000))) == 2


@pytest.mark.parametrize(
    ("data", "interval_s"),
    [(TELEGRAM_5, 1.0), (b"/F\r\n0-0:96.1.4(50217)\r\n", 1.0), (TELEGRAM_4, 10.0), (OLD, 10.0)],
    ids=["5", "Belgium", "4", "older"],
)
def test_the_cadence_is_that_of_the_version(data: bytes, interval_s: float) -> None:
    assert [piece.interval_s for piece in P1.pieces(data)] == [interval_s]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (HISTORIQUE * 2, [0, len(HISTORIQUE)]),
        (b"8 B\r\x03" + STANDARD, [0, 5]),
        (HISTORIQUE[:60] + b"\x04" + HISTORIQUE, [0, 61]),
        (HISTORIQUE[:60] + HISTORIQUE, [0, 60]),
        (with_parity(HISTORIQUE) * 2, [0, len(HISTORIQUE)]),
        (b"ADCO 1 2", [0]),
    ],
    ids=["two", "tail first", "interrupted", "cut by the next", "with parity", "none"],
)
def test_pieces_begin_where_frames_do(data: bytes, expected: list[int]) -> None:
    assert offsets(TIC, data) == expected


# -- which port, which line -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (TELEGRAM_5, "115200 8N1"),
        (HISTORIQUE, "1200 7E1"),
        (STANDARD, "9600 7E1"),
        (with_parity(HISTORIQUE), "1200 8N1"),
        (with_parity(STANDARD), "9600 8N1"),
    ],
    ids=["p1", "historique", "standard", "historique, parity", "standard, parity"],
)
def test_the_bytes_tell_the_line(data: bytes, line: str) -> None:
    found = kind_of(data).settings(data)
    assert f"{found.baud} {found.fmt}" == line


@pytest.mark.parametrize("name", KINDS)
def test_every_fixture_is_known_for_what_it_is(name: str) -> None:
    files = sorted((fixtures() / name).glob("*.txt"))
    assert files
    for path in files:
        assert kind_of(path.read_bytes()).name == name, path.name


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", r'no P1 telegram \(no "/"\) and no TIC frame \(no STX LF\) in its 0 bytes'),
        (b"\nIINST 010 X\nPAPP 02380 /\n", "groups of TIC and no frame"),
    ],
    ids=["nothing", "a log without control characters"],
)
def test_what_is_no_capture(data: bytes, complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        kind_of(data)


def test_a_kind_that_was_given_is_checked() -> None:
    TIC.check(HISTORIQUE)
    with pytest.raises(ConfigurationError, match=f"no TIC frame: there is no STX LF in its {len(OLD)} bytes"):
        TIC.check(OLD)


def test_line_ends_without_cr() -> None:
    assert has_lf_only(TELEGRAM_5.replace(b"\r", b""))
    assert not has_lf_only(TELEGRAM_5)
    assert not has_lf_only(b"/no line at all")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (TELEGRAM_5, ""),
        (TELEGRAM_5.replace(b"\r\n", b"\n"), "unix2dos"),
        (HISTORIQUE, ""),
        (b"\x02\nADCO 042361000001 (\r\x03", ""),
        (HISTORIQUE.replace(b"\r\n", b"\n"), "groups end without CR"),
        (with_parity(HISTORIQUE), "the parity bit is still on the characters"),
    ],
    ids=["p1", "p1 LF", "tic", "one group", "tic LF", "tic parity"],
)
def test_notes_on_what_happened_on_the_way(data: bytes, words: str) -> None:
    notes = kind_of(data).notes(data)
    assert len(notes) == bool(words)
    assert words in "".join(notes)
