"""Where suites and fixtures are: in a checkout, in an installed wheel, and nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from rig import paths
from rig.errors import ConfigurationError, HarnessError


def make(folder: Path, *suites: str) -> Path:
    for name in suites:
        (folder / name).mkdir(parents=True)
        (folder / name / "test_x.py").touch()
    return folder


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    package = tmp_path / "rig"
    package.mkdir()
    monkeypatch.setattr(paths, "_PACKAGE", package)
    return package


def test_in_this_checkout() -> None:
    assert {"alb_p1", "ocp"} <= set(paths.suite_names())
    assert paths.suites().is_dir()
    assert (paths.fixtures() / "p1").is_dir()


def test_in_a_checkout(package: Path) -> None:
    suites = make(package.parent / "tests" / "conformance", "ocp")
    (package.parent / "fixtures").mkdir()
    assert (paths.suites(), paths.fixtures()) == (suites, package.parent / "fixtures")
    assert paths.suite_paths([]) == [suites / "ocp"]


def test_in_an_installed_wheel(package: Path) -> None:
    suites = make(package / "suites", "ocp", "alb_p1")
    (package / "fixtures").mkdir()
    assert (paths.suites(), paths.fixtures()) == (suites, package / "fixtures")
    assert paths.suite_paths([]) == [suites / "alb_p1", suites / "ocp"]


def test_a_wheel_beside_somebody_elses_tests(package: Path) -> None:
    """site-packages may hold a stray `tests` of another distribution"""
    suites = make(package / "suites", "ocp")
    make(package.parent / "tests" / "conformance", "theirs")
    assert paths.suites() == suites


@pytest.mark.parametrize(("find", "name"), [(paths.suites, "suites"), (paths.fixtures, "fixtures")])
def test_nowhere(package: Path, find: object, name: str) -> None:
    assert callable(find)
    with pytest.raises(HarnessError, match=f"the {name} are missing from this installation; reinstall evse-rig"):
        find()


def test_only_folders_with_cases_are_suites(package: Path) -> None:
    suites = make(package / "suites", "ocp")
    (suites / "__pycache__").mkdir()
    (suites / "test_stray.py").touch()
    assert paths.suite_names() == ["ocp"]


def test_chosen_suites_keep_their_order(package: Path) -> None:
    suites = make(package / "suites", "a", "b", "c")
    assert paths.suite_paths(["c", "a"]) == [suites / "c", suites / "a"]


@pytest.mark.parametrize("name", ["ocpp", "ocp/", "../ocp", "", "OCP"])
def test_an_unknown_suite(package: Path, name: str) -> None:
    make(package / "suites", "ocp", "alb_p1")
    with pytest.raises(ConfigurationError, match=r"there is no suite .*; there is alb_p1, ocp"):
        paths.suite_paths(["ocp", name])
