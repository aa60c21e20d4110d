"""The Data Request: who drives it, who is told, and how a modem line is read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from rig.clock import VirtualLoop
from rig.errors import HarnessError
from rig.lines.end import EndSpec, ModemLines
from rig.lines.format import PortSettings
from rig.lines.pty import PtyEnd
from rig.lines.request import REQUEST_POLL_S, DataRequest, RequestPoll

Told = list[tuple[bool, Any]]


class Port(PtyEnd):
    """An end whose modem lines the test sets."""

    def __init__(self, loop: VirtualLoop, where: str = "/dev/ttyUSB0") -> None:
        super().__init__("line p1, end a", loop, PortSettings())
        self.lines: ModemLines | None = ModemLines(cts=False, dsr=False)
        self.where = where

    @property
    def path(self) -> str:
        return self.where

    def modem_lines(self) -> ModemLines | None:
        return self.lines


def listening(request: DataRequest) -> Told:
    told: Told = []
    request.listen(lambda active, now_s: told.append((active, now_s)))
    return told


def test_listeners_hear_changes_only() -> None:
    request = DataRequest(driven=False)
    told = listening(request)
    for driven, now_s in [(False, 1.0), (True, 2.0), (True, 3.0), (False, 4.0)]:
        request.drive(driven, now_s)
    assert told == [(True, 2.0), (False, 4.0)]


def test_a_listener_can_leave() -> None:
    request = DataRequest(driven=False)
    told: Told = []
    leave = request.listen(lambda active, now_s: told.append((active, now_s)))
    request.drive(True, 1.0)
    leave()
    request.drive(False, 2.0)
    assert told == [(True, 1.0)]


def test_without_the_plug_the_request_is_not_seen() -> None:
    request = DataRequest(driven=True)
    told = listening(request)
    request.plug(False, 1.0)
    request.drive(False, 2.0)
    request.drive(True, 3.0)
    assert not request.active
    request.plug(True, 4.0)
    assert told == [(False, 1.0), (True, 4.0)]


@pytest.mark.parametrize(
    ("spec", "active_when"),
    [
        (EndSpec(request_line="CTS"), ModemLines(cts=True, dsr=False)),
        (EndSpec(request_line="DSR"), ModemLines(cts=False, dsr=True)),
        (EndSpec(request_line="CTS", request_inverted=True), ModemLines(cts=False, dsr=True)),
        (EndSpec(request_line="DSR", request_inverted=True), ModemLines(cts=True, dsr=False)),
    ],
)
def test_a_modem_line_carries_the_request(spec: EndSpec, active_when: ModemLines) -> None:
    inactive = ModemLines(cts=not active_when.cts, dsr=not active_when.dsr)

    async def script(loop: VirtualLoop) -> None:
        port, request = Port(loop), DataRequest(driven=False)
        told = listening(request)
        poll = RequestPoll(loop, port, spec, request)
        port.lines = active_when
        await poll.start()
        assert told == [(True, 0.0)]
        await asyncio.sleep(1.0)
        port.lines = inactive
        await asyncio.sleep(1.0)
        assert not request.active
        assert told[1:] == [(False, pytest.approx(1.0, abs=REQUEST_POLL_S + 1e-9))]
        port.lines = None  # unplugged: its end reports that
        await asyncio.sleep(1.0)
        port.lines = active_when
        poll.stop()
        poll.stop()
        await asyncio.sleep(1.0)
        assert len(told) == 2

    run(script)


def test_a_port_without_modem_lines_is_refused_at_once() -> None:
    async def script(loop: VirtualLoop) -> None:
        port = Port(loop)
        port.lines = None
        with pytest.raises(HarnessError, match="/dev/ttyUSB0 has no modem lines, so CTS cannot carry"):
            await RequestPoll(loop, port, EndSpec(request_line="CTS"), DataRequest(driven=False)).start()
        assert loop.time() == 0.0

    run(script)


@pytest.mark.parametrize(("shown_after_s", "found"), [(1.0, True), (4.0, False)])
def test_a_port_behind_a_url_may_show_them_a_little_later(shown_after_s: float, found: bool) -> None:
    async def script(loop: VirtualLoop) -> None:
        port, request = Port(loop, "rfc2217://host:2217"), DataRequest(driven=False)
        port.lines = None
        loop.call_later(shown_after_s, setattr, port, "lines", ModemLines(cts=True, dsr=False))
        poll = RequestPoll(loop, port, EndSpec(request_line="CTS"), request)
        if found:
            await poll.start()
            poll.stop()
            assert request.active
        else:
            with pytest.raises(HarnessError, match="no modem lines"):
                await poll.start()

    run(script)


def run(script: Callable[[VirtualLoop], object]) -> None:
    loop = VirtualLoop()
    try:
        loop.run_until_complete(script(loop))  # type: ignore[arg-type]
    finally:
        loop.close()
