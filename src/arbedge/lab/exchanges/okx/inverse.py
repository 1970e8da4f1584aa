"""Coin-margined swaps as OKX lists them among the linear ones: `ctType` inverse, contracts of 100 or 10 USD.

They stand in the lists of all swaps, so that a client has to tell them apart; single questions and channels know
none. Their figures are those of the linear swap of the same coin.
"""

from arbedge.lab.listing import Listing

__all__ = ["as_inverse", "inverse_id", "inverse_instrument"]

_WORTH_USD = {"BTC": "100", "ETH": "10"}


def inverse_id(item: Listing) -> str:
    """The id of the coin-margined sibling of a swap in USDT; empty where there is none."""
    has_one = item.has_inverse and item.funding is not None and item.quote == "USDT" and item.base in _WORTH_USD
    return f"{item.base}-USD-SWAP" if has_one else ""


def inverse_instrument(item: Listing, row: dict[str, object]) -> dict[str, object]:
    """The sibling's row of `public/instruments`, made from that of the linear swap."""
    return row | {
        "instId": inverse_id(item), "ctType": "inverse", "ctVal": _WORTH_USD[item.base], "ctValCcy": "USD",
        "instFamily": f"{item.base}-USD", "uly": f"{item.base}-USD", "settleCcy": item.base, "lotSz": "1",
        "minSz": "1",
    }  # fmt: skip


def as_inverse(item: Listing, entry: str) -> str:
    """An entry of the linear swap under the sibling's id."""
    return entry.replace(f'"{item.symbol}"', f'"{inverse_id(item)}"')
