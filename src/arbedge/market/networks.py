"""Which networks let a coin in and out, venue by venue: what is open, what it costs, how old the knowledge is.

A coin can be moved from A to B only over one network that both venues name, that lets it out at A and in at B, that
holds the same token on both sides, and whose minima the quantity reaches. A venue that says nothing, or said it too
long ago, is unknown, and unknown is not open. A flag of a coin as a whole is never asked: it is open when any
network is, also when the one way is open here and the other way there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TypeAlias

from arbedge.domain.instrument import AssetClass, Instrument, MarketKind
from arbedge.domain.money import figure
from arbedge.domain.network import CoinNetwork, NetworkFinding, NetworkState, TransferRoute
from arbedge.foundation.runtime.clock import Clock

__all__ = ["UNREAD", "CoinAt", "NetworkTable"]

CoinAt: TypeAlias = tuple[str, str]
"""A venue, and a coin as that venue calls it."""

UNREAD = "not read yet"
"""Why nothing is known of a venue before anything was asked."""

_SHOWN_REASONS = 3


@dataclass(frozen=True, slots=True)
class _Reading:
    """A venue's whole list as last told, by coin."""

    coins: Mapping[str, tuple[CoinNetwork, ...]]
    received_ns: int
    states: dict[str, tuple[NetworkState, NetworkState]] = field(default_factory=dict)
    contracts: dict[str, frozenset[tuple[str, str]]] = field(default_factory=dict)

    def states_of(self, coin: str) -> tuple[NetworkState, NetworkState]:
        """Whether any network lets the coin in, and whether any lets it out; worked out when first asked."""
        known = self.states.get(coin)
        if known is None:
            rows = self.coins[coin]
            known = self.states[coin] = _best(each.deposit for each in rows), _best(each.withdraw for each in rows)
        return known

    def contracts_of(self, coin: str) -> frozenset[tuple[str, str]]:
        """(network, contract address) of every network that states one; worked out when first asked."""
        known = self.contracts.get(coin)
        if known is None:
            rows = self.coins.get(coin, ())
            pairs = ((each.network, each.contract) for each in rows)
            known = frozenset((network, contract) for network, contract in pairs if contract is not None)
            self.contracts[coin] = known
        return known


class NetworkTable:
    """The networks of every venue that tells them; one instance a market.

    Satisfies the address book of identity: `contracts` is what both venues of a pair must share.
    """

    def __init__(self, clock: Clock, *, max_age_s: float) -> None:
        self._clock = clock
        self._max_age_s = max_age_s
        self._readings: dict[str, _Reading] = {}
        self._reasons: dict[str, str] = {}

    def learn(self, venue: str, networks: Iterable[CoinNetwork]) -> None:
        """Replace everything known of a venue by its whole list as last told."""
        coins: dict[str, tuple[CoinNetwork, ...]] = {}
        told_ns = self._clock.monotonic_ns()
        for each in networks:
            coins[each.coin] = (*coins.get(each.coin, ()), each)
            told_ns = min(told_ns, each.received_ns)
        self._readings[venue] = _Reading(coins, told_ns)

    def explain(self, venue: str, reason: str) -> None:
        """Say why a venue tells nothing; shown wherever its networks are asked for."""
        self._reasons[venue] = reason

    def networks(self, venue: str, coin: str) -> tuple[CoinNetwork, ...]:
        """The networks of a coin as last told, however long ago."""
        reading = self._readings.get(venue)
        return reading.coins.get(coin, ()) if reading is not None else ()

    def contracts(self, venue: str, coin: str) -> frozenset[tuple[str, str]]:
        """(network, contract address) of every network that states one; empty where nothing is known."""
        reading = self._readings.get(venue)
        return reading.contracts_of(coin) if reading is not None else frozenset()

    def find(self, venue: str, coin: str) -> NetworkFinding:
        """Whether any network lets the coin in, and whether any lets it out; unknown says why in `source`."""
        problem = self._problem(venue, coin)
        deposit = withdraw = NetworkState.UNKNOWN
        if problem is None:
            deposit, withdraw = self._readings[venue].states_of(coin)
        return NetworkFinding(
            venue=venue,
            coin=coin,
            deposit=deposit,
            withdraw=withdraw,
            age_s=self._age_s(venue),
            source=problem or f"{venue}'s public list of coins",
        )

    def route(
        self, origin: tuple[str, str], destination: tuple[str, str], quantity: Decimal
    ) -> TransferRoute | str:
        """The cheapest network that moves `quantity` of a coin between two (venue, coin); else why none does.

        An uncongested network goes before a congested one.
        """
        for venue, coin in (origin, destination):
            problem = self._problem(venue, coin)
            if problem is not None:
                return f"networks of {coin} at {venue} are unknown ({problem}), and unknown is not open"
        leaving, arriving = self.networks(*origin), self.networks(*destination)
        both = [(out, into) for out in leaving for into in arriving if out.network == into.network]
        if not both:
            here, there = _names(leaving), _names(arriving)
            return f"no network in common: {origin[0]} has {here}, {destination[0]} has {there}"
        problems = [_hindrance(out, into, quantity) for out, into in both]
        usable = [pair for pair, problem in zip(both, problems, strict=True) if problem is None]
        if not usable:
            told = "; ".join([problem for problem in problems if problem is not None][:_SHOWN_REASONS])
            return f"{origin[1]} cannot move from {origin[0]} to {destination[0]}: {told}"
        out, into = min(usable, key=lambda pair: _preference(pair[0], pair[1], quantity))
        assert out.withdraw_fee is not None
        return TransferRoute(
            network=out.network,
            withdraw_fee=out.withdraw_fee,
            withdraw_fee_pct=out.withdraw_fee_pct,
            needs_memo=out.needs_memo or into.needs_memo,
            is_congested=out.is_congested or into.is_congested,
            age_s=max(self._age_s(venue) or 0.0 for venue in (origin[0], destination[0])),
        )

    def at(self, instrument: Instrument) -> NetworkFinding | None:
        """How cut off an instrument's coin is at its venue; None for what is no coin."""
        coin = _coin_of(instrument)
        return None if coin is None else self.find(instrument.id.venue, coin)

    def between(self, bought: Instrument, sold: Instrument, quantity: Decimal) -> TransferRoute | str:
        """How `quantity` base units bought get to where they are sold, fees in base units; else why they do not."""
        if bought.multiplier != sold.multiplier:
            return f"{bought.base} and {sold.base} count different amounts: not known to be one token"
        origin, destination = (bought.id.venue, bought.base), (sold.id.venue, sold.base)
        route = self.route(origin, destination, quantity / bought.multiplier)
        if isinstance(route, str):
            return route
        return replace(route, withdraw_fee=route.withdraw_fee * bought.multiplier)

    def _problem(self, venue: str, coin: str) -> str | None:
        """Why nothing about this coin can be relied on now, or None."""
        reading, age_s = self._readings.get(venue), self._age_s(venue)
        if reading is None or age_s is None:
            return self._reasons.get(venue, UNREAD)
        if age_s > self._max_age_s:
            return f"last read {age_s:.0f} s ago, {self._max_age_s:g} s allowed"
        return None if coin in reading.coins else f"{venue} does not list {coin} among its coins"

    def _age_s(self, venue: str) -> float | None:
        reading = self._readings.get(venue)
        return None if reading is None else (self._clock.monotonic_ns() - reading.received_ns) / 1e9


def _coin_of(instrument: Instrument) -> str | None:
    """The coin behind it as its venue's list names it: a contract, too, follows what can be had of its coin."""
    if instrument.asset_class is not AssetClass.COIN:
        return None
    return instrument.base if instrument.id.kind is MarketKind.SPOT else instrument.asset


def _best(states: Iterable[NetworkState]) -> NetworkState:
    found = set(states)
    for state in (NetworkState.OPEN, NetworkState.UNKNOWN):
        if state in found:
            return state
    return NetworkState.CLOSED


def _hindrance(out: CoinNetwork, into: CoinNetwork, quantity: Decimal) -> str | None:
    """Why this network does not move the quantity, or None."""
    if out.withdraw is not NetworkState.OPEN:
        return f"{out.network}: withdrawals from {out.venue} are {out.withdraw}"
    if into.deposit is not NetworkState.OPEN:
        return f"{out.network}: deposits to {into.venue} are {into.deposit}"
    if out.contract and into.contract and out.contract != into.contract:
        return f"{out.network}: another token at {into.venue} (contract {into.contract}, here {out.contract})"
    if out.withdraw_fee is None:
        return f"{out.network}: the withdrawal fee at {out.venue} is not known"
    return _shortfall(out, into, quantity, out.withdraw_fee + out.withdraw_fee_pct * quantity)


def _shortfall(out: CoinNetwork, into: CoinNetwork, quantity: Decimal, fee: Decimal) -> str | None:
    """Which minimum the quantity does not reach, or None."""
    if quantity < out.min_withdraw:
        return f"{out.network}: {figure(quantity)} is under the least withdrawal of {figure(out.min_withdraw)}"
    arrives = quantity - fee
    if arrives <= 0 or arrives < into.min_deposit:
        least = figure(into.min_deposit)
        return f"{out.network}: {figure(arrives)} would arrive, under the least deposit of {least}"
    return None


def _preference(out: CoinNetwork, into: CoinNetwork, quantity: Decimal) -> tuple[bool, Decimal, str]:
    assert out.withdraw_fee is not None
    fee = out.withdraw_fee + out.withdraw_fee_pct * quantity
    return (out.is_congested or into.is_congested, fee, out.network)


def _names(rows: tuple[CoinNetwork, ...]) -> str:
    return ", ".join(sorted(each.network for each in rows)) or "none"
