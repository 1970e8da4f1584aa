"""Every metric there is, declared once: name, kind, labels, unit, meaning; the reference page lists the same.

Names follow Prometheus: `arbedge_` first, base units (seconds, not milliseconds), counters end in `_total`.
"""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["CATALOGUE", "Kind", "Metric"]

CALL_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
TICK_S = (0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5)


class Kind(StrEnum):
    """How a metric moves: up only, up and down, or as a distribution."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `buckets` are upper bounds in the metric's unit, for histograms only."""

    name: str
    kind: Kind
    unit: str
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


def _counter(name: str, unit: str, text: str, *labels: str) -> Metric:
    return Metric(f"arbedge_{name}_total", Kind.COUNTER, unit, text, labels)


def _gauge(name: str, unit: str, text: str, *labels: str) -> Metric:
    return Metric(f"arbedge_{name}", Kind.GAUGE, unit, text, labels)


def _histogram(name: str, buckets: tuple[float, ...], text: str, *labels: str) -> Metric:
    return Metric(f"arbedge_{name}_seconds", Kind.HISTOGRAM, "seconds", text, labels, buckets)


_ALL = (
    # outbound calls
    _counter(
        "guard_calls",
        "calls",
        "Guarded calls by outcome: ok, cancelled, fault or an error code.",
        "guard",
        "outcome",
    ),
    _histogram("guard_call", CALL_S, "Whole guarded calls, with waits and retries.", "guard"),
    _counter("guard_retries", "attempts", "Further attempts by the error code before them.", "guard", "reason"),
    _counter("guard_limiter_wait_seconds", "seconds", "Time attempts were held back by the limiter.", "guard"),
    _gauge("guard_breaker_state", "state", "Circuit of a guard: 0 closed, 1 half-open, 2 open.", "guard"),
    _counter("guard_breaker_opened", "times", "How often a circuit opened.", "guard"),
    _gauge("venue_weight_used", "weight", "Request weight used in the venue's window.", "venue", "scope"),
    # streams and tasks inside the program
    _gauge("stream_depth", "items", "Items waiting in a bounded stream.", "stream"),
    _counter("stream_dropped", "items", "Items dropped unread by a full stream.", "stream"),
    _counter("task_restarts", "times", "Restarts of a supervised task after a failure.", "task"),
    _counter("task_failures", "times", "Supervised tasks that failed and were given up.", "task"),
    _gauge("services", "services", "Services by state.", "state"),
    _gauge("pool_in_use", "connections", "Connections lent out.", "pool"),
    _gauge("pool_max", "connections", "Most connections the pool may open.", "pool"),
    _counter("pool_opened", "connections", "Connections opened.", "pool"),
    _counter("pool_reused", "times", "How often an open connection was used again.", "pool"),
    _counter("pool_waits", "times", "How often a caller had to wait for a connection.", "pool"),
    # from the venues to the board
    _counter("venue_frames", "frames", "Stream frames received.", "venue", "link"),
    _counter("venue_garbage", "frames", "Stream frames that made no sense.", "venue", "link"),
    _counter("venue_losses", "times", "Stream connections lost.", "venue", "link"),
    _counter("venue_read_failures", "reads", "Reads of slow facts that failed.", "venue"),
    _counter("quotes_rejected", "quotes", "Quotes refused by the sanity checks.", "reason"),
    _counter("book_snapshots", "snapshots", "Snapshots asked for to build or confirm detail books."),
    _counter("book_resyncs", "times", "Detail books dropped and built anew."),
    _gauge("clock_offset_seconds", "seconds", "Venue clock minus ours.", "venue"),
    # from the board to opportunities
    _gauge("quotes", "instruments", "Instruments that quote now.", "venue"),
    _counter("candidates_appraised", "candidates", "Candidates appraised exactly."),
    _counter("candidates_deferred", "candidates", "Candidates put off to a later pass."),
    _gauge("candidates_rejected", "candidates", "Candidates held back now, by the first gate they fail.", "gate"),
    _counter("opportunities_opened", "opportunities", "Opportunities opened.", "kind"),
    _counter("opportunities_closed", "opportunities", "Opportunities closed.", "kind"),
    _gauge("opportunities_open", "opportunities", "Opportunities open now.", "kind"),
    _histogram("tick_to_candidate", TICK_S, "From a frame's arrival to its candidate's appraisal."),
    # what became of them
    _gauge("outcomes_followed", "opportunities", "Shown opportunities followed now."),
    _counter("outcomes_refused", "opportunities", "Shown opportunities not followed: as many as allowed were."),
    _counter("outcomes_missed", "marks", "Marks whose moment went by unwatched."),
    # to the store
    _counter("storage_events", "events", "Events written to the archive."),
    _gauge("storage_pending", "events", "Events that wait for the archive."),
    _counter("recorder_rows", "rows", "Rows of quotes, funding and prices recorded."),
    _counter("recorder_samples_lost", "samples", "Samples not recorded: the disk refused, or was too slow."),
    _gauge("recorder_disk_bytes", "bytes", "How much of the disk the recordings take."),
)

CATALOGUE: dict[str, Metric] = {metric.name: metric for metric in _ALL}
