"""The report of a run: `report.html` for people, `results.json` for programs, `junit.xml` for CI servers."""

from __future__ import annotations

from pathlib import Path

from rig.report.files import prepare_directory, write_together
from rig.report.model import Report

__all__ = ["prepare_directory", "write_report"]


def write_report(report: Report, directory: Path) -> None:
    """Write the three files into `directory`, all or none.

    Raises ConfigurationError when the directory cannot be written. Timelines and captures, which the report links to by
    relative paths, are written by whoever ran the cases.
    """
    from rig.report import html, junit, results

    contents = {
        results.FILE_NAME: results.render_results(report),
        junit.FILE_NAME: junit.render_junit(report),
        html.FILE_NAME: html.render_html(report),
    }
    write_together(directory, contents)
