"""Bitget's classic API (v2) as a client sees it: REST answers and frames, spot and linear perps.

In: the lab's world, clock and faults; requests and subscriptions. Out: bytes in Bitget's shapes, limits kept.
Never: orders or accounts, nor the unified account's API (v3).
"""

__all__: list[str] = []
