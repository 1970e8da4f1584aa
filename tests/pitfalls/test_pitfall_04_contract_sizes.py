"""Pitfall 4: a size in contracts is no size in coins; everything inside is counted in base units."""

from decimal import Decimal
from random import Random

import ccxt.async_support as ccxt_async
import pytest

from arbedge.domain.instrument import MarketKind
from arbedge.domain.priced import BelowMinimumSize
from arbedge.exchanges.config import VenueConfig
from arbedge.exchanges.okx.adapter import build
from arbedge.exchanges.transport.surroundings import Surroundings
from arbedge.foundation.runtime.clock import SystemClock
from arbedge.lab.config import LabOptions
from arbedge.lab.server import running_lab
from arbedge.opportunities.evidence import parse
from arbedge.opportunities.pricing import price

MEME = {
    "schema": "arbedge.evidence/1", "kind": "spot_perp", "as_of": "2026-11-22T12:00:00Z", "notional": "1000",
    "horizon_hours": "8",
    "long": {"kind": "spot", "lot": "1", "taker_fee": "0.001",
             "book": {"bids": [["0.00000999", "900000000"]], "asks": [["0.00001", "900000000"]]}},
    "short": {"kind": "perp", "lot": "1", "taker_fee": "0.0005", "contract_size": "10000000",
              "book": {"bids": [["0.0000101", "50"]], "asks": [["0.00001011", "50"]]}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("id_", "unified"), [("PEPE-USDT-SWAP", "PEPE/USDT:USDT"), ("BTC-USDT-SWAP", "BTC/USDT:USDT")]
)
async def test_what_a_book_holds_is_what_ccxt_says_in_coins(id_, unified):
    async with running_lab(LabOptions(port_base=0, universe="small", scenario="calm")) as lab:
        exchange = ccxt_async.okx({"enableRateLimit": False})
        exchange.urls["api"]["rest"] = lab.url_of("okx")
        exchange.options["fetchMarkets"] = {"types": ["swap"]}
        venue = build(VenueConfig(base_url=lab.url_of("okx")), Surroundings(SystemClock(), Random(1)))
        try:
            await exchange.load_markets()
            listed = await venue.catalogue.fetch_instruments(MarketKind.PERP)
        finally:
            await exchange.close()
            await venue.close()
    ours = next(each for each in listed if each.id.symbol == id_)
    theirs = exchange.market(unified)
    in_coins = Decimal(7) * ours.contract_size * ours.multiplier
    assert float(in_coins) == pytest.approx(7 * theirs["contractSize"])
    assert in_coins != 7  # contracts taken for coins: a hundred times too many, or ten million times too few


def test_ten_million_coins_a_contract_carry_the_order():
    found = price(parse(MEME))
    assert found.order_qty == 100_000_000  # ten contracts of the fifty there are
    careless = {**MEME, "short": {key: value for key, value in MEME["short"].items() if key != "contract_size"}}
    taken_for_coins = price(parse(careless))
    # fifty contracts read as fifty coins: an order of a twentieth of a cent instead of 1,000 dollars
    assert not isinstance(taken_for_coins, BelowMinimumSize)
    assert taken_for_coins.order_qty == 50
