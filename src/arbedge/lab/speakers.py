"""Which venues speak: the dialect of each, by name, in the order they are started and listed."""

from collections.abc import Callable

from arbedge.lab.dialect import Dialect
from arbedge.lab.exchanges.binance.venue import BinanceVenue
from arbedge.lab.exchanges.bitget.venue import BitgetVenue
from arbedge.lab.exchanges.bybit.venue import BybitVenue
from arbedge.lab.exchanges.hyperliquid.venue import HyperliquidVenue
from arbedge.lab.exchanges.okx.venue import OkxVenue
from arbedge.lab.stage import Stage

__all__ = ["SPEAKERS"]

SPEAKERS: dict[str, Callable[[Stage], Dialect]] = {
    "binance": BinanceVenue,
    "bybit": BybitVenue,
    "okx": OkxVenue,
    "bitget": BitgetVenue,
    "hyperliquid": HyperliquidVenue,
}
