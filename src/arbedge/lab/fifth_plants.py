"""What is planted on Hyperliquid: funding and prices apart from Binance's, and what only looks like it.

Taker fees are 0.045 % here and 0.05 % on Binance: opening and closing two perps costs 19 bps. Hyperliquid does not
say what its oracle reads, so a contract is known by a ticker on the seed list, by a day of agreeing prices or by a
person's word: PEPE, planted in thousands, needs one of them.
"""

from dataclasses import replace

from arbedge.lab.plants import DAY_S, Leg, Place, Plant
from arbedge.lab.world import Bend

__all__ = ["fifth_venue"]

_US, _THEM = "hyperliquid", "binance"


def fifth_venue() -> list[Plant]:
    """Between Hyperliquid and Binance, all open from the start: what pays, and a trap."""
    return [
        _funding_apart("DOGE", "DOGE", "DOGEUSDT", -0.0032, 0.0040),
        _funding_apart("PEPE", "kPEPE", "1000PEPEUSDT", -0.0040, 0.0036),
        _dearer_here("SOL", 75),
        replace(
            _funding_apart("LINK", "LINK", "LINKUSDT", 0.0001, 0.0002), is_decoy=True,
            reason="funding apart by less than its fees",
        ),
    ]  # fmt: skip


def _funding_apart(coin: str, ours: str, theirs: str, ours_8h: float, theirs_8h: float) -> Plant:
    """Long here where funding is low, short there where it is high; rates are fractions for eight hours."""
    legs = Leg("buy", "perp", ours, _US), Leg("sell", "perp", theirs, _THEM)
    rates: dict[Place, float] = {legs[0].place: ours_8h, legs[1].place: theirs_8h}
    return Plant(
        kind="funding", legs=legs, at_s=0.0, for_s=DAY_S, coin=coin, rates_8h=rates,
        reason=f"{coin}'s funding is {(theirs_8h - ours_8h) * 1e4:.0f} bps for eight hours apart, fees take 19",
    )  # fmt: skip


def _dearer_here(coin: str, gap_bps: float) -> Plant:
    legs = Leg("buy", "perp", f"{coin}USDT", _THEM), Leg("sell", "perp", coin, _US)
    return Plant(
        kind="perp_perp", legs=legs, at_s=0.0, for_s=DAY_S, coin=coin,
        bends={legs[1].place: Bend(shift_bps=gap_bps)},
        reason=f"{coin}'s perp is {gap_bps:.0f} bps dearer at {_US}, four fees take 19",
    )  # fmt: skip
