"""Shipped tables either fit their types or say where they do not; unknown keys are answered with near ones."""

from __future__ import annotations

import msgspec
import pytest

from rig.clauses.tables import look_up, read_file, to_rows
from rig.errors import ConfigurationError, HarnessError


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    value: float
    area: str = ""


def test_rows_carry_their_key_and_the_common_fields() -> None:
    assert to_rows("x.toml", {"A-1": {"value": 2}}, Row, area="A") == {"A-1": Row("A-1", 2.0, "A")}


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [({"value": "two"}, "Expected `float`"), ({"value": 2, "valeu": 3}, "valeu"), ({}, "value"), (7, "mapping")],
)
def test_a_row_that_does_not_fit_is_named(fields: object, complaint: str) -> None:
    with pytest.raises(HarnessError, match=rf"x\.toml: \[A-1\]: .*{complaint}"):
        to_rows("x.toml", {"A-1": fields}, Row)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(HarnessError, match=r"nothing\.toml"):
        read_file("nothing.toml")


@pytest.mark.parametrize("asked", ["ALB-P1-16", "alb-p1-016", "ALB-P1-0016"])
def test_an_unknown_key_is_answered_with_the_nearest(asked: str) -> None:
    table = {"ALB-P1-016": 1, "OCP-001": 2}
    with pytest.raises(ConfigurationError, match=rf"unknown clause '{asked}'; did you mean ALB-P1-016\?"):
        look_up(table, asked, "clause")


def test_a_key_near_to_nothing_gets_no_suggestion() -> None:
    with pytest.raises(ConfigurationError, match=r"unknown clause 'zzz'$"):
        look_up({"OCP-001": 1}, "zzz", "clause")
