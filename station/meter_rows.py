"""The rows of the table of settings about how meters are read: P1 times, TIC, Modbus. Data only.

The documents give back-office keys for the Modbus TCP/IP meter only (ALB-RTU-029, ALB-TIC-007); the rest is our own.
"""

from station.setting_planned import TRUE_FALSE
from station.setting_row import Choices, SettingRow

TCP_MASTER = "TCP master"
TCP_CUSTOM = "None"
RTU_CUSTOM = "Custom"
INPUT_REGISTERS, HOLDING_REGISTERS = "Input registers (FC 04)", "Holding registers (FC 03)"
HIGH_TO_LOW, LOW_TO_HIGH = "High to Low", "Low to High"

# What the tools call entering the registers oneself.
MANUAL = ("Custom register mapping", "Manually enter mapping")
# ALB-TCP-022, ALB-TCP-017: for a meter that is not Socomec's, None and a custom register mapping.
TCP_MODELS: Choices = (("Socomec", ("Socomec E27", "Socomec Countis E27")), (TCP_CUSTOM, ("Custom", *MANUAL)))
# ALB-TCP-024, V-04
CONNECTIONS: Choices = (
    (TCP_MASTER, ("MODBUS_master_TCP",)),
    ("RTU master", ()),
    ("UDP master", ()),
)
# ALB-RTU-001 to ALB-RTU-004, ALB-RTU-012
RTU_PRESETS: Choices = (
    *((f"Eastron {model}", (model,)) for model in ("SDM230", "SDM72D", "SDM120CT", "SDM72CT")),
    (RTU_CUSTOM, MANUAL),
)
# ALB-RTU-009
FUNCTIONS: Choices = ((INPUT_REGISTERS, ("4", "Input registers")), (HOLDING_REGISTERS, ("3", "Holding registers")))
# ALB-TCP-020
WORD_ORDERS: Choices = ((HIGH_TO_LOW, ()), (LOW_TO_HIGH, ()))
BAUDS: Choices = tuple((baud, ()) for baud in ("1200", "2400", "4800", "9600", "19200", "38400", "57600", "115200"))
PARITIES: Choices = (("N", ("None",)), ("E", ("Even",)), ("O", ("Odd",)))

METER_ROWS: tuple[SettingRow, ...] = (
    SettingRow(
        "p1_timeout_factor", "p1.timeout_factor", "number", "O-22",
        "telegram intervals without a valid telegram until the meter counts as lost",
        low=1.0, high=1000.0,
    ),
    SettingRow(
        "p1_timeout_floor_s", "p1.timeout_floor_s", "number", "O-22",
        "least time without a valid telegram until the meter counts as lost",
        unit="s", low=1.0, high=3600.0,
    ),
    SettingRow(
        "p1_timeout_margin_s", "p1.timeout_margin_s", "number", "O-22",
        "added to the time-out: a telegram that is due just then is on time, and takes 0.1 s on the wire",
        unit="s", low=0.0, high=10.0,
    ),
    SettingRow(
        "p1_max_bad", "p1.max_bad", "count", "O-23",
        "bad telegrams in a row until the meter counts as lost",
        low=1, high=1000,
    ),
    SettingRow(
        "p1_reopen_s", "p1.reopen_s", "number", "ALB-P1-022",
        "how long to wait before opening the P1 port again after it went away",
        unit="s", low=0.1, high=3600.0,
    ),
    SettingRow(
        "tic_timeout_s", "tic.timeout_s", "number", "O-26",
        "time without a valid frame until the meter counts as lost",
        unit="s", low=3.0, high=3600.0,
    ),
    SettingRow(
        "tic_detect_s", "tic.detect_s", "number", "O-26 ALB-TIC-008",
        "how long nothing but garbage may come before the other line settings are tried",
        unit="s", low=0.5, high=60.0,
    ),
    SettingRow(
        "mbtcp_enabled", "MBTCPSmart-IsEnabled", "switch", "CFG-016 ALB-TCP-021 V-01",
        "the Modbus TCP/IP meter is asked",
        aliases=("MBTCPSSmart-IsEnabled", "ModbusTCP balancing", "ModbusTCP balancing enabled"),
        choices=TRUE_FALSE, feature="ALB",
    ),
    SettingRow(
        "mbtcp_model", "MBTCPSmart-SlaveMeterModel", "choice", "CFG-018 ALB-TCP-022 V-02",
        "which meter it is; with None the custom register mapping says",
        installer="TCP/IP Meter Mode", aliases=("MBTCPSSmart-SlaveMeterModel", "ModbusTCP Mode"),
        choices=TCP_MODELS, feature="ALB",
    ),
    SettingRow(
        "mbtcp_connection", "MBTCPSmart-ConnectionType", "choice", "CFG-014 ALB-TCP-024 V-03",
        "how the meter is reached; with anything but TCP master it is not asked",
        aliases=("MBTCPSSmart-ConnectionType", "ModbusTCP ConnectionType"), choices=CONNECTIONS, feature="ALB",
    ),
    SettingRow(
        "mbtcp_ip", "MBTCPSmart-IPAddress", "ipv4", "CFG-015 ALB-TCP-025 ALB-TCP-007 X-26",
        "where the meter is; octets may be padded with zeros",
        installer="IP address", aliases=("MBTCPSSmart-IPAddress", "ModbusTCP IP Address", "ModbusTCP IP"),
        feature="ALB",
    ),
    SettingRow(
        "mbtcp_port", "mbtcp.port", "count", "ALB-TCP-002",
        "TCP port of the meter; 502 unless it is mapped on a bench",
        low=1, high=65535,
    ),
    SettingRow(
        "mbtcp_unit", "MBTCPSmart-SlaveUnitID", "count", "CFG-017 ALB-TCP-027 X-27 O-57",
        "Modbus address of the meter, 1 for a custom meter; above 255 it cannot be asked",
        installer="Slave address",
        aliases=("MBTCPSSmart-SlaveUnitID", "ModbusTCP Slave Address", "ModbusTCP Slave", "Server Address"),
        low=0, high=65535, feature="ALB",
    ),
    SettingRow(
        "mbrtu_preset", "mbrtu.preset", "choice", "ALB-RTU-005 ALB-RTU-011 ALB-RTU-012",
        "which meter is on the RS-485 port; with Custom the custom register mapping says",
        installer="Custom register map", aliases=("Select preset",), choices=RTU_PRESETS,
    ),
    SettingRow(
        "mbrtu_unit", "mbrtu.unit", "count", "ALB-RTU-008 X-27 O-29",
        "Modbus address of the meter on the RS-485 port",
        installer="Address", low=1, high=247,
    ),
    SettingRow(
        "mbrtu_baud", "mbrtu.baud", "choice", "O-29 ALB-RTU-010",
        "speed of the RS-485 port; some SDM120 leave the factory at 2400",
        unit="baud", choices=BAUDS,
    ),
    SettingRow(
        "mbrtu_parity", "mbrtu.parity", "choice", "O-29 ALB-RTU-010",
        "parity on the RS-485 port",
        choices=PARITIES,
    ),
    SettingRow(
        "mbrtu_stop_bits", "mbrtu.stop_bits", "count", "O-29 ALB-RTU-010",
        "stop bits on the RS-485 port",
        low=1, high=2,
    ),
    SettingRow(
        "mbrtu_quiet_s", "mbrtu.quiet_s", "number", "O-29",
        "least silence before a request, never less than 3.5 characters; some Eastron meters want 0.06",
        unit="s", low=0.0, high=0.5,
    ),
    SettingRow(
        "modbus_poll_s", "modbus.poll_s", "number", "O-29 ALB-TCP-005 O-66",
        "time from one poll to the next; well below the 60 s after which a meter closes an idle connection",
        unit="s", low=0.1, high=30.0,
    ),
    SettingRow(
        "modbus_timeout_s", "modbus.timeout_s", "number", "O-29",
        "how long to wait for an answer",
        unit="s", low=0.05, high=30.0,
    ),
    SettingRow(
        "modbus_warn_failures", "modbus.warn_failures", "count", "O-29",
        "failed polls in a row until the warning",
        low=1, high=1000,
    ),
    SettingRow(
        "modbus_function", "modbus.function", "choice", "ALB-RTU-009 ALB-RTU-022",
        "custom mapping: function code",
        installer="Function code", aliases=("Modbus function code",), choices=FUNCTIONS,
    ),
    SettingRow(
        "modbus_word_order", "modbus.word_order", "choice", "ALB-TCP-004 ALB-TCP-020 O-30",
        "custom mapping: order of the words of a value",
        installer="Word order", choices=WORD_ORDERS,
    ),
    *(
        SettingRow(
            f"modbus_{quantity}_{n}", f"modbus.{quantity}_{n}", "register", "ALB-RTU-020 ALB-TCP-018 ALB-TCP-020",
            f"custom mapping: {what} of phase {n}; address, type, size and scale",
            installer=f"{name} phase {n}",
        )
        for quantity, what, name in (
            ("current", "current in A", "Current"), ("power", "real power in W", "Real power"),
        )
        for n in (1, 2, 3)
    ),
    SettingRow(
        "modbus_most_registers", "modbus.most_registers", "count", "O-30",
        "custom mapping: most registers the meter gives at once",
        low=4, high=125,
    ),
    SettingRow(
        "meter_stale_s", "meter.stale_s", "number", "O-31 ALB-TCP-006 ALB-TCP-038",
        "time without a valid answer until a Modbus meter counts as lost",
        unit="s", low=2.0, high=3600.0,
    ),
    SettingRow(
        "meter_error_s", "meter.error_s", "number", "O-31 ALB-TCP-039",
        "time without a valid answer until that is an error",
        unit="s", low=2.0, high=7200.0,
    ),
    SettingRow(
        "meter_reopen_s", "meter.reopen_s", "number", "ALB-TCP-041",
        "how long to wait before opening a TIC or Modbus port again after it went away",
        unit="s", low=0.1, high=3600.0,
    ),
)  # fmt: skip
