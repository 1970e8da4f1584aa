"""Our adapters read a world the lab did not make: every instrument, best price, book level and funding rate as meant."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.independent.serving import served
from tests.independent.world import VENUES, Market, World

from arbedge.bootstrap.settings import load_settings
from arbedge.bootstrap.venues import OpenVenue, build_venues
from arbedge.domain.instrument import InstrumentStatus, MarketKind
from arbedge.foundation.runtime.clock import SystemClock

SEEDS = range(1, 25)
KINDS = {"spot": MarketKind.SPOT, "perp": MarketKind.PERP}


async def read_all(world: World, folder: Path, judge: Callable) -> int:
    """Open all four venues on that world and judge each; returns how many markets there were."""
    async with served(world) as base_urls:
        overrides = {"exchanges": ",".join(VENUES)} | {
            f"venues.{name}.base_url": url for name, url in base_urls.items()
        }
        loaded = load_settings({"HOME": str(folder)}, folder=folder, overrides=overrides)
        venues = build_venues(loaded.settings, SystemClock())
        try:
            for venue in venues:
                await judge(venue, world)
        finally:
            await venues.close()
    return sum(len(world.of(venue, "spot", "perp")) for venue in VENUES)


@pytest.mark.parametrize("seed", SEEDS)
async def test_everything_is_read_as_it_is_meant(seed: int, tmp_path: Path) -> None:
    assert await read_all(World(seed), tmp_path, judge_venue) > 60


async def judge_venue(venue: OpenVenue, world: World) -> None:
    for word, kind in KINDS.items():
        meant = {each.symbol: each for each in world.of(venue.name, word)}
        read = {each.id.symbol: each for each in await venue.catalogue.fetch_instruments(kind)}
        assert read.keys() == meant.keys()  # no dated and no coin-margined contract among them
        for symbol, each in meant.items():
            assert told_of(read[symbol]) == meant_of(each), (venue.name, symbol)
        told = await venue.catalogue.fetch_tops(kind)  # also of dated contracts, which no list of ours holds
        tops = {each.instrument.symbol: each for each in told if each.instrument.symbol in meant}
        assert tops.keys() == {each.symbol for each in meant.values() if each.is_whole and each.is_trading}
        for symbol, top in tops.items():
            (bid, bid_qty), (ask, ask_qty) = meant[symbol].bids[0], meant[symbol].asks[0]
            figures = (top.bid, top.bid_qty, top.ask, top.ask_qty)
            assert figures == tuple(map(float, (bid, bid_qty, ask, ask_qty))), (venue.name, symbol)
        for each in list(meant.values())[:5]:
            book = await venue.depth.source.fetch_book(read[each.symbol].id, 50)
            for told, levels in ((book.bids, each.bids), (book.asks, each.asks)):
                assert [(Decimal(p), Decimal(s)) for p, s in told] == levels, (venue.name, each.symbol)
    await judge_funding(venue, world)


async def judge_funding(venue: OpenVenue, world: World) -> None:
    read = {each.instrument.symbol: each for each in await venue.funding.fetch_funding()}
    for each in world.of(venue.name, "perp"):
        if not each.is_trading and each.symbol not in read:
            continue
        state, terms = read[each.symbol], each.terms
        assert state.rate == terms.rate, (venue.name, each.symbol)
        assert state.interval_hours == terms.interval_h
        assert state.next_at == datetime.fromtimestamp(terms.next_ms / 1000, UTC)
        # Bitget tells mark and index in its ticker, which a stopped market has not
        assert (state.mark, state.index) in {(each.mark, each.index), *([] if each.is_trading else [(None, None)])}
        assert state.cap == terms.clamp
        assert state.floor in {-terms.clamp, None}


def told_of(instrument) -> tuple:
    return (
        instrument.base, instrument.quote, instrument.asset, instrument.multiplier, instrument.contract_size,
        instrument.tick, instrument.lot, instrument.min_qty, instrument.status is InstrumentStatus.TRADING,
    )  # fmt: skip


def meant_of(market: Market) -> tuple:
    return (
        market.base, market.quote, market.coin, market.scale, market.contract, market.tick, market.lot,
        market.min_qty, market.is_trading,
    )  # fmt: skip


def more(figure: Decimal) -> Decimal:
    return figure * 10


MISREADINGS: dict[str, Callable[[Market], None]] = {
    "contract": lambda each: setattr(each, "contract", more(each.contract)),
    "scale": lambda each: setattr(each, "scale", 1000),
    "tick": lambda each: setattr(each, "tick", more(each.tick)),
    "lot": lambda each: setattr(each, "lot", more(each.lot)),
    "best": lambda each: each.bids.insert(0, (each.bids[0][0] + each.tick / 10, each.bids[0][1])),
    "level": lambda each: each.asks.pop(),
    "rate": lambda each: setattr(each.terms, "rate", -each.terms.rate),
    "interval": lambda each: setattr(each.terms, "interval_h", each.terms.interval_h * 3),
    "status": lambda each: setattr(each, "is_trading", False),
}


@pytest.mark.parametrize("misread", MISREADINGS)
async def test_each_thing_read_otherwise_is_noticed(misread: str, tmp_path: Path) -> None:
    noticed = []

    async def judge(venue: OpenVenue, world: World) -> None:
        meant = World(world.seed, odd=False)
        MISREADINGS[misread](meant.of(venue.name, "perp")[0])
        try:
            await judge_venue(venue, meant)
        except AssertionError:
            noticed.append(venue.name)

    await read_all(World(1, odd=False), tmp_path, judge)
    assert noticed == list(VENUES)
