"""Reading scenario files: where they are, and the one line that says what is wrong with one."""

from __future__ import annotations

from pathlib import Path

import pytest

from rig import paths
from rig.errors import ConfigurationError
from rig.scenario.file import found, load, parse, read

OF_THE_PACKAGE = found(paths.fixtures())


@pytest.mark.parametrize("path", OF_THE_PACKAGE, ids=lambda path: path.name.partition(".")[0])
def test_every_file_of_the_package_is_as_it_should_be(path: Path) -> None:
    script = load(path)
    assert script.scenario.name
    assert script.clauses


def test_the_name_is_that_of_the_file_unless_it_says(tmp_path: Path) -> None:
    path = tmp_path / "my-bug.scenario.toml"
    path.write_text('[[step]]\nplug = { car = "slow" }\n')
    assert read(path).name == "my-bug"
    path.write_text('name = "A bug"\n')
    assert read(path).name == "A bug"


def test_files_of_a_folder_by_name(tmp_path: Path) -> None:
    for name in ("b.scenario.toml", "deep/a.scenario.toml", "other.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [path.name for path in found(tmp_path)] == ["b.scenario.toml", "a.scenario.toml"]
    with pytest.raises(ConfigurationError, match=r"neither a file that ends in .* nor a folder"):
        found(tmp_path / "other.toml")


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.scenario\.toml: there is no such file"):
        load(tmp_path / "none.scenario.toml")
    (tmp_path / "bytes.scenario.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load(tmp_path / "bytes.scenario.toml")


STEP = "[[step]]\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name =", "not TOML: Invalid value"),
        ("nmae = 'x'", "at the top level: Object contains unknown field `nmae`; is name meant?"),
        ("[bench]\nmeters = 'dsmr5'", "[bench]: Object contains unknown field `meters`; is meter meant?"),
        ("[bench]\nsockets = 3", "[bench.sockets]: Invalid enum value 3"),
        ("[invariants]\noffer = false", "[invariants]: Object contains unknown field `offer`; is offers meant?"),
        (STEP + "hosue_a = 3", "step 1: Object contains unknown field `hosue_a`; is house_a meant?"),
        (STEP + "plug = {}", "step 1, plug: Object missing required field `car`"),
        (
            STEP + "unplug = { plug = 1 }",
            "step 1, unplug: Object contains unknown field `plug`; allowed are: socket",
        ),
        (
            STEP + "reboot = true\n" + STEP + "expect = { offered_a = 'six' }",
            "step 2, expect.offered_a: Expected `float | object | null`, got `str`; "
            "a number, or a range such as { at_least = 6.0 }",
        ),
        (
            STEP + "expect = { offered_a = { atleast = 6 } }",
            "step 1, expect.offered_a: Object contains unknown field `atleast`; is at_least meant?",
        ),
        (
            STEP + "expect = { pilot = 'F', after = { oferd_a = 6 } }",
            "step 1, expect.after: Object contains unknown field `oferd_a`; is offered_a meant?",
        ),
        (STEP + "contact = 'shut'", "step 1, contact: Invalid enum value 'shut'"),
    ],
)
def test_what_does_not_fit_the_form(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(text)
    assert str(caught.value).startswith(message)


def test_the_example_of_the_docs_is_the_file_it_names() -> None:
    docs = Path(__file__).parents[4] / "docs" / "scenarios.md"
    text = docs.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]
    shown, whole = parse(text), read(paths.fixtures() / "scenarios" / "examples" / "meter-unplugged.scenario.toml")
    assert shown.steps == whole.steps[: len(shown.steps)]
    assert (shown.name, shown.station, shown.bench) == (whole.name, whole.station, whole.bench)
