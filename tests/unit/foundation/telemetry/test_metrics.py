import re
from pathlib import Path

import pytest

from arbedge.foundation.resilience.breaker import BreakerState
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.foundation.runtime.streams import BoundedStream, Overflow
from arbedge.foundation.telemetry.catalogue import CATALOGUE, Kind
from arbedge.foundation.telemetry.hooks import MetricGuardHooks, MetricStreamHooks, MetricTaskHooks
from arbedge.foundation.telemetry.metrics import Metrics

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "metrics.md"


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def test_the_reference_page_lists_exactly_the_catalogue() -> None:
    rows = re.findall(
        r"^\| `([^`]+)` \| (\w+) \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$",
        PAGE.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    told = {
        name: (kind, labels.replace("`", "").strip(), unit.strip(), text.strip())
        for name, kind, labels, unit, text in rows
    }
    declared = {
        metric.name: (str(metric.kind), ", ".join(metric.labels) or "-", metric.unit, metric.help)
        for metric in CATALOGUE.values()
    }
    assert told == declared
    assert len(rows) == len(CATALOGUE)


@pytest.mark.parametrize("metric", CATALOGUE.values(), ids=lambda metric: metric.name)
def test_names_follow_the_rules(metric: object) -> None:
    name, kind = metric.name, metric.kind
    assert re.fullmatch(r"arbedge_[a-z_]+", name)
    assert name.endswith("_total") == (kind is Kind.COUNTER)
    assert bool(metric.buckets) == (kind is Kind.HISTOGRAM)
    assert list(metric.buckets) == sorted(metric.buckets)
    if kind is Kind.HISTOGRAM:
        assert name.endswith(f"_{metric.unit}")
    assert metric.help.endswith(".")
    assert metric.unit


def test_series_count_and_are_exposed(metrics: Metrics) -> None:
    frames = metrics.counter("arbedge_venue_frames_total", venue="okx", link="top")
    frames.inc()
    metrics.inc("arbedge_venue_frames_total", 4, venue="okx", link="top")
    metrics.set("arbedge_clock_offset_seconds", -0.25, venue="okx")
    metrics.observe("arbedge_tick_to_candidate_seconds", 0.0003)
    assert metrics.value("arbedge_venue_frames_total", venue="okx", link="top") == 5
    assert metrics.value("arbedge_venue_frames_total", venue="okx", link="depth") == 0
    assert metrics.value("arbedge_clock_offset_seconds", venue="okx") == -0.25
    assert metrics.value("arbedge_tick_to_candidate_seconds") == 1
    text = metrics.exposition().decode()
    assert 'arbedge_venue_frames_total{link="top",venue="okx"} 5.0' in text
    assert 'arbedge_tick_to_candidate_seconds_bucket{le="0.00025"} 0.0' in text
    assert 'arbedge_tick_to_candidate_seconds_bucket{le="0.0005"} 1.0' in text
    assert "_created" not in text


def test_what_is_not_in_the_catalogue_is_refused(metrics: Metrics) -> None:
    with pytest.raises(ValueError, match="no such metric"):
        metrics.inc("arbedge_made_up_total")
    with pytest.raises(ValueError, match="of that kind"):
        metrics.set("arbedge_venue_frames_total", 1, venue="okx", link="top")
    for labels in ({}, {"venue": "okx"}, {"venue": "okx", "sort": "top"}, {"venue": "o", "kind": "t", "x": "y"}):
        with pytest.raises(ValueError, match="takes labels"):
            metrics.inc("arbedge_venue_frames_total", **labels)


def test_two_programs_in_one_process_do_not_share_counts() -> None:
    first, second = Metrics(), Metrics()
    first.inc("arbedge_opportunities_opened_total", kind="spot_perp")
    assert second.value("arbedge_opportunities_opened_total", kind="spot_perp") == 0


def test_guard_hooks_reach_the_metrics(metrics: Metrics) -> None:
    hooks = MetricGuardHooks(metrics)
    for outcome in ("ok", "ok", "timeout"):
        hooks.call_ended("binance", outcome, 0.02)
    hooks.retried("binance", "timeout")
    hooks.waited("binance", 1.5)
    hooks.breaker_changed("binance", BreakerState.OPEN)
    assert metrics.value("arbedge_guard_calls_total", guard="binance", outcome="ok") == 2
    assert metrics.value("arbedge_guard_calls_total", guard="binance", outcome="timeout") == 1
    assert metrics.value("arbedge_guard_call_seconds", guard="binance") == 3
    assert metrics.value("arbedge_guard_retries_total", guard="binance", reason="timeout") == 1
    assert metrics.value("arbedge_guard_limiter_wait_seconds_total", guard="binance") == 1.5
    assert metrics.value("arbedge_guard_breaker_state", guard="binance") == 2
    assert metrics.value("arbedge_guard_breaker_opened_total", guard="binance") == 1
    hooks.breaker_changed("binance", BreakerState.HALF_OPEN)
    assert metrics.value("arbedge_guard_breaker_state", guard="binance") == 1
    hooks.breaker_changed("binance", BreakerState.CLOSED)
    assert metrics.value("arbedge_guard_breaker_state", guard="binance") == 0
    assert metrics.value("arbedge_guard_breaker_opened_total", guard="binance") == 1


def test_task_and_stream_hooks_reach_the_metrics(metrics: Metrics) -> None:
    tasks = MetricTaskHooks(metrics)
    tasks.task_restarted("feed")
    tasks.task_failed("feed")
    assert metrics.value("arbedge_task_restarts_total", task="feed") == 1
    assert metrics.value("arbedge_task_failures_total", task="feed") == 1
    hooks = MetricStreamHooks(metrics)
    stream = BoundedStream[int](
        "chat", ManualClock(), capacity=2, overflow=Overflow.DROP_OLDEST, on_drop=hooks.dropped
    )
    hooks.watch(stream)
    for item in range(5):
        stream.offer(item)
    assert metrics.value("arbedge_stream_dropped_total", stream="chat") == 3
    assert metrics.value("arbedge_stream_depth", stream="chat") == 2
    stream.drain()
    assert metrics.value("arbedge_stream_depth", stream="chat") == 0
