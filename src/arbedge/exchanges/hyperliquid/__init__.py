"""Hyperliquid perpetuals in USDC: what only this venue says; the worked example of docs/howto/add-a-venue.md."""

__all__: list[str] = []
