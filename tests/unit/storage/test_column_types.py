from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects.sqlite import dialect

from arbedge.errors import Invalid
from arbedge.storage.records.types import ExactDecimal, UtcDateTime, moment_text

SQLITE = dialect()
moments = st.datetimes(
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=9)), timezone(-timedelta(hours=5))])
)


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_decimal_comes_back_with_its_spelling(value) -> None:
    kept = ExactDecimal().process_bind_param(value, SQLITE)
    back = ExactDecimal().process_result_value(kept, SQLITE)
    assert isinstance(kept, str)
    assert str(back) == str(value)


@pytest.mark.parametrize("value", [0.1, 1, "1", Decimal("NaN"), Decimal("Infinity")])
def test_what_is_not_a_finite_decimal_is_refused(value) -> None:
    with pytest.raises(Invalid, match="finite Decimal"):
        ExactDecimal().process_bind_param(value, SQLITE)


@given(moments)
def test_a_moment_comes_back_aware_and_utc(value) -> None:
    try:
        value.astimezone(UTC)
    except OverflowError:
        return
    back = UtcDateTime().process_result_value(UtcDateTime().process_bind_param(value, SQLITE), SQLITE)
    assert back == value
    assert back.tzinfo is UTC


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_text_order_is_time_order(first, second) -> None:
    assert (moment_text(first) < moment_text(second)) == (first < second)
    assert len(moment_text(first)) == 27


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(Invalid, match="no time zone"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), SQLITE)  # noqa: DTZ001


def test_absent_stays_absent() -> None:
    for kind in (ExactDecimal(), UtcDateTime()):
        assert kind.process_bind_param(None, SQLITE) is None
        assert kind.process_result_value(None, SQLITE) is None
