"""The reports' figures on real records, against a few lines that share nothing with them."""

import json
import os
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from arbedge.cli.app import main

DATA = Path(os.environ.get("ARBEDGE_RECORDED_DATA") or Path(__file__).parents[2].parent / "shared" / "data")
QUOTES = DATA / "bbo_gate_mexc_lunc" / "bbo.parquet"
MAJORS = DATA / "funding_settled_binance_bybit_hl" / "funding.parquet"
MANY = DATA / "funding_binance_bybit_220" / "funding.parquet"

pytestmark = [
    pytest.mark.recorded,
    pytest.mark.skipif(not all(path.is_file() for path in (QUOTES, MAJORS, MANY)), reason=f"no records in {DATA}"),
]


@dataclass
class Moments:
    """A record turned round: both quotes at every moment, and the spans in which one venue was silent."""

    venues: list[str]
    last: datetime
    silent: list[tuple[datetime, datetime]]
    states: dict[datetime, tuple[dict, dict]]
    known: list[datetime]


def moments_of(silence_s: int) -> Moments:
    rows = sorted(pq.read_table(QUOTES).to_pylist(), key=lambda row: row["timestamp"])
    venues = sorted({row["exchange"] for row in rows})
    times = [[row["timestamp"] for row in rows if row["exchange"] == venue] for venue in venues]
    first, last = max(each[0] for each in times), min(each[-1] for each in times)
    longest = timedelta(seconds=silence_s)
    silent = [
        (a, b) for each in times for a, b in pairwise(each) if b - a > longest and b > first and a < last
    ]  # fmt: skip
    states, latest = {}, {}
    for row in rows:
        latest[row["exchange"]] = row
        if first <= row["timestamp"] <= last and len(latest) == 2:
            states[row["timestamp"]] = (latest[venues[0]], latest[venues[1]])
    known = sorted(at for at in states if not any(a < at < b for a, b in silent))
    return Moments(venues, last, silent, states, known)


def followed(record: Moments, edge: dict[datetime, Fraction], above: Fraction, delay: timedelta) -> tuple[int, int]:
    """By walking the record from its end to its start with one hand a delay ahead of the other."""
    seen = still = 0
    ahead = len(record.known) - 1
    for at in reversed(record.known):
        later = at + delay
        while record.known[ahead] > later:
            ahead -= 1
        is_known = later <= record.last and not any(a < later and at < b for a, b in record.silent)
        if edge[at] > above and is_known:
            seen += 1
            still += edge[record.known[ahead]] > 0
    return seen, still


def whole_episodes(record: Moments, edge: dict[datetime, Fraction]) -> list[float]:
    lengths, opened = [], None
    for before, at in pairwise(record.known):
        if any(before <= a and b <= at for a, b in record.silent):
            opened = None
        elif edge[before] <= 0 < edge[at]:
            opened = at
        elif edge[at] <= 0 < edge[before] and opened:
            lengths.append((at - opened).total_seconds())
            opened = None
    return sorted(lengths)


def report(capsys, *words) -> dict:
    assert main(["report", *map(str, words), "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("silence_s", [10, 60])
def test_how_long_the_edges_of_two_venues_lived(capsys, silence_s):
    record = moments_of(silence_s)
    found = report(capsys, "survival", QUOTES, "--silence", silence_s)
    assert (found["moments"], found["gaps"]) == (len(record.known), len(record.silent))
    assert [route["long"] for route in found["routes"]] == record.venues
    for long, route in enumerate(found["routes"]):
        edge = {
            at: Fraction(repr(both[1 - long]["bid_price"])) / Fraction(repr(both[long]["ask_price"])) - 1
            for at, both in record.states.items()
        }
        for group in route["edges"]:
            above = Fraction(group["above_bps"]) / 10_000
            assert group["samples"] == sum(edge[at] > above for at in record.known)
            for after in group["after"]:
                expected = followed(record, edge, above, timedelta(seconds=float(after["after_s"])))
                assert (after["followed"], after["still_positive"]) == expected
                assert after["share"] is None or float(after["share"]) == pytest.approx(expected[1] / expected[0])
        lengths = whole_episodes(record, edge)
        assert route["episodes"]["whole"] == len(lengths)
        assert float(route["episodes"]["median_s"]) == pytest.approx(lengths[-(-len(lengths) // 2) - 1])
        assert float(route["episodes"]["p90_s"]) == pytest.approx(lengths[-(-len(lengths) * 9 // 10) - 1])
        print(silence_s, route)


@pytest.mark.parametrize(
    ("path", "venue", "symbol", "at", "rate", "hours"),
    [
        (MAJORS, "venue", "venue_symbol", "settlement_ts", "rate_raw", "interval_hours"),
        (MANY, "exchange", "symbol", "fundingTime", "rate", "fundingIntervalHours"),
    ],
)
def test_what_holding_each_pair_paid(capsys, path, venue, symbol, at, rate, hours):
    settled = defaultdict(list)
    for row in sorted(pq.read_table(path).to_pylist(), key=lambda row: row[at]):
        settled[row[venue], row[symbol]].append((row[at], Decimal(repr(row[rate])), row[hours]))
    found = report(capsys, "funding", path, "--notional", "1000")
    assert found["contracts"] == len(settled)
    assert len(found["holdings"]) > 100
    for held in found["holdings"]:
        long, short = (settled[held[side]["venue"], held[side]["symbol"]] for side in ("long", "short"))
        begin = max(long[0][0], short[0][0])
        end = min(long[-1][0], short[-1][0])
        late = timedelta(seconds=30)  # stamps of one settlement differ by milliseconds
        paid, received = ([each for each in leg if begin + late < each[0] <= end + late] for leg in (long, short))
        cash = 1000 * (sum(each[1] for each in received) - sum(each[1] for each in paid))
        assert (held["long_settlements"], held["short_settlements"]) == (len(paid), len(received)), held
        assert float(held["cash"]) == pytest.approx(float(cash), abs=1e-9)
        entry_rates = [[each for each in leg if each[0] <= begin + late][-1] for leg in (long, short)]
        naive = [each[1] / Decimal(each[2]) for each in entry_rates]
        assert naive[0] <= naive[1]
        span_h = Decimal((end - begin) // timedelta(microseconds=1)) / 3_600_000_000
        assert float(held["naive_cash"]) == pytest.approx(float(1000 * span_h * (naive[1] - naive[0])), abs=1e-9)
        if held["realised"] is not None:
            assert float(held["realised"]) == pytest.approx(float(cash) / float(held["naive_cash"]), rel=1e-9)
    every = found["together"][1]
    print(path.parent.name, every)
    assert every["naive_apr_from"] == "0.1"
    assert 0.05 < float(every["realised"]) < 0.5


def test_the_guard_near_a_settlement(capsys):
    # Half a minute after midnight: what a leg paid at midnight still counts, what it received never does.
    words = ("funding", MANY, "--since", "2025-10-03T00:00:30Z")
    late, without = report(capsys, *words), report(capsys, *words, "--guard", "0")
    midnight = {
        (row["exchange"], row["symbol"]): Fraction(repr(row["rate"]))
        for row in pq.read_table(MANY).to_pylist()
        if row["fundingTime"].isoformat()[:16] == "2025-10-03T00:00"
    }
    plain = {(str(held["long"]), str(held["short"])): held for held in without["holdings"]}
    differing = 0
    for held in late["holdings"]:
        cost = 0
        for side, sign in (("long", -1), ("short", 1)):
            gain = 1000 * sign * midnight.get((held[side]["venue"], held[side]["symbol"]), 0)
            cost += min(0, gain)
        other = plain[str(held["long"]), str(held["short"])]
        assert float(held["cash"]) - float(other["cash"]) == pytest.approx(float(cost), abs=1e-9)
        differing += cost < 0
    assert differing > 20
