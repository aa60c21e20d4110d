"""Reading scenario files, and saying in one line what is wrong with one: file, table or step, what, what is allowed."""

from __future__ import annotations

import re
import tomllib
from difflib import get_close_matches
from pathlib import Path

import msgspec

from rig.errors import ConfigurationError
from rig.scenario.form import (
    Anchor,
    BenchTable,
    Drive,
    Expect,
    InvariantsTable,
    LineFault,
    Mains,
    MeterFault,
    PilotFault,
    Plug,
    Range,
    Scenario,
    Step,
    Unplug,
)
from rig.scenario.script import Script, script

SUFFIX = ".scenario.toml"
_STEP = re.compile(r"step\[(\d+)\]\.?")
_STRUCTS: dict[str, type[msgspec.Struct]] = {
    "bench": BenchTable,
    "invariants": InvariantsTable,
    "plug": Plug,
    "unplug": Unplug,
    "car": Drive,
    "meter_fault": MeterFault,
    "line_fault": LineFault,
    "pilot_fault": PilotFault,
    "mains": Mains,
    "expect": Expect,
    "expect.after": Anchor,
}


def is_scenario(path: Path) -> bool:
    """Whether a file is one by its name."""
    return path.name.endswith(SUFFIX)


def stem_of(path: Path) -> str:
    """The name of a file without its ending."""
    return path.name.removesuffix(SUFFIX)


def found(path: Path) -> list[Path]:
    """The file itself, or the scenario files in a folder and below it, by name. Raises ConfigurationError for none."""
    if is_scenario(path):
        return [path]
    files = sorted(path.rglob(f"*{SUFFIX}")) if path.is_dir() else []
    if not files:
        raise ConfigurationError(f"{path}: neither a file that ends in {SUFFIX} nor a folder of such files")
    return files


def read(path: Path) -> Scenario:
    """What a file says, in form. Raises ConfigurationError."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError(f"scenario {path}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"scenario {path} cannot be read: {error}") from None
    try:
        return parse(text, stem_of(path))
    except ConfigurationError as error:
        raise ConfigurationError(f"scenario {path}: {error}") from None


def parse(text: str, name: str = "") -> Scenario:
    """A text, in form; `name` is what it is called when it does not say. Raises ConfigurationError."""
    try:
        return msgspec.convert({"name": name, **tomllib.loads(text)}, Scenario)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"not TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise ConfigurationError(_explain(str(error))) from None


def load(path: Path) -> Script:
    """A file, checked. Raises ConfigurationError."""
    scenario = read(path)
    try:
        return script(scenario, path.parent)
    except ConfigurationError as error:
        raise ConfigurationError(f"scenario {path}: {error}") from None


def _explain(message: str) -> str:
    """msgspec says `… - at `$.step[2].plug.socket``; say it as somebody who wrote the file would."""
    what, _, where = message.partition(" - at ")
    table = where.strip("`").removeprefix("$").removeprefix(".")
    step = _STEP.match(table)
    place = table if step is None else table[step.end() :]
    text = f"{what}{_allowed(what, place, in_step=step is not None)}"
    if step is not None:
        return f"step {int(step[1]) + 1}{f', {place}' if place else ''}: {text}"
    return f"[{place}]: {text}" if place else f"at the top level: {text}"


def _allowed(what: str, place: str, *, in_step: bool) -> str:
    """What could have stood there."""
    if "Expected `float | object" in what:
        return f"; a number, or a range such as {{ {Range.__struct_fields__[0]} = 6.0 }}"
    if "unknown field" not in what:
        return ""
    struct = (Step if in_step else Scenario) if not place else _STRUCTS.get(place, Range)
    keys = struct.__struct_encode_fields__
    near = get_close_matches(what.split("`")[1], keys, n=1)
    return f"; is {near[0]} meant?" if near else f"; allowed are: {', '.join(keys)}"
