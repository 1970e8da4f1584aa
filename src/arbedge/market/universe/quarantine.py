"""The pairs that wait for a person, and what persons decided, as the running process knows them.

Bounded by name and count: an undecided pair that still occurs is never dropped. When the book is full, pairs not
seen for a day make room, longest unseen first; when none is that old, a new pair is not taken in, and `problem`
says so until there is room again. Decided pairs are kept besides.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from arbedge.domain.instrument import InstrumentId
from arbedge.domain.quarantine import Doubt, QuarantineCase, case_id, in_order
from arbedge.foundation.runtime.clock import Clock

__all__ = ["QuarantineBook"]

_UNSEEN = timedelta(hours=24)
_RETOLD = timedelta(seconds=30)
"""How often a case that only goes on occurring is worth storing again."""


class QuarantineBook:
    """Cases by name. `note` on the tick path; the rest is called by whoever stores them. One thread, no awaits."""

    def __init__(self, clock: Clock, *, most: int, is_simulated: bool) -> None:
        self._clock = clock
        self._most = most
        self._is_simulated = is_simulated
        self._cases: dict[str, QuarantineCase] = {}
        self._names: dict[tuple[InstrumentId, InstrumentId], str] = {}
        self._untold: dict[str, QuarantineCase] = {}
        self._told_at: dict[str, datetime] = {}
        self._undecided = 0
        self._refused_at: datetime | None = None
        self.refused = 0

    def __len__(self) -> int:
        return len(self._cases)

    @property
    def is_simulated(self) -> bool:
        """Whether what is watched is simulated; such pairs and decisions are kept apart from real ones."""
        return self._is_simulated

    @property
    def undecided(self) -> int:
        """How many pairs wait."""
        return self._undecided

    @property
    def problem(self) -> str | None:
        """Said for a minute after a pair could not be taken in because the book is full of occurring ones."""
        if self._refused_at is None or self._clock.now() - self._refused_at > timedelta(minutes=1):
            return None
        return f"quarantine is full with {self._most} pairs; {self.refused} sightings of others were not kept"

    def cases(self) -> tuple[QuarantineCase, ...]:
        """Every case, longest known first."""
        return tuple(sorted(self._cases.values(), key=lambda each: (each.first_seen_at, each.id)))

    def note(  # noqa: PLR0913 - one sighting
        self,
        one: InstrumentId,
        two: InstrumentId,
        *,
        asset: str,
        doubt: Doubt,
        basis: str,
        ratio: float | None,
        listed_at: tuple[datetime | None, datetime | None] = (None, None),
    ) -> str | None:
        """A candidate of this pair was held back; `ratio` and `listed_at` are in the order of `in_order`.

        Returns the case's name, None when the book is full.
        """
        pair = in_order(one, two)
        name = self._names.get(pair)
        now = self._clock.now()
        if name is None:
            name = case_id(*pair, is_simulated=self._is_simulated)
        known = self._cases.get(name)
        if known is None:
            if not self._make_room(now):
                self.refused += 1
                self._refused_at = now
                return None
            self._names[pair] = name
            self._undecided += 1
            case = QuarantineCase(
                first=pair[0],
                second=pair[1],
                asset=asset,
                doubt=doubt,
                basis=basis,
                ratio=ratio,
                first_seen_at=now,
                last_seen_at=now,
                times=1,
                is_simulated=self._is_simulated,
                listed_at=listed_at,
            )
        else:
            case = replace(
                known,
                doubt=doubt,
                basis=basis,
                ratio=ratio,
                last_seen_at=now,
                times=known.times + 1,
                listed_at=listed_at,
            )
        self._cases[name] = case
        told_at = self._told_at.get(name)
        if told_at is None or now - told_at >= _RETOLD or (known is not None and known.doubt is not doubt):
            self._untold[name] = case
        return name

    def load(self, stored: Iterable[QuarantineCase]) -> None:
        """Take in what an earlier run knew: when a pair was first seen, how often, what was decided.

        The latest seen come first, so that the bound leaves out what has not occurred for longest.
        """
        for case in sorted(stored, key=lambda each: each.last_seen_at, reverse=True):
            if case.id in self._cases or case.is_simulated is not self._is_simulated:
                continue
            if not case.is_decided and self._undecided >= self._most:
                continue
            self._put(case)
            self._told_at[case.id] = case.last_seen_at

    def has_ended(self, case: QuarantineCase) -> bool:
        """Whether this very decision was seen to expire here, which the store may not know yet."""
        known = self._cases.get(case.id)
        if known is None or known.decision is None or case.decision is None:
            return False
        return known.decision.at == case.decision.at and not known.decision.holds

    def stamp(self, case: QuarantineCase, listed_at: tuple[datetime | None, datetime | None]) -> QuarantineCase:
        """Note when the two were listed, for a case decided before that was known."""
        stamped = replace(self._cases.get(case.id, case), listed_at=listed_at)
        self._put(stamped)
        self._untold[stamped.id] = stamped
        return stamped

    def decide(self, decided: Iterable[QuarantineCase]) -> None:
        """Take over the decisions in force; a case without one any more waits again."""
        wanted = {case.id: case for case in decided if case.is_simulated is self._is_simulated}
        for name, case in tuple(self._cases.items()):
            if case.is_decided and name not in wanted:
                self._put(replace(case, decision=None))
        for name, case in wanted.items():
            self._put(replace(self._cases.get(name, case), decision=case.decision))

    def expire(self, instruments: Iterable[InstrumentId]) -> tuple[str, ...]:
        """These left their venue's list or are listed anew: decisions about them no longer count.

        Returns the names of the cases concerned.
        """
        gone = frozenset(instruments)
        ended = [each for each in self._cases.values() if each.is_decided and gone & {each.first, each.second}]
        for case in ended:
            self.end(case)
        return tuple(each.id for each in ended)

    def end(self, case: QuarantineCase) -> None:
        """This decision no longer counts; the pair waits again."""
        expired = self._cases.get(case.id, case).expired(self._clock.now())
        self._put(expired)
        self._untold[expired.id] = expired

    def untold(self) -> tuple[QuarantineCase, ...]:
        """Cases worth storing now, in their latest state."""
        return tuple(self._cases[name] for name in self._untold if name in self._cases)

    def told(self, stored: Sequence[QuarantineCase]) -> None:
        """These are stored; a case that changed in what matters meanwhile stays to be told."""
        for case in stored:
            self._told_at[case.id] = case.last_seen_at
            latest = self._cases.get(case.id)
            if latest is None or (latest.doubt, latest.decision) == (case.doubt, case.decision):
                self._untold.pop(case.id, None)

    def _put(self, case: QuarantineCase) -> None:
        known = self._cases.get(case.id)
        self._undecided -= known is not None and not known.is_decided
        self._undecided += not case.is_decided
        self._cases[case.id] = case
        self._names[case.first, case.second] = case.id

    def _make_room(self, now: datetime) -> bool:
        if self._undecided < self._most:
            return True
        waiting = [each for each in self._cases.values() if not each.is_decided]
        oldest = min(waiting, key=lambda each: each.last_seen_at)
        if now - oldest.last_seen_at < _UNSEEN:
            return False
        del self._cases[oldest.id], self._names[oldest.first, oldest.second]
        self._untold.pop(oldest.id, None)
        self._told_at.pop(oldest.id, None)
        self._undecided -= 1
        return True
