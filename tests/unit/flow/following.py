"""A scripted market, a manual clock and the outcome path over them, for tests of what becomes of opportunities."""

from datetime import timedelta
from decimal import Decimal

from arbedge.domain.funding import Settlement, SettlementStatus
from arbedge.flow.outcome_path import OutcomePath, OutcomeTools
from arbedge.flow.outcome_rows import PendingOutcome
from arbedge.flow.paper_desk import PaperDesk
from arbedge.flow.settlement_watch import SettlementWatch
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.opportunities.config import OpportunityConfig
from arbedge.opportunities.detection.detector import DetectionSettings, Detector
from arbedge.opportunities.detection.documents import Provenance
from arbedge.opportunities.detection.gates import Freshness
from arbedge.opportunities.fakes import ScriptedMarket, perp, spot
from arbedge.opportunities.outcomes.config import OutcomesConfig
from arbedge.opportunities.outcomes.repricing import Repricer

ALL_KINDS = ("spot_spot", "spot_perp", "perp_spot", "perp_perp", "funding", "triangular")
HORIZONS_H = (Decimal(4),)


class Log:
    def __init__(self):
        self.errors = []

    def error(self, event, **fields):
        self.errors.append((event, fields))


class MemoryOutcomes:
    """An outcome archive in memory that can be told to refuse."""

    def __init__(self):
        self.started, self.marks, self.papers = {}, {}, {}
        self.error = None

    async def keep(self, batch):
        if self.error:
            raise self.error
        self.started.update({each.id: each for each in batch.started})
        for mark in batch.marks:
            self.marks.setdefault((mark.opportunity_id, mark.mark), mark)
        self.papers.update({row.opportunity_id: row for row in batch.papers})

    async def pending(self, limit):
        found = []
        for key, followed in self.started.items():
            row = self.papers[key]
            if row.ended_at is None:
                taken = frozenset(mark for owner, mark in self.marks if owner == key)
                found.append(PendingOutcome(followed, taken, row.result, row.state))
        return found[:limit]

    def standings(self, owner=None):
        return {mark.value: each.standing.value for (key, mark), each in self.marks.items() if owner in {None, key}}


class Venue:
    """What was settled, or an error."""

    def __init__(self):
        self.settled, self.error = [], None

    async def fetch_funding_history(self, perp_id, since, until):
        if self.error:
            raise self.error
        return [each for each in self.settled if since <= each.at < until]


class Stage:
    """BTC: two spot markets (binance, okx) and a perpetual (binance), a detector, and the path behind it."""

    def __init__(self, archive=None, clock=None, **outcomes):
        self.clock = clock or ManualClock()
        self.market = ScriptedMarket(self.clock, HORIZONS_H)
        self.spot = self.market.add(spot("BTCUSDT", "BTC"))
        self.other = self.market.add(spot("BTC-USDT", "BTC", venue="okx"))
        self.perp = self.market.add(perp("BTCUSDT", "BTC"))
        self.archive = archive or MemoryOutcomes()
        self.venue, self.log = Venue(), Log()
        config = OutcomesConfig(**outcomes)
        repricer = Repricer(self.market, 60.0, Freshness())
        desk = PaperDesk(repricer, {"binance": self.venue}, config.entry_latency_ms / 1000)
        tools = OutcomeTools(repricer, desk, SettlementWatch(self.market, self), self.clock, self.log)
        self.path = OutcomePath(tools, self.archive, config)
        self.events = []
        settings = DetectionSettings(
            config=OpportunityConfig(kinds=ALL_KINDS, horizons_h=HORIZONS_H),
            provenance=Provenance(config_hash="c0ffee", code_version="0", forecast={}, is_simulated=True),
        )
        self.detector = Detector(self.market, settings, self.clock, self._tell)

    def _tell(self, event):
        self.events.append(event)
        self.path.publish(event)

    def settlements(self, slot, until):
        return self.market.settlements(slot, until)

    def mark(self, slot):
        book = self.market.leg(slot).book
        return (Decimal(book.bids[0][0]) + Decimal(book.asks[0][0])) / 2

    def pay(self, rate, hours=1, first_h=1):
        start = self.clock.now() + timedelta(hours=first_h)
        self.market.settle(
            self.perp,
            [
                Settlement(start + timedelta(hours=hours * k), Decimal(rate), SettlementStatus.ESTIMATE)
                for k in range(30)
            ],
        )

    def quote(self, spot_ask="60000", other_bid="59990", perp_bid="59995"):
        for slot, bid in (
            (self.spot, Decimal(spot_ask) - 1),
            (self.other, Decimal(other_bid)),
            (self.perp, Decimal(perp_bid)),
        ):
            self.market.quote_top(slot, str(bid), str(bid + 1))

    async def pass_time(self, seconds, step=0.1):
        """Time goes by with the detector sweeping and the path at work."""
        left = seconds
        while left > 1e-9:
            await self.clock.advance(min(step, left))
            left -= step
            self.detector.sweep()
            self.path.work()
            await self.path.settle_next()

    async def let_lie(self, seconds, step=10.0):
        """A long time goes by with only the path at work."""
        left = seconds
        while left > 1e-9:
            await self.clock.advance(min(step, left))
            left -= step
            self.path.work()
            await self.path.settle_next()

    def known(self):
        return [event.opportunity for event in self.events if event.change == "opened"]
