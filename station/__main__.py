"""`python -m station`: the reference station alone on given ports, its events on standard output as JSON lines."""

import argparse
import asyncio
import json
import signal
import sys
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from station import scaled_loop
from station.errors import PortError, SettingError
from station.runtime import StationRuntime
from station.settings import Settings, canonical

EXIT_BAD_CONFIGURATION = 3
EXIT_PORT = 2


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_BAD_CONFIGURATION, f"{self.prog}: {message}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run until interrupted. Returns 0, 2 when a port cannot be opened, 3 for bad usage or settings."""
    parser = _parser()
    args = parser.parse_args(argv)
    try:
        settings = Settings.from_mapping(canonical(_from_file(args.settings)) | canonical(_from_options(args.set)))
        scaled_loop.run(_run(settings, args.board, args.p1, wait=args.wait), args.speed)
    except SettingError as error:
        parser.exit(EXIT_BAD_CONFIGURATION, f"{parser.prog}: {error}\n")
    except PortError as error:
        parser.exit(EXIT_PORT, f"{parser.prog}: {error}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m station", description=__doc__, allow_abbrev=False)
    parser.add_argument("--board", required=True, metavar="ADDRESS", help="unix:/path or tcp:host:port")
    parser.add_argument("--p1", metavar="PORT", help="tty of the P1 meter, or socket:// or rfc2217:// URL")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="settings in TOML")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="one setting; over the file")
    parser.add_argument("--wait", action="store_true", help="the board may come later; go on trying to connect")
    parser.add_argument("--speed", type=_speed, default=1.0, metavar="N", help="wall clock times N")
    return parser


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


async def _run(settings: Settings, board: str, p1: str | None, *, wait: bool) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    runtime = StationRuntime(settings, board=board, p1=p1, emit=_print, wait_for_board=wait)
    await runtime.start()
    await stopped.wait()
    await runtime.stop()


def _print(at_s: float, kind: str, fields: dict[str, object]) -> None:
    print(json.dumps({"at_s": round(at_s, 6), "kind": kind, **fields}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
