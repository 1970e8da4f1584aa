"""The historian of gaps: fits from the history it is given, again when that learns something, for a bounded number."""

from datetime import UTC, datetime, timedelta

import numpy as np

from arbedge.market.history import gaps
from arbedge.market.history.gaps import GapHistorian
from arbedge.market.history.prices import PriceHistory
from arbedge.market.history.reversion import Reversion

START = datetime(2026, 11, 20, tzinfo=UTC)
ROUND = timedelta(minutes=5)


def told(history, rounds, first=0):
    """Slot 0 at 100, slot 1 around 0.2 % above it, slot 2 as slot 0 and only every third round."""
    rng = np.random.default_rng(first)
    for k in range(first, first + rounds):
        noise = 1e-4 * rng.normal()
        third = 100.0 if k % 3 == 0 else np.nan
        history.sample(START + k * ROUND, np.asarray([100.0, 100.2 * (1 + noise), third]))


def test_it_fits_what_the_history_holds_and_knows_a_pair_in_its_direction():
    history = PriceHistory(300, 72)
    history.extend(3)
    historian = GapHistorian(history)
    told(history, 600)
    there, back = historian.reversion(0, 1), historian.reversion(1, 0)
    assert isinstance(there, Reversion)
    assert isinstance(back, Reversion)
    assert abs(there.mean - 0.002) < 5e-5
    assert abs(back.mean + 0.002) < 5e-5
    assert "24 h needed" in historian.reversion(0, 2)
    assert historian.reversion(0, 7) == "not recorded yet"


def test_it_fits_anew_when_a_round_begins_and_when_an_older_one_is_filled():
    history = PriceHistory(300, 72)
    history.extend(3)
    historian = GapHistorian(history)
    told(history, 200, first=400)
    assert "16.7 h, 24 h needed" in historian.reversion(0, 1)
    told(history, 400)  # what an earlier run recorded, read back
    found = historian.reversion(0, 1)
    assert isinstance(found, Reversion)
    assert found is historian.reversion(0, 1)
    told(history, 1, first=600)
    assert historian.reversion(0, 1) is not found


def test_it_forgets_who_was_not_asked_for_longest(monkeypatch):
    monkeypatch.setattr(gaps, "_MOST_PAIRS", 2)
    history = PriceHistory(300, 72)
    history.extend(3)
    told(history, 600)
    historian = GapHistorian(history)
    first, second = historian.reversion(0, 1), historian.reversion(1, 0)
    assert historian.reversion(0, 1) is first
    historian.reversion(0, 2)
    assert historian.reversion(0, 1) is first
    assert historian.reversion(1, 0) is not second
