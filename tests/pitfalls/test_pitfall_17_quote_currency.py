"""Pitfall 17: a dollar coin is no dollar; every price is turned by a live rate, and without one nothing is priced."""

from decimal import Decimal

from arbedge.domain.instrument import MarketKind
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.lab.config import LabOptions
from arbedge.lab.scenarios import find_scenario
from arbedge.lab.stage import StageSet
from arbedge.lab.truth import Planner
from arbedge.market.board import QuoteBoard
from arbedge.market.fakes import instrument_of
from arbedge.market.fees import FeeTable
from arbedge.market.rates import QuoteRates
from arbedge.market.universe.registry import Universe
from arbedge.opportunities.evidence import parse
from arbedge.opportunities.pricing import price
from arbedge.opportunities.pricing.bound import pair_bound

SPOT = MarketKind.SPOT
USDC, IN_USDC, IN_USDT = range(3)


class Bench:
    """USDC, and BTC quoted in it and in USDT, with the lab's books behind them."""

    def __init__(self):
        self.universe, self.board, self.dead = Universe(), QuoteBoard(1), set()
        pairs = [("USDC", "USDT"), ("BTC", "USDC"), ("BTC", "USDT")]
        self.universe.merge("binance", SPOT, [instrument_of("binance", SPOT, *each) for each in pairs])
        self.board.extend([each.id for each in self.universe.instruments])
        self.rates = QuoteRates(self.universe, self.board, FeeTable(), lambda slot: slot not in self.dead)
        self.rates.renew()

    def take(self, world):
        for slot, symbol in enumerate(("USDCUSDT", "BTCUSDC", "BTCUSDT")):
            book = world.books["spot", symbol]
            unit = 10**book.listing.tick_dp
            self.board.store(slot, book.bid / unit, 1.0, book.ask / unit, 1.0, 0, 0, 1)
            self.rates.on_quote(slot)

    def edge(self):
        (_, ask), (bid, _) = self.board.best(IN_USDT), self.board.best(IN_USDC)
        naive = pair_bound(ask, bid)
        return naive, pair_bound(ask * self.board.scale(IN_USDT), bid * self.board.scale(IN_USDC))


async def test_a_lost_peg_makes_no_edge():
    clock = ManualClock()
    stages = StageSet(LabOptions(universe="small", scenario="calm", traps=("depeg",)), clock)
    planner, bench = Planner(stages, find_scenario("calm")), Bench()
    planner.turn(stages.true_ms())
    for _ in range(120):
        await clock.advance(0.5)
        planner.turn(stages.true_ms())
        stages.motion.step(stages.true_ms())
        bench.take(stages["binance"].world)
        _, ours = bench.edge()
        assert ours < 0.0020  # never more than two fees
    naive, ours = bench.edge()
    assert naive > 0.0150  # USDC taken for a dollar
    assert ours < 0.0010
    assert Decimal("0.975") < bench.rates.find("USDC").rate < Decimal("0.985")


def test_without_a_live_rate_there_is_none():
    bench = Bench()
    stages = StageSet(LabOptions(universe="small", scenario="calm"), ManualClock())
    bench.take(stages["binance"].world)
    assert bench.rates.find("USDC") is not None
    bench.dead.add(USDC)
    assert bench.rates.find("USDC") is None


def test_the_net_is_in_one_currency():
    book = {"bids": [["99.9", "100"]], "asks": [["100", "100"]]}
    document = {
        "schema": "arbedge.evidence/1", "kind": "spot_spot", "as_of": "2026-11-22T12:00:00Z", "notional": "1000",
        "long": {"kind": "spot", "lot": "0.001", "taker_fee": "0.001", "book": book},
        "short": {"kind": "spot", "lot": "0.001", "taker_fee": "0.001", "quote_rate": "0.97",
                  "book": {"bids": [["103", "100"]], "asks": [["103.1", "100"]]}},
    }  # fmt: skip
    naive = {**document, "short": {**document["short"], "quote_rate": "1"}}
    assert price(parse(naive)).net_bps > 250
    assert price(parse(document)).net_bps < -25
