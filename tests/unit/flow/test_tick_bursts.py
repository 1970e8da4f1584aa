"""What one read brought goes through the tick path in one call; a fault costs the row it came with, no other."""

import pytest

from arbedge.flow.tick_path import TickPath
from arbedge.foundation.runtime.clock import ManualClock


class Intake:
    """Takes every row but those of slot 13; slots below 3 do not change."""

    def __init__(self):
        self.taken = []

    def accept_tops(self, rows, received_ns, changed):
        for row in rows:
            if row[0] == 13:
                raise ValueError("not this one")
            self.taken.append((row, received_ns))
            if row[0] >= 3:
                changed.append(row[0])


class Watcher:
    def __init__(self):
        self.touched = []

    def touch(self, slots):
        self.touched.append(dict(slots))
        return 0


class Notes:
    def __init__(self):
        self.errors = []

    def batch_done(self, slots, candidate_after_s):
        pass

    def error(self, event, **fields):
        self.errors.append((event, fields["place"]))


@pytest.fixture
def scene():
    intake, watcher, notes, turns = Intake(), Watcher(), Notes(), []
    path = TickPath(intake, watcher, ManualClock(), notes, notes)
    path.start(turns.append)
    return path, intake, watcher, notes, turns


def row(slot, sequence=1):
    return (slot, 1.0, 1.0, 2.0, 1.0, sequence, 0)


def test_reads_of_one_turn_cost_one_look_and_the_oldest_time_stands(scene):
    path, intake, watcher, _, turns = scene
    path.on_tops(iter([row(3), row(4), row(3, 2)]), 10)
    path.on_tops(iter([row(4, 3), row(5)]), 20)
    assert len(intake.taken) == 5
    assert len(turns) == 1
    turns.pop()()
    assert watcher.touched == [{3: 10, 4: 10, 5: 20}]


def test_a_read_without_a_change_starts_no_look(scene):
    path, intake, _, _, turns = scene
    path.on_tops(iter([row(1), row(2)]), 10)
    assert len(intake.taken) == 2
    assert turns == []


def test_a_fault_costs_the_row_it_came_with(scene):
    path, intake, watcher, notes, turns = scene
    path.on_tops(iter([row(3), row(13), row(4), row(13), row(5)]), 10)
    assert [each[0] for each, _ in intake.taken] == [3, 4, 5]
    assert path.faults == {"top:ValueError": 2}
    assert notes.errors == [("tick_path_fault", "top")]
    turns.pop()()
    assert watcher.touched == [{3: 10, 4: 10, 5: 10}]
