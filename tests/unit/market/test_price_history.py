"""The price history: rounds, gaps, late samples, and what two slots had in common."""

from datetime import UTC, datetime, timedelta
from math import nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.market.history.prices import PriceHistory

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def history(slots: int = 2, *, every_s: float = 60, span_h: float = 1) -> PriceHistory:
    made = PriceHistory(every_s, span_h)
    made.extend(slots)
    return made


def put(target: PriceHistory, minute: float, *prices: float) -> None:
    target.sample(START + minute * MINUTE, np.array(prices))


def known(series: np.ndarray) -> list[float]:
    return [round(float(each), 4) for each in series if not np.isnan(each)]


def test_a_missed_round_is_a_gap_and_never_filled() -> None:
    kept = history()
    put(kept, 0, 10, 20)
    put(kept, 3, 11, 22)
    series = kept.series(0)
    assert len(series) == 60
    assert series[-1] == 11
    assert series[-4] == 10
    assert np.isnan(series[[-2, -3]]).all()
    assert kept.latest_at == START + 3 * MINUTE


def test_what_is_unknown_stays_unknown_and_no_price_below_zero_is_kept() -> None:
    kept = history(3)
    put(kept, 0, nan, 0, -1)
    assert all(known(kept.series(slot)) == [] for slot in range(3))


def test_the_ring_forgets_what_lies_before_the_span() -> None:
    kept = history()
    put(kept, 0, 10, 20)
    put(kept, 59, 11, 20)
    assert known(kept.series(0)) == [10, 11]
    put(kept, 60, 12, 20)
    assert known(kept.series(0)) == [11, 12]
    put(kept, 10_000, 13, 20)
    assert known(kept.series(0)) == [13]


def test_a_second_sample_of_a_round_replaces_what_it_knows_and_a_late_one_only_fills() -> None:
    kept = history()
    put(kept, 0, 10, nan)
    put(kept, 0.5, 11, nan)
    put(kept, 0.6, nan, 20)
    assert (kept.series(0)[-1], kept.series(1)[-1]) == (11, 20)
    put(kept, 2, 12, nan)
    put(kept, 0, 99, 99)
    assert (kept.series(0)[-3], kept.series(1)[-3]) == (11, 20)
    put(kept, 1, 98, 97)
    assert (kept.series(0)[-2], kept.series(1)[-2]) == (98, 97)
    put(kept, -100, 5, 5)
    assert 5 not in known(kept.series(0))


def test_slots_added_later_are_unknown_before() -> None:
    kept = history(1)
    put(kept, 0, 10)
    kept.extend(600)
    put(kept, 1, *([11.0] * 601))
    assert known(kept.series(0)) == [10, 11]
    assert known(kept.series(600)) == [11]
    with pytest.raises(ValueError, match="2 prices for 601 slots"):
        put(kept, 2, 1, 2)
    with pytest.raises(IndexError):
        kept.series(601)


def test_coverage_gap_and_ratio_count_only_rounds_in_which_both_were_known() -> None:
    kept = history()
    for minute, first, second in [(0, 100, 101), (1, 100, nan), (2, nan, 101), (3, 100, 98), (40, 50, 100)]:
        put(kept, minute, first, second)
    assert kept.covered_h(0, 1) == pytest.approx(3 / 60)
    assert kept.covered_h(0, 1, 0.5) == pytest.approx(1 / 60)
    assert known(kept.gap(0, 1)) == [0.01, -0.02, 1]
    assert kept.ratio_range(0, 1, 1) == pytest.approx((0.98, 2))
    assert kept.ratio_range(0, 1, 0.5) == pytest.approx((2, 2))
    assert history().ratio_range(0, 1, 1) is None


def test_restored_prices_stand_beside_live_ones_and_never_replace_them() -> None:
    kept = history()
    put(kept, 10, 10, 20)
    at_s = np.array([int((START + minute * MINUTE).timestamp()) for minute in (-100, 5, 9, 10)])
    taken = kept.restore(0, at_s, np.array([1.0, 5.0, nan, 99.0]))
    assert taken == 1
    assert known(kept.series(0)) == [5, 10]
    empty = history()
    assert empty.restore(1, at_s, np.array([1.0, 5.0, 9.0, 10.0])) == 3
    assert known(empty.series(1)) == [5, 9, 10]
    assert empty.restore(1, at_s[:0], np.array([])) == 0


def test_twelve_thousand_slots_over_three_days_stay_within_fifty_megabytes() -> None:
    made = PriceHistory(300, 72)
    made.extend(12_000)
    assert sum(block.nbytes for block in made._blocks) < 50e6
    assert made.span_h == 72


def test_a_history_that_holds_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="holds nothing"):
        PriceHistory(0, 1)
    with pytest.raises(ValueError, match="holds nothing"):
        PriceHistory(7200, 1)


@given(st.lists(st.tuples(st.integers(0, 200), st.floats(0.001, 1e6)), min_size=1, max_size=60))
def test_the_series_is_what_a_plain_table_of_rounds_says(samples: list[tuple[int, float]]) -> None:
    kept = history(1)
    table: dict[int, float] = {}
    newest = -1
    for minute, price in samples:
        put(kept, minute, price)
        if minute >= newest:
            table[minute] = price
        elif minute > newest - 60:
            table.setdefault(minute, price)
        newest = max(newest, minute)
        table = {at: value for at, value in table.items() if at > newest - 60}
    expected = [table.get(minute, nan) for minute in range(newest - 59, newest + 1)]
    np.testing.assert_allclose(kept.series(0), expected, rtol=1e-6)
