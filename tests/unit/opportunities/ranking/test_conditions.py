import numpy as np
import pytest

from arbedge.market.facts import Columns
from arbedge.opportunities.ranking.conditions import Conditions, ConditionsGauge


def columns(*spreads):
    bid = np.array([1 - spread for spread in spreads])
    ask = np.where(np.isnan(bid), np.nan, 1.0)
    gains = np.zeros((1, len(spreads)))
    return Columns(bid, ask, np.ones_like(bid), gains, gains, np.zeros(1, dtype=np.int64))


def test_all_is_well_before_the_first_reading_and_with_nothing_listed():
    gauge = ConditionsGauge()
    assert gauge.latest == Conditions(1.0, 1.0)
    assert gauge.read(columns(), 0) == Conditions(1.0, 1.0)


def test_lost_quotes_lower_the_live_share():
    gauge = ConditionsGauge()
    gauge.read(columns(0.01, 0.01, 0.01, 0.01), 4)
    assert gauge.read(columns(0.01, 0.01, np.nan, np.nan), 4).live_share == 0.5
    assert gauge.read(columns(np.nan, np.nan, np.nan, np.nan), 4).live_share == 0.0
    assert gauge.read(columns(0.01, 0.01, 0.01, 0.01), 4) == gauge.latest == Conditions(1.0, 1.0)


def test_spreads_wider_than_usual_lower_the_calm_and_become_usual_slowly():
    gauge = ConditionsGauge()
    gauge.read(columns(0.01, 0.01, 0.01), 3)
    first = gauge.read(columns(0.02, 0.02, 0.02), 3).calm
    assert first == pytest.approx(0.5)
    for _ in range(300):
        later = gauge.read(columns(0.02, 0.02, 0.02), 3).calm
    assert later > 0.99


def test_only_listed_slots_count():
    gauge = ConditionsGauge()
    assert gauge.read(columns(0.01, 0.5, 0.5), 1).calm == 1.0
    assert gauge.read(columns(0.01, np.nan, np.nan), 1).live_share == 1.0
