"""What one read brought, taken in by one loop, leaves the market as frame after frame would."""

import json
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.binance.dialects import TopDialect as BinanceTops
from arbedge.exchanges.bitget.dialects import TopDialect as BitgetTops
from arbedge.exchanges.bybit.dialects import TopDialect as BybitTops
from arbedge.exchanges.okx.dialects import TopDialect as OkxTops
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.market.config import MarketConfig
from arbedge.market.fakes import instrument_of
from arbedge.market.ports import LinkEvent, LinkState, Watched
from arbedge.market.view import LiveMarket, MarketTerms

COINS = ("BTC", "ETH", "USDC")
NAN, INFINITY = float("nan"), float("inf")

GOOD = (100.0, 100.5, 101.0, 140.0, 160.0, 250.0, 70.0, 60.0)
ODD_FIGURES = (0.0, -1.0, NAN, INFINITY, -INFINITY, 1e308)


def burst_of(rng):
    """Rows mostly good, so that quotes stand, with every kind of fault between them."""

    def figure(good):
        return rng.choice(ODD_FIGURES) if rng.random() < 0.04 else rng.choice(good)

    rows = []
    for _ in range(rng.randrange(8)):
        bid = figure(GOOD)
        ask = bid + rng.choice((0.5, 1.0, 1.0, 0.5, 1.0, 0.5, 0.0, -1.0))
        sizes = figure((1.0, 2.5)), figure((1.0, 3.0))
        rows.append((rng.randrange(len(COINS)), bid, sizes[0], ask, sizes[1], rng.randrange(10), rng.randrange(3)))
    return rows


def market_of(clock):
    market = LiveMarket(MarketConfig(), MarketTerms(horizons_h=()), clock, {})
    listed = [instrument_of("binance", MarketKind.SPOT, coin) for coin in COINS]
    listed.append(instrument_of("binance", MarketKind.SPOT, "ETH", "USDC"))  # its scale follows the price of USDC
    market.accept_listing("binance", MarketKind.SPOT, listed)
    # heard before it is subscribed counts for nothing: some bursts come before, some after
    subscribed = LinkEvent("binance:spot:top:0", LinkState.SUBSCRIBED, "", (0, 1), 20)
    market.accept_link(subscribed)
    return market


def state_of(market):
    """Everything a quote leaves behind, as text, so that unknown equals unknown."""
    board = market.board
    slots = range(len(COINS))
    columns = market.columns()
    return repr(
        {
            "tops": [board.top(slot) for slot in slots],
            "sequences": [board.sequence(slot) for slot in slots],
            "received": [board.received_ns(slot) for slot in slots],
            "heard": [market.liveness.heard_ns(slot) for slot in slots],
            "columns": [columns.bid.tolist(), columns.ask.tolist(), columns.scale.tolist()],
            "counts": [board.quoted, board.stored, sorted(market.faults.items())],
            "mids": [market._sanity.open_mids(), market._sanity._pending],
        }
    )


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_a_burst_leaves_the_market_as_its_rows_in_turn_would(seed):
    rng = Random(seed)
    together, one_by_one = market_of(ManualClock()), market_of(ManualClock())
    for _ in range(20):
        burst, received_ns = burst_of(rng), rng.randrange(1, 40)
        changed: list[int] = []
        together.accept_tops(iter(burst), received_ns, changed)
        assert changed == [row[0] for row in burst if one_by_one.accept_top(*row, received_ns)]
        assert state_of(together) == state_of(one_by_one)


# --- from the bytes on: every venue's frames, with garbage, strangers, empty sides and answers between them --------


def binance(symbol, bid, ask, sequence):
    data = {"u": sequence, "s": symbol, "b": str(bid), "B": "1", "a": str(ask), "A": "2", "T": 5, "st": 1}
    return {"stream": "x", "data": data}


def bybit(symbol, bid, ask, sequence):
    sides = {"b": [[str(bid), "1"]] if bid else [], "a": [[str(ask), "2"]] if ask else []}
    return {
        "topic": f"orderbook.1.{symbol}",
        "type": "snapshot",
        "ts": 5,
        "data": {"s": symbol, **sides, "u": sequence},
    }


def okx(symbol, bid, ask, sequence):
    sides = {"bids": [[str(bid), "1", "0", "1"]] if bid else [], "asks": [[str(ask), "2", "0", "1"]] if ask else []}
    return {"arg": {"channel": "bbo-tbt", "instId": symbol}, "data": [{**sides, "ts": "5", "seqId": sequence}]}


def bitget(symbol, bid, ask, sequence):
    sides = {"bids": [[str(bid), "1"]] if bid else [], "asks": [[str(ask), "2"]] if ask else []}
    arg = {"instType": "SPOT", "channel": "books1", "instId": symbol}
    return {"action": "snapshot", "arg": arg, "data": [{**sides, "ts": "5", "seq": sequence}]}


VENUES = {
    "binance": (BinanceTops, binance),
    "bybit": (BybitTops, bybit),
    "okx": (OkxTops, okx),
    "bitget": (BitgetTops, bitget),
}
ODD = [
    b"",
    b"pong",
    b"{",
    b"[1,2]",
    b'{"id":1,"result":null}',
    b'{"success":true,"req_id":"1","op":"subscribe"}',
    b'{"event":"error","code":"1","msg":"no"}',
    b'{"data":{"s":"BTCUSDT","b":"x","B":"1","a":"2","A":"1","u":1}}',
    b'{"topic":"t","type":"delta","ts":1,"data":{"s":"BTCUSDT","b":[["1","1"]],"a":[["2","1"]],"u":1}}',
    b"\xff\xfe",
]


class Rows:
    """A sink of tops; `is_whole` also takes them read by read."""

    def __init__(self):
        self.rows = []

    def on_top(self, *row):
        self.rows.append(row)


class WholeReads(Rows):
    def on_tops(self, rows, received_ns):
        self.rows.extend((*row, received_ns) for row in rows)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(VENUES)), st.integers(0, 2**32), st.lists(st.integers(1, 6), max_size=12))
def test_reads_of_any_length_tell_what_single_frames_tell(venue, seed, lengths):
    rng = Random(seed)
    dialect_of, frame_of = VENUES[venue]
    watched = [Watched(slot, instrument_of(venue, MarketKind.SPOT, coin)) for slot, coin in enumerate(COINS)]
    whole, single = WholeReads(), Rows()
    together, in_turn = dialect_of(watched, whole), dialect_of(watched, single)
    for received_ns, length in enumerate(lengths):
        payloads = []
        for _ in range(length):
            symbol = rng.choice(["BTCUSDT", "ETHUSDT", "XXXUSDT"])
            bid, ask = (rng.choice([0, 99.5, 100]) for _ in range(2))
            frame = json.dumps(frame_of(symbol, bid, ask, rng.randrange(6))).encode()
            payloads.append(rng.choice(ODD) if rng.random() < 0.3 else frame)
        notices = list(together.deliver_all(payloads, received_ns))
        told = ((place, in_turn.deliver(payload, received_ns)) for place, payload in enumerate(payloads))
        assert notices == [(place, notice) for place, notice in told if notice is not None]
        assert whole.rows == single.rows
