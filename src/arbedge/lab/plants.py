"""What a scenario plants: opportunities that pay, and decoys that only look as if they did.

A plant bends one or two markets from `at_s` to `at_s + for_s` seconds after the lab's start. Bends are sized
against the venue's taker fees (0.1 % on spot, 0.05 % on perps): two rounds of a spot-perp pair cost 30 bps, a
triangle of spot trades costs 30 bps.
"""

from dataclasses import dataclass, field, replace
from typing import TypeAlias

from arbedge.lab.world import Bend

__all__ = [
    "DAY_S",
    "Leg",
    "Place",
    "Plant",
    "Slide",
    "carry",
    "decoys",
    "delisting",
    "repeat",
    "triangle",
    "triangle_into",
]

DAY_S = 86_400.0

_TRAP_OF = {
    "TWIN": "ticker_twins", "HALT": "halted", "LOTZ": "coarse_lot", "THIN": "thin", "LURE": "lure", "WIDE": "wide",
    "FROZ": "stale_stream", "FEEZ": "narrow_gap",
}  # fmt: skip

Place: TypeAlias = tuple[str, str, str]
"""One market of the lab: venue, `spot` or `usdm`, symbol."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of a planted trade: `buy` or `sell` on a `spot` or `perp` symbol of a venue."""

    side: str
    market: str
    symbol: str
    venue: str = "binance"

    @property
    def place(self) -> Place:
        """Where it trades."""
        return self.venue, "spot" if self.market == "spot" else "usdm", self.symbol


@dataclass(frozen=True, slots=True)
class Slide:
    """A currency losing or gaining so many bps over so many seconds, in steps no fee is as small as."""

    currency: str
    bps: float
    over_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """One planted thing: its kind and legs, when, which markets it bends and how, and what it teaches.

    `rate_8h` is the planted funding (fraction per eight hours) of its perp, `rates_8h` that of each of several;
    `news_bps` moves its coin everywhere as it opens, `halts` are markets whose trading stops for good as it opens,
    `intervals` are contracts that settle every so many hours from then on, `slide` moves a currency slowly. A decoy
    names the `trap` it belongs to.
    """

    kind: str
    legs: tuple[Leg, ...]
    at_s: float
    for_s: float
    reason: str
    is_decoy: bool = False
    bends: dict[Place, Bend] = field(default_factory=dict)
    rate_8h: float | None = None
    rates_8h: dict[Place, float] = field(default_factory=dict)
    news_bps: float = 0.0
    coin: str = ""
    halts: tuple[Place, ...] = ()
    trap: str = ""
    slide: Slide | None = None
    intervals: dict[Place, int] = field(default_factory=dict)


def carry(ticker: str, rate_8h: float, gap_bps: float, at_s: float = 0.0, for_s: float = DAY_S) -> Plant:
    """A pair of spot and perp whose funding pays for its fees within a few settlements.

    Positive funding is earned short of the perp (`spot_perp`), negative long of it (`perp_spot`, which sells
    borrowed spot); `gap_bps` moves the perp the way such funding moves it. `ticker` may be scaled (`1000PEPE`).
    """
    spot_ticker = ticker.removeprefix("1000")
    perp, spot = f"{ticker}USDT", f"{spot_ticker}USDT"
    if rate_8h > 0:
        kind, legs = "spot_perp", (Leg("buy", "spot", spot), Leg("sell", "perp", perp))
    else:
        kind, legs = "perp_spot", (Leg("buy", "perp", perp), Leg("sell", "spot", spot))
    return Plant(
        kind=kind, legs=legs, at_s=at_s, for_s=for_s, rate_8h=rate_8h, coin=spot_ticker,
        bends={("binance", "usdm", perp): Bend(shift_bps=gap_bps)},
        reason=f"funding of {rate_8h * 1e4:+.0f} bps per 8 h outlasts 30 bps of fees",
    )  # fmt: skip


def triangle(coin: str, bridge: str, shift_bps: float, at_s: float = 0.0, for_s: float = DAY_S) -> Plant:
    """USDT → coin → bridge → USDT pays because coin/bridge stands `shift_bps` too high."""
    legs = (
        Leg("buy", "spot", f"{coin}USDT"),
        Leg("sell", "spot", f"{coin}{bridge}"),
        Leg("sell", "spot", f"{bridge}USDT"),
    )
    return Plant(
        kind="triangular", legs=legs, at_s=at_s, for_s=for_s, coin=coin,
        bends={("binance", "spot", f"{coin}{bridge}"): Bend(shift_bps=shift_bps)},
        reason=f"{coin}{bridge} stands {shift_bps:.0f} bps high, three fees take 30",
    )  # fmt: skip


def triangle_into(coin: str, fiat: str, shift_bps: float, at_s: float = 0.0, for_s: float = DAY_S) -> Plant:
    """USDT → fiat → coin → USDT pays because coin/fiat stands `shift_bps` too low; fiat is quoted USDT/fiat."""
    legs = (
        Leg("sell", "spot", f"USDT{fiat}"),
        Leg("buy", "spot", f"{coin}{fiat}"),
        Leg("sell", "spot", f"{coin}USDT"),
    )
    return Plant(
        kind="triangular", legs=legs, at_s=at_s, for_s=for_s, coin=coin,
        bends={("binance", "spot", f"{coin}{fiat}"): Bend(shift_bps=-shift_bps)},
        reason=f"{coin}{fiat} stands {shift_bps:.0f} bps low, three fees take 30",
    )  # fmt: skip


def delisting(coin: str, at_s: float) -> Plant:
    """Spot trading of a coin stops while its perp goes on and leaves the last spot price behind."""
    return replace(
        _pair(coin, "spot trading stopped: the edge is with a book nobody can trade", perp=Bend(shift_bps=120)),
        at_s=at_s,
        halts=(("binance", "spot", f"{coin}USDT"),),
    )


def repeat(plant: Plant, every_s: float, count: int) -> list[Plant]:
    """The same plant again and again."""
    return [replace(plant, at_s=plant.at_s + i * every_s) for i in range(count)]


def decoys() -> list[Plant]:
    """One of each trap, all open from the start; none of them pays."""
    return [replace(plant, trap=_TRAP_OF[plant.coin]) for plant in _decoys()]


def _decoys() -> list[Plant]:
    return [
        _pair("TWIN", "spot and perp share a ticker and are different coins: the perp's index names another",
              perp=Bend(shift_bps=900)),
        _pair("HALT", "spot trading is stopped: its last book is still shown", perp=Bend(shift_bps=260)),
        _pair("LOTZ", "one spot lot is worth more than the usual order", perp=Bend(shift_bps=30), rate_8h=0.005),
        _pair("THIN", "a thousand dollars walk through the whole book",
              perp=Bend(shift_bps=30, depth_scale=0.002), spot=Bend(depth_scale=0.002), rate_8h=0.003),
        _pair("LURE", "funding that entices and is less than spreads, fees and an adverse gap",
              perp=Bend(shift_bps=-28, spread_bps=34), spot=Bend(spread_bps=34), rate_8h=0.0012),
        _pair("WIDE", "the middle prices are apart, the best prices are not",
              perp=Bend(shift_bps=60, spread_bps=190), spot=Bend(spread_bps=150)),
        replace(_pair("FROZ", "the spot stream fell silent while the market moved on; REST tells",
                      spot=Bend(is_muted=True)), news_bps=140.0),
        replace(triangle("FEEZ", "ETH", 26.0), is_decoy=True, reason="wide, and narrower than three fees"),
    ]  # fmt: skip


def _pair(
    coin: str, reason: str, *, perp: Bend | None = None, spot: Bend | None = None, rate_8h: float | None = None
) -> Plant:
    keys = {("binance", "usdm", f"{coin}USDT"): perp, ("binance", "spot", f"{coin}USDT"): spot}
    legs = (Leg("buy", "spot", f"{coin}USDT"), Leg("sell", "perp", f"{coin}USDT"))
    return Plant(
        kind="spot_perp", legs=legs, at_s=0.0, for_s=DAY_S, reason=reason, is_decoy=True, rate_8h=rate_8h,
        coin=coin, bends={key: bend for key, bend in keys.items() if bend is not None},
    )  # fmt: skip
