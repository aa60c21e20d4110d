"""A capture over a line into the reference station's reader, as a case does it."""

from __future__ import annotations

from rig.captured import Kind
from rig.case import Case
from rig.errors import NotTestableHere
from rig.lines import Line
from rig.replay import Replayed, replay


async def read_by_station(rig: Case, data: bytes, kind: Kind) -> list[Replayed]:
    """The bytes over a paced line between two ttys, and what the reference station's reader made of them."""
    station = rig.options.bench.station
    if station.kind != "reference" or station.factory:
        raise NotTestableHere("only the reference station's own reader can be looked into")
    settings = kind.settings(data)
    async with Line(
        kind.name,
        loop=rig.loop,
        timeline=rig.timeline,
        rng=rig.random,
        baud=settings.baud,
        fmt=settings.fmt,
        capture=None if rig.files is None else rig.files / f"{kind.name}.pcapng",
    ) as line:
        return await replay(line, data, kind)


def seen(found: Replayed) -> str:
    """What the reader said, in a line."""
    heard = found.heard
    if heard is None:
        return "ignored"
    if heard.rejected:
        return f"{heard.rejected}: {heard.reason}"
    return "read: " + ", ".join(f"L{n} {a:+.3f} A" for n, a in enumerate(heard.current_a[: heard.phases], 1))
