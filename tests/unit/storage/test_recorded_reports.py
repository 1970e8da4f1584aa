"""`arbedge report` on small made files: its table, its JSON, and one line for every bad input."""

import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from arbedge.cli.app import main

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def quotes(tmp_path):
    """Two minutes: `b` bids above `a`'s ask for the last 500 ms of every second, 20 bps at 10 s, 1 bp else."""
    rows = []
    for half in range(240):
        at = START + timedelta(milliseconds=500 * half)
        edge = 100.0 if half % 2 == 0 else 100.21 if half == 21 else 100.02
        rows += [
            {"at": at, "venue": "a", "symbol": "SOL", "bid": 100.0, "ask": 100.01},
            {"at": at, "venue": "b", "symbol": "SOL", "bid": edge, "ask": 101.0},
        ]
    path = tmp_path / "quotes.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


@pytest.fixture
def funding(tmp_path):
    """A week of two venues and two coins; SOL's difference falls to a quarter of what it promised."""
    lines = ["venue,symbol,settled_at,rate,interval_hours"]
    for index in range(22):
        at = (START + timedelta(hours=8 * index)).isoformat()
        lines += [
            f"a,SOLUSDT,{at},0.0001,8",
            f"b,SOLUSDT,{at},{'0.0009' if index == 0 else '0.0003'},8",
            f"a,XRPUSDT,{at},0.0001,8",
            f"b,XRPUSDT,{at},0.0001,8",
        ]
    path = tmp_path / "funding.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_survival_as_json(quotes, capsys):
    assert main(["report", "survival", str(quotes), "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["symbol"], document["moments"], document["gaps"]) == ("SOL", 240, 0)
    there, back = document["routes"]
    positive, above = there["edges"]
    assert (positive["samples"], above["samples"], above["above_bps"]) == (120, 1, "10")
    assert positive["median_bps"] == "0.999900009999"
    # Half a second later the edge is never there, whole seconds later always.
    assert [(each["after_s"], each["followed"], each["share"]) for each in positive["after"]] == [
        ("0.5", 119, "0"),
        ("1", 119, "1"),
        ("2", 118, "1"),
        ("5", 115, "1"),
        ("30", 90, "1"),
    ]
    assert {each["share"] for each in above["after"]} == {None}
    assert there["episodes"] == {"whole": 119, "cut": 1, "median_s": "0.5", "p90_s": "0.5"}
    assert back["edges"][0]["samples"] == 0


def test_survival_as_a_table(quotes, capsys):
    assert main(["report", "survival", str(quotes), "--threshold", "5"]) == 0
    shown = capsys.readouterr().out
    assert "240 moments in 120 s; left out: 0 gaps of 0.0 s in all, 0 unusable rows" in shown
    assert "0.0 % (119)" in shown
    assert "100.0 % (90)" in shown
    assert "too few (1)" in shown


def test_funding_as_json(funding, capsys):
    assert main(["report", "funding", str(funding), "--notional", "2000", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["contracts"], document["settlements"]) == (4, 88)
    sol, xrp = document["holdings"]
    assert (sol["long"], sol["short"]) == ({"venue": "a", "symbol": "SOLUSDT"}, {"venue": "b", "symbol": "SOLUSDT"})
    assert (sol["long_settlements"], sol["short_settlements"]) == (21, 21)
    assert (sol["cash"], sol["naive_cash"], sol["realised"]) == ("8.4", "33.6", "0.25")
    assert (sol["carry_apr"], sol["naive_apr"], sol["mark"]) == ("0.219", "0.876", "fixed at entry")
    assert (xrp["cash"], xrp["realised"]) == ("0", None)
    assert document["together"][1]["holdings"] == 1
    assert document["together"][1]["realised"] is None


def test_funding_as_a_table(funding, capsys):
    assert main(["report", "funding", str(funding), "--limit", "1"]) == 0
    shown = capsys.readouterr().out
    assert "4 contracts, 88 settlements, 2 pairs held" in shown
    assert "25.0 %" in shown
    assert "… 1 more" in shown
    assert main(["report", "funding", str(funding), "--coin", "sol", "--until", "2025-01-01"]) == 0
    assert "no two contracts of one coin" in capsys.readouterr().out


BAD_WORDS = {
    "no such file": (("survival", "nowhere.parquet"), "no such file"),
    "no format": (("funding", "nowhere"), "name a file that ends in"),
    "threshold": (("survival", "x.csv", "--threshold", "much"), "--threshold"),
    "negative threshold": (("survival", "x.csv", "--threshold=-1"), "--threshold -1: give a number from 0"),
    "silence": (("survival", "x.csv", "--silence", "0"), "--silence 0: give a number above 0"),
    "venues": (("survival", "x.csv", "--venues", "a,b,c"), "--venues a,b,c: name two venues"),
    "notional": (("funding", "x.csv", "--notional", "0"), "--notional 0: give a number above 0"),
    "guard": (("funding", "x.csv", "--guard", "NaN"), "--guard"),
    "since": (("funding", "x.csv", "--since", "soon"), "--since soon"),
    "order": (("funding", "x.csv", "--since", "2026-01-02", "--until", "2026-01-01"), "not before --until"),
}


@pytest.mark.parametrize("name", BAD_WORDS)
def test_bad_input_is_one_line_that_names_the_fix(name, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words, text = BAD_WORDS[name]
    assert main(["report", *words]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert text in shown.err


def test_a_coin_the_record_does_not_have(funding, capsys):
    assert main(["report", "funding", str(funding), "--coin", "DOGE"]) == 2
    assert "--coin DOGE: the record has no contract of it" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [("report",), ("report", "profits"), ("report", "survival"), ("report", "funding")]
)
def test_words_that_are_missing(words, capsys):
    with pytest.raises(SystemExit) as caught:
        main(list(words))
    assert caught.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
