"""Bybit spot and linear perpetuals: their public market data as the ports of the market stage.

Comes in: settings, a clock, guards. Goes out: one `BybitVenue` with catalogue, depth, funding and streams.
It never sees another venue, and no spelling of Bybit's leaves `symbols`.
"""

__all__: list[str] = []
