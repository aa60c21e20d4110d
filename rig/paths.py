"""Where the suites and fixtures are: inside the package when installed from a wheel, beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

from rig.errors import ConfigurationError, HarnessError

_PACKAGE = Path(__file__).resolve().parent


def _find(name: str, in_checkout: str) -> Path:
    for path in (_PACKAGE / name, _PACKAGE.parent / in_checkout):
        if path.is_dir():
            return path
    raise HarnessError(f"the {name} are missing from this installation; reinstall evse-rig")


def suites() -> Path:
    """The folder of the conformance suites."""
    return _find("suites", "tests/conformance")


def fixtures() -> Path:
    """The folder of the fixtures."""
    return _find("fixtures", "fixtures")


def suite_names() -> list[str]:
    """The suites by name, one per clause area."""
    return sorted(path.name for path in suites().iterdir() if path.is_dir() and any(path.glob("test_*.py")))


def suite_paths(names: list[str]) -> list[Path]:
    """The folders of some suites, of all when none is named. Raises ConfigurationError for an unknown name."""
    known = suite_names()
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ConfigurationError(f"there is no suite {unknown[0]!r}; there is {', '.join(known)}")
    return [suites() / name for name in names or known]
