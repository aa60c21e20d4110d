"""What a bench file says of its instruments, and what makes no sense."""

from __future__ import annotations

from typing import Any

import pytest

from rig.bench.instrument_entries import EvBox, Instruments, Scope, check_instruments
from rig.errors import ConfigurationError

AT = "TCPIP::192.168.1.20::5025::SOCKET"
ALSO_AT = "TCPIP::192.168.1.21::5025::SOCKET"


def player(resource: str = AT, **how: Any) -> EvBox:
    return EvBox(resource=resource, plays_cars=True, **how)


def check(instruments: Instruments, *, sockets: int | None = 1, linked: bool = False) -> None:
    check_instruments("bench file b.toml", instruments, sockets=sockets, linked=linked)


@pytest.mark.parametrize(
    ("instruments", "sockets", "linked"),
    [
        (Instruments(), 1, False),
        (Instruments(EvBox(), Scope(), EvBox(), Scope()), None, True),
        (Instruments(EvBox(plays_cars=True), ev_2=EvBox(plays_cars=True)), None, True),
        (Instruments(player()), 1, False),
        (Instruments(player(), ev_2=player(ALSO_AT)), 2, False),
        (Instruments(EvBox(resource=AT), ev_2=EvBox(resource=AT)), 2, True),  # told by hand, one after the other
    ],
)
def test_benches_that_make_sense(instruments: Instruments, sockets: int | None, linked: bool) -> None:
    check(instruments, sockets=sockets, linked=linked)
    assert (instruments.ev_at(1), instruments.ev_at(2)) == (instruments.ev, instruments.ev_2)
    assert (instruments.scope_at(1), instruments.scope_at(2)) == (instruments.scope, instruments.scope_2)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (EvBox(poll_s=0.001), "poll_s = 0.001; it must be from 0.01 to 1"),
        (EvBox(poll_s=float("nan")), "poll_s = nan; it must be from 0.01 to 1"),
        (EvBox(uncertainty_a=2.0), "uncertainty_a = 2; it must be from 0 to 1"),
        (EvBox(load_max_a=0.0), "load_max_a = 0; it must be from 1 to 80"),
        (EvBox(uncertainty_v=-0.1), "uncertainty_v = -0.1; it must be from 0 to 1"),
    ],
)
def test_figures_of_no_box(entry: EvBox, message: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^bench file b.toml: \[instruments.ev_2\]: {message}$"):
        check(Instruments(ev_2=entry), linked=True)


@pytest.mark.parametrize(
    ("instruments", "sockets", "linked", "message"),
    [
        (Instruments(player()), 1, True, r"\[instruments.ev\]: a real box .* leave \[lines.board\] out"),
        (Instruments(EvBox(plays_cars=True)), 1, False, r"\[instruments.ev\]: the emulated box .* add \[lines.board\]"),
        (
            Instruments(player(uncertainty_duty_pct=0.06)), 1, False,
            r"uncertainty_duty_pct = 0.06; without .* from 0 to 0.05",
        ),
        (Instruments(player()), 2, False, r"only \[instruments.ev\] has plays_cars .* give each of the two a box"),
        (Instruments(player(), ev_2=player()), 2, False, r"the same resource .*20::5025::SOCKET\"; one box plays the"),
        (Instruments(scope_2=Scope(resource=AT)), 1, True, r"\[instruments.scope_2\]: there is no socket 2"),
        (Instruments(EvBox(resource=AT)), None, True, r"\[instruments.ev\]: resource = .* station is emulated"),
    ],
)  # fmt: skip
def test_benches_that_make_none(instruments: Instruments, sockets: int | None, linked: bool, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        check(instruments, sockets=sockets, linked=linked)
    assert str(caught.value).startswith("bench file b.toml: ")
    assert "\n" not in str(caught.value)
