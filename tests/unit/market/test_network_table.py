"""What the table of networks knows, forgets with age, and lets a coin move over."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.network import CoinNetwork, NetworkState, TransferRoute
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.market.network_names import network_name
from arbedge.market.networks import NetworkTable

OPEN, CLOSED, UNKNOWN = NetworkState.OPEN, NetworkState.CLOSED, NetworkState.UNKNOWN
BEGIN_NS = ManualClock(datetime(2026, 11, 22, tzinfo=UTC)).monotonic_ns()
TWO = (("a", "ABC"), ("b", "ABC"))


def network(venue="a", name="ETH", **changes):
    fields = {
        "venue": venue, "coin": "ABC", "network": name, "label": name, "deposit": OPEN, "withdraw": OPEN,
        "withdraw_fee": Decimal("0.5"), "received_ns": BEGIN_NS,
    }  # fmt: skip
    return CoinNetwork(**(fields | changes))


def table_of(*rows, clock=None, max_age_s=600.0):
    table = NetworkTable(clock or ManualClock(datetime(2026, 11, 22, tzinfo=UTC)), max_age_s=max_age_s)
    for venue in {row.venue for row in rows}:
        table.learn(venue, [row for row in rows if row.venue == venue])
    return table


@pytest.mark.parametrize(
    ("labels", "ours"),
    [
        (("ERC20", "ETH", "Ethereum", "USDT-ERC20"), "ETH"),
        (("TRC20", "TRX", "USDT-TRC20", "Tron"), "TRX"),
        (("BEP20", "BSC", "BEP20(BSC)", "BNB Smart Chain"), "BSC"),
        (("ArbitrumOne", "Arbitrum One", "ARBI", "ARBITRUM"), "ARBITRUM"),
        (("AVAXC-Chain", "CAVAX", "Avalanche C-Chain"), "AVAXC"),
        (("Polygon", "MATIC"), "POLYGON"),
    ],
)
def test_spellings_of_one_network_become_one(labels, ours):
    assert {network_name(label, "USDT") for label in labels} == {ours}


@pytest.mark.parametrize(
    ("first", "second"),
    [("BEP2", "BEP20"), ("ArbitrumOne", "ArbitrumNova"), ("BTC", "LIGHTNING"), ("NEW-1", "NEW2")],
)
def test_networks_that_look_alike_stay_apart(first, second):
    assert network_name(first) != network_name(second)


@given(st.text(max_size=20))
def test_a_name_of_ours_is_its_own_name(label):
    assert network_name(network_name(label)) == network_name(label)


def test_what_nobody_told_is_unknown_and_says_why():
    table = table_of(network())
    table.explain("b", "told to key holders only")
    for venue, coin, words in (
        ("b", "ABC", "key holders"),
        ("c", "ABC", "not read"),
        ("a", "XYZ", "does not list XYZ"),
    ):
        found = table.find(venue, coin)
        assert (found.deposit, found.withdraw, found.open_share) == (UNKNOWN, UNKNOWN, None)
        assert words in found.source
    assert "key holders" in table.route(*TWO, Decimal(10))


async def test_knowledge_that_is_too_old_is_unknown_again():
    clock = ManualClock(datetime(2026, 11, 22, tzinfo=UTC))
    table = table_of(network(), network("b"), clock=clock, max_age_s=600)
    assert isinstance(table.route(*TWO, Decimal(10)), TransferRoute)
    await clock.advance(600)
    assert table.route(*TWO, Decimal(10)).age_s == 600
    await clock.advance(1)
    assert table.find("a", "ABC").deposit is UNKNOWN
    assert "last read 601 s ago, 600 s allowed" in table.route(*TWO, Decimal(10))
    table.learn("a", [network(received_ns=clock.monotonic_ns() - 2_000_000_000)])
    assert table.find("a", "ABC").age_s == 2


def test_a_list_replaces_the_one_before_it():
    table = table_of(network(), network(name="TRX"))
    table.learn("a", [network(name="TRX", deposit=CLOSED)])
    assert [row.network for row in table.networks("a", "ABC")] == ["TRX"]
    assert table.find("a", "ABC").open_share == 0.5
    table.learn("a", [])
    assert table.find("a", "ABC").open_share is None


def test_the_cheapest_open_network_is_taken_and_a_congested_one_last():
    table = table_of(
        network(withdraw_fee=Decimal(3)), network(name="TRX", withdraw_fee=Decimal(1)),
        network(name="BSC", withdraw_fee=Decimal("0.1"), is_congested=True),
        network("b"), network("b", "TRX", needs_memo=True), network("b", "BSC"),
    )  # fmt: skip
    route = table.route(*TWO, Decimal(100))
    assert (route.network, route.withdraw_fee, route.needs_memo, route.is_congested) == ("TRX", 1, True, False)
    share = table_of(
        network(withdraw_fee=Decimal(3)),
        network(name="TRX", withdraw_fee=Decimal(1), withdraw_fee_pct=Decimal("0.05")),
        network("b"),
        network("b", "TRX"),
    )
    assert share.route(*TWO, Decimal(10)).network == "TRX"
    assert share.route(*TWO, Decimal(100)).network == "ETH"


@pytest.mark.parametrize(
    ("here", "there", "quantity", "words"),
    [
        ({"withdraw": CLOSED}, {}, 10, "withdrawals from a are closed"),
        ({"withdraw": UNKNOWN}, {}, 10, "withdrawals from a are unknown"),
        ({}, {"deposit": CLOSED}, 10, "deposits to b are closed"),
        ({}, {"network": "TRX"}, 10, "no network in common: a has ETH, b has TRX"),
        ({"contract": "0x1"}, {"contract": "0x2"}, 10, "another token at b"),
        ({"withdraw_fee": None}, {}, 10, "fee at a is not known"),
        ({"min_withdraw": Decimal(11)}, {}, 10, "under the least withdrawal of 11"),
        ({}, {"min_deposit": Decimal(10)}, 10, "9.5 would arrive, under the least deposit of 10"),
        ({"withdraw_fee": Decimal(10)}, {}, 10, "0 would arrive"),
    ],
)
def test_why_a_coin_cannot_move(here, there, quantity, words):
    table = table_of(network(**here), network("b", **there))
    assert words in table.route(*TWO, Decimal(quantity))


def test_contracts_are_told_by_network_and_outlive_the_flags():
    table = table_of(network(contract="0xab"), network(name="SOL", contract="So1"), network(name="BTC"))
    assert table.contracts("a", "ABC") == {("ETH", "0xab"), ("SOL", "So1")}
    assert table.contracts("a", "XYZ") == table.contracts("z", "ABC") == frozenset()


@given(
    st.lists(
        st.tuples(st.sampled_from(["ETH", "TRX", "BSC"]), st.sampled_from(list(NetworkState)),
                  st.sampled_from(list(NetworkState)), st.booleans()),
        max_size=6,
    ),
    st.integers(1, 50),
)  # fmt: skip
def test_law_a_route_is_one_network_open_both_ways_and_above_every_minimum(drawn, quantity):
    rows = [
        network("a" if is_first else "b", name, deposit=deposit, withdraw=withdraw, min_withdraw=Decimal(20))
        for name, deposit, withdraw, is_first in drawn
    ]
    route = table_of(*rows).route(*TWO, Decimal(quantity))
    out = {row.network for row in rows if row.venue == "a" and row.withdraw is OPEN}
    into = {row.network for row in rows if row.venue == "b" and row.deposit is OPEN}
    if isinstance(route, TransferRoute):
        assert route.network in out & into
        assert quantity >= 20
    elif quantity >= 20:
        assert not out & into
