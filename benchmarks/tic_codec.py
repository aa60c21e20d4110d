"""How long a TIC frame takes to write and to read, beside readers from PyPI. `python -m benchmarks.tic_codec` shows it.

The frames are those of a meter whose currents change all the time, one after the other: what changes from frame to
frame is new, the rest is not. In "all new" every number of every frame is a new one. Readers that are not installed are
left out. What they do for a frame: split it, check every checksum, turn texts into values. None checks widths, order or
completeness.
"""

from __future__ import annotations

import importlib
import random
import timeit
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import msgspec

from emulators.site import Sine, Site
from emulators.tic import Frame, Group, Meter, decode, encode
from emulators.tic.contracts import OFF_PEAK
from emulators.tic.forms import Digits
from emulators.tic.labels import HISTORIQUE, STANDARD

FRAMES = 1000
REPEATS = 15
# The readers from PyPI take up to a fifth of a millisecond for one.
PEER_FRAMES = 200
PEER_REPEATS = 5
EPOCH = datetime(2026, 7, 3, 11, 15, 0, tzinfo=UTC)

Reader = Callable[[bytes], object]


def stream(mode: str, phases: int, *, producer: bool = False) -> list[bytes]:
    """Frames of a house whose currents swing, with a two-tariff contract."""
    site = Site(phases=phases)
    site.add_load("house", *[Sine(12.0 + 3 * n, 10.0, 60.0 + n) for n in range(phases)], power_factor=0.95)
    meter = Meter(
        mode,
        site.read,
        lambda now_s: EPOCH + timedelta(seconds=now_s),
        phases=phases,
        producer=producer,
        contract=OFF_PEAK,
        short_frames=False,
    )
    return [meter.step(meter.next_deadline_s()) for _ in range(FRAMES)]


def serial_teleinfo() -> Reader:
    """Line by line, as its Client does with what it reads from a port."""
    package = importlib.import_module("serial_teleinfo")
    parse_line, parsers = package.parse_line, package.type_parsers

    def read(frame: bytes) -> list[object]:
        values = []
        for line in (frame[2:] + b"\x02\n").split(b"\n")[:-1]:
            key, value, end = parse_line(line + b"\n")
            values.append(parsers[key](key, value, end))
        return values

    return read


def kylin() -> Reader:
    """Line by line, as its Kylin.readframe does, with its check of the checksum; the values stay texts."""
    package = importlib.import_module("kylin")
    package.LOGGER.disabled = True

    def read(frame: bytes) -> list[dict[str, str]]:
        groups = []
        for line in frame.decode("ascii").replace("\r", "").split("\n")[1:]:
            line = line.rstrip("\x03")
            name, value, checksum = (*line.split(), " ")[:3]
            if not package.frame_is_valid(line, checksum):
                raise ValueError(line)
            groups.append({"name": name, "value": value, "checksum": checksum})
        return groups

    return read


def enedis_tic() -> Reader:
    """Frame by frame, as its Link does; the values stay texts, time stamps become datetimes."""
    factory = importlib.import_module("enedis_tic.link_layer").FrameFactory
    return lambda frame: factory(frame.decode("ascii")).to_dict()


PEERS: dict[str, Sequence[tuple[str, Callable[[], Reader]]]] = {
    "historique": (("serial-teleinfo", serial_teleinfo), ("kylin", kylin)),
    "standard": (("enedis-tic", enedis_tic),),
}


def all_new(frames: list[Frame]) -> list[bytes]:
    """The same kind of frames, with another number in every group that has one."""
    rng = random.Random(1)
    forms = {row.name: row.form for row in (*HISTORIQUE, *STANDARD)}

    def renewed(group: Group) -> Group:
        form = forms[group.label]
        if not isinstance(form, Digits):
            return group
        return msgspec.structs.replace(group, value=rng.randrange(form.most or form.base**form.count))

    return [encode(Frame(frame.mode, tuple(map(renewed, frame.groups)))) for frame in frames]


def microseconds_each(work: Callable[[Any], object], items: list[Any], repeats: int) -> float:
    """The median over `repeats` runs of the time for one item."""

    def run() -> None:
        for item in items:
            work(item)

    return median(timeit.repeat(run, number=1, repeat=repeats)) / len(items) * 1e6


def main() -> None:
    for mode, phases, producer in (
        ("historique", 1, False),
        ("historique", 3, False),
        ("standard", 1, False),
        ("standard", 3, True),
    ):
        data = stream(mode, phases, producer=producer)
        frames = [decode(frame) for frame in data]
        decode_us = microseconds_each(decode, data, REPEATS)
        rows = {
            "encode": microseconds_each(encode, frames, REPEATS),
            "decode": decode_us,
            "decode, all new": microseconds_each(decode, all_new(frames), REPEATS),
        }
        for name, make in PEERS[mode]:
            try:
                reader = make()
            except ImportError:
                continue
            rows[name] = microseconds_each(reader, data[:PEER_FRAMES], PEER_REPEATS)
        kind = "producer" if producer else "consumer"
        print(f"TIC frame, {mode}, {phases} phase(s), {kind}, {len(data[0])} bytes (medians)")
        for name, us in rows.items():
            factor = "" if name in ("encode", "decode") else f", {us / decode_us:.1f} x decode"
            print(f"  {name:<16} {us:8.1f} us  {1e6 / us:9,.0f} frames/s{factor}")


if __name__ == "__main__":
    main()
