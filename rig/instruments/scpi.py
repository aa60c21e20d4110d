"""An instrument that speaks SCPI: questions, commands whose errors are asked for, and who it is."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from rig.errors import HarnessError
from rig.instruments.visa import NoAnswer, VisaLink, VisaSettings

ERROR_QUERY = ":SYSTem:ERRor?"
# Longer than the queue of any instrument: one that never says "no error" has another fault.
_MAX_ERRORS = 64
_SHOWN_CHARS = 120
_ERROR = re.compile(r"\s*([+-]?\d+)\s*(?:,.*)?", re.DOTALL)

Turn = AbstractAsyncContextManager[object]
"""Entered for each thing that an instrument is told or asked, questions for its errors included; an `asyncio.Lock`."""


class Refused(HarnessError):
    """The instrument was told something, and says that it did not accept it."""


class ScpiInstrument:
    """What drivers have in common. `error_query` is None for an instrument that has no error queue.

    Instruments that are given the same `turn` are talked to one after the other. Without that the order of two that
    are asked at the same instant of virtual time would be the operating system's affair, and differ between runs.

    Every method that talks to the instrument raises HarnessError when it cannot be reached, does not answer, or says
    in its error queue that it did not accept what it was told; the message names the command.
    """

    def __init__(
        self, settings: VisaSettings, *, turn: Turn | None = None, error_query: str | None = ERROR_QUERY
    ) -> None:
        self.link = VisaLink(settings)
        self.identity = ""
        """What it answered to `*IDN?` when it was opened."""
        self._error_query = error_query
        # A command and the question for its errors belong together.
        self._turn: Turn = turn if turn is not None else asyncio.Lock()

    @property
    def name(self) -> str:
        """Its resource string, for messages."""
        return self.link.settings.resource

    async def open(self) -> None:
        """Reach it, ask who it is, and forget errors from before."""
        try:
            self.identity = await self.query("*IDN?")
            self._recognise()
            if self._error_query is not None:
                await self.command("*CLS")
        except BaseException:
            await self.close()
            raise

    def _recognise(self) -> None:
        """What there is to do once `identity` is known. Raises ConfigurationError for one that will not do."""

    async def close(self) -> None:
        """Close the connection; closing twice is fine."""
        await self.link.close()

    async def command(self, text: str) -> None:
        """Tell it something, and ask whether it had anything against that: then Refused is raised."""
        async with self._turn:
            await self.link.write(text)
            errors = await self._errors()
        if errors:
            raise Refused(f"{self.name}: {text!r} was refused: {'; '.join(errors)}")

    async def query(self, text: str) -> str:
        """Ask it something."""
        async with self._turn:
            return await self._answer(text)

    async def query_all(self, questions: Sequence[str]) -> list[str]:
        """Ask it several things in one message; the answers in their order, none of which has a `;` in it.

        Raises HarnessError for another number of answers; the connection is closed then, as after any failure.
        """
        text = ";".join(questions)
        async with self._turn:
            answer = await self._answer(text)
            answers = answer.split(";")
            if len(answers) != len(questions):
                await self.link.drop()
                raise await self._explained(
                    HarnessError(
                        f"{self.name}: {text!r} was answered {answer[:_SHOWN_CHARS]!r}: "
                        f"{len(answers)} answers, separated by ';', to {len(questions)} questions"
                    )
                )
        return answers

    async def query_block(self, text: str) -> bytes:
        """Ask it for a block of bytes."""
        async with self._turn:
            try:
                return await self.link.query_block(text)
            except NoAnswer as error:
                raise await self._explained(error) from error

    async def _answer(self, text: str) -> str:
        try:
            return (await self.link.query(text)).strip()
        except NoAnswer as error:
            raise await self._explained(error) from error

    async def _errors(self) -> list[str]:
        """All errors that wait, oldest first."""
        if self._error_query is None:
            return []
        errors: list[str] = []
        for _ in range(_MAX_ERRORS):
            answer = (await self.link.query(self._error_query)).strip()
            match = _ERROR.fullmatch(answer)
            if match is None:
                raise HarnessError(f"{self.name}: {answer[:60]!r} is no answer to {self._error_query}; 0 is no error")
            if int(match.group(1)) == 0:
                return errors
            errors.append(answer)
        raise HarnessError(f"{self.name}: more than {_MAX_ERRORS} errors: {errors[0]}, ... {errors[-1]}")

    async def _explained(self, failure: HarnessError) -> HarnessError:
        """Who does not answer, or not all, may say why when asked for errors, on a new connection."""
        try:
            errors = await self._errors()
        except HarnessError:
            return failure
        return HarnessError(f"{failure}: {'; '.join(errors)}") if errors else failure
