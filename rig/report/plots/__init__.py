"""The plots of the report, as SVG fragments: small, deterministic, readable in light, dark and print.

`case_timeline_svg` runs in the worker process of its case; matplotlib is imported at the first drawing only.
"""

from rig.report.plots.case_timeline import case_timeline_svg, moments_of
from rig.report.plots.trip_curve import trip_curve_svg, trip_points

__all__ = ["case_timeline_svg", "moments_of", "trip_curve_svg", "trip_points"]
