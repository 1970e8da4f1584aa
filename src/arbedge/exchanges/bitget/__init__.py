"""Bitget through its public API, classic (v2) or unified (`v3`): spot, and linear perpetuals in USDT or USDC.

In: settings and what a venue is built into. Out: the ports of the market stage. Never: orders, keys, another venue.
"""

__all__: list[str] = []
