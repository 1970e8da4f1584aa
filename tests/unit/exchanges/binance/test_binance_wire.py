"""Frames to structs, and what is refused at the door."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.exchanges.binance import wire

SPOT = {"u": 7, "s": "BTCUSDT", "b": "61837.63000000", "B": "3.78826000", "a": "61837.64000000", "A": "1.5"}
USDM = {"e": "bookTicker", "ps": "BTCUSDT", "T": 5, "E": 6, "st": 1, **SPOT}


def framed(data: object) -> bytes:
    return json.dumps({"stream": "btcusdt@bookTicker", "data": data}).encode()


def test_a_spot_top_has_no_time():
    top = wire.decode_top(framed(SPOT)).data
    assert (top.symbol, top.bid, top.bid_qty, top.ask, top.ask_qty) == ("BTCUSDT", 61837.63, 3.78826, 61837.64, 1.5)
    assert (top.sequence, top.venue_at_ms, top.market) == (7, 0, 1)


def test_a_usdm_top_has_its_time_and_its_market():
    top = wire.decode_top_bare(json.dumps(USDM | {"st": 2, "new": {"field": [1]}}).encode())
    assert (top.venue_at_ms, top.market) == (5, wire.COIN_MARGINED)


def test_a_memoryview_decodes_like_bytes():
    assert wire.decode_top(memoryview(bytearray(framed(SPOT)))) == wire.decode_top(framed(SPOT))


def test_a_depth_frame_keeps_the_venues_strings():
    data = {"e": "depthUpdate", "E": 9, "s": "BTCUSDT", "U": 3, "u": 5, "b": [["1.10", "0.00000000"]], "a": []}
    diff = wire.decode_depth(framed(data)).data
    assert (diff.first, diff.last, diff.previous, diff.bids, diff.asks) == (
        3,
        5,
        None,
        (("1.10", "0.00000000"),),
        (),
    )
    assert wire.decode_depth(framed(data | {"pu": 2})).data.previous == 2


GARBAGE = [
    b"",
    b"{",
    b"\xff\xfe",
    b"null",
    b"[]",
    b"[" * 100_000,
    b'{"data":' + b'{"x":' * 100_000,
    b'{"data":{"u":1}}',
    b'{"data":{"u":-1,"s":"A","b":"1","B":"1","a":"1","A":"1"}}',
    b'{"data":{"u":99999999999999999999,"s":"A","b":"1","B":"1","a":"1","A":"1"}}',
    b'{"data":{"u":1,"s":"A","b":"one","B":"1","a":"1","A":"1"}}',
    b'{"data":{"u":1,"s":"\\ud800","b":"1","B":"1","a":"1","A":"1"}}',
    framed(SPOT)[:-3],
]


@pytest.mark.parametrize("frame", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_raises_one_of_the_declared_errors(frame):
    with pytest.raises(wire.GARBAGE):
        wire.decode_top(frame)
    with pytest.raises(wire.GARBAGE):
        wire.decode_depth(frame)


@given(st.binary(max_size=200))
def test_any_bytes_decode_or_raise_a_declared_error(frame):
    for read in (wire.decode_top, wire.decode_depth, wire.decode_mark, wire.decode_control):
        try:
            read(frame)
        except wire.GARBAGE:
            continue


@pytest.mark.parametrize(
    ("level", "is_plain"),
    [
        (("1", "0"), True),
        (("61837.63000000", "0.00000000"), True),
        (("1,2", "3"), False),
        (("1", ""), False),
        (("", "1"), False),
        (("1.", "1"), False),
        ((".5", "1"), False),
        (("-1", "1"), False),
        (("1e5", "1"), False),
        (("NaN", "1"), False),
        (("1", "1\n"), False),
        (("\u0661", "1"), False),
    ],
)
def test_levels_are_plain_numbers_or_nothing(level, is_plain):
    assert wire.are_plain([("5", "6"), level]) is is_plain
    assert wire.are_plain([level, ("5", "6")]) is is_plain
    assert wire.are_plain([])


@given(st.lists(st.tuples(st.decimals(0, 10**9, places=4), st.decimals(0, 10**9, places=4)), max_size=30))
def test_every_written_decimal_is_plain(levels):
    assert wire.are_plain([(f"{price:f}", f"{size:f}") for price, size in levels])


def test_control_frames_say_what_they_are():
    ack = wire.decode_control(b'{"result":null,"id":4}')
    assert (ack.id, ack.refusal, ack.is_shutdown) == (4, None, False)
    refused = wire.decode_control(b'{"error":{"code":2,"msg":"Invalid request"},"id":4}')
    assert refused.refusal == wire.Problem(2, "Invalid request")
    assert wire.decode_control(b'{"code":-1,"msg":"no"}').refusal == wire.Problem(-1, "no")
    assert wire.decode_control(b'{"e":"serverShutdown","E":1}').is_shutdown
    assert wire.decode_control(b'{"stream":"x","data":{"e":"serverShutdown","E":1}}').is_shutdown
    nothing = wire.decode_control(b"{}")
    assert (nothing.id, nothing.refusal, nothing.is_shutdown) == (None, None, False)


def test_rest_rows_decode_from_strings():
    body = b'[{"symbol":"BTCUSDT","bidPrice":"1.5","bidQty":"2","askPrice":"0.00000000","askQty":"0"}]'
    (row,) = wire.decode(body, list[wire.RestTop])
    assert (row.bid, row.ask, row.venue_at_ms) == (1.5, 0.0, None)
