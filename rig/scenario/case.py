"""A scenario file as a case of a run."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import pytest

from rig.case import Case
from rig.invariants.contactor import ContactorOpens
from rig.scenario.file import load, stem_of
from rig.scenario.play import play
from rig.scenario.script import Script


class ScenarioFile(pytest.File):
    """One file with one case. A file with a mistake cannot be collected."""

    @cached_property
    def script(self) -> Script:
        """What the file says, checked."""
        return load(self.path)

    def collect(self) -> Iterator[pytest.Item]:
        """The case, named after the file and the folder it lies in."""
        script = self.script

        async def scenario(rig: Case) -> None:
            await play(rig, script)

        scenario.__doc__ = f"{script.scenario.name}\n\n{script.scenario.description.strip()}"
        name = f"{self.path.parent.name}/{stem_of(self.path)}"
        item: pytest.Function = pytest.Function.from_parent(self, name=name, callobj=scenario)
        # One that expects nothing is there for what has to hold all the time.
        item.add_marker(pytest.mark.clause(*(script.clauses or (ContactorOpens.clause,))))
        yield item
