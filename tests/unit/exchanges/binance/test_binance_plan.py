"""Streams onto connections, within the venue's limits."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.instrument import Instrument, InstrumentStatus, MarketKind
from arbedge.exchanges.binance.facts import SPEC
from arbedge.exchanges.binance.plan import MARK_STREAM, depth_stream, plan_links
from arbedge.exchanges.binance.symbols import instrument_id
from arbedge.exchanges.transport.plan import LinkRole, place_streams
from arbedge.market.ports import Watched

ONE = Decimal(1)


def watched(slot: int, kind: MarketKind) -> Watched:
    instrument = Instrument(
        id=instrument_id(kind, f"C{slot}USDT"),
        base=f"C{slot}",
        quote="USDT",
        asset=f"C{slot}",
        settle=None,
        tick=ONE,
        lot=ONE,
        min_qty=ONE,
        min_notional=ONE,
        status=InstrumentStatus.TRADING,
    )
    return Watched(slot, instrument)


def universe(spot: int, perp: int) -> list[Watched]:
    kinds = [MarketKind.SPOT] * spot + [MarketKind.PERP] * perp
    return [watched(slot, kind) for slot, kind in enumerate(kinds)]


def depth_links(wanted: list[Watched], placed, most: int):
    return place_streams({depth_stream(each): (each.slot,) for each in wanted}, placed, most)


def test_nothing_to_watch_needs_no_connection():
    assert plan_links([], SPEC.streams, None) == ()


def test_three_thousand_instruments_fit_few_connections():
    plans = plan_links(universe(2300, 700), SPEC.streams, None)
    names = [plan.name for plan in plans]
    assert names == [
        "binance:spot:top:0",
        "binance:spot:top:1",
        "binance:spot:top:2",
        "binance:perp:top:0",
        "binance:perp:top:1",
        "binance:perp:top:2",
        "binance:perp:top:3",
        "binance:perp:mark:0",
    ]
    assert (
        max(len(plan.streams) for plan in plans) - min(len(p.streams) for p in plans if p.kind is MarketKind.SPOT)
        <= 1
    )
    mark = plans[-1]
    assert (mark.role, mark.host, list(mark.streams)) == (LinkRole.MARK, "market", [MARK_STREAM])
    assert len(mark.streams[MARK_STREAM]) == 700


@given(st.integers(0, 60), st.integers(0, 60), st.one_of(st.none(), st.integers(1, 20)))
def test_every_instrument_is_carried_exactly_once_and_no_limit_is_passed(spot, perp, most):
    everything = universe(spot, perp)
    plans = plan_links(everything, SPEC.streams, most)
    tops = [plan for plan in plans if plan.role is LinkRole.TOP]
    carried = sorted(slot for plan in tops for slots in plan.streams.values() for slot in slots)
    assert carried == list(range(spot + perp))
    for plan in tops:
        limit = SPEC.streams[plan.host].max_streams
        assert 0 < len(plan.streams) <= (limit if most is None else min(limit, most))
        assert {each.slot for each in plan.watched} == {slot for slots in plan.streams.values() for slot in slots}


def test_depth_that_is_still_wanted_stays_where_it_is():
    every = universe(5, 0)
    first = depth_links(every[:3], [], 2)
    assert [list(link) for link in first] == [
        [depth_stream(every[0]), depth_stream(every[1])],
        [depth_stream(every[2])],
    ]
    second = depth_links([every[1], every[2], every[3], every[4]], first, 2)
    assert [list(link) for link in second] == [
        [depth_stream(every[1]), depth_stream(every[3])],
        [depth_stream(every[2]), depth_stream(every[4])],
    ]
    assert [list(link) for link in depth_links([], second, 2)] == [[], []]


@pytest.mark.parametrize("most", [1, 3])
def test_depth_links_never_carry_more_than_allowed(most):
    links = depth_links(universe(7, 0), [{}], most)
    assert all(len(link) <= most for link in links)
    assert sum(map(len, links)) == 7
