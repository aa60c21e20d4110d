"""The byte ledger counts only hops whose reader lives in this process."""

from __future__ import annotations

import os

import pytest

from rig.clock import Ledger
from rig.errors import HarnessError


def test_the_sum_over_hops() -> None:
    ledger = Ledger()
    one, two = ledger.hop("one"), ledger.hop("two")
    one.opened()
    two.opened()
    one.sent(5)
    two.sent(7)
    one.received(2)
    assert ledger.in_flight == 10
    assert ledger.describe() == "one (3 bytes), two (7 bytes)"


def test_a_closed_hop_does_not_count() -> None:
    ledger = Ledger()
    hop = ledger.hop("unread")
    hop.sent(100)
    assert ledger.in_flight == 0
    assert ledger.describe() == "nobody"


def test_closing_loses_what_was_under_way() -> None:
    ledger = Ledger()
    hop = ledger.hop("p1")
    hop.opened()
    hop.sent(100)
    hop.closed()
    assert ledger.in_flight == 0
    hop.received(100)
    assert ledger.in_flight == 0


def test_bytes_nobody_wrote_point_at_a_second_program() -> None:
    hop = Ledger().hop("p1")
    hop.opened()
    hop.sent(1)
    with pytest.raises(HarnessError, match="p1: 2 bytes were read that nobody wrote"):
        hop.received(3)


def test_it_knows_the_ttys_to_which_every_byte_counts() -> None:
    master, slave = os.openpty()
    device = os.fstat(slave).st_rdev
    ledger = Ledger()
    hop = ledger.hop("p1")
    hop.opened(slave)
    assert ledger.devices == {device}
    assert not ledger.busy
    hop.sent(2)
    hop.received(1)
    assert [*ledger.busy] == [device]
    hop.received(1)
    assert not ledger.busy
    hop.sent(1)
    hop.closed()
    assert not ledger.devices
    assert not ledger.busy
    os.close(slave)
    os.close(master)
