"""The faults of Modbus meters as they are typed."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from emulators.modbus import CONNECTION_FAULTS, FAULTS, ModbusMeter, TcpServer, load
from emulators.modbus.faults import Answer
from emulators.modbus.pdu import Read, encode_request
from emulators.site import Site
from rig.cli.modbus_faults import CONNECTION_WORDS, WORDS, ModbusFaults
from rig.errors import ConfigurationError


@dataclass
class Bench:
    """One meter, behind a server or not, and its faults."""

    on_tcp: bool
    meter: ModbusMeter = field(default_factory=lambda: ModbusMeter(load("sdm72d"), Site().read))
    changes: int = 0

    def __post_init__(self) -> None:
        self.server = TcpServer([self.meter]) if self.on_tcp else None
        self.faults = ModbusFaults(self.server, lambda: 0.0, self._changed)

    def _changed(self) -> None:
        self.changes += 1

    def type(self, typed: str) -> str:
        return self.faults.set(typed.split(), [self.meter])

    @property
    def status(self) -> str:
        return self.faults.status([self.meter])

    def answer(self) -> Answer:
        answer = self.meter.answer(1, encode_request(Read(4, 6, 2)), 0.0)
        assert answer is not None
        return answer


def test_all_faults_have_words() -> None:
    assert WORDS.keys() == FAULTS.keys()
    assert {name.replace("-", "_") for name in CONNECTION_WORDS} == set(CONNECTION_FAULTS)


@pytest.mark.parametrize("on_tcp", [False, True])
def test_what_can_be_typed_is_in_the_help(on_tcp: bool) -> None:
    bench = Bench(on_tcp)
    names = [typed.split()[1].partition("[")[0] for typed, _ in bench.faults.help]
    assert ("crc" in names, "transaction" in names, "half-open" in names) == (not on_tcp, on_tcp, on_tcp)
    for name in names[:-1]:
        assert bench.type(f"fault {name}".partition(" ")[2]).startswith(f"fault {name}: ")
        assert bench.status == f"fault {name}"
        assert bench.type("off") == "all is well"
        assert bench.status == ""
    assert bench.changes == 2 * len(names[:-1])


def test_a_fault_for_a_number_of_answers() -> None:
    bench = Bench(on_tcp=False)
    assert bench.type("exception 2") == "fault exception, for 2 answers: every request gets an exception"
    assert bench.type("late 1") == "fault late, for 1 answer: answers come too late"
    assert bench.status == "fault exception, late"
    assert (bench.answer().pdu, bench.status) == (b"\x84\x04", "fault exception")
    assert (bench.answer().pdu, bench.status) == (b"\x84\x04", "")
    assert bench.answer().pdu[:2] == b"\x04\x04"


def test_faults_with_a_figure() -> None:
    bench = Bench(on_tcp=False)
    bench.type("exception=11")
    bench.type("late=0.5")
    answer = bench.answer()
    assert answer.pdu == b"\x84\x0b"
    assert answer.delay_s == pytest.approx(bench.meter.response_s + 0.5)


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("", "there is no fault '' here; there is off, exception"),
        ("gremlins", "there is no fault 'gremlins' here"),
        ("crc", "there is no fault 'crc' here"),
        ("half_open", "there is no fault 'half_open' here"),
        ("late many", "how many answers"),
        ("late 0", "how many answers"),
        ("late=soon", "fault late=soon: "),
        ("late=nan", "fault late=nan: "),
        ("late=-1", "fault late=-1: "),
        ("exception=0", "fault exception=0: an exception code is 1 to 255"),
        ("exception=inf", "fault exception=inf: "),
        ("nan=1", "fault nan takes no figure; exception, late do"),
        ("silent 3", "fault silent lasts until fault off; leave the number out"),
    ],
)
def test_nonsense_is_refused(typed: str, complaint: str) -> None:
    bench = Bench(on_tcp=True)
    with pytest.raises(ConfigurationError, match=complaint):
        bench.type(typed)
    assert (bench.status, bench.changes) == ("", 0)
