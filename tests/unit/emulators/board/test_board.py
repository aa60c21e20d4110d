"""The board: greetings, drives, the request pin, and what happens when the link breaks."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.board.board import Board
from emulators.board.socket import Socket
from emulators.errors import BadConfiguration
from emulators.vehicle.garage import load
from emulators.vehicle.spec import VehicleSpec
from emulators.vehicle.vehicle import Vehicle

EXAMPLES = 5_000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 300
HELLO = b"HELLO station 2 1\n"


class Bench:
    """A board with a car at socket 1, and what it reported."""

    def __init__(self, sockets: int = 1) -> None:
        self.events: list[tuple[float, str, dict[str, object]]] = []
        self.requests: list[tuple[bool, float]] = []
        self.sockets = [Socket(number, emit=self.emit) for number in range(1, sockets + 1)]
        self.board = Board(self.sockets, on_request=lambda on, at_s: self.requests.append((on, at_s)), emit=self.emit)
        self.car = Vehicle(VehicleSpec(max_a=32.0), self.emit)

    def emit(self, at_s: float, kind: str, fields: dict[str, object]) -> None:
        self.events.append((at_s, kind, fields))

    def logs(self) -> list[object]:
        return [fields["text"] for _, kind, fields in self.events if kind == "log"]


def linked(sockets: int = 1) -> Bench:
    bench = Bench(sockets)
    bench.board.connected(0.0)
    assert bench.board.receive(b"HELLO station 2 %d\n" % sockets, 0.0) == b""
    assert bench.board.malformed == 0
    return bench


def test_greets_with_the_state_of_every_socket() -> None:
    bench = Bench(sockets=2)
    bench.sockets[1].plug(bench.car, 1.0)
    assert bench.board.connected(2.0) == (
        b"HELLO board 2 2\n"
        b"CONTACT 0\n"
        b"SENSE 1 -12000 -12000 0 0 0 0 2300 2300 2300 0 0 0 0\n"
        b"SENSE 2 -12000 -12000 220 0 0 0 2300 2300 2300 0 0 0 0\n"
    )
    assert bench.board.step(3.0) == b""
    assert bench.events[-1] == (2.0, "link", {"up": True})


def test_answers_a_drive_with_what_changed() -> None:
    bench = linked()
    assert bench.board.receive(b"DRIVE 1 high 0\n", 1.0) == b"SENSE 1 12000 12000 0 0 0 0 2300 2300 2300 0 0 0 0\n"
    assert bench.board.receive(b"DRIVE 1 high 0\n", 2.0) == b""


def test_a_drive_in_pieces_and_two_at_once() -> None:
    bench = linked()
    assert bench.board.receive(b"DRIVE 1 hi", 1.0) == b""
    answer = bench.board.receive(b"gh 0\nDRIVE 1 26667 0\n", 1.1)
    assert answer.count(b"SENSE") == 2
    assert bench.sockets[0].signal.duty_mpct == 26_667


def test_each_socket_gets_its_own_drive() -> None:
    bench = linked(sockets=2)
    answer = bench.board.receive(b"DRIVE 2 26667 0\n", 1.0)
    assert answer == b"SENSE 2 12000 -12000 0 0 0 0 2300 2300 2300 0 0 0 0\n"
    assert [socket.state for socket in bench.sockets] == ["F", "A2"]


def test_a_charge_seen_by_the_station() -> None:
    bench = linked()
    bench.board.receive(b"DRIVE 1 26667 0\n", 0.0)
    bench.sockets[0].plug(bench.car, 10.0)
    assert bench.board.next_deadline_s() == 10.0
    assert bench.board.step(10.0) == b"SENSE 1 8979 -12000 220 0 0 0 2300 2300 2300 0 0 0 0\n"
    assert bench.board.next_deadline_s() == 11.0
    assert bench.board.step(11.0) == b"SENSE 1 5995 -12000 220 0 0 0 2300 2300 2300 0 0 0 0\n"
    assert bench.board.receive(b"DRIVE 1 26667 1\n", 11.05) == b""
    assert bench.board.step(11.15) == b"SENSE 1 5995 -12000 220 0 0 0 2300 2300 2300 1 0 0 0\n"
    assert bench.board.step(11.21) == b"SENSE 1 5995 -12000 220 16000 16000 16000 2300 2300 2300 1 3680 3680 3680\n"
    assert bench.board.next_deadline_s() is None


def test_idle_board_has_no_deadline() -> None:
    assert Bench(sockets=3).board.next_deadline_s() is None


def test_sockets_are_numbered_from_1() -> None:
    for numbers in ([], [0], [2], [1, 3], [2, 1]):
        with pytest.raises(BadConfiguration, match="numbered 1, 2, 3"):
            Board([Socket(number) for number in numbers])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"nonsense", "unknown line"),
        (b"DRIVE 2 high 0", "socket is 2; this board has 1"),
        (b"SENSE 1 0 0 0 0 0 0 0 0 0 0 0 0 0", "SENSE is a line of the board"),
        (b"CONTACT 1", "CONTACT is a line of the board"),
        (b"HELLO board 1 1", "this board works with 'HELLO station 2 1'"),
        (b"HELLO station 1 1", "greeting 'HELLO station 1 1'"),
        (b"HELLO station 2 2", "greeting 'HELLO station 2 2'"),
    ],
)
def test_a_bad_line_is_counted_reported_and_dropped(line: bytes, reason: str) -> None:
    bench = linked()
    answer = bench.board.receive(line + b"\nDRIVE 1 high 0\n", 1.0)
    assert bench.board.malformed == 1
    (log,) = bench.logs()
    assert reason in str(log)
    assert answer.startswith(b"SENSE 1 12000")


def test_nothing_is_obeyed_before_a_good_greeting() -> None:
    bench = Bench()
    bench.board.connected(0.0)
    assert bench.board.receive(b"DRIVE 1 high 0\nREQUEST 1\nHELLO station 9 1\nDRIVE 1 high 0\n", 1.0) == b""
    assert bench.board.malformed == 4
    assert bench.sockets[0].state == "F"
    assert bench.requests == []
    assert bench.board.receive(HELLO + b"DRIVE 1 high 0\n", 2.0) != b""


def test_request_pin_is_told_when_it_changes() -> None:
    bench = linked()
    bench.board.receive(b"REQUEST 0\nREQUEST 1\nREQUEST 1\n", 1.0)
    bench.board.receive(b"REQUEST 0\n", 2.0)
    assert bench.requests == [(True, 1.0), (False, 2.0)]


def test_a_board_without_a_meter_line_ignores_the_pin() -> None:
    board = Board([Socket(1)])
    board.connected(0.0)
    assert board.receive(HELLO + b"REQUEST 1\n", 0.0) == b""
    assert board.malformed == 0


def test_a_broken_link_opens_the_contactor_and_holds_minus_12_v() -> None:
    bench = linked()
    bench.sockets[0].plug(bench.car, 0.0)
    bench.board.receive(b"REQUEST 1\nDRIVE 1 26667 1\n", 0.0)
    bench.board.step(10.0)
    assert bench.sockets[0].currents_a(10.0) == (16.0, 16.0, 16.0)
    bench.board.disconnected(20.0)
    assert bench.sockets[0].state == "F"
    assert bench.sockets[0].currents_a(20.0) == (0.0, 0.0, 0.0)
    assert bench.requests == [(True, 0.0), (False, 20.0)]
    assert bench.board.step(20.03) == b""
    assert not bench.sockets[0].contactor_closed
    # the next station finds the board as it is, and greets anew
    assert b"SENSE 1 -12000 -12000 220 " in bench.board.connected(30.0)
    bench.board.receive(b"DRIVE 1 high 0\n", 30.0)
    assert bench.board.malformed == 1


def test_a_half_line_of_the_last_station_is_forgotten() -> None:
    bench = linked()
    bench.board.receive(b"DRIVE 1", 1.0)
    bench.board.disconnected(2.0)
    bench.board.connected(3.0)
    bench.board.receive(HELLO, 3.0)
    assert bench.board.malformed == 0


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(chunks=st.lists(st.binary(max_size=60) | st.sampled_from([HELLO, b"DRIVE 1 high 1\n", b"\n"]), max_size=12))
def test_no_bytes_upset_the_board(chunks: list[bytes]) -> None:
    bench = linked()
    for k, chunk in enumerate(chunks):
        bench.board.receive(chunk, float(k))
    assert bench.board.malformed == len(bench.logs())
    bench.board.receive(b"\n" + HELLO, 100.0)
    bench.board.receive(b"DRIVE 1 low 0\n", 100.0)
    answer = bench.board.receive(b"DRIVE 1 high 0\n", 101.0)
    assert answer.splitlines()[-1].startswith(b"SENSE 1 12000 12000 ")


def test_the_active_powers() -> None:
    bench = linked()
    bench.board.receive(b"DRIVE 1 23333 1\n", 0.0)
    bench.sockets[0].plug(Vehicle(load("chameleon").spec), 1.0)
    assert bench.board.step(10.0).endswith(b" 14000 14000 14000 2300 2300 2300 1 3059 3059 3059\n")


def test_the_contact_is_open_until_it_is_closed() -> None:
    bench = linked()
    bench.board.set_contact(False, 1.0)
    assert bench.board.next_deadline_s() is None
    bench.board.set_contact(True, 2.0)
    assert bench.board.contact_closed
    assert bench.board.next_deadline_s() == 2.0
    assert bench.board.step(2.0) == b"CONTACT 1\n"
    assert bench.board.next_deadline_s() is None
    assert bench.events[-1] == (2.0, "contact", {"closed": True})


def test_every_change_of_the_contact_is_told() -> None:
    bench = linked()
    for closed in (True, False, False, True):
        bench.board.set_contact(closed, 1.0)
    assert bench.board.receive(b"DRIVE 1 high 0\n", 1.0).startswith(b"CONTACT 1\nCONTACT 0\nCONTACT 1\nSENSE 1 12000 ")


def test_a_station_that_comes_is_told_of_the_contact() -> None:
    bench = Bench()
    bench.board.set_contact(True, 1.0)
    assert bench.board.step(1.0) == b""
    assert bench.board.connected(2.0).startswith(b"HELLO board 2 1\nCONTACT 1\nSENSE 1 ")
    bench.board.disconnected(3.0)
    assert bench.board.contact_closed
    assert b"CONTACT 1\n" in bench.board.connected(4.0)
