"""Which pictures a report shows, so that it opens in a browser however many cases went wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from rig.report.model import CaseResult

MOST_BYTES = 3_000_000


def most_telling(cases: Sequence[CaseResult], most_bytes: int = MOST_BYTES) -> list[CaseResult]:
    """The same cases, some without their picture when all pictures together were larger than `most_bytes`.

    What did not pass goes first; of cases that differ only in their parameters one of each kind, then a second one.
    """
    seen: Counter[tuple[str, bool]] = Counter()
    order: list[tuple[bool, int, int]] = []
    for index, case in enumerate(cases):
        kind = case.case.partition("[")[0], case.outcome == "pass"
        order.append((kind[1], seen[kind], index))
        seen[kind] += bool(case.plot)
    kept = list(cases)
    left = most_bytes
    for _, _, index in sorted(order):
        left -= len(cases[index].plot.encode())
        if left < 0:
            kept[index] = msgspec.structs.replace(cases[index], plot="")
    return kept
