"""A case of a test's own on a bench."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from rig.bench import Bench
from rig.bench.file import BenchFile
from rig.case import Case
from rig.options import RunOptions

Body = Callable[[Case, Bench], Awaitable[None]]


def run_on_bench(body: Body, settings: Mapping[str, object], file: BenchFile | None = None, **how: Any) -> Case:
    """Run it to its end in virtual time; `how` goes to the bench."""
    case = Case("unit/case", RunOptions(bench=file or BenchFile()))

    async def whole() -> None:
        async with case.bench(settings, **how) as bench:
            await body(case, bench)

    try:
        case.run(whole())
    finally:
        case.close()
    return case
