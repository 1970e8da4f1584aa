"""One run of the campaign: the whole job against a lab of four venues, for as long as it takes to judge it."""

import asyncio
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.campaign.judging import KINDS, Leg, Market, Plant, Run, Shown, plants_of
from tests.campaign.quotes import Quote, read_quotes, read_truth

from arbedge.bootstrap.application import Application, running
from arbedge.bootstrap.demo import lab_process
from arbedge.bootstrap.settings import load_settings
from arbedge.domain.events import OpportunityChange, OpportunityEvent
from arbedge.opportunities.detection.detector import Detector

VENUES = ("binance", "bybit", "okx", "bitget")
VENUES_OF = {"steady": ("binance",)}
"""Scenarios whose plants lie within one venue watch that venue alone: their generous funding makes hundreds of other
pairs pay as well, and `market.max_detail_books` depth books go only so far round."""

SEED_LIST = (
    "AAVE", "ADA", "APT", "ARB", "AVAX", "BCH", "BNB", "BTC", "DOGE", "DOT", "ENA", "ETH", "HBAR", "LINK", "LTC", "NEAR",
    "PEPE", "SOL", "SUI", "TRX", "UNI", "XRP",
)  # fmt: skip
"""What a user of four venues would put in `market.identity_seed`: the coins everybody knows. Two spot markets of
different venues have no index that joins them, and a lab is never a day old, which the price ratio would take."""

STARVED_S = 0.05
"""A loop that wakes later than this on the mean had no processor to run on: a miss then says nothing, so the run is
made again, once, and the page says so."""

LIVE_WITHIN_S = 60.0
LEAST_WATCH_S = 14.0
POLL_S = 2.0
TOLERANCE = 0.004
"""How far a price of a row may lie from what the venue quotes a second or two later: prices move, and a tick may be a tenth of
a percent. What is stale, or of another unit or coin, lies further off."""


@dataclass(slots=True)
class Watch:
    """What was shown so far, and the venues' prices shortly before and after each row opened."""

    rows: list[Shown] = field(default_factory=list)
    seen: list[list[Mapping[Market, Quote]]] = field(default_factory=list)
    latest: Mapping[Market, Quote] = field(default_factory=dict)
    lags_s: list[float] = field(default_factory=list)

    def take(self, event: OpportunityEvent) -> None:
        if event.change is OpportunityChange.OPENED:
            self.rows.append(shown_of(event))
            self.seen.append([self.latest] if self.latest else [])

    def learn(self, quotes: Mapping[Market, Quote], is_before: int) -> None:
        """Add a reading to the rows that opened before it was asked for and have fewer than two after."""
        self.latest = quotes
        for held in self.seen[:is_before]:
            if len(held) < 4:
                held.append(quotes)

    def untrue(self) -> dict[int, str]:
        """Rows one of whose prices no reading around them confirms."""
        found = {}
        for place, row in enumerate(self.rows):
            for market, quote in row.quotes.items():
                told = [reading[market] for reading in self.seen[place] if market in reading]
                if told and not any(_is_near(quote, each) for each in told):
                    found[place] = f"{market} was {told[-1]} and the row says {quote}"
        return found


async def run_once(
    seed: int, scenario: str, universe: str, *, most_s: float, enough_s: float, folder: Path | None = None
) -> Run:
    """Run until every due plant was shown and there was time for false ones, or for `most_s`."""
    with tempfile.TemporaryDirectory() as temporary:
        home = folder or Path(temporary)
        async with lab_process(scenario, seed, universe) as lab:
            named = {"exchanges": ",".join(VENUES_OF.get(scenario, VENUES)), "opportunities.kinds": ",".join(KINDS)}
            named["market.identity_seed"] = ",".join(SEED_LIST)
            plain = load_settings({"HOME": str(home)}, folder=home, overrides=named)
            loaded = load_settings({"HOME": str(home)}, folder=home, overrides={**named, **lab.overrides(plain)})
            async with running(loaded, is_simulated=True) as application:
                watch = Watch()
                application.subscribe(watch.take)
                await all_live(application)
                begin = datetime.now(UTC)
                plants = await _watch(application, watch, dict(lab.base_urls), (begin, most_s, enough_s))
                detector = application._container.get(Detector)
                held_back = {
                    _legs(each.candidate): (each.gate.value, each.reason) for each in detector.rejections()
                }
                return Run(
                    seed, scenario, plants, tuple(watch.rows), (begin, datetime.now(UTC)), watch.untrue(),
                    held_back, enough_s, sum(watch.lags_s) / len(watch.lags_s),
                )  # fmt: skip


async def _watch(
    application: Application, watch: Watch, base_urls: dict[str, str], terms: tuple[datetime, float, float]
) -> tuple[Plant, ...]:
    begin, most_s, enough_s = terms
    while True:
        asked = time.monotonic()
        await asyncio.sleep(POLL_S)
        watch.lags_s.append(time.monotonic() - asked - POLL_S)
        count = len(watch.rows)
        watch.learn(await read_quotes(base_urls), count)
        plants = plants_of(await read_truth(base_urls["binance"]))
        now = datetime.now(UTC)
        age_s = (now - begin).total_seconds()
        due = {each.legs for each in plants if not each.is_decoy and each.opens_at <= now <= each.closes_at}
        is_done = age_s >= max(LEAST_WATCH_S, enough_s + POLL_S) and not due - {row.legs for row in watch.rows}
        if is_done or age_s >= most_s:
            return plants


async def all_live(application: Application) -> None:
    """Wait until every venue quotes."""
    async with asyncio.timeout(LIVE_WITHIN_S):
        while not all(each.quotes and each.state in {"live", "degraded"} for each in application.snapshot().venues):  # noqa: ASYNC110 - a screen is read
            await asyncio.sleep(0.2)


def shown_of(event: OpportunityEvent) -> Shown:
    """An opened opportunity, with the best prices of its evidence."""
    opportunity, evidence = event.opportunity, event.evidence
    legs = _legs(opportunity.candidate)
    books = [each["book"] for each in evidence.get("legs") or (evidence["long"], evidence["short"])]
    quotes = {}
    for leg, book in zip(legs, books, strict=True):
        bids, asks = book.get("bids") or [], book.get("asks") or []
        if bids and asks:
            quotes[leg.market] = (float(bids[0][0]), float(asks[0][0]))
    return Shown(opportunity.kind.value, legs, opportunity.opened_at, quotes, float(opportunity.priced.net_bps))


def _legs(candidate) -> tuple[Leg, ...]:
    return tuple(
        Leg(leg.side.value, Market(leg.instrument.venue, leg.instrument.kind.value, leg.instrument.symbol))
        for leg in candidate.legs
    )


def _is_near(one: Quote, other: Quote) -> bool:
    return all(abs(a / b - 1) <= TOLERANCE for a, b in zip(one, other, strict=True))
