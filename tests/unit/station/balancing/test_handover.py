"""Who waits for whom when current changes hands."""

import pytest

from station.balancing.allocator import Claim, Limit
from station.balancing.handover import handed_over

ALL = (0, 1, 2)
NONE = (0, 0, 0)


def hand_over(
    shares_da: dict[int, int],
    drawn_ma: dict[int, tuple[int, int, int]],
    offers_da: dict[int, int],
    phases: dict[int, tuple[int, ...]] | None = None,
    limit_da: int = 250,
) -> dict[int, int]:
    claims = [Claim(socket, (phases or {}).get(socket, ALL), 320) for socket in shares_da]
    limits = [Limit("station", frozenset({1, 2}), (limit_da,) * 3)]
    return handed_over(shares_da, claims, limits, offers_da, drawn_ma)


def test_nobody_is_late() -> None:
    assert hand_over({1: 110, 2: 140}, {1: (11_000,) * 3, 2: NONE}, {1: 250, 2: 0}) == {1: 110, 2: 140}


def test_a_new_one_waits_for_one_that_still_draws() -> None:
    assert hand_over({1: 110, 2: 140}, {1: (25_000,) * 3, 2: NONE}, {1: 250, 2: 0}) == {1: 110, 2: 0}


def test_a_part_of_it_is_not_offered_yet() -> None:  # UI-005, M3-001
    assert hand_over({1: 110, 2: 140}, {1: (18_000,) * 3, 2: NONE}, {1: 250, 2: 0}) == {1: 110, 2: 0}


def test_nobody_waits_where_there_is_room_all_the_same() -> None:
    assert hand_over({1: 110, 2: 140}, {1: (18_000,) * 3, 2: NONE}, {1: 250, 2: 0}, limit_da=320) == {1: 110, 2: 140}


def test_one_that_is_to_rise_keeps_what_it_has() -> None:
    assert hand_over({1: 60, 2: 190}, {1: (16_000,) * 3, 2: (9_000,) * 3}, {1: 160, 2: 90}) == {1: 60, 2: 90}


def test_other_phases_are_not_concerned() -> None:
    drawn = {1: (25_000, 0, 0), 2: NONE}
    assert hand_over({1: 110, 2: 140}, drawn, {1: 250, 2: 0}, {1: (0,), 2: (1, 2)}) == {1: 110, 2: 140}


def test_one_that_claims_nothing_any_more_may_still_draw() -> None:
    assert hand_over({2: 250}, {1: (20_000,) * 3, 2: (6_000,) * 3}, {1: 0, 2: 60}) == {2: 60}


@pytest.mark.parametrize(("drawn_ma", "offer_da"), [(11_550, 140), (11_551, 0)])
def test_a_little_more_than_the_offer_is_noise(drawn_ma: int, offer_da: int) -> None:  # OCP-002: 105 %
    assert hand_over({1: 110, 2: 140}, {1: (drawn_ma,) * 3, 2: NONE}, {1: 110, 2: 0}) == {1: 110, 2: offer_da}
