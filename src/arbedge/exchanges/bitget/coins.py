"""Bitget's list of coins and their networks to domain values; public, the same for both generations of its API."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

import msgspec
from msgspec import Struct, field

from arbedge.domain.money import ZERO, decimal_of
from arbedge.domain.network import CoinNetwork, NetworkState
from arbedge.errors import Invalid
from arbedge.exchanges.bitget.facts import SPEC
from arbedge.exchanges.transport.payloads import GARBAGE
from arbedge.market.network_names import contract_address, network_name

__all__ = ["Chain", "Coin", "networks_of"]

_STATES = {"true": NetworkState.OPEN, "false": NetworkState.CLOSED}


class Chain(Struct, gc=False):
    """One network of a coin; flags are the words true and false, `extra_fee` is a fraction of the amount sent."""

    chain: str
    rechargeable: str = ""
    withdrawable: str = ""
    fee: str | None = field(name="withdrawFee", default=None)
    extra_fee: str | None = field(name="extraWithdrawFee", default=None)
    min_deposit: str | None = field(name="minDepositAmount", default=None)
    min_withdraw: str | None = field(name="minWithdrawAmount", default=None)
    contract: str | None = field(name="contractAddress", default=None)
    needs_tag: str = field(name="needTag", default="false")
    congestion: str = "normal"


class Coin(Struct, gc=False):
    """One row of `spot/public/coins`."""

    coin: str
    chains: list[Chain] = []


_NO_CHAIN = Chain("none", rechargeable="false", withdrawable="false")
_decode_coin = msgspec.json.Decoder(Coin).decode


def networks_of(rows: Iterable[msgspec.Raw], received_ns: int) -> Iterator[CoinNetwork]:
    """Every network of coins given as JSON; without what makes no sense; a flag that makes none is unknown.

    A coin listed without any network comes as one called `NONE`, closed both ways: nothing gets in or out.
    """
    for raw in rows:
        try:
            row = _decode_coin(raw)
        except GARBAGE:
            continue
        for chain in row.chains or (_NO_CHAIN,):
            try:
                yield _network(row.coin, chain, received_ns)
            except Invalid:
                continue


def _network(coin: str, chain: Chain, received_ns: int) -> CoinNetwork:
    name = network_name(chain.chain, coin)
    return CoinNetwork(
        venue=SPEC.name,
        coin=coin,
        network=name,
        label=chain.chain,
        deposit=_STATES.get(chain.rechargeable, NetworkState.UNKNOWN),
        withdraw=_STATES.get(chain.withdrawable, NetworkState.UNKNOWN),
        withdraw_fee=_amount(chain.fee, "withdrawFee") if chain.fee else None,
        withdraw_fee_pct=_amount(chain.extra_fee, "extraWithdrawFee"),
        min_deposit=_amount(chain.min_deposit, "minDepositAmount"),
        min_withdraw=_amount(chain.min_withdraw, "minWithdrawAmount"),
        contract=contract_address(chain.contract),
        needs_memo=chain.needs_tag != "false",
        is_congested=chain.congestion != "normal",
        received_ns=received_ns,
    )


def _amount(text: str | None, name: str) -> Decimal:
    value = decimal_of(text, name) if text else ZERO
    if value < 0:
        raise Invalid(f"{name}: {text!r} is below 0")
    return value
