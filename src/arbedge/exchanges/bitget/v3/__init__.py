"""Bitget through its unified account's public API (v3), chosen by `venues.bitget.api`.

In: requests, answers and frames in v3's shapes. Out: what the classic API's rooms beside it understand; ports,
limits and faults are those of both. Never: accounts.
"""

__all__: list[str] = []
