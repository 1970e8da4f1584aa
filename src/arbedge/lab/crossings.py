"""Plants between venues: a coin dearer at one, perps apart, funding apart, and what only looks like it.

Bends are sized against taker fees of 0.1 % on spot and up to 0.06 % on perps: two spot trades cost 20 bps, opening
and closing two perps 20 to 24. A bent market stands apart from every other market of its coin too, so that other
pairs may pay beside the planted one.
"""

from dataclasses import replace

from arbedge.lab.naming import symbol_of
from arbedge.lab.plants import DAY_S, Leg, Place, Plant, repeat
from arbedge.lab.world import Bend

__all__ = ["crossings", "funding_apart", "perps_apart", "spots_apart", "venue_decoys"]


def spots_apart(coin: str, cheap: str, dear: str, gap_bps: float, at_s: float = 0.0, for_s: float = DAY_S) -> Plant:
    """Buy a coin's spot at one venue, sell it at another that stands `gap_bps` higher."""
    legs = _leg("buy", "spot", cheap, coin), _leg("sell", "spot", dear, coin)
    return Plant(
        kind="spot_spot", legs=legs, at_s=at_s, for_s=for_s, coin=coin,
        bends={legs[1].place: Bend(shift_bps=gap_bps)},
        reason=f"{coin} is {gap_bps:.0f} bps dearer at {dear}, two fees take 20",
    )  # fmt: skip


def perps_apart(coin: str, cheap: str, dear: str, gap_bps: float, at_s: float = 0.0, for_s: float = DAY_S) -> Plant:
    """Long a coin's perp at one venue, short it at another that stands `gap_bps` higher."""
    legs = _leg("buy", "perp", cheap, coin), _leg("sell", "perp", dear, coin)
    return Plant(
        kind="perp_perp", legs=legs, at_s=at_s, for_s=for_s, coin=coin,
        bends={legs[1].place: Bend(shift_bps=gap_bps)},
        reason=f"{coin}'s perp is {gap_bps:.0f} bps dearer at {dear}, four fees take up to 24",
    )  # fmt: skip


def funding_apart(coin: str, long: str, short: str, long_8h: float, short_8h: float) -> Plant:
    """Long a perp where funding is low, short it where it is high; rates are fractions for eight hours."""
    legs = _leg("buy", "perp", long, coin), _leg("sell", "perp", short, coin)
    rates: dict[Place, float] = {legs[0].place: long_8h, legs[1].place: short_8h}
    return Plant(
        kind="funding", legs=legs, at_s=0.0, for_s=DAY_S, coin=coin, rates_8h=rates,
        reason=f"{coin}'s funding is {(short_8h - long_8h) * 1e4:.0f} bps for eight hours apart, four fees take 24",
    )  # fmt: skip


def crossings() -> list[Plant]:
    """Every kind between venues, open from the start, and one that comes and goes."""
    lasting = [
        spots_apart("SOL", "binance", "okx", 70),
        spots_apart("AVAX", "bitget", "bybit", 65),
        perps_apart("ADA", "bybit", "bitget", 75),
        perps_apart("PEPE", "okx", "binance", 80),
        funding_apart("DOGE", "okx", "bybit", -0.0030, 0.0045),
        funding_apart("LINK", "bitget", "binance", -0.0040, 0.0040),
    ]
    return lasting + repeat(spots_apart("ETH", "bybit", "bitget", 60, at_s=5, for_s=30), every_s=90, count=240)


def venue_decoys() -> list[Plant]:
    """Traps between venues, all open from the start; none of them pays."""
    wide = perps_apart("ENA", "binance", "okx", 45)
    spreads = {wide.legs[0].place: Bend(spread_bps=90), wide.legs[1].place: Bend(shift_bps=45, spread_bps=90)}
    stale = spots_apart("XRP", "binance", "okx", 0)
    return [
        _trap("narrow_gap", spots_apart("SUI", "binance", "bybit", 14), "a gap narrower than two fees"),
        replace(_trap("wide", wide, "the middle prices are apart, the best prices are not"), bends=spreads),
        _trap("lure", funding_apart("BNB", "bybit", "okx", 0.0001, 0.00022), "funding apart by less than its fees"),
        replace(
            _trap("stale_stream", stale, "one venue's stream fell silent while the market moved on; REST tells"),
            bends={stale.legs[0].place: Bend(is_muted=True)}, news_bps=90.0,
        ),
    ]  # fmt: skip


def _trap(name: str, plant: Plant, reason: str) -> Plant:
    return replace(plant, is_decoy=True, reason=reason, trap=name)


def _leg(side: str, market: str, venue: str, coin: str) -> Leg:
    return Leg(side, market, symbol_of(venue, market, coin), venue)
