"""What reading any venue has in common: figures, listings, books, settled funding, and a venue put together.

Comes in: what a venue's own structs hold, as text. Goes out: domain values. It knows no venue's field names, and
never opens a connection itself.
"""

__all__: list[str] = []
