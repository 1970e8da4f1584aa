"""OKX's streams onto connections, its limits, and what its refusals mean."""

from decimal import Decimal
from random import Random

import pytest

from arbedge.domain.instrument import Instrument, InstrumentStatus, MarketKind
from arbedge.errors import RateLimited, Rejected, Unavailable
from arbedge.exchanges.config import VenueConfig
from arbedge.exchanges.okx.adapter import build
from arbedge.exchanges.okx.dialects import TopDialect
from arbedge.exchanges.okx.facts import PUBLIC, QUOTAS, SPEC
from arbedge.exchanges.okx.faults import read_fault
from arbedge.exchanges.okx.stream import OkxScript
from arbedge.exchanges.okx.symbols import instrument_id
from arbedge.exchanges.transport.faults import Restricted
from arbedge.exchanges.transport.plan import LinkRole
from arbedge.exchanges.transport.surroundings import Surroundings
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.market.ports import Watched

ONE = Decimal(1)


def watched(slot: int, kind: MarketKind) -> Watched:
    symbol = f"COIN{slot}-USDT" + ("-SWAP" if kind is MarketKind.PERP else "")
    instrument = Instrument(
        id=instrument_id(kind, symbol),
        base=f"COIN{slot}",
        quote="USDT",
        asset=f"COIN{slot}",
        settle=None,
        tick=ONE,
        lot=ONE,
        min_qty=ONE,
        min_notional=ONE,
        status=InstrumentStatus.TRADING,
    )
    return Watched(slot, instrument)


UNIVERSE = [watched(n, MarketKind.SPOT if n < 900 else MarketKind.PERP) for n in range(1200)]


def test_everything_fits_few_connections_and_is_asked_once():
    plans = OkxScript().plan(UNIVERSE, None)
    assert [plan.name for plan in plans] == [
        "okx:spot:top:0",
        "okx:spot:top:1",
        "okx:perp:top:0",
        "okx:perp:mark:0",
        "okx:perp:mark:1",
    ]
    assert all(len(plan.streams) <= SPEC.streams[PUBLIC].max_streams for plan in plans)
    tops = [
        slot for plan in plans if plan.role is LinkRole.TOP for slots in plan.streams.values() for slot in slots
    ]
    assert sorted(tops) == list(range(1200))
    streams = [stream for plan in plans for stream in plan.streams]
    assert len(set(streams)) == len(streams) == 1200 + 3 * 300
    assert OkxScript().plan([], None) == ()


def test_a_perp_has_funding_mark_and_index():
    plans = OkxScript().plan([watched(3, MarketKind.PERP)], None)
    assert dict(plans[-1].streams) == {
        "funding-rate:COIN3-USDT-SWAP": (3,),
        "mark-price:COIN3-USDT-SWAP": (3,),
        "index-tickers:COIN3-USDT": (3,),
    }


@pytest.mark.parametrize("most", [1, 50])
def test_a_lower_limit_is_kept(most):
    plans = OkxScript().plan(UNIVERSE[890:910], most)
    assert all(len(plan.streams) <= max(most, 3) for plan in plans)


def test_the_longest_request_stays_under_the_venues_64_kilobytes():
    host = SPEC.streams[PUBLIC]
    streams = ["index-tickers:" + "X" * 60] * host.params_per_frame

    class Sink:
        def on_top(self, *_values: object) -> None:
            raise AssertionError

    assert len(TopDialect([], Sink()).subscribe(streams, 1)) < 64 * 1024
    assert host.max_requests is not None
    assert host.max_requests < 480


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b'{"code":"0","msg":"","data":[]}', None),
        (200, b'{"data":[],"msg":"","code":"0"}', None),
        (200, b'{"code": "0", "msg": "", "data": []}', None),
        (200, b"<html>", None),
        (200, b'{"code":"51001","msg":"Instrument ID does not exist","data":[]}', Rejected),
        (400, b'{"code":"51000","msg":"Parameter error"}', Rejected),
        (200, b'{"code":"50011","msg":"Rate limit reached","data":[]}', RateLimited),
        (429, b'{"code":"50011","msg":"Too Many Requests"}', RateLimited),
        (200, b'{"code":"50013","msg":"Systems are busy","data":[]}', Unavailable),
        (503, b'{"code":"50001","msg":"Service temporarily unavailable"}', Unavailable),
        (403, b"", Restricted),
        (451, b"", Restricted),
    ],
)
def test_what_a_refusal_means(status, body, kind):
    fault = read_fault("okx", "okx: GET /x", status, {}, body)
    assert type(fault) is (kind or type(None))
    if isinstance(fault, RateLimited):
        assert fault.retry_after_s == 4.0


def test_a_time_to_wait_the_venue_names_is_kept():
    fault = read_fault("okx", "okx: GET /x", 429, {"Retry-After": "30"}, b"")
    assert isinstance(fault, RateLimited)
    assert fault.retry_after_s == 30


def test_each_endpoint_keeps_to_its_share_and_one_wait_silences_all():
    venue = build(VenueConfig(weight_share=0.5), Surroundings(ManualClock(), Random(1)))
    assert {path: budget.limit for path, budget in venue.budgets.items()} == {
        path: limit // 2 for path, limit in QUOTAS.items()
    }
    assert len(venue.guards) == len(QUOTAS) + 1
    limiter = venue.guards[0]._limiter
    assert [limiter.reserve(1) > 0 for _ in range(11)] == [False] * 10 + [True]
    assert venue.budgets["market/books"].reserve(1) == 0
    limiter.penalise(4.0)
    assert all(budget.reserve(1) == pytest.approx(4.0) for budget in venue.budgets.values())
