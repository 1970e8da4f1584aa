"""Ordered sources of one answer: the first good one is taken, and the answer says where it came from.

Empty means "not mine": the next source is asked. `Unavailable` means the same and is kept as a cause. `Rejected`,
`IntegrityError` and every other error stop the chain and are raised. Each source bounds its own time and counts its
own failures, normally by calling through its guard.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from arbedge.errors import NotFound, Stale, Unavailable

__all__ = ["AllSourcesFailed", "Answer", "Found", "Source", "first_answer"]

T = TypeVar("T")


class AllSourcesFailed(Unavailable):
    """No source answered and at least one of them should have; `causes` holds each source's error, in order."""

    code = "all_sources_failed"

    def __init__(self, what: str, causes: Sequence[tuple[str, Unavailable]]) -> None:
        told = "; ".join(f"{source}: {error}" for source, error in causes)
        super().__init__(f"{what}: no source answered ({told})")
        self.causes = tuple(causes)


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A source's answer and its age when it was given, in milliseconds."""

    value: T
    age_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Source(Generic[T]):
    """One place to ask. `fetch` gives None for "not mine"; `is_degraded` marks a place of last resort."""

    name: str
    fetch: Callable[[], Awaitable[Found[T] | None]]
    is_degraded: bool = False


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A value with its provenance.

    `degraded` when a source before it failed or it came from a place of last resort; `causes` are the errors of the
    sources that failed before it.
    """

    value: T
    source: str
    age_ms: float
    degraded: bool
    causes: tuple[tuple[str, Unavailable], ...] = ()


async def first_answer(sources: Sequence[Source[T]], what: str, *, max_age_ms: float | None = None) -> Answer[T]:
    """The first good answer; one older than `max_age_ms` counts as `Stale` and the next source is asked.

    Raises `AllSourcesFailed` with every cause, `NotFound` when every source was empty, and what a source raised
    when that is not `Unavailable`.
    """
    causes: list[tuple[str, Unavailable]] = []
    for source in sources:
        try:
            found = await source.fetch()
        except Unavailable as error:
            causes.append((source.name, error))
            continue
        if found is None:
            continue
        if max_age_ms is not None and found.age_ms > max_age_ms:
            causes.append((source.name, Stale(f"{found.age_ms:.0f} ms old, at most {max_age_ms:.0f} ms allowed")))
            continue
        is_degraded = bool(causes) or source.is_degraded
        return Answer(found.value, source.name, found.age_ms, is_degraded, tuple(causes))
    if causes:
        raise AllSourcesFailed(what, causes)
    raise NotFound(f"{what}: no source has it ({', '.join(source.name for source in sources) or 'none was given'})")
