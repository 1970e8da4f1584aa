"""Trades what was shown on paper: in at the books after the latency, out at those of the horizon.

Nothing is guessed: where a book is missing at the moment it is needed the result is `unknown`, with the reason.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from arbedge.domain.funding import Settlement
from arbedge.domain.instrument import MarketKind
from arbedge.domain.priced import BelowMinimumSize
from arbedge.errors import ArbEdgeError, Invalid
from arbedge.flow.outcome_rows import PendingOutcome
from arbedge.flow.ports import SettledFunding
from arbedge.flow.settlement_watch import Passing
from arbedge.opportunities.evidence import PairEvidence, TriangleEvidence
from arbedge.opportunities.evidence.model import InventoryMode
from arbedge.opportunities.outcomes.following import Followed, PaperResult, PaperStatus
from arbedge.opportunities.outcomes.repricing import Moment, Repricer, Untold
from arbedge.opportunities.pricing import price
from arbedge.opportunities.pricing.exactness import exact_arithmetic
from arbedge.trading.paper.position import PaperPosition, PassedSettlement
from arbedge.trading.paper.result import SettledRates, result_of
from arbedge.trading.paper.saga import Stage

__all__ = ["PaperDesk", "PaperTrade", "expects_funding", "is_end", "perp_legs"]

_BPS = 10_000
_PATIENCE = timedelta(seconds=60)
"""How long after the moment it was needed a missing book is waited for to unwind or to close."""
_AGAIN_S = 1.0
_ENDS = frozenset({PaperStatus.DONE, PaperStatus.NOT_ENTERED, PaperStatus.UNKNOWN})


@dataclass(slots=True)
class PaperTrade:
    """One opportunity on paper. `waits_since` is when a book it needs was first missing."""

    followed: Followed
    result: PaperResult = field(default_factory=lambda: PaperResult(status=PaperStatus.PENDING))
    position: PaperPosition | None = None
    waits_since: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether its result is final."""
        return is_end(self.result)

    @property
    def is_holding(self) -> bool:
        """Whether both legs are held."""
        return self.position is not None and self.position.saga.stage is Stage.HOLDING

    @property
    def needs_rates(self) -> bool:
        """Whether all is traded and only what was settled is to be asked for."""
        return not self.is_over and self.position is not None and self.position.is_over


class PaperDesk:
    """Moves paper trades on; synchronous but for `settle`, which asks venues."""

    def __init__(self, repricer: Repricer, sources: Mapping[str, SettledFunding], latency_s: float) -> None:
        self._repricer = repricer
        self._sources = dict(sources)
        self._latency_s = latency_s

    def enter(self, trade: PaperTrade, moment: Moment) -> float | None:
        """The latency is over: the orders meet the books of now. Returns seconds until `work`, None for never."""
        if trade.followed.mode is InventoryMode.TRANSFER:
            self._end(trade, "the coin has to move first, and how long that takes is not known")
            return None
        evidence = self._repricer.evidence(trade.followed, moment)
        if isinstance(evidence, Untold):
            self._end(trade, f"at the entry: {evidence.reason}")
            return None
        if isinstance(evidence, TriangleEvidence):
            self._run_triangle(trade, evidence)
            return None
        trade.position = PaperPosition.enter(trade.followed, evidence)
        return self._meet(trade, evidence)

    def work(self, trade: PaperTrade, moment: Moment) -> float | None:
        """Orders are on their way: they meet the books of now. Returns seconds until the next time."""
        position = trade.position
        if position is None or trade.is_over or not position.saga.open_orders:
            return None
        evidence = self._repricer.evidence(trade.followed, moment)
        if isinstance(evidence, PairEvidence):
            trade.waits_since = None
            return self._meet(trade, evidence)
        trade.waits_since = trade.waits_since or moment.at
        if moment.at - trade.waits_since <= _PATIENCE:
            return _AGAIN_S
        reason = evidence.reason if isinstance(evidence, Untold) else "no longer a pair"
        self._end(trade, f"at the {position.saga.stage}: {reason}")
        return None

    def leave(self, trade: PaperTrade, moment: Moment) -> float | None:
        """The horizon is reached: close at the books of now."""
        if trade.position is None or trade.is_over:
            return None
        trade.position.leave()
        return self.work(trade, moment)

    def pass_by(self, trade: PaperTrade, slots: Sequence[int], passing: Passing) -> bool:
        """A settlement passed; True when this trade holds that perpetual."""
        if trade.position is None or passing.slot not in slots:
            return False
        leg = list(slots).index(passing.slot)
        trade.position.note_settlement(PassedSettlement(leg, passing.at, passing.rate, passing.mark))
        return True

    async def settle(self, trade: PaperTrade, *, is_last: bool) -> bool:
        """Ask what was settled and say the result; False to be asked again. `is_last` settles for estimates."""
        position = trade.position
        assert position is not None
        settled: dict[int, Sequence[Settlement] | None] = {}
        for leg in perp_legs(position):
            found = await self._fetch(trade.followed, position, leg)
            if found is None and not is_last:
                return False
            settled[leg] = found
        self._conclude(trade, settled)
        return True

    def resume(self, pending: PendingOutcome, now: datetime) -> PaperTrade:
        """Take up what an earlier run left: held positions go on, whatever was on its way is not known."""
        trade = PaperTrade(pending.followed, pending.result)
        if trade.is_over:
            return trade
        state = pending.state
        if state is None:
            self._end(trade, "arbedge was not running at the entry")
        elif state.saga.open_orders:
            self._end(trade, "arbedge stopped while orders were on their way")
        else:
            trade.position = PaperPosition(pending.followed, state)
            if trade.is_holding and pending.followed.horizon_at + _PATIENCE < now:
                self._end(trade, "arbedge was not running at the horizon")
        return trade

    async def _fetch(self, followed: Followed, position: PaperPosition, leg: int) -> Sequence[Settlement] | None:
        """What the leg's venue says; None where it cannot be asked, or does not know yet what was seen to pass."""
        state, perp = position.state, followed.candidate.legs[leg].instrument
        source = self._sources.get(perp.venue)
        if source is None or state.entered_at is None or state.exited_at is None:
            return None
        try:
            found = await source.fetch_funding_history(
                perp, state.entered_at, state.exited_at + timedelta(seconds=1)
            )
        except ArbEdgeError:
            return None
        seen = [each for each in state.passed if each.leg == leg]
        return found if len(found) >= len(seen) else None

    def _meet(self, trade: PaperTrade, evidence: PairEvidence) -> float | None:
        position = trade.position
        assert position is not None
        trade.result = replace(trade.result, status=PaperStatus.OPEN)
        try:
            position.meet(evidence)
        except Invalid as error:
            self._end(trade, str(error))
            return None
        if position.saga.open_orders:
            return max(self._latency_s, 0.05)
        if position.is_over and not expects_funding(position):
            self._conclude(trade, dict.fromkeys(perp_legs(position), ()))
        return None

    def _run_triangle(self, trade: PaperTrade, evidence: TriangleEvidence) -> None:
        try:
            priced = price(evidence)
        except Invalid as error:
            self._end(trade, str(error))
            return
        if isinstance(priced, BelowMinimumSize):
            trade.result = PaperResult(status=PaperStatus.NOT_ENTERED, reason=priced.reason)
            return
        with exact_arithmetic():
            net_bps = priced.net * _BPS / trade.followed.entry_notional
        trade.result = PaperResult(status=PaperStatus.DONE, net_bps=net_bps)

    def _conclude(self, trade: PaperTrade, settled: SettledRates) -> None:
        assert trade.position is not None
        trade.result = result_of(trade.position, settled)

    def _end(self, trade: PaperTrade, reason: str) -> None:
        trade.result = PaperResult(status=PaperStatus.UNKNOWN, reason=reason)


def is_end(result: PaperResult) -> bool:
    """Whether a result is final."""
    return result.status in _ENDS


def perp_legs(position: PaperPosition) -> Iterable[int]:
    """The legs that pay or receive funding."""
    return [number for number, kind in enumerate(position.state.kinds) if kind is MarketKind.PERP]


def expects_funding(position: PaperPosition) -> bool:
    """Whether a settlement was expected, or seen, while it was held."""
    state = position.state
    if state.entered_at is None or state.exited_at is None or not position.saga.rules.is_held:
        return False
    entered_at, exited_at = state.entered_at, state.exited_at
    return any(entered_at < each.at <= exited_at for each in (*state.expected, *state.passed))
