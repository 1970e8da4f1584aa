"""Binance spot and USD-M futures: their public market data as the ports of the market stage.

Comes in: settings, a clock, guards. Goes out: one `BinanceVenue` with catalogue, depth, funding and streams.
It never sees another venue, and no spelling of Binance's leaves `symbols`.
"""

__all__: list[str] = []
