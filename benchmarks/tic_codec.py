"""How long a TIC frame takes to read and to write, beside readers from PyPI. `python -m benchmarks.tic_codec` shows it.

Everybody gets the bytes of a frame, from STX to ETX, and gives its values, every checksum checked. Two kinds of frames:
those of a running meter whose currents change all the time, one after the other, and "all new", where every number of
every frame is a new one. All readers read the same frames in turns, round after round; a factor is the median of what
it was in each round.

Ours are the station's reader (values: the current of each phase, signed) and the decoder of the emulators (values: all
of them, as numbers and texts). Beyond the checksums both check the shape of the frame, labels, widths and digits. The
readers from PyPI are given what helps them: the frame is cut out of the stream already, and of `teleinfo`, which
fetches character by character, only the part that parses is measured. What they check is the checksums; values stay
texts but in serial-teleinfo. Readers that are not installed are left out. Measured once and slower by far: pyticcom,
pytictri and python-tic (one reader, which also loses the last group of a frame) and pyteleinfo (Python 3.12 or later).
"""

from __future__ import annotations

import importlib
import logging
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import msgspec

from emulators.site import Sine, Site
from emulators.tic import Frame, Group, Meter, decode, encode
from emulators.tic.contracts import OFF_PEAK
from emulators.tic.forms import Digits
from emulators.tic.labels import HISTORIQUE, STANDARD
from rig.clock import stopwatch
from station.sources.tic.codec import decode_frame
from station.sources.tic.currents import currents_a

FRAMES = 400
ROUNDS = 15
GOAL = 2.0
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


def station(frame: bytes) -> object:
    """As the station's reader does with a frame."""
    return currents_a(decode_frame(frame))


def teleinfo() -> Reader:
    """As its Parser does with the characters between STX and ETX; the values stay texts."""

    class Given(importlib.import_module("teleinfo").Parser):  # type: ignore[misc]
        def __init__(self) -> None:
            """Without the device that the characters come from."""

        def _get_raw_frame(self) -> str:
            return str(self.raw)

    parser: Any = Given()

    def read(frame: bytes) -> object:
        parser.raw = frame[1:-1].decode("ascii")
        return parser.get_frame()

    return read


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


PEERS: Mapping[str, Sequence[tuple[str, Callable[[], Reader]]]] = {
    "historique": (("teleinfo", teleinfo), ("kylin", kylin), ("serial-teleinfo", serial_teleinfo)),
    "standard": (("enedis-tic", enedis_tic),),
}
OURS: Mapping[str, Reader] = {"station": station, "emulators": decode}


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


def microseconds_each(work: Callable[[Any], object], items: Sequence[Any]) -> float:
    """The time for one item, from one run over all."""
    wall_s = stopwatch()
    for item in items:
        work(item)
    return wall_s() / len(items) * 1e6


def compare(workers: Mapping[str, Callable[[Any], object]], items: Sequence[Any]) -> dict[str, list[float]]:
    """Microseconds for one item by each worker in each round."""
    rounds = [{name: microseconds_each(work, items) for name, work in workers.items()} for _ in range(ROUNDS)]
    return {name: [times[name] for times in rounds] for name in workers}


def peers(mode: str) -> dict[str, Reader]:
    """Those that are installed."""
    found = {}
    for name, make in PEERS[mode]:
        try:
            found[name] = make()
        except ImportError:
            continue
    return found


@contextmanager
def silent() -> Iterator[None]:
    """Some readers write to the log for each frame, if it is only to see that nobody listens."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def show(kind: str, data: Sequence[bytes], others: Mapping[str, Reader]) -> None:
    """Print a table of readers of these frames, and our factors over the fastest of the others."""
    with silent():
        times_us = compare({**OURS, **others}, data)
    print(f"  {kind}")
    for name, us in times_us.items():
        print(f"    read, {name:<16} {median(us):7.1f} us  {1e6 / median(us):9,.0f} frames/s")
    if others:
        fastest = min(others, key=lambda name: median(times_us[name]))
        for name in OURS:
            factors = sorted(theirs / ours for ours, theirs in zip(times_us[name], times_us[fastest], strict=True))
            spread = f"{factors[0]:.2f} to {factors[-1]:.2f}"
            print(f"    {name}: {median(factors):.2f} times as fast as {fastest} ({spread}; goal {GOAL:g})")


def main() -> None:
    for mode, phases, producer in (
        ("historique", 1, False),
        ("historique", 3, False),
        ("standard", 1, False),
        ("standard", 3, True),
    ):
        data = stream(mode, phases, producer=producer)
        frames = [decode(frame) for frame in data]
        new = all_new(frames)
        print(
            f"TIC frame, {mode}, {phases} phase(s), {'producer' if producer else 'consumer'}, {len(data[0])} bytes, "
            f"medians of {ROUNDS} rounds of {FRAMES}"
        )
        show("running meter", data, peers(mode))
        show("all new", new, peers(mode))
        written_us = compare({"write": encode}, frames)["write"]
        written_new_us = compare({"write": encode}, [decode(frame) for frame in new])["write"]
        print(f"  write {median(written_us):.1f} us, all new {median(written_new_us):.1f} us")


if __name__ == "__main__":
    main()
