"""The allocator against worked examples of the documents and a slow model that raises 0.1 A at a time."""

import os
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.balancing.allocator import MINIMUM_DA, Claim, Limit, allocate

PROPERTY = settings(derandomize=True, deadline=None, max_examples=20_000 if os.environ.get("EVSE_RIG_DEEP") else 300)

L1, L12, L123 = (0,), (0, 1), (0, 1, 2)


def station(limit_da: int, *sockets: int) -> Limit:
    return Limit("station", frozenset(sockets), (limit_da,) * 3)


@pytest.mark.parametrize(
    ("limit_da", "cap_da", "offer_da"),
    [(250, 160, 160), (100, 160, 100), (60, 160, 60), (59, 160, 0), (0, 160, 0), (-30, 160, 0), (250, 59, 0)],
)
def test_one_socket(limit_da: int, cap_da: int, offer_da: int) -> None:
    assert allocate([Claim(1, L123, cap_da)], [station(limit_da, 1)]) == {1: offer_da}


def test_the_worst_phase_leads() -> None:
    grid = Limit("grid", frozenset({1}), (250, 80, 120))
    assert allocate([Claim(1, L123, 160)], [grid]) == {1: 80}
    assert allocate([Claim(1, L1, 160)], [grid]) == {1: 160}
    assert allocate([Claim(1, (0, 2), 160)], [grid]) == {1: 120}


def test_nobody_claims() -> None:
    assert allocate([], [station(100)]) == {}


def test_no_limit_is_the_cap() -> None:
    assert allocate([Claim(1, L123, 160)], []) == {1: 160}


# PH-013 to PH-021: 25 A per phase, vehicles on both sockets (socket 1 loads L3 first, socket 2 L1, PH-001).
@pytest.mark.parametrize(
    ("one", "two", "offers"),
    [
        pytest.param((0,), (0,), (125, 125), id="A"),
        pytest.param((2,), (0,), (250, 250), id="E"),
        pytest.param((2,), (0, 1), (250, 250), id="F"),
        pytest.param((2, 1), (0, 1), (125, 125), id="G"),
        pytest.param((2, 1, 0), (0,), (125, 125), id="H"),
    ],
)
def test_phase_examples(one: tuple[int, ...], two: tuple[int, ...], offers: tuple[int, int]) -> None:
    claims = [Claim(1, one, 320), Claim(2, two, 320)]
    assert allocate(claims, [station(250, 1, 2)]) == dict(zip((1, 2), offers, strict=True))


def test_what_one_does_not_want_the_others_share() -> None:
    claims = [Claim(1, L123, 60), Claim(2, L123, 320), Claim(3, L123, 320)]
    assert allocate(claims, [station(300, 1, 2, 3)]) == {1: 60, 2: 120, 3: 120}


def test_shares_are_floored_to_a_tenth() -> None:  # O-20
    claims = [Claim(socket, L123, 320) for socket in (1, 2, 3)]
    assert allocate(claims, [station(200, 1, 2, 3)]) == {1: 66, 2: 66, 3: 66}


def test_a_full_feeder_does_not_hold_the_others_back() -> None:
    claims = [Claim(socket, L123, 320) for socket in (1, 2, 3, 4)]
    limits = [station(800, 1, 2, 3, 4), Limit("feeder", frozenset({1, 2}), (200,) * 3)]
    assert allocate(claims, limits) == {1: 100, 2: 100, 3: 300, 4: 300}


def test_higher_minima_are_kept() -> None:  # 14 A and 6 A on 20 A
    claims = [Claim(1, L123, 320, minimum_da=140), Claim(2, L123, 320)]
    assert allocate(claims, [station(200, 1, 2)]) == {1: 140, 2: 60}
    assert allocate(claims, [station(240, 1, 2)]) == {1: 140, 2: 100}
    assert allocate(claims, [station(300, 1, 2)]) == {1: 150, 2: 150}


def test_who_does_not_fit_waits_and_the_next_is_tried() -> None:
    claims = [Claim(1, L123, 320, 60, 0), Claim(2, L123, 320, 140, 1), Claim(3, L123, 320, 60, 2)]
    assert allocate(claims, [station(190, 1, 2, 3)]) == {1: 95, 2: 0, 3: 95}


def test_priority_comes_before_order() -> None:
    claims = [Claim(1, L1, 320, priority=5), Claim(2, L1, 320, priority=1)]
    assert allocate(claims, [station(100, 1, 2)]) == {1: 0, 2: 100}
    assert allocate([*claims[:1], Claim(2, L1, 320, priority=5)], [station(100, 1, 2)]) == {1: 100, 2: 0}


def test_a_negative_limit_with_nobody_admitted_leaves_the_others_alone() -> None:
    claims = [Claim(1, L1, 320), Claim(2, (1,), 320)]
    assert allocate(claims, [Limit("grid", frozenset({1, 2}), (-50, 100, 0))]) == {1: 0, 2: 100}


@pytest.mark.parametrize("wrong", [{"minimum_da": 59}, {"phases": ()}])
def test_impossible_claims(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="a minimum of 60 dA or more and at least one phase"):
        Claim(**{"socket": 1, "phases": L1, "cap_da": 100, **wrong})  # type: ignore[arg-type]


def test_a_socket_claims_once() -> None:
    with pytest.raises(ValueError, match="claims twice"):
        allocate([Claim(1, L1, 100), Claim(1, L1, 100)], [])


def loads_within(offers: dict[int, int], claims: Sequence[Claim], limits: Sequence[Limit]) -> bool:
    phases = {claim.socket: claim.phases for claim in claims}
    return all(
        sum(da for socket, da in offers.items() if socket in limit.sockets and phase in phases[socket]) <= limit_da
        for limit in limits
        for phase, limit_da in enumerate(limit.per_phase_da)
        if any(da for socket, da in offers.items() if socket in limit.sockets and phase in phases[socket])
    )


def slow_model(claims: Sequence[Claim], limits: Sequence[Limit]) -> dict[int, int]:
    offers = {claim.socket: 0 for claim in claims}
    rising = []
    for claim in sorted(claims, key=lambda claim: claim.priority):
        attempt = {**offers, claim.socket: claim.minimum_da}
        if claim.minimum_da <= claim.cap_da and loads_within(attempt, claims, limits):
            offers = attempt
            rising.append(claim)
    for level in range(MINIMUM_DA, 1000):
        together = {**offers, **{c.socket: max(offers[c.socket], min(level, c.cap_da)) for c in rising}}
        if loads_within(together, claims, limits):
            offers = together
            continue
        # Not all can take this step: who is under a full limit stays behind, the others go on.
        for limit in limits:
            for phase in range(3):
                members = [c.socket for c in claims if c.socket in limit.sockets and phase in c.phases]
                if sum(together[socket] for socket in members) > limit.per_phase_da[phase]:
                    blocked = [socket for socket in members if together[socket] > offers[socket]]
                    rising = [c for c in rising if c.socket not in blocked]
        offers.update({c.socket: max(offers[c.socket], min(level, c.cap_da)) for c in rising})
    return offers


@st.composite
def sites(draw: st.DrawFn) -> tuple[list[Claim], list[Limit]]:
    count = draw(st.integers(1, 6))
    claims = [
        Claim(
            socket,
            draw(st.sampled_from([(0,), (1,), (2,), (0, 1), (1, 2), (0, 1, 2)])),
            draw(st.integers(0, 320)),
            draw(st.sampled_from([60, 60, 60, 140])),
            draw(st.integers(0, 2)),
        )
        for socket in range(count)
    ]
    limits = [
        Limit(
            str(number),
            frozenset(draw(st.sets(st.integers(0, count - 1)))),
            draw(st.tuples(*[st.integers(-100, 900)] * 3)),
        )
        for number in range(draw(st.integers(0, 4)))
    ]
    return claims, limits


@PROPERTY
@given(sites())
def test_promises_on_any_site(site: tuple[list[Claim], list[Limit]]) -> None:
    claims, limits = site
    offers = allocate(claims, limits)
    assert set(offers) == {claim.socket for claim in claims}
    assert loads_within(offers, claims, limits)
    for claim in claims:
        assert offers[claim.socket] == 0 or claim.minimum_da <= offers[claim.socket] <= claim.cap_da


@PROPERTY
@given(sites())
def test_as_the_slow_model(site: tuple[list[Claim], list[Limit]]) -> None:
    assert allocate(*site) == slow_model(*site)
