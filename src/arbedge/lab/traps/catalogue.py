"""The traps by name: what each does to who reads carelessly, and which are set unless they are switched off.

Four sorts. `listing` changes which markets there are and how they are sized, `wire` how a dialect says things,
`plant` sets out bait (told as a decoy in the truth), `fault` breaks one venue after another, six seconds each.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from arbedge.errors import ConfigError
from arbedge.lab.faults import FAULTS

__all__ = ["STANDING", "TRAPS", "Trap", "chosen", "traps"]


@dataclass(frozen=True, slots=True)
class Trap:
    """One trap: its name, its sort, one line about it, and whether every lab has it."""

    name: str
    sort: str
    text: str
    is_standing: bool = False


_OWN = (
    Trap("multipliers", "listing", "tickers by the thousand and million, before and behind the coin", True),
    Trap("contract_sizes", "listing", "OKX swaps counted in contracts of 0.01 to 10,000,000 units", True),
    Trap("stock_perps", "listing", "perps on shares, one of them under a coin's ticker", True),
    Trap("delisted", "listing", "halted pairs and contracts being settled stay in the lists", True),
    Trap("prelaunch", "listing", "contracts listed before they trade, on Bybit and OKX", True),
    Trap("inverse", "listing", "OKX lists coin-margined swaps among the linear ones", True),
    Trap("closed_networks", "listing", "some coins' networks take no deposits or give no withdrawals", True),
    Trap("ticker_twins", "listing", "one ticker, two coins: TWIN by its index, JYNX 25 times apart between venues"),
    Trap("tokenised_stocks", "listing", "shares as tokens on Bybit's spot and as swaps on OKX"),
    Trap("funding_2h", "listing", "contracts that settle every two hours"),
    Trap("maintenance", "listing", "contracts suspended or in maintenance on three venues, trading on one"),
    Trap("opening_soon", "listing", "contracts that do not trade yet on Binance and Bitget, too"),
    Trap("wrong_route", "wire", "Binance USD-M streams asked for on the wrong route are silent", True),
    Trap("coin_margined_rows", "wire", "Binance's streams of all symbols mix COIN-M rows in", True),
    Trap("absent_fields", "wire", "Bybit's ticker changes leave out what did not change", True),
    Trap("stock_twin", "plant", "the coin CAT and the share CAT on one venue, one told for the other"),
    Trap("halted", "plant", "a stopped market goes on showing its last book"),
    Trap("coarse_lot", "plant", "one lot is worth more than the order"),
    Trap("thin", "plant", "next to nothing in the book"),
    Trap("lure", "plant", "funding that entices and is less than its costs"),
    Trap("wide", "plant", "middle prices apart, best prices not"),
    Trap("stale_stream", "plant", "a stream falls silent while REST moves on"),
    Trap("narrow_gap", "plant", "prices apart by less than the fees"),
    Trap("one_sided", "plant", "a book without asks, or without bids"),
    Trap("depeg", "plant", "USDC loses 2 % in forty seconds: what is quoted in it only looks dear"),
    Trap("funding_cap", "plant", "funding stands at its cap or floor, whatever the premium says"),
    Trap("funding_change", "plant", "contracts settle at other hours from one moment to the next"),
    Trap("suspension", "plant", "trading of a coin's spot stops, venue after venue, as the others move on"),
)

TRAPS: dict[str, Trap] = {trap.name: trap for trap in _OWN} | {
    name: Trap(name, "fault", text) for name, text in FAULTS.items()
}
"""Every trap by name; the last are the lab's faults."""

STANDING = frozenset(trap.name for trap in _OWN if trap.is_standing)
"""What every lab has unless it is switched off."""


def traps() -> list[Trap]:
    """Every trap, in the order they are told."""
    return list(TRAPS.values())


def chosen(scenario: Iterable[str], wanted: Iterable[str], unwanted: Iterable[str]) -> frozenset[str]:
    """The traps that are set: the standing ones, the scenario's, those wanted (`all`: each), less the unwanted.

    Raises ConfigError naming the known ones.
    """
    on, off = set(wanted), set(unwanted)
    for name in on | off:
        if name not in TRAPS and name != "all":
            raise ConfigError(f"trap {name}: expected one of {', '.join(TRAPS)}, or all")
    on = set(TRAPS) if "all" in on else on
    return frozenset() if "all" in off else frozenset((STANDING | set(scenario) | on) - off)
