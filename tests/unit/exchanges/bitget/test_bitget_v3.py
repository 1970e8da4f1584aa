"""v3 of Bitget, frame by frame and row by row: what becomes of each, what is refused, what is named for garbage."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from random import Random

import pytest

from arbedge.domain.instrument import AssetClass, InstrumentStatus, MarketKind
from arbedge.errors import SequenceGap
from arbedge.exchanges.bitget.adapter import build
from arbedge.exchanges.bitget.facts import PUBLIC, SPEC, UNIFIED_CALLS_PER_S, UNIFIED_SPEC
from arbedge.exchanges.bitget.funding import FundingTerms
from arbedge.exchanges.bitget.stream import BitgetScript
from arbedge.exchanges.bitget.symbols import instrument_id
from arbedge.exchanges.bitget.v3.dialects import BROKEN, UnifiedDepth, UnifiedMarks, UnifiedTops
from arbedge.exchanges.bitget.v3.symbols import read_perps, read_spot
from arbedge.exchanges.bitget.v3.wire import Listed
from arbedge.exchanges.config import BitgetConfig, VenueConfig
from arbedge.exchanges.transport.dialect import NoticeKind
from arbedge.exchanges.transport.payloads import decode
from arbedge.exchanges.transport.plan import LinkPlan, LinkRole
from arbedge.exchanges.transport.surroundings import Surroundings
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.market.fakes import instrument_of
from arbedge.market.feeds.book import CHAINED_IDS, LocalBook
from arbedge.market.ports import Watched

LINE = "USDT-FUTURES"
STREAM = f"{LINE}:books:BTCUSDT"
WATCHED = [Watched(slot, instrument_of("bitget", MarketKind.PERP, base)) for slot, base in ((4, "BTC"), (7, "ETH"))]
TERMS = {"BTCUSDT": FundingTerms(Decimal(8), Decimal("0.003"), Decimal("-0.003"))}


class Sink:
    def __init__(self):
        self.tops, self.books, self.changes, self.funding = [], [], [], []

    def on_top(self, *values):
        self.tops.append(values)

    def on_book(self, slot, book):
        self.books.append((slot, book))

    def on_book_change(self, slot, change):
        self.changes.append((slot, change))

    def on_funding(self, slot, state):
        self.funding.append((slot, state))


@pytest.fixture
def sink():
    return Sink()


def frame(topic, row, action="snapshot", symbol="BTCUSDT", at_ms=1_789_940_582_102):
    arg = {"instType": "usdt-futures", "topic": topic, "symbol": symbol}
    return json.dumps({"action": action, "arg": arg, "data": [row], "ts": at_ms}).encode()


def top(**changes):
    row = {"a": [["80810.4", "0.85"]], "b": [["80810.3", "1.09"]], "seq": 99, "pseq": 0, "ts": "1789940582101"}
    return frame("books1", row | changes)


def depth(seq, pseq, action="update", **changes):
    row = {"a": [["101", "2"]], "b": [["100", "1"]], "seq": seq, "pseq": pseq, "ts": "1789940582101"}
    return frame("books", row | changes, action)


@pytest.mark.parametrize("seq", [99, "99"])
def test_a_top_goes_to_its_slot_whichever_way_its_number_is_written(sink, seq):
    assert UnifiedTops(WATCHED, sink).deliver(top(seq=seq), 5) is None
    assert sink.tops == [(4, 80810.3, 1.09, 80810.4, 0.85, 99, 1_789_940_582_101, 5)]


def test_a_side_nobody_quotes_is_handed_on_as_nothing(sink):
    UnifiedTops(WATCHED, sink).deliver(top(b=[]), 5)
    assert sink.tops[0][1:5] == (0.0, 0.0, 80810.4, 0.85)


def test_marks_are_stamped_with_the_frames_time(sink):
    dialect = UnifiedMarks(WATCHED, sink, lambda: TERMS)
    row = {"lastPrice": "80810.6", "markPrice": "80814.7", "indexPrice": "80852.148", "fundingRate": "0.000051",
           "nextFundingTime": "1789948800000", "deliveryTime": ""}  # fmt: skip
    assert dialect.deliver(frame("ticker", row, at_ms=1_789_940_561_885), 5) is None
    ((slot, state),) = sink.funding
    assert (slot, state.rate, state.mark) == (4, Decimal("0.000051"), Decimal("80814.7"))
    assert state.next_at == datetime(2026, 9, 21, 0, tzinfo=UTC)
    assert (state.interval_hours, state.cap, state.venue_at_ms) == (8, Decimal("0.003"), 1_789_940_561_885)
    dialect.deliver(frame("ticker", row, symbol="ETHUSDT"), 6)
    assert len(sink.funding) == 1  # its own terms are not known


def test_changes_go_out_as_they_chain(sink):
    dialect = UnifiedDepth(WATCHED, sink)
    assert dialect.deliver(depth(12, 10), 1) is None  # nothing to chain to yet
    assert dialect.deliver(depth("10", 0, "snapshot"), 2) is None
    assert dialect.deliver(depth("12", 10), 3) is None
    assert dialect.deliver(depth("12", 10), 4) is None
    ((slot, book),), ((_, change),) = sink.books, sink.changes
    assert (slot, book.sequence) == (4, 10)
    assert (change.first, change.last, change.previous, change.received_ns) == (12, 12, 10, 3)


def test_pitfall_12_a_frame_that_does_not_follow_ends_the_book_and_asks_for_it_anew(sink):
    for late in (depth(20, 15), depth(9, 8)):
        sink = Sink()
        dialect = UnifiedDepth(WATCHED, sink)
        dialect.deliver(depth(10, 0, "snapshot"), 1)
        notice = dialect.deliver(late, 2)
        assert (notice.kind, notice.stream) == (NoticeKind.RESYNC, STREAM)
        book = LocalBook(WATCHED[0].instrument.id, CHAINED_IDS)
        book.load(sink.books[0][1], levels_asked=50, is_in_stream=True)
        assert sink.changes[0][1].previous == BROKEN
        with pytest.raises(SequenceGap):
            book.apply(sink.changes[0][1])
        assert dialect.deliver(depth(21, 20), 3) is None
        assert len(sink.changes) == 1  # silent until a snapshot comes


def test_a_book_that_begins_anew_in_mid_stream_replaces_the_one_before(sink):
    dialect = UnifiedDepth(WATCHED, sink)
    dialect.deliver(depth(500, 0, "snapshot"), 1)
    dialect.deliver(depth(3, 0), 2)  # maintenance: an update under a low number, following nothing
    dialect.deliver(depth(4, 3), 3)
    assert [book.sequence for _, book in sink.books] == [500, 3]
    assert [change.previous for _, change in sink.changes] == [3]


def test_what_two_overlapping_connections_deliver_goes_out_once(sink):
    dialect = UnifiedDepth(WATCHED, sink)
    dialect.deliver(depth(10, 0, "snapshot"), 1)
    dialect.deliver(depth(11, 10), 2)
    dialect.set_overlap(is_overlapping=True)
    for payload in (depth(11, 0, "snapshot"), depth(12, 11), depth(12, 11), depth(11, 10), depth(13, 12)):
        assert dialect.deliver(payload, 3) is None
    assert len(sink.books) == 1
    assert [change.last for _, change in sink.changes] == [11, 12, 13]


@pytest.mark.parametrize("seed", range(20))
def test_law_whatever_is_lost_swapped_or_repeated_the_kept_book_is_right_or_gone(seed):
    rng, sink, kept = Random(seed), Sink(), None
    dialect = UnifiedDepth(WATCHED, sink)
    frames, states = _spoken(rng)
    for payload in _mishandled(frames, rng):
        books, changes = len(sink.books), len(sink.changes)
        dialect.deliver(payload, 1)
        if len(sink.books) > books:
            kept = LocalBook(WATCHED[0].instrument.id, CHAINED_IDS)
            kept.load(sink.books[-1][1], levels_asked=50, is_in_stream=True)
        elif len(sink.changes) > changes and kept is not None:
            try:
                kept.apply(sink.changes[-1][1])
            except SequenceGap:
                kept = None
        if kept is not None:
            assert dict(kept.snapshot(50).bids) == states[kept.last]


def _spoken(rng):
    """Eighty frames of one book, and its bids after each number."""
    frames, states, bids, before = [], {}, {}, 0
    for number in range(3, 240, 3):
        price, size = str(100 - rng.randrange(9)), str(rng.randrange(3))
        bids = {key: each for key, each in (bids | {price: size}).items() if each != "0"}
        action = "update" if before else "snapshot"
        frames.append(depth(number, before, action, a=[["200", "1"]], b=[[price, size]]))
        states[number], before = bids, number
    return frames, states


def _mishandled(frames, rng):
    handed = [each for each in frames if rng.random() > 0.02 or each is frames[0]]
    for place in range(1, len(handed) - 1):
        if rng.random() < 0.02:
            handed[place], handed[place + 1] = handed[place + 1], handed[place]
    return [each for each in handed for _ in range(1 + (rng.random() < 0.05))]


@pytest.mark.parametrize(
    ("payload", "kind", "stream"),
    [
        (b"pong", NoticeKind.ALIVE, ""),
        ({"event": "subscribe", "arg": {"instType": "usdt-futures", "topic": "books", "symbol": "BTCUSDT"},
          "connId": "0649f8ff"}, NoticeKind.ACCEPTED, STREAM),
        ({"event": "error", "code": 30001, "connId": "06aa",
          "msg": '{"instType":"usdt-futures","symbol":"BTCUSDT","topic":"books"} doesn\'t exist'},
         NoticeKind.REFUSED, STREAM),
        ({"event": "error", "code": "30006", "msg": "too many requests"}, NoticeKind.REFUSED, ""),
        ({"event": "error", "code": 30001, "arg": {"instType": "spot", "topic": "books", "symbol": "A"}, "msg": "x"},
         NoticeKind.REFUSED, "SPOT:books:A"),
        ({"event": "login"}, NoticeKind.GARBAGE, ""),
        (b"{", NoticeKind.GARBAGE, ""),
    ],
)  # fmt: skip
def test_every_answer_is_told_apart_on_every_link(payload, kind, stream, sink):
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    for dialect in (UnifiedTops(WATCHED, sink), UnifiedMarks(WATCHED, sink, dict), UnifiedDepth(WATCHED, sink)):
        notice = dialect.deliver(raw, 1)
        assert (notice.kind, notice.stream) == (kind, stream)


@pytest.mark.parametrize(
    "changes", [{"a": [["1;1", "1"]]}, {"b": [["nan", "1"]]}, {"seq": -1}, {"pseq": "x"}, {"a": None}]
)
def test_a_book_that_makes_no_sense_is_garbage(changes, sink):
    payload = json.loads(depth(10, 0, "snapshot"))
    payload["data"][0] |= changes
    notice = UnifiedDepth(WATCHED, sink).deliver(json.dumps(payload).encode(), 1)
    assert notice.kind is NoticeKind.GARBAGE
    assert not sink.books


def test_requests_name_line_topic_and_symbol(sink):
    said = json.loads(UnifiedDepth(WATCHED, sink).subscribe([STREAM, "SPOT:ticker:A"], 1))
    assert said == {"op": "subscribe", "args": [
        {"instType": "usdt-futures", "topic": "books", "symbol": "BTCUSDT"},
        {"instType": "spot", "topic": "ticker", "symbol": "A"},
    ]}  # fmt: skip


ROW = {
    "symbol": "BTCPERP", "category": "USDC-FUTURES", "baseCoin": "BTC", "quoteCoin": "USDC", "minOrderQty": "0.0001",
    "maxOrderQty": "", "pricePrecision": "1", "quantityPrecision": "4", "quotePrecision": None,
    "priceMultiplier": "0.5", "quantityMultiplier": "0.0001", "type": "perpetual", "minOrderAmount": "5",
    "status": "online", "offTime": "-1", "launchTime": "", "takerFeeRate": "0.0006", "fundInterval": "8",
}  # fmt: skip


def perps(*rows):
    return read_perps([(row["category"], decode(json.dumps(row).encode(), Listed)) for row in rows], {"PEPE"})


def test_a_contract_is_read_with_its_step_not_its_decimals():
    (found,) = perps(ROW).instruments
    assert found.id == instrument_id(MarketKind.PERP, "BTCPERP")
    assert (found.tick, found.lot, found.settle) == (Decimal("0.5"), Decimal("0.0001"), "USDC")
    assert (found.min_notional, found.min_qty, found.max_qty) == (Decimal(5), Decimal("0.0001"), None)
    assert (found.status, found.taker_fee) == (InstrumentStatus.TRADING, Decimal("0.0006"))
    assert (found.listed_at, found.delists_at) == (None, None)


@pytest.mark.parametrize(
    ("changes", "attribute", "value"),
    [
        ({"status": "listed"}, "status", InstrumentStatus.PRELAUNCH),
        ({"status": "limit_open"}, "status", InstrumentStatus.CANCEL_ONLY),
        ({"status": "offline"}, "status", InstrumentStatus.SUSPENDED),
        ({"status": "something new"}, "status", InstrumentStatus.SUSPENDED),
        ({"baseCoin": "1000PEPE"}, "multiplier", Decimal(1000)),
        ({"isRwa": "YES"}, "asset_class", AssetClass.STOCK),
        ({"takerFeeRate": "7"}, "taker_fee", None),
        ({"maxOrderQty": "500", "maxMarketOrderQty": "80"}, "max_qty", Decimal(80)),
    ],
)
def test_each_field_for_itself(changes, attribute, value):
    (found,) = perps(ROW | changes).instruments
    assert getattr(found, attribute) == value


def test_dated_and_foreign_contracts_are_left_out_and_nonsense_is_named():
    listing = perps(ROW, ROW | {"type": "delivery", "symbol": "D"}, ROW | {"quoteCoin": "USD", "symbol": "C"},
                    ROW | {"priceMultiplier": "0", "symbol": "Z"}, ROW)  # fmt: skip
    assert [each.id.symbol for each in listing.instruments] == ["BTCPERP"]
    assert listing.unreadable == ("Z", "BTCPERP")


def test_a_spot_pair_states_decimals_alone_and_may_be_a_share():
    row = {key: value for key, value in ROW.items() if key not in {"priceMultiplier", "quantityMultiplier", "type"}}
    rows = [decode(json.dumps(row | {"symbol": name, "isReality": real}).encode(), Listed)
            for name, real in (("BTCUSDC", "no"), ("AAPLUSDC", "yes"))]  # fmt: skip
    coin, share = read_spot(rows).instruments
    assert (coin.tick, coin.lot, coin.settle) == (Decimal("0.1"), Decimal("0.0001"), None)
    assert (coin.asset_class, share.asset_class) == (AssetClass.COIN, AssetClass.TOKENISED_STOCK)


@pytest.mark.parametrize(("config", "is_unified"), [(VenueConfig(), False), (BitgetConfig(), False),
                                                    (BitgetConfig(api="v3"), True)])  # fmt: skip
def test_the_setting_decides_which_generation_is_spoken(config, is_unified, sink):
    venue = build(config, Surroundings(ManualClock(), Random(1)))
    asked = {guard.name.removeprefix("bitget:") for guard in venue.guards}
    assert (asked >= set(UNIFIED_CALLS_PER_S)) is is_unified
    assert ("v3/market/tickers" in asked) is is_unified
    assert ("v2/mix/market/tickers" in asked) is not is_unified
    url = (UNIFIED_SPEC if is_unified else SPEC).streams[PUBLIC].url
    assert venue.spec.streams[PUBLIC].url == url
    script = BitgetScript(venue.spec.streams, dict, is_unified)
    for role in LinkRole:
        plan = LinkPlan("x", role, MarketKind.PERP, PUBLIC, {}, ())
        assert ("Unified" in type(script.dialect(plan, sink)).__name__) is is_unified
