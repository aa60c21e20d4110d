"""A contactor: delays, reversals, and the weld."""

import pytest

from emulators.board.contactor import CLOSE_S, OPEN_S, Contactor, ContactorTimes

TIMES = ContactorTimes(close_s=0.5, open_s=0.25)


def closed_contactor() -> Contactor:
    contactor = Contactor(TIMES)
    contactor.command(True, 0.0)
    contactor.step(0.5)
    return contactor


def test_closes_after_its_delay_and_not_before() -> None:
    contactor = Contactor(TIMES)
    contactor.command(True, 10.0)
    assert contactor.next_deadline_s() == 10.5
    seen = []
    for now_s in (10.499, 10.5):
        contactor.step(now_s)
        seen.append(contactor.closed)
    assert seen == [False, True]
    assert contactor.next_deadline_s() is None


def test_opens_after_its_delay_and_not_before() -> None:
    contactor = closed_contactor()
    contactor.command(False, 10.0)
    seen = []
    for now_s in (10.249, 10.25):
        contactor.step(now_s)
        seen.append(contactor.closed)
    assert seen == [True, False]


def test_a_repeated_command_does_not_restart_the_delay() -> None:
    contactor = Contactor(TIMES)
    contactor.command(True, 10.0)
    contactor.command(True, 10.4)
    assert contactor.next_deadline_s() == 10.5


def test_a_command_reversed_in_time_moves_nothing() -> None:
    contactor = Contactor(TIMES)
    contactor.command(True, 10.0)
    contactor.command(False, 10.4)
    contactor.step(11.0)
    assert not contactor.closed
    assert contactor.next_deadline_s() is None


def test_a_welded_contactor_stays_closed_until_repaired() -> None:
    contactor = closed_contactor()
    contactor.weld(True, 1.0)
    contactor.command(False, 2.0)
    contactor.step(100.0)
    seen = [contactor.closed]
    contactor.weld(False, 100.0)
    assert contactor.next_deadline_s() == 100.25
    contactor.step(100.25)
    assert [*seen, contactor.closed] == [True, False]


def test_contacts_that_weld_while_they_are_to_open_stay_closed() -> None:
    contactor = closed_contactor()
    contactor.command(False, 1.0)
    contactor.weld(True, 1.1)
    contactor.step(2.0)
    assert contactor.closed


def test_an_open_contactor_welds_when_it_closes() -> None:
    contactor = Contactor(TIMES)
    contactor.weld(True, 0.0)
    contactor.command(True, 0.0)
    contactor.step(0.5)
    contactor.command(False, 1.0)
    contactor.step(2.0)
    assert contactor.closed


def test_default_delays_are_within_what_a_station_may_take() -> None:
    assert ContactorTimes() == ContactorTimes(CLOSE_S, OPEN_S)
    assert CLOSE_S <= 0.300
    assert pytest.approx(0.030) == OPEN_S <= 0.050
