"""What the plot of a case shows, in words, for readers who do not see it."""

from __future__ import annotations

from collections.abc import Sequence

from rig.report.plots.decimate import Span
from rig.report.plots.strips import Socket, Strips
from rig.report.words import duration, number


def describe(strips: Strips) -> str:
    """A sentence about each socket, about what all of them drew, and about the meter that was not heard."""
    start_s = strips.start_s or 0.0
    sentences = [f"{duration(strips.end_s - start_s)} from {duration(start_s)} on."]
    sentences += [_socket(name, socket) for name, socket in sorted(strips.sockets.items()) if socket.offered.points]
    if len(strips.sockets) > 1 and strips.fullest.points:
        limit = f" of {number(strips.station_limit.last)} A" if strips.station_limit.points else ""
        sentences.append(f"All sockets together drew {_most(strips.fullest.points)}{limit} from the fullest phase.")
    if strips.unheard.spans:
        sentences.append(f"The station did not hear its meter for {_lasting(strips.unheard.spans)}.")
    return " ".join(sentences)


def _socket(name: str, socket: Socket) -> str:
    offers = sorted({value for _, value in socket.offered.points if value})
    if not offers:
        offered = "offered nothing"
    else:
        ends = [number(value) for value in dict.fromkeys((offers[0], offers[-1]))]
        offered = f"offered {' to '.join(ends)} A, changed {len(socket.offered.points) - 1} times"
    parts = [f"Socket {name}: {offered}", f"drew {_most(socket.most.points)}"]
    if socket.paused.spans:
        parts.append(f"paused for {_lasting(socket.paused.spans)}")
    if socket.beyond.spans:
        longest_s = max(span.end_s - span.start_s for span in socket.beyond.spans)
        parts.append(f"drew more than it was offered for {duration(longest_s)} at most")
    return ", ".join(parts) + "."


def _most(points: Sequence[tuple[float, float]]) -> str:
    most = max((value for _, value in points), default=0.0)
    return f"{number(most)} A at most" if most else "nothing"


def _lasting(spans: Sequence[Span]) -> str:
    return duration(sum(span.end_s - span.start_s for span in spans))
