"""A stand-in for the quarantine's store, kept in memory: for looks that record nothing, and for tests."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from arbedge.domain.quarantine import HandDecision, QuarantineCase

__all__ = ["MemoryQuarantine"]


class MemoryQuarantine:
    """A `QuarantineArchive` that lives as long as the process; grows until pruned."""

    def __init__(self) -> None:
        self._cases: dict[str, QuarantineCase] = {}

    async def record(self, cases: Sequence[QuarantineCase]) -> None:
        """Keep what was seen of these cases, and which of their decisions have expired; never a verdict."""
        for case in cases:
            known = self._cases.get(case.id)
            if known is None:
                self._cases[case.id] = replace(case, decision=None)
                continue
            decision = known.decision
            if decision is not None and case.decision is not None and decision.at == case.decision.at:
                decision = decision if not decision.holds else case.decision
            self._cases[case.id] = replace(case, first_seen_at=known.first_seen_at, decision=decision)

    async def decide(self, case: QuarantineCase, decision: HandDecision) -> None:
        """Keep a person's word on a pair, adding the case where it is not known."""
        self._cases[case.id] = replace(self._cases.get(case.id, case), decision=decision)

    async def cases(self, *, is_simulated: bool) -> tuple[QuarantineCase, ...]:
        """Every case, longest known first."""
        found = [each for each in self._cases.values() if each.is_simulated is is_simulated]
        return tuple(sorted(found, key=lambda each: (each.first_seen_at, each.id)))

    async def decided(self, *, is_simulated: bool) -> tuple[QuarantineCase, ...]:
        """The cases a person has decided and whose decision holds."""
        return tuple(each for each in await self.cases(is_simulated=is_simulated) if each.is_decided)

    async def prune(self, before: datetime) -> int:
        """Delete undecided cases last seen before then; returns how many went."""
        gone = [each.id for each in self._cases.values() if not each.is_decided and each.last_seen_at < before]
        for name in gone:
            del self._cases[name]
        return len(gone)
