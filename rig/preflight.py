"""Before the first case: does virtual time hold on this machine, and can everything on the bench be switched on?"""

from __future__ import annotations

from rig.bench.file import Lines
from rig.bench.instrument_entries import EMULATED, EvBox, Scope
from rig.case import Case
from rig.clock import self_test
from rig.errors import HarnessError, RigError
from rig.meters import KINDS, MeterKind
from rig.options import RunOptions


def preflight(options: RunOptions) -> None:
    """Switch the bench on and off once, so that what is wrong with it is said once and not by every case.

    Raises ConfigurationError for a setting or port of the bench file that makes no sense, and HarnessError for a port
    that cannot be opened or a machine on which virtual time does not hold.
    """
    if options.clock.kind == "virtual":
        self_test()
    case = Case("preflight", options)
    try:
        case.run(_switch_on_and_off(case))
    except RigError:
        raise
    except Exception as error:
        raise HarnessError(f"the bench cannot be switched on: {type(error).__name__}: {error}") from error
    finally:
        case.close()


async def _switch_on_and_off(case: Case) -> None:
    for meter in _one_for_each_line(case.options.bench.lines) or [None]:
        station = case.options.bench.station
        async with case.bench(meter=meter, sockets=station.sockets, feeders=station.feeders, watched=False):
            pass
    instruments = case.options.bench.instruments
    if any(map(_is_real, (instruments.ev, instruments.scope, instruments.ev_2, instruments.scope_2))):
        station = case.options.bench.station
        async with case.bench(station_on=False, sockets=station.sockets, feeders=station.feeders) as bench:
            for number in range(1, station.sockets + 1):
                if _is_real(instruments.ev_at(number)):
                    await bench.ev_box(number)
                if _is_real(instruments.scope_at(number)):
                    await bench.scope(number)


def _is_real(entry: EvBox | Scope | None) -> bool:
    """Emulated instruments can always be opened."""
    return entry is not None and entry.resource != EMULATED


def _one_for_each_line(lines: Lines) -> list[MeterKind | None]:
    """Any meter will do."""
    by_port = {kind.port: kind for kind in KINDS.values()}
    return [kind for port, kind in by_port.items() if getattr(lines, port) is not None]
