"""One instrument through PyVISA. Its calls block, so they run in a thread while the loop goes on.

In virtual time the clock stands still meanwhile (rig/clock/virtual.py), and every call that ends with an answer leaves
nothing in flight. So an emulated instrument, served by the same loop, is asked and answers at one instant; it has to
answer at once, because no timer fires before it does.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import pyvisa
from pyvisa import constants, rname
from pyvisa.resources import MessageBasedResource, SerialInstrument, TCPIPSocket

from rig.errors import ConfigurationError, HarnessError

_T = TypeVar("_T")

# "@py" is pyvisa-py, which needs no other software; "" is the VISA library that is installed on the machine.
PURE_PYTHON = "@py"
_EXAMPLE = "TCPIP::192.168.1.20::5025::SOCKET or USB::0x1AB1::0x04CE::DS1ZA1::INSTR"


@dataclass(frozen=True, slots=True)
class VisaSettings:
    """How an instrument is reached. Raises ConfigurationError for a resource string that is none.

    `resource` is a VISA resource string: `TCPIP::host::port::SOCKET`, `TCPIP::host::INSTR`, `USB::…::INSTR`,
    `GPIB::9::INSTR`, `ASRL/dev/ttyUSB0::INSTR`. Timeouts are in real seconds, whatever clock runs. `baud` is for a
    serial port.
    """

    resource: str
    timeout_s: float = 5.0
    open_timeout_s: float = 5.0
    read_termination: str = "\n"
    write_termination: str = "\n"
    baud: int = 9600
    backend: str = PURE_PYTHON

    def __post_init__(self) -> None:
        try:
            rname.parse_resource_name(self.resource)
        except rname.InvalidResourceName:
            raise ConfigurationError(
                f"instrument {self.resource!r} is no VISA resource string; one is like {_EXAMPLE}"
            ) from None
        if self.timeout_s <= 0 or self.open_timeout_s <= 0:
            raise ConfigurationError(f"instrument {self.resource}: a timeout is above 0 s")


class NoAnswer(HarnessError):
    """The instrument was reached, and did not answer in time."""


class VisaLink:
    """The connection to one instrument; one call at a time, in the order in which they were made.

    It is opened by the first call, and again by the next one after it was lost: a call that failed closes it, so that
    a late answer cannot be taken for that of another question.
    """

    def __init__(self, settings: VisaSettings) -> None:
        self.settings = settings
        # A thread of its own: PyVISA's sessions are not meant to be shared by several.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"visa {settings.resource}")
        self._resource: MessageBasedResource | None = None
        self._closed = False

    async def write(self, text: str) -> None:
        """Send a message. Raises HarnessError when it cannot be sent."""
        await self._run(lambda resource: resource.write(text), text)

    async def query(self, text: str) -> str:
        """Send a message and return the answer, without its termination. Raises HarnessError, NoAnswer among them."""
        return await self._run(lambda resource: resource.query(text), text)

    async def query_block(self, text: str) -> bytes:
        """Send a message that is answered by a block of bytes, and return those. Raises HarnessError."""

        def ask(resource: MessageBasedResource) -> bytes:
            return bytes([int(byte) for byte in resource.query_binary_values(text, datatype="B")])

        return await self._run(ask, text)

    async def drop(self) -> None:
        """Close it for now, so that what is still to come is taken for no answer; the next call opens it again."""
        if not self._closed:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._drop)

    async def close(self) -> None:
        """Close it for good, after what is under way; closing twice is fine."""
        if not self._closed:
            self._closed = True
            await asyncio.get_running_loop().run_in_executor(self._thread, self._drop)
            self._thread.shutdown(wait=False)

    async def _run(self, job: Callable[[MessageBasedResource], _T], what: str) -> _T:
        if self._closed:
            raise HarnessError(f"{self.settings.resource}: {what!r}: the connection was closed")
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._attempt, job, what)

    # -- in the thread -------------------------------------------------------------------------------------------

    def _attempt(self, job: Callable[[MessageBasedResource], _T], what: str) -> _T:
        name = self.settings.resource
        if self._resource is None:
            self._resource = _opened(self.settings)
        try:
            return job(self._resource)
        except pyvisa.VisaIOError as error:
            self._drop()
            if error.error_code == constants.StatusCode.error_timeout:
                raise NoAnswer(f"{name}: no answer to {what!r} within {self.settings.timeout_s:g} s") from error
            raise HarnessError(f"{name}: {what!r}: {error.description.rstrip('.')}") from error
        except (OSError, ValueError, pyvisa.Error) as error:
            # A refused connection shows only here: pyvisa-py takes it for an open one.
            self._drop()
            raise HarnessError(f"{name}: {what!r}: {_reason(error)}") from error

    def _drop(self) -> None:
        resource, self._resource = self._resource, None
        if resource is not None:
            try:
                resource.close()
            except (OSError, pyvisa.Error):  # it is lost already
                return


def _opened(settings: VisaSettings) -> MessageBasedResource:
    try:
        # PyVISA keeps one manager for each backend.
        resource = pyvisa.ResourceManager(settings.backend).open_resource(
            settings.resource, open_timeout=round(settings.open_timeout_s * 1000)
        )
        if isinstance(resource, MessageBasedResource):
            _set_up(resource, settings)
            return resource
        resource.close()
    except Exception as error:  # pyvisa-py raises plain Exceptions too
        raise HarnessError(f"{settings.resource}: cannot be opened: {_reason(error)}") from error
    raise HarnessError(f"{settings.resource}: it takes no messages; a resource that does is like {_EXAMPLE}")


def _set_up(resource: MessageBasedResource, settings: VisaSettings) -> None:
    resource.timeout = settings.timeout_s * 1000
    resource.read_termination = settings.read_termination
    resource.write_termination = settings.write_termination
    if isinstance(resource, SerialInstrument):
        resource.baud_rate = settings.baud
    if isinstance(resource, TCPIPSocket):
        _send_at_once(resource)


def _send_at_once(resource: TCPIPSocket) -> None:
    """The question that follows a command is not to wait until that is acknowledged, which takes 40 ms."""
    interface = getattr(getattr(resource.visalib, "sessions", {}).get(resource.session), "interface", None)
    if isinstance(interface, socket.socket):
        # pyvisa-py 0.8.1 knows the attribute, and does not get to its own setter.
        interface.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    else:
        resource.set_visa_attribute(constants.ResourceAttribute.tcpip_nodelay, True)


def _reason(error: Exception) -> str:
    """The first line of what was said; the rest is advice for programmers."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    lines = text.strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
