"""The allocator against worked examples, promises that hold on any site, and linear programs of an outside solver."""

import os
import random
from collections.abc import Sequence
from dataclasses import replace
from math import floor

import highspy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.balancing.allocator import CAP, Claim, Limit, Share, allocate, alone_da, divide, served

DEEP = bool(os.environ.get("EVSE_RIG_DEEP"))
PROPERTY = settings(derandomize=True, deadline=None, max_examples=5_000 if DEEP else 200)
# Random sites for the linear programs, in parts so that several cores can take some each.
PARTS = 10
SITES_A_PART = 10_000 if DEEP else 40

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


def test_what_is_left_of_a_rounded_share_is_given_to_nobody() -> None:
    """66.66 dA each, and 133.33 for the fourth, not the 134 that three times 66 would leave."""
    claims = [Claim(socket, L1, 320) for socket in (1, 2, 3, 4)]
    limits = [station(200, 1, 2, 3), Limit("feeder", frozenset({3, 4}), (200,) * 3)]
    assert allocate(claims, limits) == {1: 66, 2: 66, 3: 66, 4: 133}


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


def test_the_limit_that_leads() -> None:
    claims = [Claim(1, L1, 160, cap_source="cable"), Claim(2, L1, 320), Claim(3, (1,), 320), Claim(4, (1,), 320)]
    limits = [station(400, 1, 2, 3, 4), Limit("feeder", frozenset({3}), (100,) * 3)]
    assert divide(claims, limits) == {
        1: Share(160, "cable"),
        2: Share(240, "station"),
        3: Share(100, "feeder"),
        4: Share(300, "station"),
    }


@pytest.mark.parametrize(
    ("cap_da", "limits", "source"),
    [
        (50, [station(300, 1)], CAP),
        (320, [station(50, 1), Limit("grid", frozenset({1}), (40,) * 3)], "grid"),
        (30, [station(50, 1), Limit("grid", frozenset({1}), (40,) * 3)], CAP),
        (50, [station(50, 1)], CAP),  # of equal ones the cap, and then the first
        (320, [station(50, 1, 2), Limit("grid", frozenset({1}), (50,) * 3)], "station"),
    ],
)
def test_the_limit_one_waits_for(cap_da: int, limits: list[Limit], source: str) -> None:
    assert divide([Claim(1, L1, cap_da)], limits) == {1: Share(0, source)}


def test_of_limits_that_are_full_at_once_the_first_leads() -> None:
    claims = [Claim(1, L1, 320), Claim(2, L1, 320), Claim(3, L1, 320)]
    limits = [station(300, 1, 2, 3), Limit("feeder", frozenset({1, 2}), (200,) * 3)]
    assert [share.source for share in divide(claims, limits).values()] == ["station"] * 3
    assert [share.source for share in divide(claims, limits[::-1]).values()] == ["feeder", "feeder", "station"]
    assert divide([Claim(1, L1, 200)], [station(200, 1)]) == {1: Share(200, CAP)}
    tied = divide([Claim(1, L1, 100), Claim(2, L1, 320)], [station(200, 1, 2)])
    assert tied == {1: Share(100, CAP), 2: Share(100, "station")}


@pytest.mark.parametrize(
    ("claim", "most_da"),
    [
        (Claim(1, L123, 320), 80),
        (Claim(1, L1, 320), 250),
        (Claim(1, L1, 160), 160),
        (Claim(1, (2,), 320), 120),
        (Claim(2, L123, 320), 90),  # the grid is not above it
        (Claim(1, L123, 320, minimum_da=80), 80),
        (Claim(1, L123, 320, minimum_da=81), 0),
        (Claim(1, L1, 59), 0),
    ],
)
def test_what_one_could_have_alone(claim: Claim, most_da: int) -> None:
    limits = [Limit("grid", frozenset({1}), (250, 80, 120)), Limit("station", frozenset({2}), (90, 320, 320))]
    assert alone_da(claim, limits) == most_da
    assert allocate([claim], limits) == {claim.socket: most_da}


def test_who_is_served() -> None:
    claims = [Claim(1, L1, 320, 60, 0), Claim(2, L1, 320, 140, 1), Claim(3, L1, 320, 60, 2)]
    assert served(claims, [station(190, 1, 2, 3)]) == {1, 3}


def test_what_a_lower_limit_may_do() -> None:
    """It can only take from the one with the least. Somebody else may well gain: not every wish for order holds."""
    claims = [Claim(socket, L1, 320) for socket in (1, 2, 3)]
    limits = [station(200, 1, 2), Limit("grid", frozenset({2, 3}), (300,) * 3)]
    assert allocate(claims, limits) == {1: 100, 2: 100, 3: 200}
    assert allocate(claims, [*limits, Limit("feeder", frozenset({2}), (80,) * 3)]) == {1: 120, 2: 80, 3: 220}
    # And who must wait leaves room for one who had to.
    claims = [Claim(1, L1, 320, 60, 0), Claim(2, L1, 320, 140, 1), Claim(3, L1, 320, 60, 2)]
    assert allocate(claims, [station(200, 1, 2, 3)]) == {1: 60, 2: 140, 3: 0}
    assert allocate(claims, [station(199, 1, 2, 3)]) == {1: 99, 2: 0, 3: 99}


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


Site = tuple[list[Claim], list[Limit]]


@st.composite
def sites(draw: st.DrawFn) -> Site:
    count = draw(st.integers(1, 6))
    claims = [
        Claim(
            socket,
            draw(st.sampled_from(PHASES)),
            draw(st.integers(0, 320)),
            draw(st.sampled_from(MINIMA_DA)),
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


PHASES = ((0,), (1,), (2,), (0, 1), (1, 2), (2, 1), (0, 1, 2))
MINIMA_DA = (60, 60, 60, 140)


def any_site(chance: random.Random) -> Site:
    """As above, without what hypothesis needs to shrink a case: a hundred times as fast."""
    sockets = range(chance.randint(1, 8))
    claims = [
        Claim(socket, chance.choice(PHASES), chance.randint(0, 320), chance.choice(MINIMA_DA), chance.randint(0, 2))
        for socket in sockets
    ]
    limits = [
        Limit(
            str(number),
            frozenset(chance.sample(sockets, chance.randint(0, len(sockets)))),
            (chance.randint(-20, 900), chance.randint(60, 900), chance.randint(60, 900)),
        )
        for number in range(chance.randint(0, 6))
    ]
    return claims, limits


@PROPERTY
@given(sites())
def test_promises_on_any_site(site: Site) -> None:
    claims, limits = site
    offers = allocate(claims, limits)
    assert list(offers) == [claim.socket for claim in claims]
    assert loads_within(offers, claims, limits)
    assert served(claims, limits) == {socket for socket, offer_da in offers.items() if offer_da}
    for claim in claims:
        assert offers[claim.socket] == 0 or claim.minimum_da <= offers[claim.socket] <= claim.cap_da


@PROPERTY
@given(sites())
def test_who_leads_on_any_site(site: Site) -> None:
    """What stops a socket is its cap, or a full limit under which nobody rose higher: that is what fair means."""
    claims, limits = site
    shares = divide(claims, limits)
    by_name = {limit.level: limit for limit in limits}
    for claim in claims:
        share = shares[claim.socket]
        if share.source == CAP:
            assert share.current_da == claim.cap_da or claim.cap_da < claim.minimum_da
            continue
        limit = by_name[share.source]
        assert claim.socket in limit.sockets
        under = [[c for c in claims if c.socket in limit.sockets and phase in c.phases] for phase in range(3)]
        if share.current_da:
            assert any(
                # Flooring took less than 0.1 A from each.
                sum(shares[c.socket].current_da + 1 for c in under[phase]) > limit.per_phase_da[phase]
                and all(shares[c.socket].current_da <= max(share.current_da, c.minimum_da) for c in under[phase])
                for phase in claim.phases
            )
        else:
            minima = [sum(c.minimum_da for c in members if shares[c.socket].current_da) for members in under]
            assert any(minima[phase] + claim.minimum_da > limit.per_phase_da[phase] for phase in claim.phases)


@PROPERTY
@given(sites(), st.randoms(use_true_random=False))
def test_the_order_in_which_it_is_told_does_not_matter(site: Site, chance: random.Random) -> None:
    claims = [replace(claim, priority=number) for number, claim in enumerate(site[0])]
    limits = site[1]
    offers = allocate(claims, limits)
    assert allocate(chance.sample(claims, len(claims)), chance.sample(limits, len(limits))) == offers


@PROPERTY
@given(sites(), st.sets(st.integers(0, 5)), st.integers(-20, 300))
def test_one_limit_more_never_lifts_the_least(site: Site, under: set[int], limit_da: int) -> None:
    claims, limits = site
    more = [*limits, Limit("more", frozenset(under), (limit_da,) * 3)]
    before, after = allocate(claims, limits), allocate(claims, more)
    who = served(claims, limits)
    if who and served(claims, more) == who:
        assert min(after[socket] for socket in who) <= min(before[socket] for socket in who)


@PROPERTY
@given(sites(), st.sets(st.integers(0, 5)))
def test_a_limit_nobody_reaches_changes_nothing(site: Site, under: set[int]) -> None:
    claims, limits = site
    offers = allocate(claims, limits)
    loose_da = sum(offers[socket] + 1 for socket in under if offers.get(socket))
    assert allocate(claims, [*limits, Limit("loose", frozenset(under), (loose_da,) * 3)]) == offers


@PROPERTY
@given(sites(), st.integers(0, 900), st.integers(0, 900))
def test_with_one_limit_more_room_is_less_for_nobody(site: Site, one_da: int, two_da: int) -> None:
    claims = [replace(claim, phases=L1) for claim in site[0]]
    everybody = [claim.socket for claim in claims]
    low, high = (station(limit_da, *everybody) for limit_da in sorted((one_da, two_da)))
    who = served(claims, [low])
    if served(claims, [high]) == who:
        before, after = allocate(claims, [low]), allocate(claims, [high])
        assert all(after[socket] >= before[socket] for socket in everybody)


def fair_by_linear_programs(
    solver: highspy.Highs, claims: Sequence[Claim], limits: Sequence[Limit]
) -> dict[int, float]:
    """Max-min fair shares of claims whose minima all fit.

    Each program lifts the lowest share of those that are not settled as far as it goes. The dual values say whose share
    kept it from going further: these are settled, and the next program lifts the others.
    """
    settled: dict[int, float] = {}
    while len(settled) < len(claims):
        solver.clearModel()
        solver.addVar(0.0, highspy.kHighsInf)
        solver.changeColCost(0, -1.0)
        for claim in claims:
            fixed = settled.get(claim.socket)
            low, high = (claim.minimum_da, claim.cap_da) if fixed is None else (fixed, fixed)
            solver.addVar(low, high)
        column = {claim.socket: number for number, claim in enumerate(claims, 1)}
        open_to = [claim.socket for claim in claims if claim.socket not in settled]
        for socket in open_to:
            solver.addRow(0.0, highspy.kHighsInf, 2, [0, column[socket]], [-1.0, 1.0])
        for limit in limits:
            for phase, limit_da in enumerate(limit.per_phase_da):
                members = [column[c.socket] for c in claims if c.socket in limit.sockets and phase in c.phases]
                if members:
                    # The last digits of what is settled already must not make the next program impossible.
                    solver.addRow(-highspy.kHighsInf, limit_da + 1e-6, len(members), members, [1.0] * len(members))
        solver.run()
        assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        solution = solver.getSolution()
        lowest = solution.col_value[0]
        held = [socket for socket, dual in zip(open_to, solution.row_dual, strict=False) if abs(dual) > 1e-6]
        assert held
        settled |= dict.fromkeys(held, lowest)
    return settled


def who_fits(claims: Sequence[Claim], limits: Sequence[Limit]) -> list[Claim]:
    """In order of priority, whose minimum fits with those before."""
    admitted: list[Claim] = []
    for claim in sorted(claims, key=lambda claim: claim.priority):
        minima = {c.socket: c.minimum_da for c in [*admitted, claim]}
        if claim.minimum_da <= claim.cap_da and loads_within(minima, claims, limits):
            admitted.append(claim)
    return admitted


def compare_with_linear_programs(solver: highspy.Highs, site: Site) -> None:
    claims, limits = site
    admitted = who_fits(claims, limits)
    fair = fair_by_linear_programs(solver, admitted, limits)
    # Exact shares are fractions with small denominators: a hundredth of a thousandth is nobody's difference.
    expected = {claim.socket: floor(fair.get(claim.socket, 0.0) + 1e-4) for claim in claims}
    assert allocate(claims, limits) == expected, site


@pytest.fixture(scope="module")
def solver() -> highspy.Highs:
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    highs.setOptionValue("output_flag", False)
    return highs


@PROPERTY
@given(site=sites())
def test_as_linear_programs_say(solver: highspy.Highs, site: Site) -> None:
    compare_with_linear_programs(solver, site)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", range(PARTS))
def test_as_linear_programs_say_on_many_sites(solver: highspy.Highs, part: int) -> None:
    chance = random.Random(part)
    for _ in range(SITES_A_PART):
        compare_with_linear_programs(solver, any_site(chance))
