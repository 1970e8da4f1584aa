"""Funding of held pairs on records small enough to be added up by hand."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from arbedge.opportunities.outcomes.holding import (
    ContractFunding,
    Holding,
    HoldingRule,
    RecordedSettlement,
    add_up,
    hold_pairs,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = Decimal(8760)


def contract(venue: str, rates: list[str], *, every_h: int = 8, coin: str = "SOL", marks: list[str] | None = None):
    settlements = tuple(
        RecordedSettlement(
            START + timedelta(hours=every_h * index),
            Decimal(rate),
            Decimal(every_h),
            Decimal(marks[index]) if marks else None,
        )
        for index, rate in enumerate(rates)
    )
    return ContractFunding(venue, f"{coin}USDT", coin, settlements)


def only(*contracts: ContractFunding, **rule) -> Holding:
    (held,) = hold_pairs(contracts, HoldingRule(**rule))
    return held


def test_the_lower_first_rate_is_held_long_and_only_what_settles_after_entry_counts():
    held = only(
        contract("b", ["0.001", "0.002", "0.003", "0.001"]),
        contract("a", ["0.0002", "0.0001", "-0.0004", "0.0003"]),
    )
    assert (held.long.venue, held.short.venue) == ("a", "b")
    assert held.entered_at == START + timedelta(seconds=120)
    assert held.left_at - held.entered_at == timedelta(hours=24)
    # Short receives 0.002 + 0.003 + 0.001; long pays 0.0001 - 0.0004 + 0.0003.
    assert held.cash == Decimal("6.0")
    assert (held.long_settlements, held.short_settlements) == (3, 3)
    assert held.naive_cash == Decimal("2.4")
    assert held.naive_apr == Decimal("0.0001") * YEAR
    assert held.carry_apr == Decimal("0.006") * 365
    assert held.realised == Decimal("2.5")
    assert not held.has_marks


def test_cadences_may_differ_and_each_settles_at_its_own_times():
    hourly = contract("a", ["0.00001"] * 17, every_h=1)
    slow = contract("b", ["0.0004", "0.0005", "0.0006"])
    held = only(hourly, slow, notional=Decimal(500))
    assert (held.long_settlements, held.short_settlements) == (16, 2)
    assert held.cash == Decimal(500) * (Decimal("0.0011") - 16 * Decimal("0.00001"))
    assert held.naive_apr == (Decimal("0.0004") / 8 - Decimal("0.00001")) * YEAR
    assert held.carry_apr is None  # two settlements on the short side are too few
    assert held.realised is None


@pytest.mark.parametrize(
    ("since_s", "guard", "cash"),
    [
        # The long leg (a) pays 0.0001 and the short leg (b) receives 0.001 at each of 8 h, 16 h.
        (8 * 3600 - 61, "60", "1.8"),  # more than the guard ahead: both sides count
        (8 * 3600 - 60, "60", "0.8"),  # exactly the guard ahead: the income does not count, the payment does
        (8 * 3600 + 59, "60", "0.8"),  # just past: the payment still counts
        (8 * 3600 + 60, "60", "0.9"),  # the guard past: neither counts
        (8 * 3600, "0", "0.9"),  # no guard: what settles at the entry does not count
    ],
)
def test_the_guard_of_exact_pricing_decides_near_the_entry(since_s, guard, cash):
    rule = HoldingRule(since=START + timedelta(seconds=since_s), guard_s=Decimal(guard))
    (held,) = hold_pairs([contract("a", ["0.0001"] * 3), contract("b", ["0.001"] * 3)], rule)
    assert held.cash == Decimal(cash)


def test_until_ends_the_holding():
    pair = contract("a", ["0.0001"] * 5), contract("b", ["0.001"] * 5)
    held = only(*pair, until=START + timedelta(hours=16))
    assert held.cash == Decimal("1.8")
    assert hold_pairs(pair, HoldingRule(since=START + timedelta(days=9))) == ()
    assert hold_pairs(pair, HoldingRule(until=START)) == ()


def test_a_little_lateness_of_the_last_settlement_loses_nothing():
    early = contract("a", ["0.0001"] * 3)
    late = ContractFunding(
        "b",
        "SOLUSDT",
        "SOL",
        tuple(
            RecordedSettlement(each.at + timedelta(milliseconds=7), Decimal("0.001"), Decimal(8))
            for each in early.settlements
        ),
    )
    held = only(early, late)
    assert (held.long_settlements, held.short_settlements) == (2, 2)


def test_a_little_lateness_of_the_first_settlement_is_not_a_settlement_more():
    # The long leg settled 8 h earlier too, and its settlement beside the short's first is stamped 4 ms later.
    early = contract("b", ["0.001"] * 4).settlements[1:]
    late = tuple(
        RecordedSettlement(each.at + timedelta(milliseconds=4), each.rate, Decimal(8))
        for each in contract("a", ["0.0001"] * 4).settlements
    )
    held = only(ContractFunding("a", "SOLUSDT", "SOL", late), ContractFunding("b", "SOLUSDT", "SOL", early))
    assert (held.long_settlements, held.short_settlements) == (2, 2)
    assert held.cash == Decimal("1.8")


def test_recorded_marks_are_used_where_both_legs_have_them():
    long = contract("a", ["0.0001", "0.0001", "0.0002"], marks=["100", "110", "90"])
    short = contract("b", ["0.001", "0.001", "0.002"], marks=["100", "110", "90"])
    held = only(long, short)
    assert held.has_marks
    # Ten coins: 10 x (0.0009 x 110 + 0.0018 x 90)
    assert held.cash == Decimal("2.61")


def test_marks_of_one_leg_alone_are_left_aside():
    # A price that moves one leg's payments only would be cash nobody received.
    held = only(contract("a", ["0.0001"] * 3, marks=["100", "200", "400"]), contract("b", ["0.001"] * 3))
    assert not held.has_marks
    assert held.cash == Decimal("1.8")


def test_a_hole_ends_a_holding_and_begins_another():
    whole = contract("a", ["0.0001"] * 12)
    holed = contract("b", ["0.001"] * 12)
    holed = ContractFunding("b", "SOLUSDT", "SOL", holed.settlements[:4] + holed.settlements[6:])
    held = hold_pairs([whole, holed], HoldingRule())
    assert sorted((each.entered_at, each.short_settlements) for each in held) == [
        (START + timedelta(seconds=120), 3),
        (START + timedelta(hours=48, seconds=120), 5),
    ]
    assert sum(each.cash for each in held) == 8 * Decimal("0.9")


def test_a_changed_interval_is_no_hole():
    slow = contract("a", ["0.0001"] * 4)
    quick = tuple(
        RecordedSettlement(START + timedelta(hours=hours), Decimal("0.001"), Decimal(interval))
        for hours, interval in ((0, 8), (8, 8), (9, 1), (10, 1), (18, 8), (24, 8))
    )
    held = only(slow, ContractFunding("b", "SOLUSDT", "SOL", quick))
    assert held.short_settlements == 5


def test_an_interval_that_is_not_stated_is_read_from_the_next_settlement():
    unstated = tuple(RecordedSettlement(START + timedelta(hours=4 * each), Decimal("0.0004")) for each in range(3))
    held = only(contract("a", ["0.0001"] * 2), ContractFunding("b", "SOLUSDT", "SOL", unstated))
    assert held.naive_apr == (Decimal("0.0001") - Decimal("0.0001") / 8) * YEAR


def test_a_promise_of_next_to_nothing_has_no_share():
    held = only(contract("a", ["0.0001", *["0.0002"] * 4]), contract("b", ["0.000101", *["0.001"] * 4]))
    assert held.naive_apr < Decimal("0.01")
    assert held.realised is None
    assert held.carry_apr is not None


def test_pairs_are_of_one_coin_and_two_venues_only():
    one, other = contract("a", ["0.001"] * 3), contract("b", ["0.001"] * 3)
    alien = contract("c", ["0.001"] * 3, coin="XRP")
    same_venue = ContractFunding("a", "SOLUSDC", "SOL", one.settlements)
    held = hold_pairs([one, other, alien, same_venue], HoldingRule())
    assert [(each.long.symbol, each.short.symbol) for each in held] == [
        ("SOLUSDC", "SOLUSDT"),
        ("SOLUSDT", "SOLUSDT"),
    ]


def test_sums_are_by_promise_and_have_a_share_from_ten_holdings_on():
    contracts = []
    for index in range(10):
        contracts += [
            contract("a", ["0.0001"] * 4, coin=f"C{index}"),
            contract("b", ["0.0009", *["0.0003"] * 3], coin=f"C{index}"),
        ]
    held = hold_pairs(contracts, HoldingRule())
    every = add_up(held, Decimal("0.1"))
    assert (every.holdings, every.gained, every.cash, every.naive_cash) == (10, 10, Decimal(6), Decimal(24))
    assert every.realised == Decimal("0.25")
    assert add_up(held, Decimal(5)).holdings == 0
    assert add_up(held[:9], Decimal("0.1")).realised is None
