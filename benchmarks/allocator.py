"""What it costs to divide the current over 2, 16 and 128 sockets, and how that grows.

Stations of two sockets with internal phase rotation, cars of one to three phases, some that need 14 A, limits of
station, network and grid. With 10 A for each socket everybody is served, and stations and network fill one after the
other, which is the most work; with 4 A some have to wait.
"""

from __future__ import annotations

import math
import statistics
import timeit

from station.balancing.allocator import Claim, Limit, divide

SIZES = (2, 16, 128)
REPEATS = 15
SECONDS_A_REPEAT = 0.05
# Grid phases of the cars on socket 1 (L3L2L1) and socket 2 (L1L2L3) of a station.
ROTATIONS = ((2, 1, 0), (0, 1, 2))
STATIONS_DA = (160, 250, 320)
A_SOCKET_DA = (100, 40)


def site(sockets: int, a_socket_da: int) -> tuple[list[Claim], list[Limit]]:
    """As many sockets in use, and the limits they are under, with so much for each of them in the whole network."""
    claims = [
        Claim(
            socket,
            ROTATIONS[socket % 2][: 1 + socket // 2 % 3],
            cap_da=(160, 320, 320, 250)[socket % 4],
            minimum_da=140 if socket % 5 == 4 else 60,
            priority=socket,
        )
        for socket in range(sockets)
    ]
    everybody = frozenset(range(sockets))
    stations = [
        Limit("station", frozenset({first, first + 1}), (STATIONS_DA[first // 2 % len(STATIONS_DA)],) * 3)
        for first in range(0, sockets, 2)
    ]
    together_da = a_socket_da * sockets
    network = Limit("network", everybody, (together_da,) * 3)
    grid = Limit("grid", everybody, (together_da - 5, together_da, together_da + 5))
    return claims, [*stations, network, grid]


def cost_us(sockets: int, a_socket_da: int) -> float:
    """Median of some repeats, in microseconds per division."""
    claims, limits = site(sockets, a_socket_da)
    timer = timeit.Timer(lambda: divide(claims, limits))
    once_s = min(timer.repeat(repeat=3, number=1))
    number = max(1, int(SECONDS_A_REPEAT / once_s))
    return statistics.median(timer.repeat(repeat=REPEATS, number=number)) / number * 1e6


def main() -> None:
    for a_socket_da in A_SOCKET_DA:
        costs_us = [cost_us(sockets, a_socket_da) for sockets in SIZES]
        for sockets, one_us in zip(SIZES, costs_us, strict=True):
            waiting = sum(share.current_da == 0 for share in divide(*site(sockets, a_socket_da)).values())
            print(
                f"allocator, {a_socket_da / 10:2.0f} A a socket, {sockets:3d} sockets: {one_us:7.0f} us "
                f"(median of {REPEATS}; {waiting} wait)"
            )
        powers = [
            math.log(costs_us[number + 1] / costs_us[number]) / math.log(SIZES[number + 1] / SIZES[number])
            for number in range(len(SIZES) - 1)
        ]
        print(f"  grows with the number of sockets to the power of {powers[0]:.1f}, then {powers[1]:.1f}")


if __name__ == "__main__":
    main()
