"""A raw tty pair: the cable holds the master, a program opens the other side by its path."""

from __future__ import annotations

import os
import select
import termios
import tty
from collections.abc import Callable

from rig.errors import HarnessError
from rig.lines.end import End, Loop, ModemLines, Tap
from rig.lines.format import PortSettings

# What a Linux tty buffers for its reader; a longer write travels in pieces of this size.
_READ_SIZE = 4096
# What may wait for the reader of a port. Any pty takes this much; how much more it takes differs from run to run.
_ROOM = 8192

_OUTPUT_SPEED = 5  # where tcgetattr has it
_BAUD_OF = {getattr(termios, name): int(name[1:]) for name in dir(termios) if name[0] == "B" and name[1:].isdigit()}


class PtyEnd(End):
    """The cable's side of a tty pair.

    A program in this process calls `attach` when it opens `path` and reports through the tap what it reads and writes;
    virtual time then waits for every such byte. It must keep reading until it calls `detach`. A program in another
    process just opens the path, which is sound under the real and the scaled clock only.

    A pty carries neither parity nor modem lines and has no pace; the line models all three.
    """

    def __init__(self, name: str, loop: Loop, settings: PortSettings) -> None:
        super().__init__(name, loop, settings)
        self._master = self._slave = -1
        self._path = ""
        self._program: str | None = None
        self._reader_sees = select.poll()
        self._unread = 0  # with nobody attached: an upper bound of what waits in the tty
        self._to_port = loop.ledger.hop(f"{name}, cable to port")
        self._to_cable = loop.ledger.hop(f"{name}, port to cable")

    @property
    def path(self) -> str:
        """The tty to open, e.g. /dev/pts/3. Raises HarnessError before the line is open."""
        if self._slave < 0:
            raise HarnessError(f"{self.name} has no path yet; open the line first")
        return self._path

    async def open(self, receive: Callable[[bytes], None], failed: Callable[[HarnessError], None]) -> None:
        """Make the pair. Raises HarnessError when the machine has no pty left."""
        self._receive, self._failed = receive, failed
        try:
            # The slave stays open here too: a master whose last slave closes reports a hang-up for ever.
            self._master, self._slave = os.openpty()
        except OSError as error:
            raise HarnessError(f"{self.name}: this machine gives no pty ({error.strerror})") from None
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        os.set_blocking(self._slave, False)
        self._path = os.ttyname(self._slave)
        self._reader_sees.register(self._slave, select.POLLIN)
        self._loop.add_reader(self._master, self._readable)

    async def close(self) -> None:
        """Take the pair apart. A program that still has it open gets a hang-up."""
        if self._slave < 0:
            return
        self._loop.remove_reader(self._master)
        self._reader_sees.unregister(self._slave)
        self._forget_program()
        os.close(self._slave)
        os.close(self._master)
        self._master = self._slave = -1

    def attach(self, program: str) -> Tap:
        """Announce that `program`, in this process, has opened the path; returns the tap it must report to.

        What the cable had delivered before is discarded, as a port that was not open keeps nothing. Raises
        HarnessError when another program is attached or the line is not open.
        """
        path = self.path
        if self._program is not None:
            raise HarnessError(f"{self.name}: {program} cannot open {path}, {self._program} has it open")
        self._flush_to_port()
        self._take_written()
        self._program = program
        self._to_port.opened(self._slave)
        self._to_cable.opened()
        return self._tap

    def detach(self) -> None:
        """The attached program closes its port. What it wrote goes on its way, what it did not read is lost."""
        if self._program is not None:
            self._take_written()
            self._unread = self._to_port.in_flight
            self._forget_program()

    def write(self, data: bytes) -> int:
        """Deliver `data` to the tty; returns for how many bytes there was room."""
        waiting = self._to_port.in_flight if self._to_port.open else self._unread_elsewhere()
        fitting = data[: max(0, _ROOM - waiting)]
        try:
            accepted = os.write(self._master, fitting) if fitting else 0
        except BlockingIOError:
            accepted = 0
        self._to_port.sent(accepted)
        self._unread += accepted
        return accepted

    def discard(self) -> None:
        """Nothing to forget: a pty gets what has passed the cable, and that has arrived."""

    @property
    def idle(self) -> bool:
        """No byte is between the cable and an attached program."""
        return not (self._to_port.in_flight or self._to_cable.in_flight)

    def port_baud(self) -> int | None:
        """See End."""
        return _BAUD_OF.get(termios.tcgetattr(self._slave)[_OUTPUT_SPEED]) if self._slave >= 0 else None

    def modem_lines(self) -> ModemLines | None:
        """None: a pty has no modem lines."""
        return None

    def _tap(self, direction: str, data: bytes) -> None:
        if direction == "rx":
            self._to_port.received(len(data))
        else:
            self._to_cable.sent(len(data))

    def _readable(self) -> None:
        data = self._read()
        hop = self._to_cable
        if hop.open:
            # The kernel may hand over one write in parts; taken together, chunks are the same in every run.
            while len(data) < hop.in_flight and (more := self._read()):
                data += more
            try:
                hop.received(len(data))
            except HarnessError as error:
                self._failed(error)
                return
        for at in range(0, len(data), _READ_SIZE):
            self._receive(data[at : at + _READ_SIZE])

    def _unread_elsewhere(self) -> int:
        """What waits for a reader in another process: known to be nothing, or at most what was written since then."""
        if not self._reader_sees.poll(0):
            self._unread = 0
        return self._unread

    def _read(self) -> bytes:
        try:
            return os.read(self._master, _READ_SIZE)
        except BlockingIOError:
            return b""

    def _take_written(self) -> None:
        while data := self._read():
            self._to_cable.received(len(data))
            self._receive(data)

    def _flush_to_port(self) -> None:
        # In this order: first what the kernel has not handed on yet, then what waits for the reader.
        termios.tcflush(self._master, termios.TCOFLUSH)
        termios.tcflush(self._slave, termios.TCIFLUSH)

    def _forget_program(self) -> None:
        self._program = None
        self._to_port.closed()
        self._to_cable.closed()
