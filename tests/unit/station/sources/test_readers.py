"""Which reader the settings select, and how its line is set."""

from dataclasses import replace

import pytest

from station.meter_rows import BAUDS
from station.serial_line import P1_LINE, SerialLine
from station.setting_rows import RTU_PROTOCOL, TCP_PROTOCOL, TIC_PROTOCOL
from station.settings import MeterPort, Settings
from station.sources.modbus.mapping import SOCOMEC
from station.sources.modbus.poller import Poller
from station.sources.p1.reader import P1Reader
from station.sources.readers import Asking, Tuning, line_for, poller_for, reader_for
from station.sources.reading import BadTelegram
from station.sources.tic.reader import TicReader


@pytest.mark.parametrize(
    ("port", "protocol", "kind"),
    [
        ("p1", "", P1Reader),
        ("tic", TIC_PROTOCOL, TicReader),
        ("rtu", RTU_PROTOCOL, Poller),
        ("tcp", TCP_PROTOCOL, Poller),
    ],
)
def test_readers(port: MeterPort, protocol: str, kind: type) -> None:
    reader = reader_for(Settings(protocol=protocol), port, "somewhere")
    assert type(reader) is kind
    assert isinstance(reader, Asking) is (port in ("rtu", "tcp"))
    assert isinstance(reader, Tuning) is (port == "tic")


def test_settings_of_the_poller() -> None:
    settings = Settings(
        protocol=TCP_PROTOCOL, mbtcp_unit=9, modbus_poll_s=2.0, modbus_timeout_s=0.5, meter_stale_s=10.0
    )
    poller = poller_for(settings, "tcp", "10.0.0.1:502")
    poller.opened(0.0)
    poller.step(0.0)
    assert poller.take_request()[6] == 9
    assert poller.step(0.5) == [BadTelegram("no answer within 0.5 s", 0.5, "malformed", "10.0.0.1:502")]
    assert poller.next_deadline_s() == 2.0


def test_another_map_than_that_of_the_settings() -> None:
    registers = replace(SOCOMEC, function=4)
    poller = poller_for(Settings(protocol=TCP_PROTOCOL), "tcp", "", registers)
    poller.opened(0.0)
    poller.step(0.0)
    assert poller.take_request()[7] == 4


def test_detection_time_of_tic() -> None:
    reader = reader_for(Settings(protocol=TIC_PROTOCOL, tic_detect_s=1.0), "tic", "")
    assert isinstance(reader, TicReader)
    reader.receive(b"x", 0.0)
    reader.receive(b"x", 0.5)
    reader.receive(b"x", 1.0)
    assert reader.line.baud == 9600


def test_lines() -> None:
    assert line_for(Settings(), "p1") == P1_LINE == SerialLine(115200, 8, "N", 1)
    assert line_for(Settings(), "tic") == SerialLine(1200, 7, "E", 1)
    assert line_for(Settings(), "rtu") == SerialLine(9600, 8, "N", 1)  # O-29
    assert line_for(Settings(mbrtu_baud="2400", mbrtu_parity="E", mbrtu_stop_bits=2), "rtu") == SerialLine(
        2400, 8, "E", 2
    )


def test_every_speed_of_the_settings_is_one() -> None:
    for baud, _ in BAUDS:
        assert line_for(Settings(mbrtu_baud=baud), "rtu").baud == int(baud)
