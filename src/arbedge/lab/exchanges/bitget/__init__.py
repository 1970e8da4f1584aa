"""Bitget's API as a client sees it, classic (v2) and unified (`v3`) at once: REST answers, frames, spot and perps.

In: the lab's world, clock and faults; requests and subscriptions. Out: bytes in Bitget's shapes, limits kept.
Never: orders or accounts.
"""

__all__: list[str] = []
