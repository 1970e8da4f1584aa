"""Bitget's list of coins: every flag, fee and address of every network, and what makes no sense."""

from decimal import Decimal

import msgspec
import pytest

from arbedge.domain.network import NetworkState
from arbedge.exchanges.bitget.coins import networks_of

CHAIN = {
    "chain": "ERC20", "needTag": "false", "withdrawable": "true", "rechargeable": "true", "withdrawFee": "1.5",
    "extraWithdrawFee": "0.1", "depositConfirm": "12", "withdrawConfirm": "64", "minDepositAmount": "0.06",
    "minWithdrawAmount": "60", "browserUrl": "", "contractAddress": "0xEE2a03Aa6dAcf51c18679c516aD5283d8E7c2637",
    "withdrawStep": "0", "withdrawMinScale": "8", "congestion": "normal",
}  # fmt: skip


def read(*chains, coin="ABC"):
    document = [{"coinId": "1", "coin": coin, "transfer": "true", "chains": list(chains), "areaCoin": "no"}]
    return tuple(networks_of(msgspec.json.decode(msgspec.json.encode(document), type=list[msgspec.Raw]), 7))


def test_a_network_is_read_whole():
    (row,) = read(CHAIN)
    assert (row.venue, row.coin, row.network, row.label) == ("bitget", "ABC", "ETH", "ERC20")
    assert (row.deposit, row.withdraw) == (NetworkState.OPEN, NetworkState.OPEN)
    assert (row.withdraw_fee, row.withdraw_fee_pct) == (Decimal("1.5"), Decimal("0.1"))
    assert (row.min_deposit, row.min_withdraw) == (Decimal("0.06"), Decimal(60))
    assert row.contract == "0xee2a03aa6dacf51c18679c516ad5283d8e7c2637"
    assert (row.needs_memo, row.is_congested, row.received_ns) == (False, False, 7)


@pytest.mark.parametrize(
    ("changes", "attribute", "value"),
    [
        ({"withdrawable": "false"}, "withdraw", NetworkState.CLOSED),
        ({"rechargeable": "maybe"}, "deposit", NetworkState.UNKNOWN),
        ({"withdrawFee": ""}, "withdraw_fee", None),
        ({"withdrawFee": None}, "withdraw_fee", None),
        ({"extraWithdrawFee": None}, "withdraw_fee_pct", Decimal(0)),
        ({"contractAddress": ""}, "contract", None),
        ({"contractAddress": None}, "contract", None),
        ({"chain": "SOL", "contractAddress": "SoLAddr"}, "contract", "SoLAddr"),
        ({"needTag": "true"}, "needs_memo", True),
        ({"congestion": "congested"}, "is_congested", True),
    ],
)
def test_each_field_for_itself(changes, attribute, value):
    (row,) = read(CHAIN | changes)
    assert getattr(row, attribute) == value


@pytest.mark.parametrize("changes", [{"withdrawFee": "much"}, {"minDepositAmount": "-1"}, {"withdrawFee": "NaN"}])
def test_what_makes_no_sense_is_left_out_and_the_rest_stays(changes):
    assert [row.network for row in read(CHAIN | changes, CHAIN | {"chain": "TRC20"})] == ["TRX"]


def test_a_row_that_is_none_is_left_out_alone():
    rows = [msgspec.Raw(text) for text in (b"7", b'{"coin":null}', b'{"coin":"ABC","chains":[{"chain":"ERC20"}]}')]
    (row,) = networks_of(rows, 7)
    assert (row.network, row.deposit, row.withdraw_fee) == ("ETH", NetworkState.UNKNOWN, None)


def test_a_coin_without_networks_is_closed_not_unknown():
    (row,) = read()
    assert (row.coin, row.network) == ("ABC", "NONE")
    assert (row.deposit, row.withdraw) == (NetworkState.CLOSED, NetworkState.CLOSED)
