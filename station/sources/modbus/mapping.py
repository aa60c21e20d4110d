"""Which registers of which meter hold current and power per phase: presets, and what the settings say. Data.

Current transformers (ALB-RTU-013 to ALB-RTU-017): SDM120CT and SDM72CT leave the factory with a ratio of 1 although
their transformers have 100:1, so their registers and displays show a hundredth; their presets multiply current and
power by 100. Who sets the ratio in the meter uses a custom map with scale 1 instead; doing both, or neither, makes
every current a hundred times too high or too low, which no single reading can tell.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from station.meter_rows import HOLDING_REGISTERS, INPUT_REGISTERS, LOW_TO_HIGH, RTU_CUSTOM, TCP_CUSTOM
from station.setting_rows import TCP_PROTOCOL
from station.settings import Settings
from station.sources.modbus.pdu import READ_HOLDING, READ_INPUT, ReadRequest
from station.sources.modbus.registers import Register


@dataclass(frozen=True, slots=True)
class RegisterMap:
    """One meter's registers, in A and W after scaling.

    `currents` are those of L1, or of L1 to L3; `powers` the same phases' active powers, import positive, or empty.
    Without a sign of its own a current takes that of the power (O-25). `most` is how many registers the meter gives
    at once; up to `bridge` registers in between may be read along with those that are needed.
    """

    name: str
    currents: tuple[Register, ...]
    powers: tuple[Register, ...] = ()
    function: int = READ_INPUT
    low_word_first: bool = False
    most: int = 20
    bridge: int = 0

    def requests(self) -> tuple[ReadRequest, ...]:
        """As few requests as the meter's limits allow, in the order of the registers."""
        requests: list[ReadRequest] = []
        for register in sorted({*self.currents, *self.powers}, key=lambda register: register.address):
            end = register.address + register.count
            if requests:
                _, address, count = requests[-1]
                if register.address - (address + count) <= self.bridge and end - address <= self.most:
                    requests[-1] = ReadRequest(self.function, address, max(count, end - address))
                    continue
            requests.append(ReadRequest(self.function, register.address, register.count))
        return tuple(requests)


def _eastron(name: str, phases: int, scale: float = 1.0) -> RegisterMap:
    """Floats two registers apart. Between current and power of a one-phase meter there is nothing to read."""
    return RegisterMap(
        name,
        currents=tuple(Register(0x0006 + 2 * n, scale=scale) for n in range(phases)),
        powers=tuple(Register(0x000C + 2 * n, scale=scale) for n in range(phases)),
    )


def _of_three(first: int, kind: str, scale: float) -> tuple[Register, ...]:
    return tuple(Register(first + 2 * n, kind, 32, scale) for n in range(3))  # type: ignore[arg-type]


# ALB-RTU-001 to ALB-RTU-004; first the names the documents give them.
EASTRON: Mapping[str, RegisterMap] = {
    "Eastron SDM230": _eastron("Eastron SDM230", 1),
    "Eastron SDM72D": _eastron("Eastron SDM72D", 3),
    "Eastron SDM120CT": _eastron("Eastron SDM120CT", 1, scale=100.0),
    "Eastron SDM72CT": _eastron("Eastron SDM72CT", 3, scale=100.0),
}
# ALB-TCP-015; currents in mA without a sign, powers in 10 W.
SOCOMEC = RegisterMap(
    "Socomec Countis E27",
    currents=_of_three(50528, "unsigned", 0.001),
    powers=_of_three(50544, "signed", 10.0),
    function=READ_HOLDING,
    most=125,
    bridge=10,
)

FUNCTIONS = {INPUT_REGISTERS: READ_INPUT, HOLDING_REGISTERS: READ_HOLDING}


def register_map(settings: Settings) -> RegisterMap:
    """The map for the Modbus meter that the settings select."""
    if settings.protocol == TCP_PROTOCOL:
        return custom(settings) if settings.mbtcp_model == TCP_CUSTOM else SOCOMEC
    return custom(settings) if settings.mbrtu_preset == RTU_CUSTOM else EASTRON[settings.mbrtu_preset]


def custom(settings: Settings) -> RegisterMap:
    """What the custom register mapping says (ALB-RTU-020, ALB-TCP-018)."""
    currents = (settings.modbus_current_1, settings.modbus_current_2, settings.modbus_current_3)
    powers = (settings.modbus_power_1, settings.modbus_power_2, settings.modbus_power_3)
    return RegisterMap(
        "custom register mapping",
        currents=tuple(register for register in currents if register is not None),
        powers=tuple(register for register in powers if register is not None),
        function=FUNCTIONS[settings.modbus_function],
        low_word_first=settings.modbus_word_order == LOW_TO_HIGH,
        most=settings.modbus_most_registers,
    )
