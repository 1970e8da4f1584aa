from math import inf, nan

import pytest

from arbedge.market.feeds.sanity import QuoteFault, QuoteSanity, fault_of


@pytest.mark.parametrize(
    ("quote", "fault"),
    [
        ((1.0, 1.0, 1.1, 1.0), None),
        ((1.1, 1.0, 1.0, 1.0), QuoteFault.CROSSED),
        ((1.0, 1.0, 1.0, 1.0), QuoteFault.CROSSED),
        ((0.0, 1.0, 1.0, 1.0), QuoteFault.NOT_POSITIVE),
        ((1.0, 0.0, 1.1, 1.0), QuoteFault.NOT_POSITIVE),
        ((-1.0, 1.0, 1.1, 1.0), QuoteFault.NOT_POSITIVE),
        ((1.0, 1.0, 1.1, -2.0), QuoteFault.NOT_POSITIVE),
        ((nan, 1.0, 1.1, 1.0), QuoteFault.NOT_A_NUMBER),
        ((1.0, 1.0, inf, 1.0), QuoteFault.NOT_A_NUMBER),
        ((1.0, nan, 1.1, 1.0), QuoteFault.NOT_A_NUMBER),
    ],
)
def test_what_is_wrong_with_a_quote_by_itself(quote, fault):
    assert fault_of(*quote) is fault


@pytest.fixture
def sanity():
    sanity = QuoteSanity()
    sanity.extend(2)
    return sanity


def judge(sanity, price, sequence=0, last=0, slot=0):
    return sanity.judge(slot, price, 1.0, price * 1.001, 1.0, sequence, last)


def test_numbers_that_go_back_are_out_of_order_and_repeats_are_not(sanity):
    assert judge(sanity, 1.0, 5, 4) is None
    assert judge(sanity, 1.0, 5, 5) is None
    assert judge(sanity, 1.0, 4, 5) is QuoteFault.OUT_OF_ORDER
    assert judge(sanity, 1.0, 0, 5) is None


@pytest.mark.parametrize("price", [1.6, 0.6, 1000.0])
def test_a_jump_waits_for_a_second_frame_that_agrees(sanity, price):
    assert judge(sanity, 1.0) is None
    assert judge(sanity, price) is QuoteFault.JUMP
    assert judge(sanity, price * 1.01) is None
    assert judge(sanity, price) is None


def test_a_lone_spike_changes_nothing(sanity):
    judge(sanity, 1.0)
    assert judge(sanity, 9.0) is QuoteFault.JUMP
    assert judge(sanity, 1.01) is None
    assert judge(sanity, 9.0) is QuoteFault.JUMP
    assert judge(sanity, 90.0) is QuoteFault.JUMP
    assert judge(sanity, 91.0) is None


def test_half_is_no_jump_and_slots_do_not_mix(sanity):
    judge(sanity, 1.0)
    assert judge(sanity, 1.49) is None
    assert judge(sanity, 50.0, slot=1) is None
