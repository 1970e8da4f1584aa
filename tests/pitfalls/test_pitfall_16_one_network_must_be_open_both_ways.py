"""A coin reads as open when any of its networks is: a coin moves over one network, open out of A and into B.

Deposits over TRC20 alone and withdrawals over ERC20 alone look like an open coin from its flags, and nothing can ever
leave by the way it came. ccxt's flags of a coin are shown to fall for it; ours does not. The venue here is the lab's.
"""

import json
from datetime import UTC, datetime
from decimal import Decimal

import ccxt
import msgspec
import pytest

from arbedge.domain.network import CoinNetwork, NetworkState, TransferRoute
from arbedge.exchanges.bitget.coins import networks_of
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.market.networks import NetworkTable

OPEN, CLOSED = NetworkState.OPEN, NetworkState.CLOSED


def chain(name, deposit, withdraw, **changes):
    return {
        "chain": name, "needTag": "false", "withdrawable": withdraw, "rechargeable": deposit, "withdrawFee": "1",
        "extraWithdrawFee": "0", "minDepositAmount": "2", "minWithdrawAmount": "20", "contractAddress": "",
        "congestion": "normal", "withdrawMinScale": "8", **changes,
    }  # fmt: skip


CROSSED = {"coinId": "1", "coin": "ABC", "transfer": "true",
           "chains": [chain("TRC20", "true", "false"), chain("ERC20", "false", "true")]}  # fmt: skip


def table_of(bitget, *others):
    """Bitget by what it says, and another venue that is open over everything but what is changed."""
    clock = ManualClock(datetime(2026, 11, 22, tzinfo=UTC))
    table = NetworkTable(clock, max_age_s=600)
    rows = msgspec.json.decode(json.dumps([bitget]), type=list[msgspec.Raw])
    table.learn("bitget", networks_of(rows, clock.monotonic_ns()))
    table.learn("other", [
        CoinNetwork(**({"venue": "other", "coin": "ABC", "label": row["network"], "deposit": OPEN, "withdraw": OPEN,
                        "withdraw_fee": Decimal(1), "received_ns": clock.monotonic_ns()} | row))
        for row in (others or ({"network": "TRX"}, {"network": "ETH"}))
    ])  # fmt: skip
    return table


def test_the_flags_of_the_coin_say_open_and_both_ways_round_it_is():
    naive = ccxt.bitget().parse_currency(CROSSED)
    assert (naive["deposit"], naive["withdraw"], naive["active"]) == (
        True,
        True,
        True,
    )  # what a careless tool shows
    found = table_of(CROSSED).find("bitget", "ABC")
    assert (found.deposit, found.withdraw) == (OPEN, OPEN)  # it is not cut off: it only ranks, it moves nothing


def test_a_coin_moves_over_one_network_or_not_at_all():
    table = table_of(CROSSED)
    out = table.route(("bitget", "ABC"), ("other", "ABC"), Decimal(100))
    into = table.route(("other", "ABC"), ("bitget", "ABC"), Decimal(100))
    assert (out.network, into.network) == ("ETH", "TRX")
    for closed in ("TRX", "ETH"):
        table = table_of(CROSSED, {"network": closed})
        ways = {
            name: isinstance(table.route(*sides, Decimal(100)), TransferRoute)
            for name, sides in {
                "out": (("bitget", "ABC"), ("other", "ABC")),
                "in": (("other", "ABC"), ("bitget", "ABC")),
            }.items()
        }
        assert ways == {"out": closed == "ETH", "in": closed == "TRX"}


@pytest.mark.parametrize(("quantity", "moves"), [(19, False), (20, True)])
def test_the_least_withdrawal_counts(quantity, moves):
    route = table_of(CROSSED).route(("bitget", "ABC"), ("other", "ABC"), Decimal(quantity))
    assert isinstance(route, TransferRoute) is moves


@pytest.mark.parametrize(("quantity", "moves"), [("2.9", False), (3, True)])
def test_the_least_deposit_counts_after_the_fee(quantity, moves):
    route = table_of(CROSSED).route(("other", "ABC"), ("bitget", "ABC"), Decimal(quantity))
    assert isinstance(route, TransferRoute) is moves


def test_a_memo_is_said():
    told = CROSSED | {"chains": [chain("TRC20", "true", "false", needTag="true")]}
    assert table_of(told).route(("other", "ABC"), ("bitget", "ABC"), Decimal(100)).needs_memo


def test_a_flag_can_turn_false_again():
    table = table_of(CROSSED | {"chains": [chain("TRC20", "true", "true")]})
    assert isinstance(table.route(("bitget", "ABC"), ("other", "ABC"), Decimal(100)), TransferRoute)
    table.learn("bitget", [CoinNetwork(venue="bitget", coin="ABC", network="TRX", label="TRC20", deposit=CLOSED,
                                       withdraw=CLOSED, withdraw_fee=Decimal(1), received_ns=2**40)])  # fmt: skip
    assert "withdrawals from bitget are closed" in table.route(("bitget", "ABC"), ("other", "ABC"), Decimal(100))
