"""What the documents promise, as data: the catalogue of clauses, and the table of times and limits."""

from rig.clauses.catalogue import Catalogue, Clause, Status
from rig.clauses.timings import Limit, Timing, TripBand

__all__ = ["Catalogue", "Clause", "Limit", "Status", "Timing", "TripBand"]
