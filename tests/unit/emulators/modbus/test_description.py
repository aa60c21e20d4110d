"""Descriptions of meters: what a file may say, and what it is told when it says something else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emulators.errors import BadConfiguration
from emulators.modbus.description import Description, Rtu, Tcp, Transformer, load, models, parse
from emulators.modbus.quantities import QUANTITIES

MINIMAL = """
name = "Test"
transport = "rtu"
registers = [{ at = 0, quantity = "current_l1_a" }]
"""


def test_every_meter_of_the_package_loads() -> None:
    assert set(models()) == {
        "abb-b23",
        "e27",
        "eem-350",
        "eem-ma370",
        "em340",
        "iem3155",
        "sdm120ct",
        "sdm230",
        "sdm72ct",
        "sdm72d",
        "sdm72d-v1",
    }
    assert len({load(model).name for model in models()}) == len(models())


def test_a_file_of_the_users(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(MINIMAL, encoding="utf-8")
    description = load(path)
    assert (description.name, description.unit, description.rtu.baud) == ("Test", 1, 9600)
    assert load(str(path)) == description


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("", "]"), r"mine.toml: .*at line 5"),
        (('transport = "rtu"', 'transport = "udp"'), r"Invalid enum value 'udp' - at `\$.transport`"),
        (('transport = "rtu"', ""), r"missing required field `transport`"),
        (('transport = "rtu"', 'transport = "rtu"\nphase = 3'), r"unknown field `phase`"),
        (("at = 0", "at = 65536"), r"Expected `int` <= 65535 - at `\$.registers\[0\].at`"),
        (("at = 0", "at = '0'"), r"Expected `int`, got `str` - at `\$.registers\[0\].at`"),
        (("current_l1_a", "curent_l1_a"), r"registers\[0\]: 'curent_l1_a' is no quantity; is current_l1_a meant\?"),
        (("current_l1_a", "?"), r"registers\[0\]: '\?' is no quantity; docs/adding-a-meter.md lists them"),
        (("at = 0", "at = 0, scale = 0"), r"registers\[0\].scale cannot be 0"),
        (("", "[defaults]\nscale = 0"), "defaults.scale cannot be 0"),
        (("", "unit = 0"), r"Expected `int` >= 1 - at `\$.unit`"),
        (("", "functions = [3, 5]"), r"Invalid enum value 5 - at `\$.functions\[1\]`"),
        (("", "max_registers = 126"), r"Expected `int` <= 125"),
        (("", "update_s = 0"), r"Expected `float` > 0"),
        (("", "zeros = [{ first = 5, last = 4 }]"), "zeros from 5 to 4 are none"),
        (("", '[rtu]\nchar_format = "7E1"'), "are like 8N1"),
        (("", "[rtu]\nbaud = 0"), "a baud rate is above 0"),
        (("", 'settings = [{ at = 0, name = "x" }, { at = 2, name = "x" }]'), "setting x is there twice"),
        (("", 'settings = [{ at = 0, name = "x", default = 9, range = [1, 5] }]'), "x: the default 9 lies outside"),
        (("", 'settings = [{ at = 0, name = "x", codes = [[1, "a"]] }]'), "x: the default 0 is none of its codes"),
        (("", 'settings = [{ at = 0, name = "baud", codes = [[2, 2400]] }]'), "baud has no code for 9600"),
        (("", 'settings = [{ at = 0, name = "baud", codes = [[0, "fast"], [2, 9600]] }]'), "a number and a baud rate"),
        (("", 'settings = [{ at = 0, name = "char_format", codes = [[0, "8N1"], [1, "7E1"]] }]'), "are like 8N1"),
        (("", 'settings = [{ at = 0, name = "unlock" }]'), "a setting password, which is missing"),
        (("", '[transformer]\nsetting = "ct"\nsecondary = 5\nratio = 1'), "there is no setting 'ct'"),
        (("", '[transformer]\nsetting = "ct"\nsecondary = 0\nratio = 1'), r"Expected `float` > 0"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, change: tuple[str, str], why: str) -> None:
    path = tmp_path / "mine.toml"
    old, new = change
    path.write_text(MINIMAL.replace(old, new) if old else MINIMAL + new, encoding="utf-8")
    with pytest.raises(BadConfiguration, match=why) as caught:
        load(path)
    assert "\n" not in str(caught.value)
    assert "mine.toml" in str(caught.value)


def test_meters_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match=r"there is no meter 'sdm231'; there is .*sdm230.*, or FILE.toml"):
        load("sdm231")
    with pytest.raises(BadConfiguration, match=r"none.toml: cannot be read \(No such file or directory\)"):
        load(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"name = '\xe9'")
    with pytest.raises(BadConfiguration, match="UTF-8, which byte 8 is not"):
        load(tmp_path / "latin.toml")


def test_a_text_can_be_parsed_without_a_file() -> None:
    assert parse(MINIMAL, "here").registers[0].at == 0
    with pytest.raises(BadConfiguration, match="here: "):
        parse("", "here")


def test_the_page_on_adding_a_meter_is_right(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[4] / "docs" / "adding-a-meter.md").read_text(encoding="utf-8")
    (example,) = [part.removeprefix("toml\n") for part in page.split("```") if part.startswith("toml\n")]
    assert parse(example, "the example").registers[3].quantity == "power_w"
    told = page.replace("`, `", "`\n`")
    for name in QUANTITIES:
        common = re.sub("_l[123](?=_|$)", "_L", name) if "_l1_l2" not in name and name.count("_l") == 1 else name
        assert f"`{common}`" in told or f"`{name}`" in told, name
    parts = {"": Description, "rtu.": Rtu, "tcp.": Tcp, "transformer.": Transformer}
    for prefix, part in parts.items():
        for field in part.__struct_fields__:
            assert f"`{prefix}{field}`" in told or field in ("rtu", "tcp", "transformer"), prefix + field
