"""Every trap has a name and a switch, and does what it says: the lab with it and without it differ by just that."""

import itertools

import pytest

from arbedge.errors import ConfigError
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.lab.bait import bait
from arbedge.lab.config import LabOptions
from arbedge.lab.faults import FAULTS
from arbedge.lab.scenarios import find_scenario
from arbedge.lab.stage import StageSet
from arbedge.lab.traps import STANDING, TRAPS, chosen, traps
from arbedge.lab.truth import Planner
from arbedge.lab.turns import STRUCK, in_turns
from arbedge.lab.universe import build_all

START_MS = 1_795_376_000_000
VENUES = ("binance", "bybit", "okx", "bitget")


def listed(*names, universe="demo", without=()):
    known = build_all(universe, 1, START_MS, (STANDING | set(names)) - set(without))
    return {(v, i.market, i.symbol): i for v, part in known.items() if v in VENUES for i in part.listings}


class Run:
    """A lab's world with some traps, on a clock that tests move."""

    def __init__(self, *names, universe="demo"):
        self.clock = ManualClock()
        options = LabOptions(universe=universe, scenario="calm", traps=names)
        self.stages = StageSet(options, self.clock)
        self.planner = Planner(self.stages, find_scenario("calm"))
        self.planner.turn(self.stages.true_ms())

    async def go(self, seconds, step_s=0.5):
        for _ in range(int(seconds / step_s)):
            await self.clock.advance(step_s)
            self.stages.expire(self.clock.monotonic_ns())
            self.planner.turn(self.stages.true_ms())
            self.stages.motion.step(self.stages.true_ms())

    def book(self, venue, market, symbol):
        return self.stages[venue].world.books[market, symbol]


def middle(book):
    return (book.bid + book.ask) / 2 / 10**book.listing.tick_dp


def test_every_fault_and_every_decoy_is_a_trap_with_a_name():
    assert set(FAULTS) < set(TRAPS)
    assert len(traps()) == len(TRAPS)
    assert find_scenario("traps").traps == set(TRAPS)
    named = {plant.trap for plant in bait(frozenset(TRAPS))}
    assert named <= set(TRAPS)
    assert {trap.name for trap in traps() if trap.sort == "plant"} <= named
    assert all(plant.is_decoy for plant in bait(frozenset(TRAPS)))


def test_switches():
    assert chosen((), (), ()) == STANDING
    assert chosen(("depeg",), ("gap",), ("inverse",)) == (STANDING | {"depeg", "gap"}) - {"inverse"}
    assert chosen((), ("all",), ()) == set(TRAPS)
    assert chosen((), ("all",), ("ban",)) == set(TRAPS) - {"ban"}
    assert chosen(("depeg",), ("gap",), ("all",)) == frozenset()
    with pytest.raises(ConfigError, match="trap nonsense: expected one of multipliers"):
        chosen((), ("nonsense",), ())


def test_a_trap_leaves_the_rest_of_the_universe_as_it_was():
    plain, odd = listed(), listed(*TRAPS)
    assert set(plain) < set(odd)
    assert {key: odd[key] for key in plain} == plain


@pytest.mark.parametrize(
    ("trap", "with_it"),
    [
        ("multipliers", lambda items: any(i.scale > 1 for i in items.values())),
        ("contract_sizes", lambda items: any(i.contract_size != 1 for i in items.values())),
        ("stock_perps", lambda items: any(i.underlying == "EQUITY" for i in items.values())),
        ("delisted", lambda items: any(i.status in {"BREAK", "SETTLING"} and i.coin != "HALT" for i in items.values())),
        ("prelaunch", lambda items: any(i.status == "PRELAUNCH" for i in items.values())),
        ("inverse", lambda items: any(i.has_inverse for i in items.values())),
    ],
)  # fmt: skip
def test_standing_traps_of_the_listing_can_be_switched_off(trap, with_it):
    assert with_it(listed())
    assert not with_it(listed(without=[trap]))


def test_a_ticker_is_shared_by_two_coins_across_venues():
    items = listed("ticker_twins")
    for venue, symbol, index in (
        ("binance", "TWINUSDT", "TWINCOINUSDT"),
        ("bybit", "TWINUSDT", "TWINCOINUSDT"),
        ("okx", "TWIN-USDT-SWAP", "TWINCOIN-USDT"),
        ("bitget", "TWINUSDT", "TWINCOINUSDT"),
    ):
        assert items[venue, "usdm", symbol].index_of == index
    here, there = items["binance", "spot", "JYNXUSDT"], items["okx", "spot", "JYNX-USDT"]
    assert here.base == there.base == "JYNX"
    assert here.coin != there.coin
    assert there.start_price == pytest.approx(here.start_price * 25)
    assert items["okx", "usdm", "BTC-USDC-SWAP"].index_of == "BTC-USDC"


def test_shares_are_listed_by_every_venue_that_has_them():
    items = listed("tokenised_stocks")
    assert items["bybit", "spot", "TSLAXUSDT"].underlying == "EQUITY"
    for venue, symbol in (("okx", "TSLA-USDT-SWAP"), ("bitget", "TSLAUSDT"), ("binance", "TSLAUSDT")):
        assert items[venue, "usdm", symbol].underlying == "EQUITY"


def test_settlements_come_every_one_two_four_and_eight_hours():
    items = listed("funding_2h", universe="four")
    for venue in VENUES:
        hours = {i.funding.interval_h for (v, _, _), i in items.items() if v == venue and i.funding}
        assert hours == {1, 2, 4, 8}


def test_maintenance_leaves_one_venue_trading():
    items = listed("maintenance")
    assert {v for (v, _, _), i in items.items() if i.coin == "WIPER" and i.funding and i.is_trading} == {"binance"}
    assert {v for (v, _, _), i in items.items() if i.coin == "WIPER" and i.funding} == set(VENUES)


def test_what_opens_soon_is_listed_everywhere_and_trades_nowhere():
    items = listed("opening_soon")
    soon = {v: i.status for (v, _, _), i in items.items() if i.coin == "SOON"}
    assert soon == {"binance": "PENDING_TRADING", "bybit": "PRELAUNCH", "okx": "PRELAUNCH", "bitget": "PRELAUNCH"}


async def test_usdc_loses_its_peg_and_nothing_quoted_in_it_lags():
    run = Run("depeg")
    before = middle(run.book("binance", "spot", "BTCUSDC")) / middle(run.book("binance", "spot", "BTCUSDT"))
    await run.go(60)
    for venue in VENUES:
        joint = "-" if venue == "okx" else ""
        peg = middle(run.book(venue, "spot", f"USDC{joint}USDT"))
        assert 0.975 < peg < 0.985
        for coin in ("BTC", "ETH"):
            dear = middle(run.book(venue, "spot", f"{coin}{joint}USDC"))
            plain = middle(run.book(venue, "spot", f"{coin}{joint}USDT"))
            assert dear * peg / plain == pytest.approx(1, abs=8e-4)
            assert dear / plain / before > 1.018  # who takes USDC for a dollar sees 180 bps
    told = next(entry for entry in run.planner.truth(run.stages.true_ms()) if entry["trap"] == "depeg")
    assert told["is_decoy"]
    assert abs(told["gross_bps_now"]) < 10


async def test_hours_between_settlements_change_and_history_remembers():
    run = Run("funding_change")
    book = run.book("bybit", "usdm", "SHIFTYUSDT")
    funding = run.stages["bybit"].funding
    now_ms = run.stages.true_ms()
    before = funding.now(book.listing, now_ms)
    await run.go(20)
    assert book.listing.funding.interval_h == 4
    await run.go(30)
    assert book.listing.funding.interval_h == 1
    assert run.book("okx", "usdm", "SHIFTY-USDT-SWAP").listing.funding.interval_h == 2
    assert run.book("bitget", "usdm", "SHIFTYUSDT").listing.funding.interval_h == 8
    now_ms = run.stages.true_ms()
    after = funding.now(book.listing, now_ms)
    assert after.rate == pytest.approx(before.rate / 8, rel=0.1)
    assert after.next_ms - now_ms <= 3_600_000
    await run.go(3 * 3600, step_s=600)
    now_ms = run.stages.true_ms()
    stamps = [settled.at_ms for settled in funding.history(book.listing, now_ms - 86_400_000, now_ms, now_ms)]
    gaps = [round((b - a) / 3_600_000) for a, b in itertools.pairwise(stamps)]
    assert gaps[-2:] == [1, 1]
    assert gaps[0] == 8


def test_rates_stop_at_caps_and_floors():
    run = Run("funding_cap")
    for coin, sign in (("HICAP", 1), ("LOCAP", -1)):
        for venue, symbol in (("binance", f"{coin}USDT"), ("okx", f"{coin}-USDT-SWAP")):
            item = run.book(venue, "usdm", symbol).listing
            rate = run.stages[venue].funding.now(item, run.stages.true_ms()).rate
            assert rate == sign * 0.0003
    told = {e["asset"]: e for e in run.planner.truth(run.stages.true_ms()) if e["trap"] == "funding_cap"}
    assert all(abs(entry["expected_gross_bps"]) < 12 for entry in told.values())


def test_a_book_without_asks_and_one_without_bids():
    run = Run("one_sided")
    empty = run.book("binance", "spot", "HOLLOWUSDT")
    assert (empty.ask, empty.asks(5)) == (0, [])
    assert empty.bid > 0
    lonely = run.book("okx", "usdm", "HOLLOW-USDT-SWAP")
    assert (lonely.bid, lonely.bids(5)) == (0, [])
    assert lonely.ask > 0


async def test_trading_stops_venue_after_venue():
    run = Run("suspension")
    await run.go(48)
    states = [run.book(v, "spot", "HALTD-USDT" if v == "okx" else "HALTDUSDT").listing.is_trading for v in VENUES]
    assert states == [False, False, True, True]
    stopped, moving = run.book("binance", "spot", "HALTDUSDT"), run.book("binance", "usdm", "HALTDUSDT")
    assert middle(moving) / middle(stopped) < 1.004  # time enough to read the list
    await run.go(50)
    assert middle(moving) / middle(stopped) > 1.02


def test_faults_strike_every_venue_in_turn():
    for names in (frozenset(FAULTS), frozenset({"gap"}), frozenset({"ban", "cut", "gap", "stale"})):
        faults = in_turns(names | STANDING)
        assert {(fault.name, fault.params["venue"]) for fault in faults} == {
            (name, venue) for name in names for venue in STRUCK
        }
        assert all(b.at_s >= a.at_s + a.seconds for a, b in itertools.pairwise(faults))
    assert in_turns(STANDING) == ()


async def test_every_trap_at_once_runs_through():
    clock = ManualClock()
    options = LabOptions(universe="small", scenario="traps")
    stages = StageSet(options, clock)
    planner = Planner(stages, find_scenario("traps"))
    seen = set()
    for _ in range(400):
        await clock.advance(1)
        stages.expire(clock.monotonic_ns())
        planner.turn(stages.true_ms())
        stages.motion.step(stages.true_ms())
        seen |= {fault.name for fault in stages.staged()}
    assert seen == set(FAULTS)
    told = planner.truth(stages.true_ms())
    assert {entry["trap"] for entry in told if entry["is_decoy"]} >= {
        "depeg",
        "one_sided",
        "ticker_twins",
        "halted",
    }
    assert all(entry["trap"] for entry in told if entry["is_decoy"])
