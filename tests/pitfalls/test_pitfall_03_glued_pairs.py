"""A pair is its base and quote fields: letters glued together can be cut in two ways, and C+TUSD was read as CT+USD.

Seen in a public triangle bot that cut symbols by the end they have.
"""

import json

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.binance import wire
from arbedge.exchanges.binance.symbols import parse_spot
from arbedge.market.config import MonitoredPair
from arbedge.market.fakes import instrument_of
from arbedge.market.universe.registry import Universe
from arbedge.opportunities.detection.triangles import TriangleFinder

QUOTES = ("USDT", "USDC", "USD", "TUSD", "BTC")
FILTERS = [
    {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000", "tickSize": "0.01"},
    {"filterType": "LOT_SIZE", "minQty": "1", "maxQty": "9000", "stepSize": "1"},
]


def row(base, quote):
    return {"symbol": base + quote, "status": "TRADING", "baseAsset": base, "quoteAsset": quote, "filters": FILTERS}


def cut(symbol):
    """The naive reading: the first known quote the symbol ends with."""
    quote = next(each for each in QUOTES if symbol.endswith(each))
    return symbol.removesuffix(quote), quote


def test_the_naive_reading_invents_a_coin():
    assert cut("CTUSD") == ("CT", "USD")


def test_the_venues_fields_decide():
    listing = wire.decode(
        json.dumps({"symbols": [row("C", "TUSD"), row("CT", "USD")]}).encode(), wire.ExchangeListing
    )
    rows = [wire.decode(bytes(each), wire.ListedSymbol) for each in listing.symbols]
    read = [(each.id.symbol, each.base, each.quote) for each in parse_spot(rows).instruments]
    assert read == [("CTUSD", "C", "TUSD"), ("CTUSD", "CT", "USD")]


def test_no_triangle_runs_through_a_coin_that_is_not_there():
    """C/TUSD, TUSD/USDT and C/USDT make one; CT/USD would make another with CT/USDT and USD/USDT."""
    glued = [("C", "TUSD"), ("TUSD", "USDT"), ("C", "USDT"), ("CT", "USDT"), ("USD", "USDT")]
    finder = TriangleFinder("USDT")
    found = [
        triangle
        for slot, (base, quote) in enumerate(glued)
        for triangle in finder.add(slot, instrument_of("binance", MarketKind.SPOT, base, quote))
    ]
    assert {frozenset(each.slots) for each in found} == {frozenset({0, 1, 2})}


def test_a_watch_list_is_matched_by_fields_too():
    pair = MonitoredPair(symbol="CTUSD", base="CT", quote="USD", exchange_id="binance")
    universe = Universe([pair])
    universe.merge("binance", MarketKind.SPOT, [instrument_of("binance", MarketKind.SPOT, "C", "TUSD")])
    assert len(universe) == 0
