"""Nothing goes unnoticed, and nothing is left behind."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator

import pytest

from rig.clock import Stalled, VirtualLoop, WallLoop
from rig.errors import Finding, HarnessError, NotTestableHere
from rig.supervise import CLEAN_UP_WITHIN_S, run_supervised


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    loop = VirtualLoop()
    yield loop
    loop.close()


async def fail(after_s: float = 1.0) -> None:
    await asyncio.sleep(after_s)
    raise ValueError("in the background")


def test_it_runs_to_the_end(loop: VirtualLoop) -> None:
    async def body() -> None:
        await asyncio.sleep(5.0)

    run_supervised(loop, body())
    assert loop.time() == 5.0
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()


def test_what_the_body_raises_is_raised(loop: VirtualLoop) -> None:
    async def body() -> None:
        raise Finding("too late")

    with pytest.raises(Finding, match="too late"):
        run_supervised(loop, body())


@pytest.mark.parametrize("is_kept", [True, False], ids=["kept", "dropped"])
def test_an_exception_in_a_background_task(loop: VirtualLoop, is_kept: bool) -> None:
    kept: list[object] = []

    async def body() -> None:
        task = asyncio.create_task(fail())
        if is_kept:
            kept.append(task)
        del task
        await asyncio.sleep(5.0)

    with pytest.raises(HarnessError, match=r"a background task failed: ValueError\('in the background'\)") as caught:
        run_supervised(loop, body())
    assert isinstance(caught.value.__cause__, ValueError)


def test_an_exception_that_somebody_took_is_none_of_ours(loop: VirtualLoop) -> None:
    kept: list[asyncio.Task[None]] = []

    async def body() -> None:
        kept.append(asyncio.create_task(fail()))
        with pytest.raises(ValueError, match="in the background"):
            await kept[0]
        await asyncio.gather(fail(), fail(2.0), return_exceptions=True)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.sleep(10.0), 1.0)

    run_supervised(loop, body())


@pytest.mark.parametrize("ending", ["returns", "raises a finding", "waits for ever"])
def test_an_exception_in_a_callback_outweighs_whatever_the_body_does(loop: VirtualLoop, ending: str) -> None:
    async def body() -> None:
        loop.call_later(1.0, lambda: 1 // 0)
        try:
            await asyncio.sleep(1e9)
        except asyncio.CancelledError:
            if ending == "raises a finding":
                raise Finding("the station is silent") from None
            if ending == "waits for ever":
                raise

    with pytest.raises(HarnessError, match="ZeroDivisionError"):
        run_supervised(loop, body())
    assert loop.time() == 1.0  # at once, not when the body would have ended


def test_who_waits_when_nothing_can_happen(loop: VirtualLoop) -> None:
    async def second() -> None:
        await asyncio.Event().wait()

    async def body() -> None:
        await asyncio.sleep(3.0)
        task = asyncio.create_task(second())
        await asyncio.shield(task)

    with pytest.raises(
        Stalled, match=r"stalled at 3\.000000 s .* task \d waits at .*second.*; the case waits at .*body"
    ):
        run_supervised(loop, body())


def test_what_stalls_still_cleans_up(loop: VirtualLoop) -> None:
    cleaned_at: list[float] = []

    async def body() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(2.0)
            cleaned_at.append(loop.time())

    with pytest.raises(Stalled):
        run_supervised(loop, body())
    assert cleaned_at == [2.0]


def test_a_leaked_task_is_cancelled(loop: VirtualLoop) -> None:
    ended: list[str] = []

    async def leaked() -> None:
        try:
            await asyncio.sleep(1e9)
        finally:
            ended.append("leaked")

    async def body() -> None:
        ended.append("body")
        asyncio.create_task(leaked())  # noqa: RUF006
        await asyncio.sleep(0)

    run_supervised(loop, body())
    assert ended == ["body", "leaked"]
    assert asyncio.all_tasks(loop) == set()


def test_a_task_that_cleans_up_by_waiting_is_cancelled_again(loop: VirtualLoop) -> None:
    async def stubborn() -> None:
        try:
            await asyncio.sleep(1e9)
        finally:
            await asyncio.Event().wait()

    async def body() -> None:
        asyncio.create_task(stubborn())  # noqa: RUF006
        await asyncio.sleep(0)

    run_supervised(loop, body())
    assert loop.time() == CLEAN_UP_WITHIN_S


def test_a_task_that_cannot_be_cancelled_is_named(loop: VirtualLoop) -> None:
    stop = asyncio.Event()

    async def immortal() -> None:
        while not stop.is_set():
            try:
                await stop.wait()
            except asyncio.CancelledError:
                continue

    async def body() -> None:
        asyncio.create_task(immortal(), name="the immortal one")  # noqa: RUF006
        await asyncio.sleep(0)

    with pytest.raises(HarnessError, match="cancelled 3 times and still running: the immortal one"):
        run_supervised(loop, body())
    stop.set()
    loop.run_until_complete(asyncio.sleep(0))


def test_a_leaked_task_that_fails_while_it_is_cancelled(loop: VirtualLoop) -> None:
    kept: list[object] = []

    async def leaked() -> None:
        try:
            await asyncio.sleep(1e9)
        finally:
            raise ValueError("while cleaning up")

    async def body() -> None:
        kept.append(asyncio.create_task(leaked()))
        await asyncio.sleep(0)

    with pytest.raises(HarnessError, match="while cleaning up"):
        run_supervised(loop, body())


@pytest.mark.parametrize("loop_class", [VirtualLoop, WallLoop])
def test_ctrl_c_lets_the_body_clean_up(loop_class: type[VirtualLoop | WallLoop]) -> None:
    loop = loop_class()
    ended: list[str] = []

    async def body() -> None:
        loop.call_later(0.01, signal.raise_signal, signal.SIGINT)
        try:
            await asyncio.sleep(1e6)
        finally:
            await asyncio.sleep(0.01)
            ended.append("cleaned up")

    with pytest.raises(KeyboardInterrupt):
        run_supervised(loop, body())
    loop.close()
    assert ended == ["cleaned up"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_when_the_body_takes_no_notice_of_it(loop: VirtualLoop) -> None:
    async def body() -> None:
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run_supervised(loop, body())


def test_what_a_bench_lacks_stays_that(loop: VirtualLoop) -> None:
    async def finds_out() -> None:
        raise NotTestableHere("no load bank")

    async def body() -> None:
        task = asyncio.create_task(finds_out())
        task.add_done_callback(lambda done: done.result())
        await asyncio.sleep(60.0)

    with pytest.raises(NotTestableHere, match="no load bank"):
        run_supervised(loop, body())
    assert loop.time() == 0.0


def test_a_second_ctrl_c_does_not_wait(loop: VirtualLoop) -> None:
    async def body() -> None:
        loop.call_later(1.0, signal.raise_signal, signal.SIGINT)
        try:
            await asyncio.sleep(1e9)
        finally:
            signal.raise_signal(signal.SIGINT)
            await asyncio.sleep(1e9)

    with pytest.raises(KeyboardInterrupt):
        run_supervised(loop, body())
    assert loop.time() == 1.0


def test_somebody_elses_handler_of_ctrl_c_stays(loop: VirtualLoop) -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: heard.append(number))
    try:

        async def body() -> None:
            signal.raise_signal(signal.SIGINT)

        run_supervised(loop, body())
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [signal.SIGINT]
