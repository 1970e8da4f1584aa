"""A list read with the memory of the last one says what it says without; only what changed is made anew."""

import asyncio
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.errors import IntegrityError
from arbedge.exchanges.bybit import wire
from arbedge.exchanges.bybit.symbols import parse_perps
from arbedge.exchanges.reading.listing import Listing, joined, once_each
from arbedge.exchanges.reading.rows import RowMemory

NAMES = ("BTC", "1000PEPE", "SHIB1000", "ODD", "ETH")


def row_of(name, status, tick):
    return {
        "symbol": f"{name}USDT", "status": status, "baseCoin": name, "quoteCoin": "USDT", "settleCoin": "USDT",
        "contractType": "LinearPerpetual", "priceFilter": {"tickSize": tick},
        "lotSizeFilter": {"qtyStep": "1", "minOrderQty": "1"},
    }  # fmt: skip


ROWS = st.lists(
    st.builds(
        row_of,
        st.sampled_from(NAMES),
        st.sampled_from(("Trading", "Closed", "PreLaunch")),
        st.sampled_from(("0.1", "0.2", "nonsense")),
    ),
    max_size=8,
)
READINGS = st.lists(st.tuples(ROWS, st.frozensets(st.sampled_from(("PEPE", "SHIB", "BTC")))), max_size=6)


def raw(rows):
    return msgspec.json.decode(json.dumps(rows).encode(), type=list[msgspec.Raw])


def contracts(made=None):
    def make(row, bases):
        if made is not None:
            made.append(row.symbol)
        return parse_perps((row,), bases)

    return RowMemory("a row of ours", wire.ListedSymbol, make)


@given(READINGS)
def test_with_memory_equals_without(readings):
    async def read():
        memory = contracts()
        for rows, bases in readings:
            found, _ = once_each(joined(await memory.read(raw(rows), bases)))
            fresh = [msgspec.convert(row, wire.ListedSymbol) for row in rows]
            once, _ = once_each(joined(parse_perps((row,), bases) for row in fresh))
            assert found == once

    asyncio.run(read())


async def test_only_what_changed_is_made_and_the_rest_is_the_same_object():
    made = []
    memory = contracts(made)
    rows = [row_of(name, "Trading", "0.1") for name in NAMES]
    before = joined(await memory.read(raw(rows), frozenset())).instruments
    made.clear()
    rows[1] = row_of(NAMES[1], "Closed", "0.1")
    after = joined(await memory.read(raw(rows), frozenset())).instruments
    assert made == ["1000PEPEUSDT"]
    assert [a is b for a, b in zip(before, after, strict=True)] == [True, False, True, True, True]
    await memory.read(raw(rows), frozenset({"PEPE"}))
    assert len(made) == 1 + len(NAMES)


async def test_others_take_their_turns_while_a_long_list_is_read():
    turns = []

    async def other():
        while True:
            turns.append(1)
            await asyncio.sleep(0)

    task = asyncio.ensure_future(other())
    memory = RowMemory("a row of ours", int, lambda row, _: Listing((), (str(row),)))
    await memory.read(raw(list(range(1000))))
    task.cancel()
    assert len(turns) >= 40


async def test_a_row_that_does_not_fit_is_named_and_nothing_is_forgotten():
    memory = contracts()
    rows = [row_of("BTC", "Trading", "0.1")]
    (first,) = await memory.read(raw(rows))
    with pytest.raises(IntegrityError, match="a row of ours makes no sense"):
        await memory.read(raw([*rows, {"symbol": 5}]))
    (again,) = await memory.read(raw(rows))
    assert again is first
