"""Reading a station's display and LED."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from rig.bench import Outlet
from rig.case import Case
from rig.kit import panel
from rig.kit.balancing import car
from rig.kit.panel import LEDS, Powers
from rig.kit.sharing import settings
from rig.options import RunOptions


@pytest.mark.parametrize(
    ("text", "powers"),
    [
        ("6.9 of 22.0 kW", Powers(6.9, 22.0)),
        ("6,9 / 22,0 kW", Powers(6.9, 22.0)),
        ("Charging: 0 kW, maximum 11 kW", Powers(0.0, 11.0)),
        ("11.0 of 11.0 kW", Powers(11.0, 11.0)),
        ("Chargepoint ready, waiting for power", None),
        ("302: One moment please.", None),
        ("6.9 kW", None),
    ],
)
def test_powers(text: str, powers: Powers | None) -> None:
    assert panel.powers_of(text) == powers


@pytest.mark.parametrize(
    ("pattern", "situations"),
    [
        ("dark blue steady", ["charging", "probed"]),
        ("dark blue flashing", ["asked for less", "suspended"]),
        ("light blue flashing", ["paused", "suspended"]),
        ("red/blue alternating", ["over-current"]),
        ("dark blue interrupted", ["safe current"]),
    ],
)
def test_situations_of_a_pattern(pattern: str, situations: list[str]) -> None:
    assert [name for name, led in LEDS.items() if led.fits(pattern)] == situations


@pytest.mark.parametrize("pattern", ["off", "None", "light blue steady", "green steady", "red steady"])
def test_patterns_of_none(pattern: str) -> None:
    assert not any(led.fits(pattern) for led in LEDS.values())


def observing(**fields: object) -> Outlet:
    """An outlet of which only these were seen, as `kind__field`."""
    seen = SimpleNamespace(field=lambda kind, name: fields[f"{kind}__{name}"], drawn_a=fields.get("drawn_a"))
    return cast(Outlet, SimpleNamespace(number=1, observed=seen))


@pytest.fixture
def case() -> Any:
    case = Case("unit/panel/case", RunOptions())
    yield case
    case.close()


@pytest.mark.parametrize(
    ("shown", "verdict"),
    [
        ("Chargepoint ready, waiting for power", "pass"),
        ("Chargepoint ready, waiting for power.", "pass"),
        ("Chargepoint ready", "fail"),
        ("waiting for power", "fail"),
    ],
)
def test_a_text(case: Case, shown: str, verdict: str) -> None:
    panel.judge_text(case, observing(display__text=shown), "text", panel.WAITING_TEXT, "UI-014", "LOG-015")
    assert [(each.clause, each.verdict) for each in case.judge.verdicts] == [("UI-014", verdict), ("LOG-015", verdict)]


def test_an_led(case: Case) -> None:
    for pattern in ("dark blue steady", "dark blue flashing"):
        panel.judge_led(case, observing(led__pattern=pattern), "charging", "UI-010")
    assert [each.verdict for each in case.judge.verdicts] == ["pass", "fail"]


def test_each_socket_has_an_led_and_a_display_of_its_own(case: Case) -> None:
    async def body() -> None:
        async with case.bench(settings(25.0), sockets=2) as bench:
            await bench.outlet(1).charge(car())
            await case.until(10.0)
            for outlet in bench.outlets:
                panel.judge_led(case, outlet, "charging", "UI-010")
                panel.judge_text(case, outlet, "idle", "Ready to charge", "SCM-008")

    case.run(body())
    assert [each.verdict for each in case.judge.verdicts] == ["pass", "fail", "fail", "pass"]


def test_what_is_drawn() -> None:
    assert panel.drawn_kw(observing(drawn_a=(10.0, 10.0, 5.0))) == 5.75
