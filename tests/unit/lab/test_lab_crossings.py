"""Four venues on one set of prices: apart by less than fees when left alone, by more where something is planted."""

import itertools

import pytest

from arbedge.errors import Invalid
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.lab.config import LabOptions
from arbedge.lab.faults import parse_fault
from arbedge.lab.motion import Motion, raise_worlds
from arbedge.lab.naming import symbol_of
from arbedge.lab.scenarios import find_scenario
from arbedge.lab.stage import StageSet
from arbedge.lab.truth import Planner
from arbedge.lab.universe import build_all

START_MS = 1_795_376_000_000
FEES_BPS = {"spot_spot": 20, "perp_perp": 24}


def unit_prices(book):
    """Bid and ask of one unit of the coin."""
    unit = 10**book.listing.tick_dp * book.listing.scale
    return book.bid / unit, book.ask / unit


@pytest.mark.parametrize(("universe", "seed"), [("small", 1), ("demo", 2), ("demo", 9), ("four", 3)])
def test_venues_left_alone_stay_within_five_bps(universe, seed):
    worlds = raise_worlds(build_all(universe, seed, START_MS), START_MS)
    motion = Motion(worlds, START_MS)
    for step in range(1, 200):
        motion.step(START_MS + step * 50)
    groups = {}
    for world in worlds.values():
        for (market, _), book in world.books.items():
            item = book.listing
            if item.is_trading and (market == "spot" or item.funding is not None):
                groups.setdefault((market, item.coin, item.quote), []).append(unit_prices(book))
    compared = 0
    for group in groups.values():
        for one, other in itertools.permutations(group, 2):
            assert (one[0] / other[1] - 1) * 1e4 < 5
            compared += 1
    assert compared > 100


def test_the_large_universe_has_twelve_thousand_markets_each_named_once():
    universes = build_all("four", 1, START_MS)
    assert list(universes) == ["binance", "bybit", "okx", "bitget", "hyperliquid"]
    assert sum(len(universe.listings) for universe in universes.values()) >= 12_000
    for universe in universes.values():
        assert len({(item.market, item.symbol) for item in universe.listings}) == len(universe.listings)


@pytest.mark.parametrize(
    ("venue", "coin", "symbol", "scale", "contract"),
    [
        ("bybit", "PEPE", "1000PEPEUSDT", 1000, 1),
        ("bybit", "SHIB", "SHIB1000USDT", 1000, 1),
        ("bybit", "SATS", "10000SATSUSDT", 10_000, 1),
        ("okx", "PEPE", "PEPE-USDT-SWAP", 1, 10_000_000),
        ("bitget", "PEPE", "PEPEUSDT", 1, 1),
        ("bitget", "SATS", "1000SATSUSDT", 1000, 1),
    ],
)
def test_each_venue_names_thousands_its_own_way(venue, coin, symbol, scale, contract):
    listings = {item.symbol: item for item in build_all("four", 1, START_MS)[venue].listings if item.funding}
    assert symbol_of(venue, "perp", coin) == symbol
    item = listings[symbol]
    assert (item.coin, item.scale, item.contract_size) == (coin, scale, contract)


def test_perps_settle_at_other_hours_for_the_same_rate_a_day():
    universes = build_all("four", 1, START_MS)
    ours = {item.coin: item for item in universes["binance"].listings if item.funding and item.quote == "USDT"}
    differing = 0
    for item in universes["okx"].listings:
        if item.funding is None or item.coin not in ours or not item.is_trading:
            continue
        theirs = ours[item.coin].funding
        a_day = item.funding.rate / item.funding.interval_h
        assert a_day == pytest.approx(theirs.rate / theirs.interval_h, abs=2e-8)
        differing += item.funding.interval_h != theirs.interval_h
    assert differing > 50


@pytest.mark.parametrize("seed", [1, 5, 11])
@pytest.mark.parametrize("universe", ["small", "demo"])
def test_what_is_planted_between_venues_pays_and_decoys_do_not(universe, seed):
    stages = StageSet(LabOptions(universe=universe, seed=seed), ManualClock())
    planner = Planner(stages, find_scenario("cross"))
    moved = planner.turn(stages.true_ms())
    assert all(moved.values())
    told = [entry for entry in planner.truth(stages.true_ms()) if entry["is_open"]]
    paying = [entry for entry in told if not entry["is_decoy"]]
    assert sorted(entry["kind"] for entry in paying) == [
        "funding", "funding", "perp_perp", "perp_perp", "spot_spot", "spot_spot",
    ]  # fmt: skip
    for entry in paying:
        assert len({leg["venue"] for leg in entry["legs"]}) == 2
        assert entry["expected_gross_bps"] > FEES_BPS.get(entry["kind"], 0) + 30 or entry["kind"] == "funding"
        assert entry["expected_gross_bps"] > 5
    assert len(told) - len(paying) == 4
    for entry in told:
        assert not entry["is_decoy"] or entry["expected_gross_bps"] < 20


def test_funding_is_planted_on_both_legs_each_with_its_own_rate():
    stages = StageSet(LabOptions(universe="demo"), ManualClock())
    Planner(stages, find_scenario("cross")).turn(stages.true_ms())
    now_ms = stages.true_ms()
    rates = {}
    for venue, symbol in (("okx", "DOGE-USDT-SWAP"), ("bybit", "DOGEUSDT")):
        stage = stages[venue]
        item = stage.world.books["usdm", symbol].listing
        rates[venue] = stage.funding.now(item, now_ms).rate * 8 / item.funding.interval_h
    assert rates["okx"] == pytest.approx(-0.0030, rel=0.05)
    assert rates["bybit"] == pytest.approx(0.0045, rel=0.05)


def test_faults_are_aimed_at_one_venue_or_strike_all():
    stages = StageSet(LabOptions(universe="small"), ManualClock())
    stages.begin(parse_fault({"fault": "slow", "params": {"venue": "okx"}}, 0))
    assert [name for name, stage in stages.items() if stage.faults.active("slow", "spot")] == ["okx"]
    stages.begin(parse_fault({"fault": "down"}, 0))
    assert all(stage.faults.active("down", "usdm") for stage in stages.values())
    stages.begin(parse_fault({"fault": "crossed", "params": {"symbol": "BTC-USDT"}}, 0))
    crossed = [name for name, stage in stages.items() if stage.faults.active("crossed", "spot")]
    assert crossed == ["okx"]
    book = stages["okx"].world.books["spot", "BTC-USDT"]
    assert book.bid > book.ask
    assert sorted(fault.name for fault in stages.staged()) == ["crossed", "down", "slow"]
    stages.clear()
    assert book.bid < book.ask
    assert stages.staged() == []
    for params, named in (({"symbol": "NOPE"}, "NOPE"), ({"venue": "kraken"}, "kraken")):
        with pytest.raises(Invalid, match=named):
            stages.begin(parse_fault({"fault": "slow", "params": params}, 0))
