"""`python -m station`: the reference station alone on given ports, its events on standard output as JSON lines.

`python -m station test-meter` reads the configured meter and prints the current per phase, or why it cannot.
`python -m station settings` prints every setting with its value, and what is advised against.
"""

import argparse
import asyncio
import json
import signal
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, NoReturn

from station import scaled_loop
from station.errors import PortError, SettingError
from station.meter_check import MeterCheck
from station.runtime import StationRuntime
from station.setting_table import as_json, table
from station.settings import Settings, canonical

EXIT_BAD_CONFIGURATION = 3
EXIT_PORT = 2
EXIT_NO_READING = 1

TEST_METER = "test-meter"
SETTINGS = "settings"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_BAD_CONFIGURATION, f"{self.prog}: {message}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run until interrupted, check the meter, or print the settings.

    Returns 0, 1 when the meter gives no reading, 2 when a port cannot be opened, 3 for bad usage or settings.
    """
    argv = sys.argv[1:] if argv is None else argv
    name = argv[0] if argv and argv[0] in _COMMANDS else ""
    command = _COMMANDS[name]
    parser = command.parser()
    args = parser.parse_args(argv[1:] if name else argv)
    try:
        return command.run(canonical(_from_file(args.settings)) | canonical(_from_options(args.set)), args)
    except SettingError as error:
        parser.exit(EXIT_BAD_CONFIGURATION, f"{parser.prog}: {error}\n")
    except PortError as error:
        parser.exit(EXIT_PORT, f"{parser.prog}: {error}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m station", description=__doc__, allow_abbrev=False)
    parser.add_argument("--board", required=True, metavar="ADDRESS", help="unix:/path or tcp:host:port")
    _add_meter(parser)
    _add_settings(parser)
    parser.add_argument("--wait", action="store_true", help="the board may come later; go on trying to connect")
    parser.add_argument("--speed", type=_speed, default=1.0, metavar="N", help="wall clock times N")
    return parser


def _check_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=f"python -m station {TEST_METER}",
        description="Test Smart Meter: one line per reading.",
        allow_abbrev=False,
    )
    _add_meter(parser)
    _add_settings(parser)
    parser.add_argument("--count", type=_count, default=1, metavar="N", help="how many readings")
    return parser


def _settings_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=f"python -m station {SETTINGS}",
        description="Every setting with its value, and what is advised against.",
        allow_abbrev=False,
    )
    _add_settings(parser)
    parser.add_argument("--json", action="store_true", help="as JSON")
    return parser


def _add_meter(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--p1", metavar="PORT", help="tty of the P1 meter, or socket:// or rfc2217:// URL")
    parser.add_argument(
        "--meter",
        metavar="URL",
        help="where the selected meter is: a port as for --p1, or tcp:host:port in place of MBTCPSmart-IPAddress",
    )


def _add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--settings", type=Path, metavar="FILE", help="settings in TOML")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="one setting; over the file")


def _count(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) <= 1000:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r}: a number from 1 to 1000 expected")


def _speed(text: str) -> float:
    with suppress(ValueError):
        if 0 < (speed := float(text)) < float("inf"):
            return speed
    raise argparse.ArgumentTypeError(f"{text!r}: a number above 0 expected")


def _from_options(options: Sequence[str]) -> dict[str, object]:
    settings: dict[str, object] = {}
    for option in options:
        key, equals, value = option.partition("=")
        if not equals:
            raise SettingError(f"--set {option!r}: KEY=VALUE expected")
        settings[key.strip()] = value.strip()
    return settings


def _from_file(path: Path | None) -> dict[str, object]:
    if path is None:
        return {}
    try:
        return dict(_flat(tomllib.loads(path.read_text("utf-8"))))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingError(f"settings file {path}: {getattr(error, 'strerror', None) or error}") from error


def _flat(table: Mapping[str, object], prefix: str = "") -> list[tuple[str, object]]:
    """`[ocp] pause_s = 300` is the setting `ocp.pause_s`."""
    flat: list[tuple[str, object]] = []
    for key, value in table.items():
        flat += _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else [(prefix + key, value)]
    return flat


def _charge(given: Mapping[str, object], args: argparse.Namespace) -> int:
    scaled_loop.run(_run(Settings.from_mapping(given), args), args.speed)
    return 0


def _test_meter(given: Mapping[str, object], args: argparse.Namespace) -> int:
    return 0 if asyncio.run(_check(Settings.from_mapping(given), args)) else EXIT_NO_READING


def _print_settings(given: Mapping[str, object], args: argparse.Namespace) -> int:
    print(as_json(given) if args.json else table(given))
    return 0


async def _run(settings: Settings, args: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    runtime = StationRuntime(
        settings, board=args.board, p1=args.p1, meter=args.meter, emit=_print, wait_for_board=args.wait
    )
    await runtime.start()
    await stopped.wait()
    await runtime.stop()


async def _check(settings: Settings, args: argparse.Namespace) -> bool:
    return await MeterCheck(settings, print, p1=args.p1, meter=args.meter).run(args.count)


def _print(at_s: float, kind: str, fields: dict[str, object]) -> None:
    print(json.dumps({"at_s": round(at_s, 6), "kind": kind, **fields}), flush=True)


class _Command(NamedTuple):
    """What a word on the command line stands for; without one the station charges."""

    parser: Callable[[], argparse.ArgumentParser]
    run: Callable[[Mapping[str, object], argparse.Namespace], int]


_COMMANDS = {
    "": _Command(_parser, _charge),
    TEST_METER: _Command(_check_parser, _test_meter),
    SETTINGS: _Command(_settings_parser, _print_settings),
}


if __name__ == "__main__":
    sys.exit(main())
