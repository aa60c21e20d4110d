"""The reader as a whole: what becomes a Reading, and that nothing damaged ever does."""

import math
import random
import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.sources.p1.framer import GAP_S
from station.sources.p1.reader import INTERVAL_S, OLDEST_S, P1Reader
from station.sources.reading import BadTelegram, Reading

Seal = Callable[..., bytes]
Reseal = Callable[[bytes], bytes]

V3 = b"/ISk5\\2EVTEST-30\r\n\r\n1-0:1.7.0(0001.19*kW)\r\n1-0:2.7.0(0000.00*kW)\r\n!\r\n"


def read(data: bytes) -> list[Reading | BadTelegram]:
    """What a fresh reader makes of these bytes and the silence after them."""
    reader = P1Reader()
    return reader.receive(data, 0.0) + reader.step(GAP_S)


def only_bad(found: list[Reading | BadTelegram]) -> BadTelegram:
    (bad,) = found
    assert isinstance(bad, BadTelegram)
    return bad


@pytest.mark.parametrize(
    ("name", "version", "interval_s", "current_a", "phases"),
    [
        ("A", "42", 10.0, (5.0, 10.139, 0.0), 3),
        ("B", "50", 1.0, (32.182, 0.0, 0.0), 1),
        ("C", "50", 1.0, (-10.130, 1.342, -4.306), 3),
        ("D", "50217", 1.0, (-5.906, 2.827, -4.278), 3),
        ("E", "40", 10.0, (-16.0, 6.0, 6.0), 3),
        ("F", "50213", 1.0, (6.0, 0.0, 16.0), 3),
        ("G", "42", 10.0, (-15.794, 6.0, 0.0), 3),
        ("H", "SE", 10.0, (4.0, -15.348, 2.398), 3),
    ],
)
def test_example_telegrams(
    telegrams: dict[str, bytes],
    name: str,
    version: str,
    interval_s: float,
    current_a: tuple[float, float, float],
    phases: int,
) -> None:
    (reading,) = P1Reader().receive(telegrams[name], 12.5)
    assert isinstance(reading, Reading)
    assert reading == Reading(version, interval_s, reading.current_a, phases, 12.5)
    assert reading.current_a == pytest.approx(current_a, abs=0.001)


def test_cadences_by_version(sealed: Seal) -> None:
    # Cadences of the DSMR and e-MUCS documents.
    assert INTERVAL_S == {"4": 10.0, "5": 1.0, "S": 10.0}
    for line, interval_s in (("1-3:0.2.8(40)", 10.0), ("1-3:0.2.8(50)", 1.0), ("0-0:96.1.4(50213)", 1.0)):
        (reading,) = read(sealed(line, "1-0:31.7.0(006*A)"))
        assert isinstance(reading, Reading)
        assert reading.interval_s == interval_s


def test_wrong_crc_is_bad_and_the_next_telegram_is_read(telegrams: dict[str, bytes]) -> None:
    reader = P1Reader()
    bad = only_bad(reader.receive(telegrams["C"].replace(b"238.4", b"238.5"), 1.0))
    assert (bad.kind, bad.at_s) == ("crc", 1.0)
    assert "040D received" in bad.reason
    (reading,) = reader.receive(telegrams["C"], 2.0)
    assert isinstance(reading, Reading)


def test_version_3_is_unsupported() -> None:  # ALB-P1-002
    assert only_bad(read(V3)).kind == "unsupported"
    assert only_bad(read(V3.removesuffix(b"\r\n"))).kind == "unsupported"


def test_missing_crc_on_version_5_is_malformed(telegrams: dict[str, bytes]) -> None:
    assert only_bad(read(telegrams["C"].replace(b"!040D", b"!"))).kind == "malformed"


def test_telegram_that_tells_no_current_is_malformed(sealed: Seal) -> None:
    three_phase_total_only = sealed(
        "1-3:0.2.8(40)", "1-0:1.7.0(01.193*kW)", "1-0:32.32.0(0)", "1-0:52.32.0(0)", "1-0:72.32.0(0)"
    )
    bad = only_bad(read(three_phase_total_only))
    assert (bad.kind, bad.reason) == ("malformed", "L1: neither import power nor current in the telegram")


def test_cut_telegram_is_reported_at_its_deadline(telegrams: dict[str, bytes]) -> None:
    reader = P1Reader()
    assert reader.next_deadline_s() is None
    assert reader.receive(telegrams["C"][:300], 4.0) == []
    assert reader.next_deadline_s() == 4.0 + GAP_S
    assert reader.step(4.0) == []
    bad = only_bad(reader.step(9.0))
    assert (bad.kind, bad.at_s) == ("malformed", 4.0 + GAP_S)
    assert reader.next_deadline_s() is None


def test_second_half_first_is_ignored(telegrams: dict[str, bytes]) -> None:
    found = read(telegrams["C"][400:] + telegrams["C"])
    assert [type(item) for item in found] == [Reading]


def test_small_letters_in_the_crc_are_believed_when_repeated(telegrams: dict[str, bytes], sealed: Seal) -> None:
    small = telegrams["A"].replace(b"!0D77", b"!0d77")
    later = next(
        telegram[:-6] + telegram[-6:].lower()
        for n in range(100)
        if re.search(rb"![0-9]*[A-F]", telegram := sealed("1-3:0.2.8(42)", "1-0:31.7.0(006*A)", f"0-0:96.13.1({n})"))
    )
    digits_only = next(
        telegram
        for n in range(100)
        if re.search(rb"![0-9]{4}\r", telegram := sealed("1-3:0.2.8(42)", "1-0:31.7.0(006*A)", f"0-0:96.13.0({n})"))
    )
    reader = P1Reader()

    def kinds(telegram: bytes) -> list[type]:
        return [type(item) for item in reader.receive(telegram, 0.0)]

    assert kinds(small) == [BadTelegram]
    assert kinds(digits_only) == [Reading]
    assert kinds(small) == [Reading]
    assert kinds(later) == [Reading]
    assert kinds(telegrams["A"]) == [Reading]
    assert kinds(small) == [BadTelegram]


@pytest.mark.parametrize("name", "ABCDEFGH")
def test_every_single_flipped_bit_is_rejected(telegrams: dict[str, bytes], name: str) -> None:
    """No bit of the telegram, line ends and check sum included, can flip unnoticed, and the next one is read."""
    intact = telegrams[name]
    (expected,) = P1Reader().receive(intact, 1.0)
    for at in range(len(intact)):
        for bit in range(8):
            flipped = bytearray(intact)
            flipped[at] ^= 1 << bit
            reader = P1Reader()
            *before, last = reader.receive(bytes(flipped), 0.0) + reader.receive(intact, 1.0)
            assert not [item for item in before if isinstance(item, Reading)], f"byte {at}, bit {bit}"
            assert last == expected, f"byte {at}, bit {bit}"


@pytest.mark.parametrize("name", "ACDGH")
def test_every_truncation_is_rejected(telegrams: dict[str, bytes], name: str) -> None:
    """Cut short anywhere before the last digit of the check sum; a telegram that lost only its line end counts.

    A Swedish telegram that ends with its "!" cannot be told from one of before DSMR 4.
    """
    intact = telegrams[name]
    for length in range(1, len(intact) - 2):
        as_before_4 = name == "H" and intact[:length].endswith(b"!")
        assert only_bad(read(intact[:length])).kind == ("unsupported" if as_before_4 else "malformed")
    assert [type(item) for item in read(intact[:-2])] == [Reading]
    for start in range(1, len(intact)):
        assert read(intact[start:]) == []


@settings(derandomize=True, max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from([*"ABCDEFGH", "V3", "cut", "bad", "noise"]), max_size=5),
    st.lists(st.integers(0, 5000), max_size=10),
)
def test_chunking_makes_no_difference(telegrams: dict[str, bytes], names: list[str], cuts: list[int]) -> None:
    parts = {
        **telegrams,
        "V3": V3,
        "cut": telegrams["A"][:300] + b"\r\n",
        "bad": telegrams["B"].replace(b"229.6", b"229.5"),
        "noise": b"\0\xff\r\n!\n",
    }
    stream = b"".join(parts[name] for name in names)
    reader = P1Reader()
    edges = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    chunked = [item for a, b in pairwise(edges) for item in reader.receive(stream[a:b], 0.0)]
    assert chunked + reader.step(GAP_S) == read(stream)


def _mutated(telegram: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """The telegram with one to four things done to it that a bad line, splitter or meter might do."""
    data = bytearray(telegram)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data) + 1)
        to = min(len(data), at + rng.choice((1, 2, 5, 40, 400)))
        what = rng.randrange(6)
        if what == 0 and data:
            data[at % len(data)] ^= 1 << rng.randrange(8)
        elif what == 1:
            del data[at:to]
        elif what == 2:
            data[at:at] = data[at:to]
        elif what == 3:
            data[at:at] = rng.randbytes(rng.randint(1, 8))
        elif what == 4:
            data[at:at] = rng.choice((b"!", b"/", b"\r\n", b"\n!", b"\n/", b"(", b")", b"*", b".", b"\0", b"9" * 30))
        else:
            other = rng.choice(others)
            data[at:to] = other[at:to]
    return bytes(data)


def _has_valid_crc_somewhere(data: bytes, crc16: Callable[[bytes], int]) -> bool:
    for mark in re.finditer(rb"!(?=([0-9A-Fa-f]{1,4}))", data):
        for start in re.finditer(rb"/", data[: mark.start()]):
            if crc16(data[start.start() : mark.end()]) == int(mark[1], 16):
                return True
    return False


def test_no_mutation_gets_through(telegrams: dict[str, bytes], crc16: Callable[[bytes], int], deep: bool) -> None:
    """A telegram is read only if its check sum is right, by a computation of our own; nothing is ever raised."""
    rng = random.Random(1)
    originals = list(telegrams.values())
    readings = 0
    for _ in range(1_000_000 if deep else 5_000):
        data = _mutated(rng.choice(originals), originals, rng)
        for item in read(data):
            if isinstance(item, Reading):
                readings += 1
                assert _has_valid_crc_somewhere(data, crc16), data
    assert readings > 0  # some mutations cancel out or touch nothing that counts


def test_mutations_with_a_fitting_crc_are_read_or_refused_cleanly(
    telegrams: dict[str, bytes], resealed: Reseal, deep: bool
) -> None:
    """With the check sum out of the way the rest must hold: finite currents and known kinds of refusal."""
    rng = random.Random(2)
    originals = list(telegrams.values())
    kinds: set[str] = set()
    for _ in range(20_000 if deep else 300):
        data = _mutated(rng.choice(originals), originals, rng)
        for item in read(resealed(data) if b"!" in data else data):
            if isinstance(item, BadTelegram):
                kinds.add(item.kind)
            else:
                kinds.add("reading")
                assert all(math.isfinite(current) for current in item.current_a)
    assert kinds == {"reading", "crc", "malformed", "unsupported"}


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=20))
def test_any_bytes_at_any_time(chunks: list[bytes]) -> None:
    reader = P1Reader()
    for n, chunk in enumerate(chunks):
        for item in reader.receive(chunk, n * 0.2) + reader.step(n * 0.2 + 0.1):
            assert isinstance(item, BadTelegram)


def test_a_telegram_that_is_repeated_date_and_all_measures_nothing(sealed: Seal) -> None:
    reader = P1Reader()

    def kinds(telegram: bytes) -> list[str]:
        return [item.kind if isinstance(item, BadTelegram) else item.version for item in reader.receive(telegram, 0.0)]

    first, next_one = (
        sealed("1-3:0.2.8(50)", f"0-0:1.0.0(26112617000{second}W)", "1-0:31.7.0(006*A)") for second in (1, 2)
    )
    assert kinds(first) == ["50"]
    assert kinds(first) == ["repeated"]
    assert kinds(next_one) == ["50"]
    assert kinds(first) == ["50"], "an older one is not the one before"


def test_telegrams_without_a_date_may_be_the_same(sealed: Seal) -> None:
    undated = sealed("1-3:0.2.8(50)", "1-0:31.7.0(006*A)")
    reader = P1Reader()
    assert all(isinstance(item, Reading) for _ in range(3) for item in reader.receive(undated, 0.0))


def test_the_figures_may_be_a_little_older_than_the_telegram(sealed: Seal) -> None:
    (reading,) = P1Reader().receive(sealed("1-3:0.2.8(50)", "1-0:31.7.0(006*A)"), 7.0)
    assert isinstance(reading, Reading)
    assert (reading.oldest_s, reading.newest_s) == (OLDEST_S, 0.0)
