"""station/phases.py: tables of phase orders, and the worked examples of two sockets, S-PHASE and its relatives."""

from collections.abc import Iterable
from itertools import permutations, product

import pytest

from station.balancing.allocator import Claim, Limit, allocate
from station.phases import ORDERS, ORDERS_BY_NUMBER, behind_socket, loaded, mapped, order, recommended
from station.socket_rows import ROTATIONS

L1, L2, L3 = (0,), (1,), (2,)
EACH = (1, 2, 3)


def test_names_are_those_of_the_setting() -> None:  # PH-028
    assert set(ORDERS) == {name for name, _ in ROTATIONS}
    assert sorted(ORDERS.values()) == sorted([L1, L2, L3, *permutations(range(3))])


@pytest.mark.parametrize(
    ("name", "phases"), [("L2", L2), ("L1L2L3", (0, 1, 2)), ("L3L1L2", (2, 0, 1)), ("L3L2L1", (2, 1, 0))]
)
def test_a_name_says_which_phase_comes_first(name: str, phases: tuple[int, ...]) -> None:
    assert order(name) == phases


@pytest.mark.parametrize("name", ["", "L4", "L1L2", "l1", "L1L1L2", "L3L2L1 "])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is no order of phases; it is one of L1, L2, L3, L1L2L3"):
        order(name)


@pytest.mark.parametrize(  # SCN-078, as printed
    ("number", "name"),
    list(enumerate(["L1", "L2", "L3", "L1L2L3", "L1L3L2", "L2L1L3", "L2L3L1", "L3L1L2", "L3L2L1"], 1)),
)
def test_numbers(number: int, name: str) -> None:
    assert ORDERS_BY_NUMBER[number] == name
    assert mapped(number) == order(name)


def test_zero_is_no_socket() -> None:  # SCN-079
    assert mapped(0) is None


@pytest.mark.parametrize("number", [-1, 10])
def test_other_numbers_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="is no phase mapping; it is 0 to 9"):
        mapped(number)


@pytest.mark.parametrize(
    ("feeder", "socket", "sockets", "behind"),
    [
        ("L1L2L3", 1, 2, "L3L2L1"),  # PH-001
        ("L1L2L3", 2, 2, "L1L2L3"),
        ("L3L1L2", 1, 2, "L2L1L3"),  # the rotation is of the station's phases, whatever they are connected to
        ("L3L1L2", 2, 2, "L3L1L2"),
        ("L2L3L1", 1, 2, "L1L3L2"),
        ("L1L2L3", 1, 1, "L1L2L3"),  # a single socket is not rotated
        ("L2", 1, 2, "L2"),  # nor is a one-phase station
        ("L2", 2, 2, "L2"),
    ],
)
def test_rotation_inside_the_station(feeder: str, socket: int, sockets: int, behind: str) -> None:
    assert behind_socket(order(feeder), socket, sockets) == order(behind)


@pytest.mark.parametrize("feeder", [phases for phases in ORDERS.values() if len(phases) == 3])
def test_one_phase_cars_never_meet(feeder: tuple[int, ...]) -> None:  # PH-002
    one, two = (behind_socket(feeder, socket, 2) for socket in (1, 2))
    assert set(loaded(one, 1)).isdisjoint(loaded(two, 2))
    assert set(loaded(one, 2)).isdisjoint(loaded(two, 1))
    assert set(loaded(one, 2)) & set(loaded(two, 2)) == {feeder[1]}


def test_recommended_connections() -> None:
    assert [recommended(station, 3) for station in range(1, 6)] == ["L1L2L3", "L3L1L2", "L2L3L1", "L1L2L3", "L3L1L2"]
    assert [recommended(station, 1) for station in range(1, 5)] == ["L1", "L2", "L3", "L1"]  # PH-006
    with pytest.raises(ValueError, match="1 or 3 phases, not 2"):
        recommended(1, 2)


def offers_da(
    feeders: tuple[str, str], shared: bool, cars: tuple[int, int], grid_da: int = 1000, feeder_da: int = 250
) -> list[int]:
    """What two cars are offered; `shared` is one feeder for both sockets; a car of 0 phases is none."""
    claims = [
        Claim(socket, loaded(behind_socket(order(feeder), socket, 2), car), feeder_da)
        for socket, feeder, car in zip((1, 2), feeders, cars, strict=True)
        if car
    ]
    groups = [{1, 2}] if shared else [{1}, {2}]
    limits = [Limit("feeder", frozenset(group), (feeder_da,) * 3) for group in groups]
    grid = Limit("grid", frozenset({1, 2}), (grid_da,) * 3)
    return list(allocate(claims, [*limits, grid]).values())


HALF, FULL = [125, 125], [250, 250]
ONE_PHASE, THREE_PHASES = ("L1", "L1"), ("L1L2L3", "L1L2L3")


def rows(
    scenario: str, feeders: tuple[str, str], shared: bool, cars: Iterable[tuple[int, int]], offers: list[int]
) -> list[object]:
    return [
        pytest.param(feeders, shared, pair, offers, id=f"{scenario}-{feeders[1]}-cars-{pair[0]}-{pair[1]}")
        for pair in cars
    ]


@pytest.mark.parametrize(
    ("feeders", "shared", "cars", "offers"),
    [
        *rows("S-PHASE-A", ONE_PHASE, True, [(1, 1)], HALF),
        *rows("S-PHASE-B", ONE_PHASE, True, [(3, 3)], HALF),
        *rows("S-PHASE-C", ("L1", "L2"), False, [(1, 1)], FULL),
        *rows("S-PHASE-C", ("L1", "L3"), False, [(1, 1)], FULL),
        *rows("S-PHASE-D", ("L1", "L2"), False, product((2, 3), (2, 3)), FULL),
        *rows("S-PHASE-D", ("L1", "L3"), False, product((2, 3), (2, 3)), FULL),
        *rows("S-PHASE-E", THREE_PHASES, True, [(1, 1)], FULL),
        *rows("S-PHASE-F", THREE_PHASES, True, [(2, 1)], FULL),
        *rows("S-PHASE-G", THREE_PHASES, True, [(2, 2)], HALF),
        *rows("S-PHASE-H", THREE_PHASES, True, [(3, 1), (3, 2), (3, 3)], HALF),
        *rows("S-PHASE-I", THREE_PHASES, False, product(EACH, EACH), FULL),
    ],
)
def test_phase_examples(feeders: tuple[str, str], shared: bool, cars: tuple[int, int], offers: list[int]) -> None:
    assert offers_da(feeders, shared, cars) == offers


@pytest.mark.parametrize(("grid_da", "offers"), [(250, HALF), (500, FULL)])
def test_two_feeders_on_the_same_phase(grid_da: int, offers: list[int]) -> None:  # S-PHASE-C2
    assert offers_da(ONE_PHASE, False, (1, 1), grid_da) == offers


@pytest.mark.parametrize(
    ("shared", "station_da", "cars", "offers"),
    [
        pytest.param(True, 160, (3, 0), [160], id="S-CFG16-1-one"),
        pytest.param(True, 160, (3, 3), [80, 80], id="S-CFG16-1-two"),
        pytest.param(False, 320, (3, 3), [160, 160], id="S-CFG16-2"),
    ],
)
def test_16_a_feeders(shared: bool, station_da: int, cars: tuple[int, int], offers: list[int]) -> None:
    assert offers_da(THREE_PHASES, shared, cars, grid_da=station_da, feeder_da=160) == offers


@pytest.mark.parametrize(
    ("feeders", "shared", "cars", "powers_kw"),
    [
        pytest.param(ONE_PHASE, True, (1, 0), [5.7], id="S-SLBCAP-1"),
        pytest.param(ONE_PHASE, True, (1, 1), [2.8, 2.8], id="S-SLBCAP-2"),
        pytest.param(THREE_PHASES, True, (1, 0), [5.7], id="S-SLBCAP-3-one"),
        pytest.param(THREE_PHASES, True, (1, 1), [5.7, 5.7], id="S-SLBCAP-3-two"),
        pytest.param(THREE_PHASES, True, (1, 2), [5.7, 11.5], id="S-SLBCAP-4"),  # 11.4 as printed is 2 x 5.7
        pytest.param(THREE_PHASES, True, (3, 0), [17.2], id="S-SLBCAP-5"),
        pytest.param(THREE_PHASES, True, (3, 3), [8.6, 8.6], id="S-SLBCAP-6"),
        pytest.param(THREE_PHASES, True, (3, 1), [8.6, 2.8], id="S-SLBCAP-7"),
        pytest.param(THREE_PHASES, True, (3, 2), [8.6, 5.7], id="S-SLBCAP-8"),
        pytest.param(THREE_PHASES, False, (3, 3), [17.2, 17.2], id="S-SLBCAP-9"),
    ],
)
def test_capacity(feeders: tuple[str, str], shared: bool, cars: tuple[int, int], powers_kw: list[float]) -> None:
    """At 230 V, truncated to 0.1 kW (O-53)."""
    offers = offers_da(feeders, shared, cars)
    watts = [offer_da * 230 * car // 10 for offer_da, car in zip(offers, filter(None, cars), strict=True)]
    assert [power_w // 100 / 10 for power_w in watts] == powers_kw


# S-SCNPH: stations with one socket, 20 A per phase of the grid for all of them.
@pytest.mark.parametrize(
    ("mapping", "cars", "offers"),
    [
        pytest.param(
            {"A": "L1L2L3", "B": "L3L1L2", "C": "L2L3L1"}, {"A": 1, "B": 1, "C": 1}, [200, 200, 200], id="S-SCNPH-1"
        ),
        pytest.param({"A": "L1L2L3", "B": "L2L3L1", "C": "L3L1L2"}, {"B": 1, "C": 2}, [200, 200], id="S-SCNPH-2"),
        pytest.param({"A": "L1L2L3", "B": "L3L1L2", "C": "L2L3L1"}, {"A": 1, "B": 2}, [100, 100], id="S-SCNPH-3"),
        pytest.param({"A": "L1L2L3", "B": "L3L1L2", "C": "L2L3L1"}, {"A": 1, "C": 3}, [100, 100], id="S-SCNPH-4"),
    ],
)
def test_phases_in_a_network(mapping: dict[str, str], cars: dict[str, int], offers: list[int]) -> None:
    claims = [
        Claim(ord(name), loaded(behind_socket(order(mapping[name]), 1, 1), phases), 320)
        for name, phases in cars.items()
    ]
    network = Limit("network", frozenset(claim.socket for claim in claims), (200,) * 3)
    assert list(allocate(claims, [network]).values()) == offers
