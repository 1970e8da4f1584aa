"""How much of a gap is expected gone by a horizon."""

from decimal import Decimal

import pytest

from arbedge.errors import Invalid
from arbedge.opportunities.pricing import GapHistory, convergence_share


@pytest.mark.parametrize(("gap", "share"), [("0.001", 0), ("-0.001", 1), ("0", 0)])
@pytest.mark.parametrize("history", [None, GapHistory(Decimal(0), Decimal(1), Decimal("23.99"))])
def test_without_a_day_of_history_only_losses_are_believed(gap, share, history):
    assert convergence_share(Decimal(gap), Decimal(8), history) == share


@pytest.mark.parametrize(
    ("gap", "mean", "hours", "share"),
    [
        ("10", "0", "8", "0.5"),  # one half-life
        ("10", "0", "16", "0.75"),
        ("10", "0", "0", "0"),
        ("10", "10", "8", "0"),  # at its mean already
        ("10", "12", "8", "-0.1"),  # expected to widen
        ("10", "-10", "8", "1"),
        ("10", "-30", "8", "2"),  # expected to turn round
        ("-10", "-4", "8", "0.3"),  # adverse, and less so later
        ("10", "0", "4", "0.292893218813"),  # 1 - 2 ** -0.5
    ],
)
def test_a_gap_falls_back_to_its_mean(gap, mean, hours, share):
    assert convergence_share(
        Decimal(gap), Decimal(hours), GapHistory(Decimal(mean), Decimal(8), Decimal(24))
    ) == Decimal(share)


def test_a_half_life_is_above_zero():
    with pytest.raises(Invalid, match="half_life_hours"):
        convergence_share(Decimal(1), Decimal(8), GapHistory(Decimal(0), Decimal(0), Decimal(48)))
