"""Another way to build a station, found by module or by file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rig.errors import ConfigurationError
from rig.handles.factory import find


@pytest.fixture(autouse=True)
def modules() -> Iterator[None]:
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_by_module() -> None:
    assert find("os:getcwd") is os.getcwd
    assert find("os.path:join") is os.path.join


def test_by_file(tmp_path: Path) -> None:
    path = write(tmp_path / "stations.py", "def late(): return 'late'\n")
    assert find(f"{path}:late")() == "late"
    assert find(f"{path}:late") is find(f"{path}:late")  # one module, however often it is asked for


def test_by_file_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "stations.py", "def late(): return 'late'\n")
    monkeypatch.chdir(tmp_path)
    assert find("stations.py:late")() == "late"


def test_files_with_one_name_in_two_folders(tmp_path: Path) -> None:
    first = write(tmp_path / "a" / "stations.py", "def who(): return 'a'\n")
    second = write(tmp_path / "b" / "stations.py", "def who(): return 'b'\n")
    assert (find(f"{first}:who")(), find(f"{second}:who")()) == ("a", "b")


def test_a_file_with_dataclasses(tmp_path: Path) -> None:
    text = (
        "from __future__ import annotations\n"
        "from dataclasses import dataclass\n"
        "@dataclass\n"
        "class Late:\n"
        "    after_s: int = 1\n"
    )
    assert find(f"{write(tmp_path / 'x.py', text)}:Late")().after_s == 1


@pytest.mark.parametrize("reference", ["", "os", "os:", ":getcwd"])
def test_what_is_no_reference(reference: str) -> None:
    with pytest.raises(ConfigurationError, match=r"write module:function or path/to/file\.py:function"):
        find(reference)


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("no.such.module:x", "No module named 'no'"),
        ("os:no_such_function", "os has no function 'no_such_function'"),
        ("os:sep", "os has no function 'sep'"),
        ("/no/such/file.py:x", "FileNotFoundError"),
    ],
)
def test_what_is_not_there(reference: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        find(reference)
    assert f"factory {reference!r}: " in str(caught.value)


@pytest.mark.parametrize("text", ["def f(:", "raise ValueError('mine')", "import no_such_module", "1 // 0"])
def test_a_file_that_is_broken_stays_broken(tmp_path: Path, text: str) -> None:
    reference = f"{write(tmp_path / 'broken.py', text)}:f"
    messages = []
    for _ in range(2):
        with pytest.raises(ConfigurationError) as caught:
            find(reference)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    assert "has no function" not in messages[0]
