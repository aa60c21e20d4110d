"""An oscilloscope on the control pilot, of any family that there is a table for."""

from __future__ import annotations

from dataclasses import dataclass

from rig.errors import ConfigurationError, HarnessError
from rig.instruments.ev_simulator import PilotMeasured
from rig.instruments.families import Family, Preamble, WaveformQueries, family_of
from rig.instruments.readings import duty_of, value_of
from rig.instruments.scpi import ScpiInstrument, Turn
from rig.instruments.visa import VisaSettings

# A pilot on the screen: five periods or more of 1 kHz, 16 V up and down.
PILOT_TIME_S = 500e-6
PILOT_SCALE_V = 4.0


@dataclass(frozen=True, slots=True)
class Waveform:
    """Voltages in volt, `step_s` apart, the first at `start_s` from the trigger."""

    start_s: float
    step_s: float
    volts: tuple[float, ...]


class Oscilloscope(ScpiInstrument):
    """See ScpiInstrument. `channel` is where the probe is; `family` is found by `*IDN?` when it is not given."""

    def __init__(
        self,
        settings: VisaSettings,
        *,
        channel: int = 1,
        family: Family | None = None,
        turn: Turn | None = None,
    ) -> None:
        super().__init__(settings, turn=turn, error_query=None if family is None else family.error_query)
        self.channel = channel
        self._family = family

    @property
    def family(self) -> Family:
        """How it is spoken to. Raises HarnessError before it was opened."""
        if self._family is None:
            raise HarnessError(f"{self.name}: not opened yet, so its family is not known")
        return self._family

    def _recognise(self) -> None:
        if self._family is None:
            self._family = family_of(self.identity)
        self._error_query = self._family.error_query

    async def show_pilot(self, *, time_s: float = PILOT_TIME_S, scale_v: float = PILOT_SCALE_V) -> None:
        """Set the screen so that a pilot fits on it; seconds and volts per division."""
        for template in self.family.setup:
            await self.command(self._filled(template, time_s=f"{time_s:g}", scale_v=f"{scale_v:g}"))

    async def measure(self) -> PilotMeasured:
        """Frequency, duty, high and low level; None for what it has nothing to measure of."""
        return PilotMeasured(
            value_of(await self._ask("frequency")),
            duty_of(await self._ask("duty"), self.family.duty_unit),
            value_of(await self._ask("high")),
            value_of(await self._ask("low")),
        )

    async def rms_v(self) -> float | None:
        """Root mean square, the constant part included."""
        return value_of(await self._ask("rms"))

    async def waveform(self) -> Waveform:
        """The points on the screen. Raises ConfigurationError for a family whose points cannot be fetched."""
        queries = self._waveform_queries()
        for template in queries.setup:
            await self.command(self._filled(template))
        preamble = Preamble.parse(await self.query(queries.preamble))
        codes = await self.query_block(queries.data)
        if len(codes) != preamble.points:
            raise HarnessError(f"{self.name}: {len(codes)} points came, the preamble promised {preamble.points}")
        start_s = preamble.x_origin_s - preamble.x_reference * preamble.x_step_s
        return Waveform(start_s, preamble.x_step_s, tuple([queries.volt(preamble, code) for code in codes]))

    def _waveform_queries(self) -> WaveformQueries:
        if self.family.waveform is None:
            raise ConfigurationError(f"{self.name}: points of {self.family.name} scopes are not fetched here")
        return self.family.waveform

    async def _ask(self, quantity: str) -> str:
        return await self.query(self._filled(self.family.queries[quantity]))

    def _filled(self, template: str, **values: str) -> str:
        return template.format(channel=self.channel, **values)
