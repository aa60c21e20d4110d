"""'Test Smart Meter' (ALB-GEN-048): reads the configured meter and says the current per phase, or why it cannot."""

import asyncio
from collections.abc import Callable

from station.descriptor import Tap
from station.errors import SettingError
from station.meter_link import Heard, MeterLink, meter_url
from station.settings import Settings
from station.sources.readers import Asking
from station.sources.reading import Reading
from station.sources.rules import rules_for

Say = Callable[[str], None]


class MeterCheck:
    """One check of the meter that `settings` select, at the place `meter_url` gives for `p1` and `meter`.

    Raises SettingError when no meter is selected, PortError when its port cannot be opened.
    """

    def __init__(
        self,
        settings: Settings,
        say: Say,
        *,
        p1: str | None = None,
        meter: str | None = None,
        tap: Tap | None = None,
    ) -> None:
        found = meter_url(settings, p1=p1, meter=meter)
        if found is None:
            raise SettingError(_not_selected(settings))
        self._protocol = settings.protocol
        self._limit_s = rules_for(settings).first_timeout_s
        self._most_failures = settings.modbus_warn_failures
        self._say = say
        self._link = MeterLink(settings, *found, self, tap=tap)
        self._left = 0
        self._failures: list[str] = []
        self._done = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, readings: int) -> bool:
        """Say that many readings, one line each, or after a while why there are none. True if all came."""
        self._loop = asyncio.get_running_loop()
        self._left = readings
        try:
            await self._link.start()
            async with asyncio.timeout(readings * self._limit_s):
                await self._done.wait()
        except TimeoutError:
            pass
        finally:
            if self._timer is not None:
                self._timer.cancel()
            await self._link.stop()
        if self._left > 0:
            self._say(f"no reading from {self._protocol} at {self._link.url}: {self._why()}")
        return self._left <= 0

    def meter_heard(self, heard: Heard) -> None:
        """A reading is a line; too many failures of a meter that is asked end the check."""
        for item in heard:
            if isinstance(item, Reading):
                if self._left > 0:
                    self._say(describe(item))
                self._left -= 1
            else:
                self._failures.append(item.reason)
        asked = isinstance(self._link.reader, Asking)
        if self._left <= 0 or (asked and len(self._failures) >= self._most_failures):
            self._done.set()
        self._arm()

    def meter_log(self, text: str) -> None:
        """What happens to the port."""
        self._failures.append(text)

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        due_s = self._link.next_deadline_s()
        self._timer = None if due_s is None else self._loop.call_at(due_s, self._due)

    def _due(self) -> None:
        self.meter_heard(self._link.step(self._loop.time()))

    def _why(self) -> str:
        if self._failures:
            return "; ".join(dict.fromkeys(self._failures))
        return f"nothing was heard within {self._limit_s:g} s; is it connected, and is it the meter that is selected?"


def describe(reading: Reading) -> str:
    """One line: current per phase the meter has, import positive, and what it was read as."""
    currents = ", ".join(f"L{n} {current_a:.2f} A" for n, current_a in _phases(reading))
    return f"{currents} ({reading.version})"


def _phases(reading: Reading) -> list[tuple[int, float]]:
    return list(enumerate(reading.current_a, 1))[: reading.phases]


def _not_selected(settings: Settings) -> str:
    if settings.meter_port is not None:
        return f"{settings.protocol}: no port given; --meter says where the meter is"
    return (
        f"no meter is selected: Active-LoadBalancing is {'On' if settings.active_balancing else 'Off'}, "
        f"ALB-ProtocolSelection {settings.protocol!r}, RJ11-Mode {settings.rj11_mode!r}, "
        f"MBTCPSmart-IsEnabled {settings.mbtcp_enabled}, MBTCPSmart-ConnectionType {settings.mbtcp_connection!r}"
    )
