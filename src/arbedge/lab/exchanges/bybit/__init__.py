"""Bybit spot and linear contracts as a v5 client sees them: REST answers and WebSocket frames.

In: the lab's world, clock and faults; requests and subscriptions. Out: bytes in Bybit's shapes, limits kept.
Never: orders or accounts beyond what clients read while loading markets.
"""

__all__: list[str] = []
