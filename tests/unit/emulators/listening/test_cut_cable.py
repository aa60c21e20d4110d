"""A cut cable before a listening socket: calls are neither taken nor refused, until it is mended."""

from __future__ import annotations

import select
import socket

from emulators.listening.cut_cable import CutCable

BACKLOG = 16


def call(listening: socket.socket) -> socket.socket:
    caller = socket.socket()
    caller.setblocking(False)
    caller.connect_ex(listening.getsockname())
    return caller


def answered(caller: socket.socket) -> bool:
    """Whether a connection or a refusal has come by now."""
    poll = select.poll()
    poll.register(caller, select.POLLOUT)
    return bool(poll.poll(0))


def test_calls_come_to_nothing_until_it_is_mended() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) as listening:
        listening.setblocking(False)
        with call(listening) as before:
            assert answered(before)
            listening.accept()[0].close()
        cut = CutCable(listening)
        callers = [call(listening) for _ in range(3)]
        assert not any(answered(caller) for caller in callers)
        for caller in callers:
            caller.close()
        cut.mend(BACKLOG)
        with call(listening) as after:
            assert answered(after)
            listening.accept()[0].close()


def test_mending_after_the_socket_was_closed_does_no_harm() -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    cut = CutCable(listening)
    listening.close()
    cut.mend(BACKLOG)
    cut.mend(BACKLOG)
