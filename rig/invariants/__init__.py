"""What has to hold at every moment of a run, whatever the case does: listeners on the timeline, one per promise.

    with invariants(rig, bench):
        ...

Each gives one verdict at the end of the block, a finding names the first moment at which it did not hold.
"""

from rig.invariants.facts import Facts, balances, facts_of
from rig.invariants.watch import NAMES, Watch, invariants

__all__ = ["NAMES", "Facts", "Watch", "balances", "facts_of", "invariants"]
