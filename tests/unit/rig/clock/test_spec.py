"""Clock names, and the loops behind them."""

from __future__ import annotations

import asyncio
import time

import pytest

from rig.clock import ClockSpec, VirtualLoop, WallLoop
from rig.errors import ConfigurationError


@pytest.mark.parametrize("text", ["virtual", "real", "scaled:10", "scaled:0.5"])
def test_names_round_trip(text: str) -> None:
    assert str(ClockSpec.parse(text)) == text


@pytest.mark.parametrize("text", ["", "fast", "scaled", "scaled:", "scaled:0", "scaled:-1", "scaled:x", "scaled:1e9"])
def test_bad_names_are_refused_with_what_would_be_right(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"scaled:10|virtual, real or scaled:N"):
        ClockSpec.parse(text)


def test_each_kind_makes_its_loop() -> None:
    for text, kind in (("virtual", VirtualLoop), ("real", WallLoop), ("scaled:4", WallLoop)):
        loop = ClockSpec.parse(text).make_loop()
        assert isinstance(loop, kind)
        loop.close()


def test_a_scaled_second_is_short() -> None:
    loop = ClockSpec.parse("scaled:100").make_loop()
    began = time.monotonic()
    loop.run_until_complete(asyncio.sleep(10.0))
    assert loop.time() >= 10.0
    assert time.monotonic() - began >= 0.1
    loop.close()


def test_an_instant_of_real_time_is_over_at_once() -> None:
    loop = ClockSpec.parse("real").make_loop()
    loop.run_until_complete(loop.idle())
    loop.close()
