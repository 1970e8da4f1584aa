"""Hyperliquid's rules of price, size, name and funding; its frames; and how little of it is its own."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

import arbedge.exchanges.hyperliquid as room
from arbedge.bootstrap.settings import Settings
from arbedge.bootstrap.venues import ADAPTERS
from arbedge.domain.instrument import Instrument, InstrumentStatus, MarketKind
from arbedge.errors import Invalid
from arbedge.exchanges.hyperliquid import wire
from arbedge.exchanges.hyperliquid.contracts import contract_of, instrument_id, state_of
from arbedge.exchanges.hyperliquid.facts import SPEC, STREAMS
from arbedge.exchanges.hyperliquid.tongue import CHANNELS, HyperliquidTongue
from arbedge.exchanges.transport.dialect import NoticeKind
from arbedge.exchanges.transport.plain import PlainDialect
from arbedge.exchanges.transport.plan import LinkPlan, LinkRole
from arbedge.exchanges.transport.scripts import OneStreamEach
from arbedge.market.ports import Watched

NOW = datetime(2026, 11, 22, 13, 37, 5, tzinfo=UTC)


def contract(name="BTC", places=5, mark="111500", **changes) -> Instrument:
    return contract_of(wire.Asset(name, places, **changes), wire.Context(mark=mark))


def test_a_fifth_venue_is_a_folder_of_at_most_400_lines():
    lines = sum(len(file.read_text().splitlines()) for file in Path(room.__file__).parent.glob("*.py"))
    assert lines <= 400


def test_it_is_there_and_off_unless_named():
    assert "hyperliquid" in ADAPTERS
    assert "hyperliquid" not in Settings.model_fields["exchanges"].default


@pytest.mark.parametrize(
    ("mark", "places", "tick"),
    [
        ("111500", 5, "1"),  # six digits before the point: whole numbers always pass
        ("4360.1", 4, "0.1"),
        ("0.21634", 0, "0.00001"),
        ("0.0097712", 0, "0.000001"),  # five digits would need seven places; 6 - szDecimals ends it
        ("23.5", 1, "0.001"),
        ("1.5", 4, "0.01"),
        ("1.5", 6, "1"),
        ("", 2, "0.0001"),  # nothing is known of the price: as coarse as 6 - szDecimals
    ],
)
def test_the_tick_follows_the_price_and_the_places_of_sizes(mark, places, tick):
    made = contract(places=places, mark=mark)
    assert (made.tick, made.lot) == (Decimal(tick), Decimal(1).scaleb(-places))


def test_pitfall_2_a_small_k_is_a_thousand_and_a_capital_one_is_a_letter():
    assert [(contract(name).asset, contract(name).multiplier) for name in ("kPEPE", "KAS", "k", "kAS1D")] == [
        ("PEPE", 1000),
        ("KAS", 1),
        ("k", 1),
        ("AS1D", 1000),
    ]
    assert contract("kPEPE").base == "kPEPE"


def test_pitfall_14_what_is_delisted_says_so():
    assert contract(is_delisted=True).status is InstrumentStatus.DELISTED
    assert contract().status is InstrumentStatus.TRADING


def test_quote_and_collateral_are_usdc_and_nonsense_is_refused():
    made = contract()
    assert (made.quote, made.settle, made.min_notional, made.contract_size) == ("USDC", "USDC", 10, 1)
    with pytest.raises(Invalid, match="szDecimals"):
        contract(places=7)


def test_pitfall_6_every_contract_settles_on_the_full_hour():
    state = state_of("ETH", wire.Context(rate="0.0000125", mark="4360.1", oracle="4359"), NOW, 7)
    assert state is not None
    assert state.next_at == datetime(2026, 11, 22, 14, tzinfo=UTC)
    assert (state.interval_hours, state.rate_8h) == (1, Decimal("0.0001"))
    assert (state.default_rate, state.cap, state.floor) == (Decimal("0.0000125"), Decimal("0.04"), Decimal("-0.04"))
    assert (state.mark, state.index, state.received_ns) == (Decimal("4360.1"), 4359, 7)
    assert state_of("ETH", wire.Context(rate="much"), NOW, 7) is None


class Sink:
    def __init__(self):
        self.tops, self.books, self.states = [], [], []

    def on_top(self, *values):
        self.tops.append(values)

    def on_book(self, slot, book):
        self.books.append((slot, book))

    def on_funding(self, slot, state):
        self.states.append((slot, state))


def dialect(role: LinkRole) -> tuple[PlainDialect, Sink]:
    sink = Sink()
    watched = (Watched(3, contract("ETH", 4, "4360.1")),)
    plan = LinkPlan("hyperliquid:perp:top:0", role, MarketKind.PERP, STREAMS.name, {}, watched)
    return PlainDialect(plan, sink, HyperliquidTongue(lambda: NOW)), sink


def frame(channel: str, **fields) -> bytes:
    return json.dumps({"channel": channel, "data": {"coin": "ETH", **fields}}).encode()


def level(price: str, size: str) -> dict:
    return {"px": price, "sz": size, "n": 2}


def test_a_best_price_nobody_quotes_is_told_as_zero():
    spoken, sink = dialect(LinkRole.TOP)
    assert spoken.deliver(frame("bbo", time=9, bbo=[level("4360.1", "2.5"), None]), 5) is None
    assert sink.tops == [(3, 4360.1, 2.5, 0.0, 0.0, 9, 9, 5)]
    assert spoken.deliver(frame("bbo", time=9, bbo=[level("x", "2"), None]), 5).kind is NoticeKind.GARBAGE
    assert spoken.deliver(frame("bbo", coin="NEW", time=9, bbo=[None, None]), 5) is None
    assert len(sink.tops) == 1


def test_books_come_whole_and_an_older_one_is_left_out_only_while_two_connections_deliver():
    spoken, sink = dialect(LinkRole.DEPTH)

    def book(at_ms):
        return frame(
            "l2Book", time=at_ms, levels=[[level("4360", "1")], [level("4361", "0.0"), level("4362", "2")]]
        )

    for at_ms in (10, 9):
        spoken.deliver(book(at_ms), 1)
    spoken.set_overlap(is_overlapping=True)
    for at_ms in (12, 11, 12):
        spoken.deliver(book(at_ms), 1)
    spoken.set_overlap(is_overlapping=False)
    spoken.deliver(book(11), 1)
    assert [(slot, each.sequence) for slot, each in sink.books] == [(3, 10), (3, 9), (3, 12), (3, 12), (3, 11)]
    assert sink.books[0][1].asks == (("4362", "2"),)
    bad = frame("l2Book", time=13, levels=[[level("-1", "1")], []])
    assert spoken.deliver(bad, 1).kind is NoticeKind.GARBAGE


def test_marks_go_out_once_a_second():
    spoken, sink = dialect(LinkRole.MARK)
    told = frame("activeAssetCtx", ctx={"funding": "0.00002", "markPx": "4360.1", "oraclePx": "4359.0"})
    for at_s in (1.0, 1.4, 1.99, 2.0, 2.5, 3.1):
        assert spoken.deliver(told, int(at_s * 1e9)) is None
    assert [state.received_ns for _, state in sink.states] == [1_000_000_000, 2_000_000_000, 3_100_000_000]


@pytest.mark.parametrize(
    ("text", "kind", "stream"),
    [
        ('{"channel":"pong"}', NoticeKind.ALIVE, ""),
        (
            '{"channel":"subscriptionResponse","data":{"method":"subscribe","subscription":{"type":"bbo","coin":"ETH"}}}',
            NoticeKind.ACCEPTED,
            "bbo:ETH",
        ),
        (
            r'{"channel":"error","data":"Already subscribed: {\"type\":\"l2Book\",\"coin\":\"kPEPE\"}"}',
            NoticeKind.ACCEPTED,
            "l2Book:kPEPE",
        ),
        (
            r'{"channel":"error","data":"Invalid subscription {\"type\":\"bbo\",\"coin\":\"NO\"}"}',
            NoticeKind.REFUSED,
            "bbo:NO",
        ),
        ('{"channel":"error","data":"Error parsing JSON"}', NoticeKind.REFUSED, ""),
        ('{"channel":"news","data":{}}', NoticeKind.GARBAGE, ""),
        ("<html>", NoticeKind.GARBAGE, ""),
    ],
)
def test_answers_and_refusals_name_their_stream(text, kind, stream):
    spoken, _ = dialect(LinkRole.TOP)
    notice = spoken.deliver(text.encode(), 1)
    assert (notice.kind, notice.stream) == (kind, stream)


def test_streams_are_asked_for_one_by_one_and_shared_evenly():
    spoken, _ = dialect(LinkRole.TOP)
    assert json.loads(spoken.subscribe(["bbo:ETH"], 1)) == {
        "method": "subscribe",
        "subscription": {"type": "bbo", "coin": "ETH"},
    }
    assert json.loads(spoken.unsubscribe(["l2Book:ETH"], 2))["method"] == "unsubscribe"
    script = OneStreamEach(venue=SPEC.name, host=STREAMS, channels=CHANNELS, speak=lambda *_: spoken)
    watched = [Watched(slot, contract(f"C{slot}")) for slot in range(250)]
    plans = script.plan(watched, None)
    assert [len(plan.streams) for plan in plans] == [83, 83, 84] * 2
    assert [plan.role for plan in plans] == [LinkRole.TOP] * 3 + [LinkRole.MARK] * 3
    assert {slot for plan in plans[:3] for slots in plan.streams.values() for slot in slots} == set(range(250))
    assert script.depth_stream(watched[0]) == "l2Book:C0"
    assert instrument_id("C0") == watched[0].instrument.id
