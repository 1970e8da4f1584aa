"""What people decided about pairs, and what follows: if A is B and B is C, then A is C.

A decision about a spot market is about the coin of that venue, in whatever it is quoted; one about a perpetual is
about that contract. Rejections weigh more than what merely follows from approvals: nothing that stands for A is
anything that stands for D once A was said not to be D, unless that very pair was approved.
"""

from collections.abc import Iterable
from typing import TypeAlias

from arbedge.domain.instrument import Instrument, InstrumentId, MarketKind
from arbedge.domain.quarantine import HandDecision, QuarantineCase, Verdict
from arbedge.market.universe.registry import Universe

__all__ = ["Decisions"]

_Node: TypeAlias = tuple[str, MarketKind, str]
_Pair: TypeAlias = frozenset[_Node]


class Decisions:
    """Decisions in force over the instruments of one universe; replaced as a whole by `replace`."""

    def __init__(self, universe: Universe) -> None:
        self._universe = universe
        self._cases: tuple[QuarantineCase, ...] = ()
        self._seen_version = -1
        self._pairs: dict[_Pair, HandDecision] = {}
        self._group_of: dict[_Node, int] = {}
        self._approved_in: dict[int, HandDecision] = {}
        self._rejected: dict[frozenset[int], HandDecision] = {}

    def __len__(self) -> int:
        return len(self._cases)

    @property
    def cases(self) -> tuple[QuarantineCase, ...]:
        """The cases whose decisions are in force."""
        return self._cases

    def replace(self, cases: Iterable[QuarantineCase]) -> bool:
        """Let exactly these cases' decisions count, where they hold; True when that changed anything."""
        wanted = tuple(sorted((each for each in cases if each.is_decided), key=lambda each: each.id))
        known = [(each.id, each.decision) for each in self._cases]
        if known == [(each.id, each.decision) for each in wanted]:
            return False
        self._cases = wanted
        self._seen_version = -1
        return True

    def find(self, one: Instrument, two: Instrument) -> HandDecision | None:
        """The word on a pair, its own or one that follows from others; None where nobody said anything."""
        if not self._cases:
            return None
        self._renew()
        first, second = _node(one), _node(two)
        own = self._pairs.get(frozenset((first, second)))
        if own is not None:
            return own
        groups = self._group_of.get(first), self._group_of.get(second)
        if None in groups:
            return None
        rejected = self._rejected.get(frozenset(group for group in groups if group is not None))
        if rejected is not None:
            return rejected
        same = groups[0]
        return self._approved_in.get(same) if same is not None and same == groups[1] else None

    def _renew(self) -> None:
        if self._seen_version == self._universe.version:
            return
        self._seen_version = self._universe.version
        self._pairs = {}
        for case in self._cases:
            pair = frozenset((self._node_of(case.first), self._node_of(case.second)))
            known = self._pairs.get(pair)
            if case.decision is not None and (known is None or case.decision.at > known.at):
                self._pairs[pair] = case.decision
        self._group()

    def _group(self) -> None:
        """Number the groups that approvals tie together; every node that was named has one."""
        parent: dict[_Node, _Node] = {}

        def root(node: _Node) -> _Node:
            while parent.setdefault(node, node) != node:
                node = parent[node]
            return node

        for pair, decision in self._pairs.items():
            ends = sorted(pair)
            roots = [root(end) for end in ends]
            if decision.verdict is Verdict.APPROVED:
                parent[max(roots)] = min(roots)
        numbers = {node: number for number, node in enumerate(sorted({root(each) for each in parent}))}
        self._group_of = {each: numbers[root(each)] for each in parent}
        self._approved_in, self._rejected = {}, {}
        for pair, decision in sorted(self._pairs.items(), key=lambda item: item[1].at):
            groups = frozenset(self._group_of[end] for end in pair)
            if decision.verdict is Verdict.REJECTED:
                self._rejected[groups] = decision
            else:
                self._approved_in[min(groups)] = decision

    def _node_of(self, instrument: InstrumentId) -> _Node:
        slot = self._universe.slot_of(instrument)
        if slot is None:
            return (instrument.venue, instrument.kind, instrument.symbol)
        return _node(self._universe.instruments[slot])


def _node(instrument: Instrument) -> _Node:
    """The coin of a venue, or one contract."""
    venue, kind, symbol = instrument.id
    return (venue, kind, instrument.base if kind is MarketKind.SPOT else symbol)
