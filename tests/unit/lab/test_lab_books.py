"""A snapshot taken at any moment plus the diffs after it rebuilds the book exactly, whatever happened between."""

from hypothesis import given, settings
from hypothesis import strategies as st

from arbedge.lab.books import Best, DepthTape, LiveBook
from arbedge.lab.universe import build

LISTINGS = {item.market + item.symbol: item for item in build("small", 1, 1_795_376_000_000).listings}

moves = st.lists(
    st.tuples(st.integers(-30, 30), st.integers(1, 40), st.integers(1, 500), st.integers(1, 9), st.booleans()),
    min_size=2,
    max_size=30,
)


def apply(side, levels):
    for ticks, lots in levels:
        if lots:
            side[ticks] = lots
        else:
            side.pop(ticks, None)


@settings(max_examples=120, deadline=None)
@given(moves, st.sampled_from(["spotBTCUSDT", "usdmBTCUSDT", "spotPEPEUSDT", "usdm1000PEPEUSDT"]), st.data())
def test_snapshot_plus_diffs_is_the_book(steps, key, data):
    item = LISTINGS[key]
    centre = round(item.start_price * 10**item.tick_dp)
    book = LiveBook(item, 77, 1000)
    book.move(Best(centre, 5, centre + 2, 6), 1, 1)
    book.tape = DepthTape(book)
    book.tape.follow("a", book)
    snapshot_at = data.draw(st.integers(0, len(steps) - 1))
    last, bids, asks = None, {}, {}
    previous_last = book.update_id
    for i, (shift, spread, lots, id_step, is_taken) in enumerate(steps):
        bid = max(1, centre + shift)
        book.move(Best(bid, lots, bid + spread, lots + 1), id_step, i)
        if i == snapshot_at:
            last, bids, asks = book.update_id, dict(book.bids(10_000)), dict(book.asks(10_000))
        if not is_taken and i < len(steps) - 1:
            continue
        diff = book.tape.take("a", book)
        if diff is None:
            continue
        assert diff.previous == previous_last
        assert diff.first == previous_last + 1 if item.market == "spot" else previous_last < diff.first <= diff.last
        previous_last = diff.last
        if last is not None and diff.last > last:
            apply(bids, diff.bids)
            apply(asks, diff.asks)
    assert sorted(bids.items(), reverse=True) == book.bids(10_000)
    assert sorted(asks.items()) == book.asks(10_000)
    assert book.bids(1) == [(book.bid, book.bid_lots)]
    assert book.asks(1) == [(book.ask, book.ask_lots)]


def test_followers_are_apart_and_the_last_one_ends_the_tape():
    item = LISTINGS["spotBTCUSDT"]
    book = LiveBook(item, 1, 10)
    book.move(Best(100_000, 5, 100_010, 5), 1, 1)
    tape = book.tape = DepthTape(book)
    tape.follow("fast", book)
    tape.follow("slow", book)
    book.move(Best(100_001, 5, 100_010, 5), 3, 2)
    assert tape.take("fast", book).last == 14
    assert tape.take("fast", book) is None
    book.move(Best(100_002, 5, 100_010, 5), 1, 3)
    assert tape.take("fast", book).first == 15
    assert tape.take("slow", book).first == 12
    assert not tape.leave("fast")
    assert tape.leave("slow")


def test_depth_is_about_what_the_listing_says():
    for key in ("spotBTCUSDT", "usdmBTCUSDT", "usdmENAUSDT"):
        item = LISTINGS[key]
        book = LiveBook(item, 9, 1)
        centre = round(item.start_price * 10**item.tick_dp)
        book.move(Best(centre, 1, centre + 1, 1), 1, 1)
        within = sum(p * q for p, q in book.bids(10_000) if p > centre * 0.98) / 10 ** (item.tick_dp + item.lot_dp)
        assert 0.7 < within / item.depth_usd < 1.5
