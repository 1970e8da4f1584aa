"""The world moves, stays free of arbitrage by itself, and says the same for the same seed."""

import itertools

import pytest

from arbedge.errors import ConfigError
from arbedge.lab.config import LabOptions, Pace
from arbedge.lab.funding import FundingBook
from arbedge.lab.motion import Motion, raise_worlds
from arbedge.lab.universe import UNIVERSES, build
from arbedge.lab.world import Bend

START_MS = 1_795_376_000_000
SPOT_FEE, PERP_FEE = 0.001, 0.0005


def raised(universe, seed):
    worlds = raise_worlds({"binance": build(universe, seed, START_MS)}, START_MS)
    return worlds["binance"], Motion(worlds, START_MS)


def moved(universe, steps, step_ms=50):
    world, motion = raised(universe, 3)
    for i in range(1, steps + 1):
        motion.step(START_MS + i * step_ms)
    return world


def price(book, side):
    return getattr(book, side) / 10**book.listing.tick_dp


def test_same_seed_same_world():
    def trail(seed):
        _, motion = raised("small", seed)
        return [
            [(b.listing.symbol, b.bid, b.ask_lots) for b in motion.step(START_MS + i * 50)["binance"]]
            for i in range(1, 20)
        ]

    assert trail(5) == trail(5)
    assert trail(5) != trail(6)


@pytest.mark.parametrize(
    ("name", "least", "most"), [("small", 35, 70), ("demo", 280, 340), ("binance", 2950, 3100)]
)
def test_universes_have_their_size_and_their_traps(name, least, most):
    listings = build(name, 1, START_MS).listings
    assert least <= len(listings) <= most
    keys = {(item.market, item.symbol): item for item in listings}
    assert len(keys) == len(listings)
    assert keys["usdm", "1000PEPEUSDT"].scale == 1000
    assert keys["spot", "PEPEUSDT"].scale == 1
    assert keys["usdm", "CATUSDT" if name == "binance" else "TSLAUSDT"].underlying == "EQUITY"
    assert {item.status for item in listings} == {"TRADING", "BREAK", "SETTLING"}
    assert any("QUARTER" in item.contract and item.funding is None for item in listings)
    assert ("spot", "BTCETH") not in keys
    if name == "binance":
        assert {item.funding.interval_h for item in listings if item.funding} == {1, 4, 8}
        assert {"USDT", "USDC", "FDUSD", "BTC", "ETH", "TRY"} <= {item.quote for item in listings}


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="small, demo, binance, four"):
        build("huge", 1, START_MS)
    with pytest.raises(ConfigError, match="32763"):
        LabOptions(port_base=40_000)
    with pytest.raises(ConfigError, match="cut_s"):
        Pace(cut_s=0)
    assert set(UNIVERSES) == {"small", "demo", "binance", "four"}


@pytest.mark.parametrize("universe", ["small", "demo"])
def test_no_triangle_of_a_calm_world_survives_its_fees(universe):
    world = moved(universe, 400)
    pairs = {
        (b.listing.base, b.listing.quote): b
        for (m, _), b in world.books.items()
        if m == "spot" and b.listing.is_trading
    }

    def rate(have, want):
        if (want, have) in pairs:
            return 1 / price(pairs[want, have], "ask")
        return price(pairs[have, want], "bid") if (have, want) in pairs else None

    names = {name for pair in pairs for name in pair} - {"USDT"}
    tried, best = 0, 0.0
    for one, two in itertools.permutations(names, 2):
        rates = rate("USDT", one), rate(one, two), rate(two, "USDT")
        if all(rates):
            tried += 1
            best = max(best, rates[0] * rates[1] * rates[2] * (1 - SPOT_FEE) ** 3)
    assert tried >= 10
    assert best < 1


def test_no_carry_of_a_calm_world_outlives_its_fees():
    """A week of funding forecast to fade, plus the whole gap closing, stays under two rounds of fees."""
    world = moved("binance", 200)
    funding = FundingBook(world)
    checked = 0
    for (market, _), perp in world.books.items():
        item = perp.listing
        spot = world.books.get(("spot", (item.index_of or "")))
        if (
            market != "usdm"
            or item.funding is None
            or spot is None
            or not spot.listing.is_trading
            or not perp.is_open
        ):
            continue
        scale = item.scale // spot.listing.scale
        rate, hours = funding.now(item, START_MS + 10_000).rate, item.funding.interval_h
        default = 1e-4 * hours / 8
        paid, earned_most, spent_most = 0.0, 0.0, 0.0
        for k in range(168 // hours):
            paid += default + (rate - default) * 0.5 ** (k * hours / 8)
            earned_most, spent_most = max(earned_most, paid), min(spent_most, paid)
        gap_short = price(perp, "bid") / scale / price(spot, "ask") - 1
        gap_long = price(spot, "bid") * scale / price(perp, "ask") - 1
        fees = 2 * (SPOT_FEE + PERP_FEE)
        assert earned_most + max(0.0, gap_short) < fees, item.symbol
        assert -spent_most + max(0.0, gap_long) < fees, item.symbol
        checked += 1
    assert checked > 400


def test_every_trading_market_moves_and_is_never_crossed():
    world, motion = raised("demo", 1)
    before = {key: book.update_id for key, book in world.books.items()}
    for i in range(1, 400):
        for book in motion.step(START_MS + i * 50)["binance"]:
            assert 0 < book.bid < book.ask
            assert book.bid_lots > 0
            assert book.ask_lots > 0
    for key, book in world.books.items():
        assert (book.update_id > before[key]) == book.listing.is_trading


def test_a_bend_moves_one_market_alone():
    world = moved("small", 20)
    key = ("spot", "SOLBTC")
    before = price(world.books[key], "bid")
    world.bends[key] = Bend(shift_bps=100)
    assert [book.listing.symbol for book in world.refresh([key], START_MS + 1001)] == ["SOLBTC"]
    assert 90 < (price(world.books[key], "bid") / before - 1) * 1e4 < 110
    world.bends[key] = Bend(is_crossed=True)
    world.refresh([key], START_MS + 1002)
    assert world.books[key].bid > world.books[key].ask


def test_funding_history_is_one_story():
    world = moved("small", 5)
    funding, item = FundingBook(world), world.books["usdm", "BTCUSDT"].listing
    hours_ms = item.funding.interval_h * 3_600_000
    now_ms = START_MS + 10_000
    rows = funding.history(item, now_ms - 50 * hours_ms, now_ms, now_ms)
    assert len(rows) == 50
    assert all(0 <= row.at_ms % hours_ms < 20 for row in rows)
    middle = funding.history(item, rows[10].at_ms, rows[19].at_ms, now_ms)
    assert middle == rows[10:20]
    assert funding.now(item, now_ms).next_ms % hours_ms == 0
    assert funding.now(item, now_ms).next_ms > now_ms
    settled_ms = rows[-1].at_ms // hours_ms * hours_ms
    world.bends["usdm", "BTCUSDT"] = Bend(funding_rate=0.0021)
    funding.keep(item, settled_ms)
    kept = funding.history(item, settled_ms, now_ms, now_ms)[0].rate
    assert kept == pytest.approx(0.0021, rel=0.05)
    world.bends["usdm", "BTCUSDT"] = Bend(funding_rate=0.5)
    assert funding.now(item, now_ms).rate == item.funding.cap
