"""Short frames: twenty to one long one, during the overload and a minute after."""

from __future__ import annotations

from emulators.tic.overload import Overload


def test_none_without_an_overload() -> None:
    overload = Overload(enabled=True)
    assert not any(overload.next_is_short(False, float(second)) for second in range(100))


def test_twenty_short_frames_to_one_long_one() -> None:
    overload = Overload(enabled=True)
    kinds = "".join("s" if overload.next_is_short(True, second * 0.7) else "L" for second in range(45))
    assert kinds == "s" * 20 + "L" + "s" * 20 + "L" + "sss"


def test_the_tail_lasts_a_minute() -> None:
    overload = Overload(enabled=True)
    assert overload.next_is_short(True, 100.0)
    assert overload.next_is_short(False, 101.0)
    assert overload.next_is_short(True, 110.0)
    assert overload.next_is_short(False, 169.999)
    assert not overload.next_is_short(False, 170.0)
    assert not overload.next_is_short(False, 171.0)


def test_the_count_begins_anew_with_the_next_overload() -> None:
    overload = Overload(enabled=True)
    for second in range(5):
        assert overload.next_is_short(True, float(second))
    assert not overload.next_is_short(False, 100.0)
    kinds = [overload.next_is_short(True, 200.0 + second) for second in range(21)]
    assert kinds == [True] * 20 + [False]


def test_meters_that_never_warn() -> None:
    overload = Overload(enabled=False)
    assert not overload.next_is_short(True, 1.0)
