"""Bybit's topics onto connections, within its limits of topics, characters and arguments."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.instrument import Instrument, InstrumentStatus, MarketKind
from arbedge.exchanges.bybit.facts import SPEC, TOPICS_CHARS
from arbedge.exchanges.bybit.stream import BybitScript
from arbedge.exchanges.bybit.symbols import instrument_id
from arbedge.exchanges.transport.plan import LinkRole
from arbedge.market.ports import Watched

ONE = Decimal(1)
SCRIPT = BybitScript(SPEC.streams, dict)


def universe(spot: int, perp: int, name: str = "C{}USDT") -> list[Watched]:
    kinds = [MarketKind.SPOT] * spot + [MarketKind.PERP] * perp
    return [
        Watched(
            slot,
            Instrument(
                id=instrument_id(kind, name.format(slot)),
                base=f"C{slot}",
                quote="USDT",
                asset=f"C{slot}",
                settle=None,
                tick=ONE,
                lot=ONE,
                min_qty=ONE,
                min_notional=ONE,
                status=InstrumentStatus.TRADING,
            ),
        )
        for slot, kind in enumerate(kinds)
    ]


def test_all_pairs_fit_few_connections():
    plans = SCRIPT.plan(universe(720, 680), None)
    assert [plan.name for plan in plans] == [
        "bybit:spot:top:0",
        "bybit:spot:top:1",
        "bybit:spot:top:2",
        "bybit:spot:top:3",
        "bybit:perp:top:0",
        "bybit:perp:top:1",
        "bybit:perp:top:2",
        "bybit:perp:mark:0",
        "bybit:perp:mark:1",
        "bybit:perp:mark:2",
    ]
    assert {plan.host for plan in plans if plan.kind is MarketKind.SPOT} == {"spot"}
    assert {plan.host for plan in plans if plan.kind is MarketKind.PERP} == {"linear"}
    assert "orderbook.1.C0USDT" in plans[0].streams
    assert "tickers.C720USDT" in plans[-3].streams


def test_spot_takes_ten_arguments_a_request():
    assert SPEC.streams["spot"].params_per_frame == 10


def test_a_full_connection_of_the_longest_topics_is_well_within_the_limit_of_characters():
    for plan in SCRIPT.plan(universe(400, 600, "1000000LONGTICKER{}USDT"), None):
        assert sum(map(len, plan.streams)) < TOPICS_CHARS * 0.6
    depth = [SCRIPT.depth_stream(each) for each in universe(0, 300, "1000000LONGTICKER{}USDT")]
    assert sum(map(len, depth)) < TOPICS_CHARS * 0.6


@given(st.integers(0, 60), st.integers(0, 60), st.one_of(st.none(), st.integers(1, 20)))
def test_every_instrument_is_carried_exactly_once_a_role_and_no_limit_is_passed(spot, perp, most):
    plans = SCRIPT.plan(universe(spot, perp), most)
    for role, slots in ((LinkRole.TOP, range(spot + perp)), (LinkRole.MARK, range(spot, spot + perp))):
        of_role = [plan for plan in plans if plan.role is role]
        carried = sorted(slot for plan in of_role for each in plan.streams.values() for slot in each)
        assert carried == list(slots)
        for plan in of_role:
            limit = SPEC.streams[plan.host].max_streams
            assert 0 < len(plan.streams) <= (limit if most is None else min(limit, most))
            assert {each.slot for each in plan.watched} == {s for each in plan.streams.values() for s in each}


def test_depth_is_named_by_levels():
    (spot,) = universe(1, 0)
    assert SCRIPT.depth_stream(spot) == "orderbook.50.C0USDT"
    assert SCRIPT.depth_host(MarketKind.PERP) == "linear"
