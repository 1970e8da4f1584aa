import asyncio

import pytest

from arbedge.errors import Unavailable
from arbedge.flow.tick_path import TickPath
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.market.ports import LinkEvent, LinkState


class Intake:
    """Accepts everything except what it was told to refuse or to fail on."""

    def __init__(self):
        self.tops = []
        self.unchanged = set()
        self.failing = set()
        self.links = []

    def accept_top(self, slot, bid, bid_qty, ask, ask_qty, sequence, venue_at_ms, received_ns):
        if slot in self.failing:
            raise KeyError(slot)
        self.tops.append((slot, bid, ask, sequence))
        return slot not in self.unchanged

    def accept_book_change(self, slot, change):
        if slot in self.failing:
            raise ValueError("bad frame")
        return slot not in self.unchanged

    def accept_funding(self, slot, state):
        if slot in self.failing:
            raise ZeroDivisionError
        return True

    def accept_alive(self, link, at_ns):
        self.links.append(link)

    def accept_link(self, event):
        raise Unavailable("cannot take this")


class Watcher:
    def __init__(self):
        self.touched = []
        self.sweeps = 0
        self.appraises = 0
        self.fails = False

    def touch(self, slots):
        if self.fails:
            raise ArithmeticError("bad figure")
        self.touched.append(sorted(slots))
        return self.appraises

    def sweep(self):
        self.sweeps += 1
        if self.fails:
            raise ArithmeticError("bad figure")


class Notes:
    def __init__(self):
        self.batches = []
        self.errors = []

    def batch_done(self, slots, candidate_after_s):
        self.batches.append((slots, candidate_after_s))

    def error(self, event, **fields):
        self.errors.append((event, fields["place"]))


class Change:
    received_ns = 5


@pytest.fixture
def path():
    """A started path whose deferred turns are run by hand."""
    clock, intake, watcher, notes = ManualClock(), Intake(), Watcher(), Notes()
    path = TickPath(intake, watcher, clock, notes, notes)
    turns = []
    path.start(turns.append)
    return path, clock, intake, watcher, notes, turns


def tick(path, slot, at_ns=0, bid=1.0):
    path.on_top(slot, bid, 1.0, bid + 1, 1.0, 7, 0, at_ns)


def test_a_burst_costs_one_look_with_every_changed_slot(path):
    path, _, intake, watcher, notes, turns = path
    for slot in (3, 1, 3, 2):
        tick(path, slot)
    assert len(intake.tops) == 4
    assert len(turns) == 1
    assert watcher.touched == []
    turns.pop()()
    assert watcher.touched == [[1, 2, 3]]
    assert notes.batches == [(3, None)]
    tick(path, 5)
    assert len(turns) == 1
    turns.pop()()
    assert watcher.touched[-1] == [5]


def test_an_unchanged_quote_starts_no_look(path):
    path, _, intake, _, _, turns = path
    intake.unchanged.add(1)
    tick(path, 1)
    path.on_book_change(1, Change())
    assert turns == []


def test_a_depth_frame_in_sequence_is_looked_at(path):
    path, _, _, watcher, _, turns = path
    path.on_book_change(4, Change())
    turns.pop()()
    assert watcher.touched == [[4]]


async def test_latency_is_measured_from_the_oldest_frame_of_the_batch(path):
    path, clock, _, watcher, notes, turns = path
    watcher.appraises = 1
    start = clock.monotonic_ns()
    tick(path, 1, start)
    tick(path, 2, start + 1_000_000)
    tick(path, 1, start + 2_000_000)
    await clock.advance(0.003)
    turns.pop()()
    assert notes.batches == [(2, pytest.approx(0.003))]


def test_a_fault_costs_its_frame_only_and_is_logged_once(path):
    path, _, intake, watcher, notes, turns = path
    intake.failing.add(9)
    for _ in range(3):
        tick(path, 9)
        path.on_funding(9, None)
    path.on_book_change(9, Change())
    path.on_link(LinkEvent("binance:spot:top:0", LinkState.LOST, "cut", (), 0))
    path.on_alive("binance:spot:top:0", 1)
    tick(path, 1)
    turns.pop()()
    assert watcher.touched == [[1]]
    assert path.faults == {
        "top:KeyError": 3,
        "funding:ZeroDivisionError": 3,
        "book:ValueError": 1,
        "link:Unavailable": 1,
    }
    assert sorted(place for _, place in notes.errors) == ["book", "funding", "link", "top"]
    assert intake.links == ["binance:spot:top:0"]


def test_a_fault_in_detection_does_not_stop_later_looks(path):
    path, _, _, watcher, notes, turns = path
    watcher.fails = True
    tick(path, 1)
    turns.pop()()
    watcher.fails = False
    tick(path, 2)
    turns.pop()()
    assert watcher.touched == [[2]]
    assert notes.errors == [("tick_path_fault", "detection")]


async def test_sweeps_run_on_the_clock_and_survive_a_fault(path):
    path, clock, _, watcher, notes, _ = path
    sweeping = asyncio.ensure_future(path.run_sweeps())
    await asyncio.sleep(0)
    await clock.advance(0.65)
    assert watcher.sweeps == 3
    watcher.fails = True
    await clock.advance(0.4)
    assert watcher.sweeps == 5
    assert notes.errors == [("tick_path_fault", "sweep")]
    sweeping.cancel()


async def test_before_start_frames_still_reach_the_market_and_on_a_real_loop_the_look_comes_next_turn():
    intake, watcher, notes = Intake(), Watcher(), Notes()
    path = TickPath(intake, watcher, ManualClock(), notes, notes)
    tick(path, 1)
    assert intake.tops
    path.start(asyncio.get_running_loop().call_soon)
    tick(path, 2)
    assert watcher.touched == []
    await asyncio.sleep(0)
    assert watcher.touched == [[1, 2]]
