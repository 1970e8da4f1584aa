import csv
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from arbedge.errors import Invalid
from arbedge.storage.export import writing
from arbedge.storage.export.columns import COLUMNS
from arbedge.storage.export.writing import ExportFormat, export_opportunities, format_of
from arbedge.storage.records.faults import StorageFull
from arbedge.storage.repositories import lookup as lookups
from arbedge.storage.repositories.lookup import OpportunityLookup, OpportunitySelection
from arbedge.storage.repositories.opportunities import SqliteOpportunityArchive

ALL = OpportunitySelection()


@pytest.fixture
async def lookup(records, samples, monkeypatch):
    monkeypatch.setattr(lookups, "_PAGE_ROWS", 2)
    archive = SqliteOpportunityArchive(records)
    await archive.record(
        [samples.opened("aaaaaaaa", priced=samples.pair_figures()), samples.closed("aaaaaaaa", at=2)]
    )
    await archive.record(
        [samples.opened("bbbbbbbb", at=1, candidate=samples.triangle(), priced=samples.triangle_figures())]
    )
    await archive.record([samples.opened("cccccccc", at=2, asset='A,"B"\nC', is_simulated=False)])
    return OpportunityLookup(records)


def csv_rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


async def test_csv_holds_every_figure_exactly(lookup, samples, tmp_path) -> None:
    target = tmp_path / "out.csv"
    assert await export_opportunities(lookup, ALL, target, ExportFormat.CSV) == 3
    pair, triangle, odd = csv_rows(target)
    assert list(pair) == [column.name for column in COLUMNS]
    figures = samples.pair_figures()
    for name in ("order_qty", "long_vwap", "funding", "net", "capital", "return_on_capital"):
        assert Decimal(pair[name]) == getattr(figures, name), name
    assert pair["entry_notional"] == "1000"
    assert pair["carry_apr"] == "0.0450"
    assert pair["spent"] == ""
    assert pair["leg3_symbol"] == ""
    assert (pair["leg2_side"], pair["leg2_venue"], pair["leg2_kind"], pair["leg2_symbol"]) == (
        "sell",
        "binance",
        "perp",
        "BTCUSDT",
    )
    assert pair["opened_at"] == "2026-11-22T12:00:00.123456Z"
    assert pair["closed_at"] == "2026-11-22T12:00:02.123456Z"
    assert float(pair["score"]) == 0.1 + 0.2
    assert triangle["spent"] == str(samples.LONG)
    assert triangle["order_qty"] == triangle["carry_apr"] == ""
    assert triangle["leg3_symbol"] == "ETHUSDT"
    assert odd["asset"] == 'A,"B"\nC'
    assert (pair["is_simulated"], odd["is_simulated"]) == ("true", "false")


async def test_parquet_says_the_same_as_csv(lookup, tmp_path) -> None:
    await export_opportunities(lookup, ALL, tmp_path / "out.csv", ExportFormat.CSV)
    assert await export_opportunities(lookup, ALL, tmp_path / "out.parquet", ExportFormat.PARQUET) == 3
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.schema.field("opened_at").type == pa.timestamp("us", tz="UTC")
    assert table.schema.field("net").metadata[b"arbedge.type"] == b"decimal"
    texts = [column.name for column in COLUMNS if column.type in {"text", "decimal"}]
    for row, line in zip(table.to_pylist(), csv_rows(tmp_path / "out.csv"), strict=True):
        assert {name: row[name] or "" for name in texts} == {name: line[name] for name in texts}
        assert row["score"] == float(line["score"])


@pytest.mark.parametrize("fmt", list(ExportFormat))
async def test_nothing_selected_is_an_empty_table(lookup, samples, tmp_path, fmt) -> None:
    target = tmp_path / "out"
    assert await export_opportunities(lookup, OpportunitySelection(since=samples.seconds(99)), target, fmt) == 0
    names = pq.read_schema(target).names if fmt is ExportFormat.PARQUET else target.read_text().strip().split(",")
    assert names == [column.name for column in COLUMNS]


@pytest.mark.parametrize("fmt", list(ExportFormat))
async def test_a_failed_export_leaves_the_old_file_and_no_litter(lookup, records, tmp_path, fmt) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    target = folder / "out"
    target.write_text("yesterday")
    async with records.write() as connection:
        await connection.exec_driver_sql("UPDATE opportunities SET kind = 'square' WHERE id = 'cccccccc'")
    with pytest.raises(Exception, match="cccccccc"):
        await export_opportunities(lookup, ALL, target, fmt)
    assert [each.name for each in folder.iterdir()] == ["out"]
    assert target.read_text() == "yesterday"


@pytest.mark.parametrize("fmt", list(ExportFormat))
async def test_a_path_that_cannot_be_written_is_named(lookup, tmp_path, fmt) -> None:
    with pytest.raises(Invalid, match="gone"):
        await export_opportunities(lookup, ALL, tmp_path / "gone" / "out", fmt)
    (tmp_path / "exports").mkdir()
    with pytest.raises(Invalid, match="exports"):
        await export_opportunities(lookup, ALL, tmp_path / "exports", fmt)
    assert not any(each.name.endswith(".part") for each in tmp_path.iterdir())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/dev/full is Linux's")
async def test_a_full_disk_is_named(lookup, tmp_path, monkeypatch) -> None:
    class OntoFullDisk:
        def __init__(self, _path):
            self._device = os.open("/dev/full", os.O_WRONLY)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            os.close(self._device)

        def write(self, page):
            os.write(self._device, b"row")

    monkeypatch.setattr(writing, "_open_sheet", lambda path, _fmt, _columns: OntoFullDisk(path))
    with pytest.raises(StorageFull, match="disk is full"):
        await export_opportunities(lookup, ALL, tmp_path / "out", ExportFormat.CSV)


def test_the_name_of_the_file_says_the_format() -> None:
    assert format_of(Path("a/b.CSV")) is ExportFormat.CSV
    assert format_of(Path("b.parquet")) is ExportFormat.PARQUET
    for name in ("b", "b.xlsx", "csv"):
        with pytest.raises(Invalid, match=r"\.csv or \.parquet"):
            format_of(Path(name))


def test_pyarrow_is_loaded_only_for_parquet() -> None:
    code = (
        "import sys; import arbedge.storage.export.writing; import arbedge.storage.export.csv_sheet;"
        "sys.exit('pyarrow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
