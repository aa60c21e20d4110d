"""Rows of the table of divisions, as scenarios."""

from __future__ import annotations

from pathlib import Path

import pytest

from rig import paths
from rig.errors import HarnessError
from rig.kit.division import examples
from rig.scenario.form import action_of

ROW = """
[[example]]
id = "X"
clauses = ["PH-015"]
orders = ["L1", "L2|L3"]
station_a = 50.0
connector_a = 25.0
cars = ["1p", "none|3p"]
offers_a = [25.0, 12.5]
loaded = [1, 1]
"""


def test_every_alternative_of_a_row(tmp_path: Path) -> None:
    table = tmp_path / "table.toml"
    table.write_text(ROW)
    made = list(examples(table))
    assert [each.scenario.name for each in made] == ["X L2 none", "X L2 3p", "X L3 none", "X L3 3p"]
    none, both = made[0], made[1]
    assert (none.scenario.bench.feeder, none.scenario.bench.feeder_2, none.scenario.bench.feeders) == ("L1", "L2", 2)
    assert [action_of(timed.step)[0] for timed in none.steps] == ["plug", *["expect"] * 4]
    offers = [timed.step.expect.offered_a for timed in both.steps if timed.step.expect is not None]
    assert offers == [25.0, None, 12.5, None]
    assert [timed.step.expect.offered_a for timed in none.steps if timed.step.expect is not None][2] == 0.0
    assert none.clauses == ("PH-015",)


def test_the_table_of_the_suite() -> None:
    made = list(examples(paths.suites() / "scenarios" / "division.toml"))
    assert len(made) == len({each.scenario.name for each in made}) > 50


def test_a_broken_table_is_an_error_of_the_harness(tmp_path: Path) -> None:
    (tmp_path / "table.toml").write_text("[[example]]\nid = 'x'\n")
    with pytest.raises(HarnessError, match="missing required field"):
        list(examples(tmp_path / "table.toml"))
