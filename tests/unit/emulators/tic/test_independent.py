"""Emulated frames, read by software that others wrote: every one is accepted, with the site's values.

Each test needs one reader from PyPI and is skipped where it is not installed. None reads everything: serial-teleinfo
and pyticcom know the historique mode only; enedis-tic knows both, but not a blank as checksum in historique mode, nor
a time stamp without season; pyteleinfo knows both, with the check of its own left out that takes a blank in the data
of a standard group for a separator.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import tty
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from emulators.site import GridReading, Site
from emulators.tic import Meter, Nameplate, decode
from emulators.tic.contracts import CONTRACTS, EJP, OFF_PEAK, PRODUCER, TEMPO
from emulators.tic.port import TicPort

FIXTURES = Path(__file__).parents[4] / "fixtures" / "tic"
FRAMES = 20_000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 100
SEED = 42
PARIS = ZoneInfo("Europe/Paris")
EPOCH = datetime(2026, 7, 3, 11, 15, 0, tzinfo=UTC)
PATIENCE_S = 20.0
# Real time is spent where a port is used, so meters are in a hurry there.
HURRY: dict[str, Any] = {"baud": 115_200, "gap_s": 0.002}


def civil(now_s: float) -> datetime:
    return (EPOCH + timedelta(seconds=now_s)).astimezone(PARIS)


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def in_time() -> None:
        async with asyncio.timeout(PATIENCE_S):
            await scenario()

    asyncio.run(in_time())


@pytest.fixture
def cable() -> Iterator[tuple[int, int, str, str]]:
    """Two pseudo-terminals: their far ends, to be joined, and the paths of meter and reader."""
    ends = [os.openpty(), os.openpty()]
    for far, near in ends:
        tty.setraw(near)
        os.set_blocking(far, False)
    yield ends[0][0], ends[1][0], os.ttyname(ends[0][1]), os.ttyname(ends[1][1])
    for far, near in ends:
        os.close(near)
        os.close(far)


def join(meter_end: int, reader_end: int) -> None:
    """Carry what the meter says to the reader; what does not fit any more is lost, as on a wire."""

    def carry() -> None:
        data = os.read(meter_end, 65_536)
        try:
            os.write(reader_end, data)
        except BlockingIOError:
            return

    asyncio.get_running_loop().add_reader(meter_end, carry)


class Changing:
    """A site whose currents and voltages change at random; `last` is what was read of it last."""

    def __init__(self, phases: int, *, export: bool = True) -> None:
        self._rng = random.Random(SEED)
        self._site = Site(phases=phases)
        self._site.add_load("house", *[0.0] * phases)
        self._export = export
        self._phases = phases
        self.last: GridReading | None = None

    def read(self, now_s: float) -> GridReading:
        rng = self._rng
        low_a = -40.0 if self._export else 0.0
        self._site.set_load("house", *[rng.choice([0.0, rng.uniform(low_a, 60.0)]) for _ in range(self._phases)])
        self._site.set_voltage((rng.uniform(207, 253), rng.uniform(207, 253), rng.uniform(207, 253)))
        self.last = self._site.read(now_s)
        return self.last

    @property
    def current_a(self) -> list[int]:
        assert self.last is not None
        return [int(abs(a) + 0.5) for a in self.last.current_a[: self._phases]]

    @property
    def voltage_v(self) -> list[int]:
        assert self.last is not None
        return [int(v + 0.5) for v in self.last.voltage_v[: self._phases]]

    @property
    def phase_va(self) -> list[int]:
        assert self.last is not None
        pairs = zip(self.last.voltage_v, self.last.current_a, strict=True)
        return [int(max(0.0, v * a) + 0.5) for v, a in pairs][: self._phases]

    @property
    def total_va(self) -> float:
        """Signed: the loads here have a power factor of 1."""
        assert self.last is not None
        return sum(self.last.power_w)


def steps(meter: Meter, count: int) -> Iterator[tuple[float, bytes]]:
    for _ in range(count):
        at_s = meter.next_deadline_s()
        yield at_s, meter.step(at_s)


# --- enedis-tic ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("producer", [False, True])
@pytest.mark.parametrize("phases", [1, 3])
@pytest.mark.parametrize("contract", CONTRACTS)
def test_enedis_tic_reads_standard_frames(contract: str, phases: int, producer: bool) -> None:
    link_layer = pytest.importorskip("enedis_tic.link_layer")
    application_layer = pytest.importorskip("enedis_tic.application_layer")
    site = Changing(phases)
    meter = Meter(
        "standard",
        site.read,
        civil,
        phases=phases,
        producer=producer,
        contract=CONTRACTS[contract],
        nameplate=Nameplate(reference_kva=12, message="BONJOUR", short_message="A BIENTOT", relays=5),
    )
    numbers = range(1, phases + 1)
    for at_s, data in steps(meter, FRAMES):
        told = link_layer.FrameFactory(data.decode("ascii")).to_dict()
        assert tuple(told) == decode(data).labels
        assert [int(told[f"IRMS{n}"]["data"]) for n in numbers] == site.current_a
        assert [int(told[f"URMS{n}"]["data"]) for n in numbers] == site.voltage_v
        total_va = site.total_va
        assert int(told["SINSTS"]["data"]) == int(max(0.0, total_va) + 0.5)
        if phases == 3:
            assert [int(told[f"SINSTS{n}"]["data"]) for n in numbers] == site.phase_va
        if producer:
            assert int(told["SINSTI"]["data"]) == int(max(0.0, -total_va) + 0.5)
        assert told["DATE"]["datetime"] == (EPOCH + timedelta(seconds=at_s)).replace(microsecond=0)
        said = application_layer.FrameParser(told).to_dict()
        direction = "énergie active négative" if total_va < 0 else "énergie active positive"
        assert said["Sens de l’énergie active"] == direction
        assert said["Fonctionnement producteur/consommateur"] == ("producteur" if producer else "consommateur")
        index = int(told["NTARF"]["data"])
        assert said["Tarif en cours sur le contrat fourniture"] == f"énergie ventilée sur Index {index}"
        assert [said[f"Relai {n}"] for n in (1, 2, 3)] == ["fermé", "ouvert", "fermé"]


@pytest.mark.parametrize("phases", [1, 3])
@pytest.mark.parametrize("contract", CONTRACTS)
def test_enedis_tic_reads_historique_frames(contract: str, phases: int) -> None:
    link_layer = pytest.importorskip("enedis_tic.link_layer")
    site = Changing(phases)
    meter = Meter("historique", site.read, civil, phases=phases, contract=CONTRACTS[contract], short_frames=False)
    labels = ["IINST"] if phases == 1 else ["IINST1", "IINST2", "IINST3"]
    read: set[str] = set()
    for _, data in steps(meter, FRAMES):
        # Group by group, so that the others are read in a frame where a checksum is a blank.
        groups = [group for group in data[2:-2].decode("ascii").split("\r\n") if group[-1] != " "]
        told = {
            read["label"]: read["data"] for read in (link_layer.FrameFactory.data_set(each, " ") for each in groups)
        }
        assert tuple(told) == tuple(label for label in decode(data).labels if label in told)
        currents = dict(zip(labels, site.current_a, strict=True))
        total_va = int(max(0.0, site.total_va) / 10 + 0.5) * 10
        for label, value in {**currents, "PAPP": total_va}.items():
            assert label not in told or int(told[label]) == value
        read |= told.keys()
    assert read >= {*labels, "PAPP", "ADCO", "ISOUSC"}


# pyserial-asyncio asks for the loop in a way that Python is giving up.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("mode", "phases", "producer"), [("historique", 1, False), ("standard", 1, False), ("standard", 3, True)]
)
def test_enedis_tic_on_a_socket(mode: Any, phases: int, producer: bool) -> None:
    physical_layer = pytest.importorskip("enedis_tic.physical_layer")
    link_layer = pytest.importorskip("enedis_tic.link_layer")

    async def scenario() -> None:
        readers: list[asyncio.StreamWriter] = []
        writers: list[asyncio.StreamWriter] = []
        attached = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            """The first connection is the meter's, the second one the reader's."""
            if attached.is_set():
                readers.append(writer)
                return
            writers.append(writer)
            attached.set()
            while data := await reader.read(4096):
                for other in readers:
                    other.write(data)

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"socket://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        site = Site(phases=phases)
        site.add_load("house", *[16.4, 3.0, 2.0][:phases])
        site.add_pv("roof", *[0.0, 9.0, 0.0][:phases])
        contract = PRODUCER if producer else TEMPO
        port = TicPort(Meter(mode, site.read, civil, phases=phases, producer=producer, contract=contract, **HURRY), url)
        await attached.wait()
        told = []
        line = getattr(physical_layer.Line, mode)(url)
        async with aclosing(link_layer.Link(line).frames()) as received:
            async for frame in received:
                told.append(frame)
                if len(told) == 5:
                    break
        port.close()
        for writer in (*writers, *readers):
            writer.close()
            await writer.wait_closed()
        server.close()
        for frame in told:
            if mode == "historique":
                assert (frame["IINST"]["data"], frame["PAPP"]["data"]) == ("016", "03770")
                continue
            amperes = [int(frame[f"IRMS{n}"]["data"]) for n in range(1, phases + 1)]
            assert amperes == [16, 6, 2][:phases]
            assert int(frame["SINSTS"]["data"]) == ([3772, 2852][producer])
        if producer:
            assert [int(told[0][f"SINSTS{n}"]["data"]) for n in (1, 2, 3)] == [3772, 0, 460]

    run(scenario)


# --- serial-teleinfo ----------------------------------------------------------------------------------------------


def lines(data: bytes) -> list[bytes]:
    """A frame as a reader of lines gets it: up to LF each, the last one with what follows it on the wire."""
    return [*[line + b"\n" for line in data[2:-1].split(b"\n")[:-1]], data[data.rindex(b"\n") + 1 :] + b"\x02\n"]


@pytest.mark.parametrize("phases", [1, 3])
@pytest.mark.parametrize("contract", CONTRACTS)
def test_serial_teleinfo_reads_historique_frames(contract: str, phases: int) -> None:
    teleinfo = pytest.importorskip("serial_teleinfo")
    site = Changing(phases)
    meter = Meter("historique", site.read, civil, phases=phases, contract=CONTRACTS[contract], short_frames=False)
    for _, data in steps(meter, FRAMES):
        told = {}
        for line in lines(data):
            key, value, end = teleinfo.parse_line(line)
            told[key] = teleinfo.type_parsers[key](key, value, end).value
            assert end == (line == lines(data)[-1])
        assert tuple(told) == decode(data).labels
        labels = ["IINST"] if phases == 1 else ["IINST1", "IINST2", "IINST3"]
        assert [told[label] for label in labels] == site.current_a
        assert told["PAPP"] == int(max(0.0, site.total_va) / 10 + 0.5) * 10
        if phases == 1:
            assert told.get("ADPS", 0) == (told["IINST"] if told["IINST"] > told["ISOUSC"] else 0)


def test_serial_teleinfo_takes_a_blank_as_checksum() -> None:
    teleinfo = pytest.importorskip("serial_teleinfo")
    data = (FIXTURES / "historique_1p_checksum_is_a_blank.txt").read_bytes()
    told = {key: value for key, value, _ in map(teleinfo.parse_line, lines(data))}
    assert told["HCHP"] == "011240032"
    assert b"\nHCHP 011240032  \r" in data


@pytest.mark.parametrize(("phases", "contract"), [(1, TEMPO), (3, EJP)])
def test_serial_teleinfo_on_a_pty(cable: tuple[int, int, str, str], phases: int, contract: Any) -> None:
    teleinfo = pytest.importorskip("serial_teleinfo")
    meter_end, reader_end, meter_path, reader_path = cable

    def read() -> dict[str, Any]:
        """Whole frames, from the first end on."""
        told: dict[str, Any] = {}
        ends = 0
        with teleinfo.Client(reader_path) as client:
            while ends < 4:
                value = client.read_value()
                ends += value.end_of_frame
                if ends:
                    told[value.key] = value.value
        return told

    async def scenario() -> None:
        site = Site(phases=phases)
        site.add_load("house", *[12.0, 7.0, 3.0][:phases])
        join(meter_end, reader_end)
        meter = Meter("historique", site.read, civil, phases=phases, contract=contract, index_wh=(1, 22), **HURRY)
        port = TicPort(meter, meter_path)
        told = await asyncio.to_thread(read)
        port.close()
        assert told["ISOUSC"] == 45 // phases
        if phases == 1:
            assert (told["IINST"], told["PAPP"], told["BBRHPJB"]) == (12, 2760, 22)
        else:
            assert [told[f"IINST{n}"] for n in (1, 2, 3)] == [12, 7, 3]
            assert (told["PAPP"], told["EJPHPM"]) == (5060, 22)

    run(scenario)


# --- pyteleinfo and pyticcom, in environments of their own --------------------------------------------------------


def read_by(command: Callable[[str], list[str]], cable: tuple[int, int, str, str], meter: Meter) -> Any:
    """What a program prints, as JSON on its last line, that reads a meter on a pty."""
    meter_end, reader_end, meter_path, reader_path = cable
    words = command(reader_path)
    printed: list[bytes] = []

    async def scenario() -> None:
        join(meter_end, reader_end)
        port = TicPort(meter, meter_path)
        process = await asyncio.create_subprocess_exec(
            *words, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
        )
        printed.append((await process.communicate())[0])
        port.close()

    run(scenario)
    return json.loads(printed[0].splitlines()[-1])


PYTELEINFO = """
import json, sys
from teleinfo.codec import _extract_info_groups, decode, decode_info_group
from teleinfo.serial_reader import read_frame
from teleinfo.settings import TeleinfoSettings
baud, port = sys.argv[1:]
frame = read_frame(port, TeleinfoSettings(baudrate=int(baud), bytesize=8, parity="N", rtscts=0)).decode("ascii")
if baud == "1200":
    read = decode(frame)
else:
    read = dict(decode_info_group(group, verify_well_formed=False) for group in _extract_info_groups(frame))
print(json.dumps(read))
"""


@pytest.mark.parametrize("phases", [1, 3])
def test_pyteleinfo_reads_historique_on_a_pty(cable: tuple[int, int, str, str], peer: Any, phases: int) -> None:
    site = Site(phases=phases)
    site.add_load("house", *[12.0, 7.0, 3.0][:phases])
    meter = Meter("historique", site.read, civil, phases=phases, contract=TEMPO, index_wh=(1, 22), **HURRY)
    told = read_by(lambda port: peer("pyteleinfo", PYTELEINFO, ("1200", port)), cable, meter)
    if phases == 1:
        assert (told["IINST"], told["PAPP"], len(told["BBRHPJB"])) == ("012", "02760", 9)
        assert int(told["BBRHPJB"]) >= 22  # it counts on while the reader starts
    else:
        assert [told[f"IINST{n}"] for n in (1, 2, 3)] == ["012", "007", "003"]
        assert (told["PAPP"], told["PPOT"]) == ("05060", "00")


@pytest.mark.parametrize("phases", [1, 3])
def test_pyteleinfo_reads_standard_on_a_pty(cable: tuple[int, int, str, str], peer: Any, phases: int) -> None:
    site = Site(phases=phases)
    site.add_load("house", *[16.4, 3.0, 2.0][:phases])
    site.add_pv("roof", *[0.0, 9.0, 0.0][:phases])
    meter = Meter("standard", site.read, civil, phases=phases, producer=True, contract=PRODUCER, **HURRY)
    told = read_by(lambda port: peer("pyteleinfo", PYTELEINFO, ("9600", port)), cable, meter)
    assert [told[f"IRMS{n}"] for n in range(1, phases + 1)] == ["016", "006", "002"][:phases]
    assert told["SINSTS"] == ["03772", "02852"][phases == 3]
    assert told["SINSTI"] == "00000"
    assert told["NGTF"] == "   PRODUCTEUR   "


PYTICCOM = """
import asyncio, json, sys
import pyticcom
with pyticcom.Teleinfo(sys.argv[1]) as reader:
    frame = asyncio.run(reader.read_frame())
print(json.dumps({group.info.name: group.value for group in frame.groups}))
"""


def test_pyticcom_on_a_pty(cable: tuple[int, int, str, str], peer: Any) -> None:
    site = Site(phases=1)
    site.add_load("house", 31.6)
    index_wh = (8_214_305, 11_240_032)
    meter = Meter("historique", site.read, civil, phases=1, contract=OFF_PEAK, index_wh=index_wh, **HURRY)
    told = read_by(lambda port: peer("pyticcom", PYTICCOM, (port,)), cable, meter)
    # It leaves out the last group of a frame, which shares a line with the end.
    assert tuple(told) == ("ADCO", "OPTARIF", "ISOUSC", "HCHC", "HCHP", "PTEC", "IINST", "IMAX", "PAPP", "HHPHC")
    assert (told["IINST"], told["PAPP"], told["ISOUSC"]) == ("032", "07270", "45")
