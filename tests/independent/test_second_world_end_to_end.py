"""The whole program against the second world: what is planted is shown, and nothing else, lies on the streams included."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.independent.serving import served
from tests.independent.world import VENUES, Market, World

from arbedge.bootstrap.application import Application, running
from arbedge.bootstrap.settings import load_settings
from arbedge.domain.events import OpportunityChange, OpportunityEvent
from arbedge.market.view import LiveMarket

pytestmark = [pytest.mark.serial, pytest.mark.timeout(180)]

KINDS = "spot_spot,spot_perp,perp_spot,perp_perp,funding,triangular"
PATIENCE_S = 60.0
QUIET_S = 6.0

Name = tuple[str, str, str, str]


class Watch:
    """The program under test and the legs of everything it showed."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.shown: set[tuple[Name, ...]] = set()
        application.subscribe(self._take)

    def _take(self, event: OpportunityEvent) -> None:
        if event.change is OpportunityChange.OPENED:
            legs = event.opportunity.candidate.legs
            self.shown.add(tuple((leg.side.value, *spelled(leg.instrument)) for leg in legs))

    async def until(self, condition: Callable[[], bool], within_s: float = PATIENCE_S) -> None:
        async with asyncio.timeout(within_s):
            while not condition():  # noqa: ASYNC110 - another program's screen is read
                await asyncio.sleep(0.1)


@asynccontextmanager
async def watching(world: World, folder: Path) -> AsyncIterator[Watch]:
    async with served(world) as base_urls:
        overrides = {f"venues.{name}.base_url": url for name, url in base_urls.items()} | {
            "exchanges": ",".join(VENUES),
            "opportunities.kinds": KINDS,
            "market.identity_seed": ",".join(coin.name for coin in world.coins),
            "market.crosscheck_s": "0",
            "data_dir": str(folder / "records"),
        }
        loaded = load_settings({"HOME": str(folder)}, folder=folder, overrides=overrides)
        async with running(loaded, is_simulated=True) as application:
            watch = Watch(application)
            await watch.until(lambda: all(each.state == "live" for each in application.snapshot().venues))
            yield watch


def spelled(instrument) -> tuple[str, str, str]:
    return instrument.venue, instrument.kind.value, instrument.symbol


def leg(side: str, market: Market) -> Name:
    return side, market.venue, market.kind, market.symbol


def cheapest(world: World) -> str:
    """A coin whose contracts trade by the thousand on some venues and by contracts of their own on OKX."""
    return min(world.coins, key=lambda coin: coin.price).name


@pytest.mark.parametrize("seed", [5, 6])
async def test_the_board_and_the_books_say_what_the_world_says(seed: int, tmp_path: Path) -> None:
    world = World(seed)
    async with watching(world, tmp_path) as watch:
        market = watch.application._container.get(LiveMarket)
        meant = {
            (venue, each.kind, each.symbol): each
            for venue in VENUES for each in world.of(venue, "spot", "perp") if each.is_trading and each.is_whole
        }  # fmt: skip
        slots = {spelled(each.id): slot for slot, each in enumerate(market.instruments())}
        assert meant.keys() <= slots.keys()
        wanted = [name for number, name in enumerate(sorted(meant)) if number % 4 == 0]

        def books() -> dict:
            for name in wanted:
                market.desk.want(slots[name])
            read = {name: market.desk.book(slots[name])[0] for name in wanted}
            return {name: book for name, book in read.items() if book is not None}

        await watch.until(
            lambda: (
                len(books()) == len(wanted)
                and sum(v.quotes for v in watch.application.snapshot().venues) >= len(meant)
            )
        )
        for name, book in books().items():
            for told, levels in ((book.bids, meant[name].bids), (book.asks, meant[name].asks)):
                assert [(Decimal(p), Decimal(s)) for p, s in told] == levels, name


async def test_what_is_planted_is_shown_and_a_standing_market_shows_nothing_else(tmp_path: Path) -> None:
    names = [coin.name for coin in World(9, odd=False).coins]
    cheap = cheapest(World(9, odd=False))
    dear_spot, dear_perp = [name for name in names[1:] if name != cheap][:2]
    bends = {
        ("okx", "spot", dear_spot): Decimal("1.008"),
        ("bybit", "perp", dear_perp): Decimal("1.009"),
        ("okx", "perp", cheap): Decimal("0.990"),
    }
    world = World(9, odd=False, bends=bends)
    paid = next(name for name in names[1:] if name not in {cheap, dear_spot, dear_perp})
    world.find("bitget", "perp", paid).terms.rate = Decimal("0.0060")
    plants = {
        (leg("buy", world.find("binance", "spot", dear_spot)), leg("sell", world.find("okx", "spot", dear_spot))),
        (leg("buy", world.find("bitget", "perp", dear_perp)), leg("sell", world.find("bybit", "perp", dear_perp))),
        (leg("buy", world.find("okx", "perp", cheap)), leg("sell", world.find("binance", "perp", cheap))),
        (leg("buy", world.find("binance", "perp", paid)), leg("sell", world.find("bitget", "perp", paid))),
        (leg("buy", world.find("okx", "spot", paid)), leg("sell", world.find("bitget", "perp", paid))),
    }
    moved = {
        ("okx", "spot", world.find("okx", "spot", dear_spot).symbol),
        ("bybit", "perp", world.find("bybit", "perp", dear_perp).symbol),
        ("okx", "perp", world.find("okx", "perp", cheap).symbol),
        ("bitget", "perp", world.find("bitget", "perp", paid).symbol),
    }
    async with watching(world, tmp_path) as watch:
        await watch.until(lambda: plants <= watch.shown)
        await asyncio.sleep(QUIET_S)
    assert [legs for legs in watch.shown if not {name[1:] for name in legs} & moved] == []


async def test_a_stream_that_lies_about_the_best_price_is_believed_by_nobody(tmp_path: Path) -> None:
    world = World(12, odd=False)
    liars = [world.find(venue, "spot", coin.name) for venue, coin in zip(VENUES, world.coins[1:], strict=False)]
    for market in liars:
        market.lie = Decimal("1.02")
    async with watching(world, tmp_path) as watch:
        detector_said = watch.application.snapshot
        await watch.until(lambda: sum(detector_said().rejected.values()) > 0)
        await asyncio.sleep(2 * QUIET_S)
        assert watch.shown == set()
