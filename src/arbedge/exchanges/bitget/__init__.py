"""Bitget through its classic public API (v2): spot, and linear perpetuals settled in USDT or USDC.

In: settings and what a venue is built into. Out: the ports of the market stage. Never: orders, keys, another venue.
"""

__all__: list[str] = []
