"""Pitfall 12: a book that is crossed, one-sided, wide or out of sequence is told as such and priced by nobody."""

import json
import urllib.request
from asyncio import to_thread
from random import Random

import pytest

from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.domain.quote import Book, BookChange
from arbedge.exchanges.binance.adapter import build
from arbedge.exchanges.config import VenueConfig
from arbedge.exchanges.transport.surroundings import Surroundings
from arbedge.foundation.runtime.clock import SystemClock
from arbedge.lab.config import LabOptions
from arbedge.lab.faults import parse_fault
from arbedge.lab.server import running_lab
from arbedge.market.feeds.sanity import QuoteFault, fault_of
from arbedge.market.feeds.sync import BookSync
from arbedge.opportunities.pricing.bound import pair_bound

ID = InstrumentId("binance", MarketKind.SPOT, "BTCUSDT")


def fetch(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)


def synced():
    sync = BookSync(ID)
    sync.on_whole(Book(ID, (("100", "1"), ("99", "2")), (("101", "1"), ("102", "2")), 10, None, 1), 1)
    assert sync.problem is None
    return sync


def change(first, last, **sides):
    return BookChange(ID, first, last, None, tuple(sides.get("bids", ())), tuple(sides.get("asks", ())), None, 2)


async def test_a_book_without_asks_offers_nothing_for_nothing():
    options = LabOptions(port_base=0, universe="small", scenario="calm", traps=("one_sided",))
    async with running_lab(options) as lab:
        url = lab.url_of("binance")
        row = await to_thread(fetch, f"{url}/api/v3/ticker/bookTicker?symbol=HOLLOWUSDT")
        venue = build(VenueConfig(base_url=url), Surroundings(SystemClock(), Random(1)))
        try:
            tops = {top.instrument.symbol: top for top in await venue.catalogue.fetch_tops(MarketKind.SPOT)}
        finally:
            await venue.close()
    assert float(row["askPrice"]) == 0 < float(row["bidPrice"])  # bought for nothing, sold at the bid
    shown = tops.get("HOLLOWUSDT")
    told = (row["bidPrice"], row["bidQty"], row["askPrice"], row["askQty"])
    assert fault_of(*(float(text) for text in told)) is QuoteFault.NOT_POSITIVE
    assert shown is None or fault_of(
        *(float(each) for each in (shown.bid, shown.bid_qty, shown.ask, shown.ask_qty))
    ) is QuoteFault.NOT_POSITIVE  # fmt: skip


async def test_a_crossed_book_is_no_gift():
    async with running_lab(LabOptions(port_base=0, universe="small", scenario="calm")) as lab:
        document = {"fault": "crossed", "seconds": 60, "params": {"symbol": "BTCUSDT", "host": "spot"}}
        lab.stages["binance"].begin(parse_fault(document, lab.stages.monotonic_ns()))
        row = await to_thread(fetch, f"{lab.url_of('binance')}/api/v3/ticker/bookTicker?symbol=BTCUSDT")
    bid, ask = float(row["bidPrice"]), float(row["askPrice"])
    assert bid > ask  # "buy at the ask, sell at the bid" of one book
    assert fault_of(bid, 1.0, ask, 1.0) is QuoteFault.CROSSED


def test_a_frame_that_does_not_follow_costs_the_book():
    sync = synced()
    assert sync.on_change(change(11, 12, bids=[("100.5", "1")]), 2)
    assert sync.on_change(change(15, 16, asks=[("101", "0")]), 3) is False
    assert sync.problem is not None
    assert sync.book(5) is None  # though a book pieced together from what came would look like any other


def test_a_change_that_crosses_it_costs_the_book():
    sync = synced()
    sync.on_change(change(11, 11, bids=[("101.5", "1")]), 2)
    assert sync.problem is not None
    assert sync.book(5) is None
    again = Book(ID, (("101", "1"),), (("102", "1"),), 20, None, 3)
    sync.on_whole(again, 4)
    assert sync.problem is None


def test_wide_books_look_apart_only_in_the_middle():
    cheap, dear = (95.0, 105.0), (96.0, 107.0)
    middle = (sum(dear) / sum(cheap) - 1) * 1e4
    assert middle == pytest.approx(150)
    assert pair_bound(cheap[1], dear[0]) < 1e-9
