"""Bitget's unified account API (v3) as a client sees it, beside the classic one and over the same books.

In: requests and subscriptions in its spelling. Out: answers and frames in its shapes. Never: accounts or orders;
limits and faults are those of both generations.
"""

__all__: list[str] = []
