"""Standard output and standard error."""

from __future__ import annotations

import contextlib
import io
import os
import sys

import pytest

from rig.terminal import complain, output


def test_results_go_where_standard_output_was(capsys: pytest.CaptureFixture[str]) -> None:
    console = output()
    with contextlib.redirect_stdout(io.StringIO()) as elsewhere:
        console.print("passed")
    assert capsys.readouterr().out == "passed\n"
    assert elsewhere.getvalue() == ""


def test_a_reader_that_goes_away_is_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w", encoding="utf-8") as stdout:  # noqa: PTH123  there is no path to it
        monkeypatch.setattr(sys, "stdout", stdout)
        with pytest.raises(SystemExit) as left:
            output().print("passed")
    assert left.value.code == 2


def test_a_complaint_is_one_line_however_long(capsys: pytest.CaptureFixture[str]) -> None:
    message = "bench file [bold]x[/3]: " + "a very long story " * 50
    complain(message)
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"evse-rig: {message}\n")
