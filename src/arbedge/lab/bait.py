"""What each trap sets out to be taken: plants told as decoys, none of which pays.

Most lie between venues; those of one venue alone are in `lab.plants`, those between two quiet ones in `crossings`.
"""

from dataclasses import replace

from arbedge.lab.crossings import funding_apart, spots_apart, venue_decoys
from arbedge.lab.naming import symbol_of
from arbedge.lab.plants import DAY_S, Leg, Place, Plant, Slide, decoys
from arbedge.lab.turns import STRUCK
from arbedge.lab.world import Bend

__all__ = ["bait"]

_LIST_READ_S = 40.0


def bait(names: frozenset[str]) -> list[Plant]:
    """The plants of these traps, for every venue; a lab leaves out what its universe does not list."""
    every = [
        *decoys(), *venue_decoys(), *_twins(), *_one_sided(), *_capped(), *_changing(), *_suspended(), _depeg(),
        _shares(),
    ]  # fmt: skip
    return [plant for plant in every if plant.trap in names]


def _twins() -> list[Plant]:
    plants = [
        _decoy("ticker_twins", "TWIN", (_leg("buy", "spot", venue, "TWIN"), _leg("sell", "perp", venue, "TWIN")),
               "the perp's index names another coin than the spot of the same ticker",
               bends={_leg("sell", "perp", venue, "TWIN").place: Bend(shift_bps=900)})
        for venue in STRUCK if venue != "binance"
    ]  # fmt: skip
    far = "the same ticker is another coin there, 25 times as dear"
    for cheap, dear in (("binance", "bybit"), ("bitget", "okx")):
        apart = spots_apart("JYNX", cheap, dear, 0)
        plants.append(replace(apart, bends={}, is_decoy=True, trap="ticker_twins", reason=far))
    return plants


def _one_sided() -> list[Plant]:
    """Books without asks to buy from or without bids to sell to; who reads nothing as 0 buys for nothing."""
    pairs = (("spot", "binance", "okx"), ("perp", "bitget", "bybit"))
    plants = []
    for market, venue, other in pairs:
        legs = _leg("buy", market, venue, "HOLLOW"), _leg("sell", "perp", other, "HOLLOW")
        bends = {legs[0].place: Bend(missing="ask"), legs[1].place: Bend(missing="bid")}
        plants.append(_decoy("one_sided", "HOLLOW", legs, "one book has no asks, the other no bids", bends=bends))
    return plants


def _capped() -> list[Plant]:
    reason = "the rate stands at {}; what the premium would make it is never paid"
    plants = []
    for coin, rate_8h, where in (("HICAP", 0.02, "its cap"), ("LOCAP", -0.02, "its floor")):
        spot, perp = _leg("buy", "spot", "binance", coin), _leg("sell", "perp", "binance", coin)
        legs = (spot, perp) if rate_8h > 0 else (replace(perp, side="buy"), replace(spot, side="sell"))
        rates: dict[Place, float] = {_leg("sell", "perp", venue, coin).place: rate_8h for venue in STRUCK}
        plant = _decoy("funding_cap", coin, legs, reason.format(where))
        plants.append(replace(plant, kind="spot_perp" if rate_8h > 0 else "perp_spot", rates_8h=rates))
    return plants


def _changing() -> list[Plant]:
    """From eight hours to four, then one and two: a rate for a settlement means less and less."""
    plants = []
    for at_s, for_s, hours in ((15.0, 30.0, {"bybit": 4}), (45.0, DAY_S, {"bybit": 1, "okx": 2, "binance": 4})):
        pair = funding_apart("SHIFTY", "bybit", "bitget", 0.0, 0.0)
        plants.append(
            replace(
                pair, at_s=at_s, for_s=for_s, rates_8h={}, is_decoy=True, trap="funding_change",
                intervals={_leg("buy", "perp", venue, "SHIFTY").place: each for venue, each in hours.items()},
                reason="rates for one settlement differ because its hours do; for eight hours they are the same",
            )
        )  # fmt: skip
    return plants


def _suspended() -> list[Plant]:
    """One venue after another stops trading the spot; a while later, once its list was read, the others move on.

    Streams do not tell of a stop: who reads the list every half minute knows before there is a gap to take.
    """
    plants = []
    for i, venue in enumerate(STRUCK):
        spot = _leg("buy", "spot", venue, "HALTD")
        legs = spot, _leg("sell", "perp", STRUCK[(i + 1) % len(STRUCK)], "HALTD")
        plant = _decoy("suspension", "HALTD", legs, "trading of the spot stopped: its last book is all there is")
        at_s = 25.0 + 15 * i
        plants.append(replace(plant, at_s=at_s, for_s=_LIST_READ_S, halts=(spot.place,)))
        plants.append(replace(plant, at_s=at_s + _LIST_READ_S, news_bps=140.0))
    return plants


def _depeg() -> Plant:
    legs = tuple(
        Leg(side, "spot", {"binance": "BTCUSDC", "okx": "BTC-USDC"}[venue], venue)
        for side, venue in (("buy", "binance"), ("sell", "okx"))
    )
    reason = "USDC is no dollar any more: pairs quoted in it are dearer by what it lost, and nothing is gained"
    plant = _decoy("depeg", "BTC", legs, reason)
    return replace(plant, kind="spot_spot", at_s=8.0, slide=Slide("USDC", -200.0, 40.0))


def _shares() -> Plant:
    legs = Leg("buy", "spot", symbol_of("binance", "spot", "CAT")), Leg("sell", "perp", "CATUSDT")
    return _decoy("stock_twin", "CAT", legs, "one CAT is a coin, the other a share")


def _decoy(
    trap: str, coin: str, legs: tuple[Leg, ...], reason: str, bends: dict[Place, Bend] | None = None
) -> Plant:
    kind = "spot_perp" if legs[0].market == "spot" else "perp_perp"
    return Plant(
        kind=kind, legs=legs, at_s=0.0, for_s=DAY_S, reason=reason, is_decoy=True, coin=coin, trap=trap,
        bends=bends or {},
    )  # fmt: skip


def _leg(side: str, market: str, venue: str, coin: str) -> Leg:
    return Leg(side, market, symbol_of(venue, market, coin), venue)
