"""The settings of stations, as the rig gets at them."""

from __future__ import annotations

from pathlib import Path

import pytest

from rig.handles import ExternalHandle, ReferenceHandle
from rig.handles.settings_face import SettingsFace

FACTORY = """
class Desk:
    def refusal(self, given): return "no"
    def listed(self): return ["Own"]
    def shown(self, given): return {"Own": "1"}
    def warnings(self, given): return ["well"]

def with_desk(settings, **ports): raise AssertionError("not switched on")
with_desk.settings_face = Desk()

def without(settings, **ports): raise AssertionError("not switched on")
"""


@pytest.fixture
def factory(tmp_path: Path) -> str:
    path = tmp_path / "stations.py"
    path.write_text(FACTORY, encoding="utf-8")
    return str(path)


def face(handle: ReferenceHandle) -> SettingsFace:
    assert handle.settings_face is not None
    return handle.settings_face


def test_the_reference_station() -> None:
    own = face(ReferenceHandle())
    assert own.refusal({"Station maximum current": "20.0"}) == ""
    assert own.shown({"Station maximum current": "20.0"})["Station-MaxCurrent"] == "20.0"
    assert own.refusal({"Station-MaxCurrent": 5}).startswith("Station-MaxCurrent: 5 is not allowed")
    assert "Station-MaxCurrent" in own.listed()
    assert own.warnings({}) == []
    assert len(own.warnings({"Station-MaxCurrent": 10})) == 1


def test_a_factory_may_bring_its_own(factory: str) -> None:
    own = face(ReferenceHandle(factory=f"{factory}:with_desk"))
    assert (own.refusal({}), own.listed(), own.shown({}), own.warnings({})) == ("no", ["Own"], {"Own": "1"}, ["well"])


def test_a_factory_without_has_those_of_the_reference_station(factory: str) -> None:
    assert face(ReferenceHandle(factory=f"{factory}:without")).refusal({}) == ""


def test_of_somebody_elses_nothing_is_known() -> None:
    assert ExternalHandle("", sees_pilot=True).settings_face is None
