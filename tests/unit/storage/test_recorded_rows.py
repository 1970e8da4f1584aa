"""Recorded files read back: formats, spellings of columns, units of time, and what is refused."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from arbedge.errors import Conflict, Invalid, NotFound
from arbedge.storage.recorded.cells import decimal_cell, moment_cell
from arbedge.storage.recorded.quotes import read_quotes
from arbedge.storage.recorded.rows import read_rows
from arbedge.storage.recorded.settlements import read_settlements

AT = datetime(2026, 1, 1, 8, tzinfo=UTC)
MS = 1_767_254_400_000

QUOTES = [
    {"timestamp": AT, "exchange": "X", "symbol": "SOLUSDT", "bid_price": 100.1, "ask_price": 100.2},
    {"timestamp": AT + timedelta(seconds=1), "exchange": "Y", "symbol": "SOLUSDT", "bid_price": 3.528e-05, "ask_price": 1.0},
]  # fmt: skip
FUNDING = [
    {"venue": "X", "symbol": "SOLUSDT", "fundingTime": AT, "rate": 0.00012345, "interval_hours": 8},
    {
        "venue": "X",
        "symbol": "SOLUSDT",
        "fundingTime": AT + timedelta(hours=8),
        "rate": -1e-05,
        "interval_hours": 8,
    },
]


def written(folder: Path, name: str, rows: list[dict]) -> Path:
    path = folder / name
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
        return path
    plain = [
        {key: each.isoformat() if isinstance(each, datetime) else each for key, each in row.items()} for row in rows
    ]
    if path.suffix == ".csv":
        heads = list(plain[0])
        lines = [",".join(heads), *(",".join(str(row[head]) for head in heads) for row in plain)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    elif path.suffix == ".json":
        path.write_text(json.dumps(plain), encoding="utf-8")
    else:
        path.write_text("\n".join(json.dumps(row) for row in plain), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["q.parquet", "q.csv", "q.json", "q.jsonl"])
def test_every_format_gives_the_same_quotes(tmp_path, name):
    record = read_quotes(written(tmp_path, name, QUOTES))
    assert (record.symbol, record.unusable) == ("SOLUSDT", 0)
    assert [(each.at_us, each.venue, each.bid, each.ask) for each in record.quotes] == [
        (MS * 1000, "X", Decimal("100.1"), Decimal("100.2")),
        (MS * 1000 + 1_000_000, "Y", Decimal("0.00003528"), Decimal("1.0")),
    ]


@pytest.mark.parametrize("name", ["f.parquet", "f.csv", "f.json", "f.jsonl"])
def test_every_format_gives_the_same_settlements(tmp_path, name):
    record = read_settlements([written(tmp_path, name, FUNDING)])
    (contract,) = record.contracts
    assert (contract.venue, contract.symbol, contract.coin) == ("X", "SOLUSDT", "SOL")
    assert [(each.at, each.rate, each.interval_hours, each.mark) for each in contract.settlements] == [
        (AT, Decimal("0.00012345"), 8, None),
        (AT + timedelta(hours=8), Decimal("-0.00001"), 8, None),
    ]


def test_nanosecond_columns_are_read(tmp_path):
    at = pa.array([MS * 10**6 + 123_456_789], pa.timestamp("ns", tz="UTC"))
    path = tmp_path / "q.parquet"
    pq.write_table(pa.table({"timestamp": at, "venue": ["X"], "bid": [1.0], "ask": [2.0]}), path)
    assert read_quotes(path).quotes[0].at_us == MS * 1000 + 123_456


@pytest.mark.parametrize(
    "cell", [AT, AT.replace(tzinfo=None), MS, MS * 1000, MS * 10**6, MS // 1000, str(MS), "2026-01-01T08:00:00Z",
             "2026-01-01 08:00:00", AT.astimezone(timezone(timedelta(hours=5)))],
)  # fmt: skip
def test_moments_in_every_spelling(cell):
    assert moment_cell(cell) == AT


@pytest.mark.parametrize("cell", [None, "", "soon", -1, float("nan"), True, 10**19, "1e999999", Decimal("1e400")])
def test_what_is_no_moment(cell):
    assert moment_cell(cell) is None


@pytest.mark.parametrize(
    ("cell", "value"), [(1e-05, "0.00001"), ("1e-5", "0.00001"), (3, "3"), (Decimal("0.10"), "0.1")]
)
def test_decimals_are_the_figures_that_were_written(cell, value):
    assert decimal_cell(cell) == Decimal(value)


@pytest.mark.parametrize("cell", [None, "", "x", float("inf"), "NaN", False])
def test_what_is_no_decimal(cell):
    assert decimal_cell(cell) is None


def test_rows_that_are_no_quotes_are_counted_and_left_out(tmp_path):
    bad = [
        {**QUOTES[0], "bid_price": bid, "ask_price": ask}
        for bid, ask in ((0.0, 1.0), (2.0, 2.0), (3.0, 2.0), (None, 1.0))
    ]
    record = read_quotes(written(tmp_path, "q.parquet", [*QUOTES, *bad]))
    assert (len(record.quotes), record.unusable) == (2, 4)


def test_rows_that_are_no_settlements_are_counted_and_left_out(tmp_path):
    bad = [{**FUNDING[0], "rate": None}, {**FUNDING[0], "venue": None}, {**FUNDING[0], "fundingTime": None}]
    record = read_settlements([written(tmp_path, "f.parquet", [*FUNDING, *bad])])
    assert (record.settlements, record.unusable) == (2, 3)


def test_one_market_of_several_is_chosen(tmp_path):
    other = [{**row, "symbol": "XRPUSDT"} for row in QUOTES]
    path = written(tmp_path, "q.parquet", [*QUOTES, *other])
    assert len(read_quotes(path, symbols=("XRPUSDT",), venues=("X",)).quotes) == 1
    with pytest.raises(Invalid, match="holds 2 markets; name one with --symbol"):
        read_quotes(path)
    with pytest.raises(Invalid, match="no market 'ADA'"):
        read_quotes(path, symbols=("ADA",))
    with pytest.raises(Invalid, match="check --symbol and --venues"):
        read_quotes(path, symbols=("XRPUSDT",), venues=("Z", "W"))


def test_venues_may_spell_one_market_differently(tmp_path):
    path = written(tmp_path, "q.json", [QUOTES[0], {**QUOTES[1], "symbol": "SOL-USDT"}])
    record = read_quotes(path, symbols=("SOLUSDT", "SOL-USDT"))
    assert (record.symbol, len(record.quotes)) == ("SOLUSDT, SOL-USDT", 2)


def test_rows_without_some_of_the_columns_are_unusable(tmp_path):
    path = written(tmp_path, "q.json", [*QUOTES, {"symbol": "SOLUSDT"}, {**QUOTES[0], "exchange": None}])
    assert read_quotes(path).unusable == 2
    path = written(tmp_path, "f.json", [*FUNDING, {"symbol": "SOLUSDT"}])
    assert read_settlements([path]).unusable == 1


def test_a_settlement_in_two_files_counts_once_unless_they_disagree(tmp_path):
    one, same = written(tmp_path, "a.parquet", FUNDING), written(tmp_path, "b.csv", FUNDING)
    assert read_settlements([one, same]).settlements == 2
    other = written(tmp_path, "c.csv", [{**FUNDING[0], "rate": 0.5}])
    with pytest.raises(Conflict, match="settled twice at 2026-01-01T08:00:00"):
        read_settlements([one, other])


@pytest.mark.parametrize(
    ("row", "coin"),
    [
        ({"symbol": "1000PEPEUSDT"}, "1000PEPE"),
        ({"symbol": "TONUSDC"}, "TON"),
        ({"symbol": "CTUSD"}, "CTUSD"),
        ({"symbol": "XBT", "canonical_symbol": "BTC-USDT-PERP"}, "BTC"),
        ({"symbol": "X", "canonical_symbol": "X"}, "X"),
        ({"symbol": "XYZ", "coin": "SOL"}, "SOL"),
    ],
)
def test_the_coin_is_what_the_record_says(tmp_path, row, coin):
    path = written(tmp_path, "f.json", [{**FUNDING[0], **row}])
    assert read_settlements([path]).contracts[0].coin == coin


BAD_FILES = {
    "missing.parquet": (None, NotFound, "no such file"),
    "q.txt": (b"", Invalid, "ends in .parquet, .csv, .json, .jsonl"),
    "q.parquet": (b"not parquet", Invalid, "not parquet that can be read"),
    "q.json": (b"{", Invalid, "not json that can be read"),
    "l.json": (b"[1, 2]", Invalid, "expected objects, one a row"),
    "q.csv": (b"\xff\xfe\x00", Invalid, "not csv that can be read"),
    "e.csv": (b"a,b\n", Invalid, "holds no row"),
    "e.json": (b"[]", Invalid, "holds no row"),
    "deep.json": (b"[" * 100_000, Invalid, "nested too deeply"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_cannot_be_read_is_named_in_one_line(tmp_path, name):
    content, error, text = BAD_FILES[name]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(error) as caught:
        read_rows(tmp_path / name)
    assert text in str(caught.value)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_is_not_a_record(tmp_path):
    (tmp_path / "x.csv").mkdir()
    with pytest.raises(Invalid, match="name a readable file"):
        read_rows(tmp_path / "x.csv")


def test_a_missing_column_is_named_with_the_spellings_understood(tmp_path):
    path = written(tmp_path, "q.csv", [{"timestamp": AT, "venue": "X", "bid": 1}])
    with pytest.raises(Invalid, match="no column for the best ask; expected one of ask_price, ask"):
        read_quotes(path)
    with pytest.raises(Invalid, match="no column for the settlement's time"):
        read_settlements([path])
