"""Spans of time: joining what overlaps, and taking it out of a longer span."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Stretch", "cut", "merged"]


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """A span of time, both ends in microseconds since 1970 (UTC), start before end or at it."""

    start_us: int
    end_us: int

    @property
    def length_us(self) -> int:
        """How long it is, in microseconds."""
        return self.end_us - self.start_us


def merged(spans: Iterable[Stretch], within: Stretch) -> list[Stretch]:
    """The parts of the spans inside `within`, oldest first, those that overlap joined."""
    joined: list[Stretch] = []
    for span in sorted(spans):
        start, end = max(span.start_us, within.start_us), min(span.end_us, within.end_us)
        if start >= end:
            continue
        if joined and start < joined[-1].end_us:
            joined[-1] = Stretch(joined[-1].start_us, max(end, joined[-1].end_us))
        else:
            joined.append(Stretch(start, end))
    return joined


def cut(whole: Stretch, out: Sequence[Stretch]) -> list[Stretch]:
    """What is left of `whole` without the spans `out` (merged, inside it); the ends of a cut stay on both sides."""
    left = []
    start = whole.start_us
    for span in out:
        if start < span.start_us:
            left.append(Stretch(start, span.start_us))
        start = span.end_us
    if start < whole.end_us:
        left.append(Stretch(start, whole.end_us))
    return left
