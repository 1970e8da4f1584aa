import pytest

from arbedge.domain.opportunity import Gate
from arbedge.opportunities.detection.agenda import Agenda, Pace

S = 1_000_000_000
MS = 1_000_000


def agenda(**pace):
    return Agenda(Pace(**pace), lambda number: (2 * number, 2 * number + 1), lambda _: "one kind")


def of_kinds(kinds, **pace):
    return Agenda(Pace(**pace), lambda number: (2 * number, 2 * number + 1), kinds.__getitem__)


def offered(book, *gross):
    for number, edge in enumerate(gross):
        book.offer(number, edge)
    return range(len(gross))


def test_the_best_edges_take_the_focus_and_keep_it_until_judged():
    book = agenda(focus=2)
    numbers = offered(book, 0.001, 0.003, 0.002)
    assert book.due(numbers, {}, 0) == [1, 2]
    for number in (1, 2):
        book.rejected(number, Gate.BOOK, None, 0)  # their books are on the way
    assert book.focused == {1, 2}
    assert book.due(numbers, {}, 50 * MS) == []
    assert book.due(numbers, {}, 100 * MS) == [1, 2]
    book.rejected(1, Gate.NET, 40.0, 100 * MS)
    assert book.due(numbers, {}, 200 * MS) == [2, 0]


def test_waiting_for_a_book_has_an_end():
    book = agenda(focus=1, patience_s=5.0)
    numbers = offered(book, 0.003, 0.001)
    assert book.due(numbers, {}, 0) == [0]
    book.rejected(0, Gate.FRESH, None, 0)
    assert book.due(numbers, {}, 5 * S) == [0]
    book.rejected(0, Gate.FRESH, None, 5 * S)
    assert book.due(numbers, {}, 5 * S + 100 * MS) == [0]
    book.rejected(0, Gate.FRESH, None, 5 * S + 100 * MS)
    assert book.focused == frozenset()
    assert book.due(numbers, {}, 6 * S) == [1]


def test_a_better_candidate_replaces_the_weakest_that_had_its_chance():
    book = agenda(focus=1, patience_s=4.0)
    book.offer(0, 0.001)
    assert book.due([0], {}, 0) == [0]
    book.rejected(0, Gate.BOOK, None, 0)
    book.offer(1, 0.002)
    assert book.due([0, 1], {}, 1 * S) == [0]
    assert book.due([1], {}, 1 * S) == []
    assert book.due([1], {}, 3 * S) == [1]
    assert book.focused == {1}


def test_kinds_take_turns_so_that_a_gap_does_not_wait_for_a_thousand_funding_pairs():
    book = of_kinds("ffffg", focus=4)
    numbers = offered(book, 0.05, 0.04, 0.03, 0.02, 0.006)
    assert book.due(numbers, {}, 0) == [0, 4, 1, 2]
    assert book.due([3], {}, 0) == []


def test_the_kind_that_crowds_the_focus_gives_way_to_another_whatever_the_edge():
    book = of_kinds("fffg", focus=3, patience_s=4.0)
    assert book.due(offered(book, 0.05, 0.04, 0.03), {}, 0) == [0, 1, 2]
    book.offer(3, 0.006)
    assert book.due([3], {}, 1 * S) == []
    assert book.due([3], {}, 3 * S) == [3]
    assert book.focused == {0, 1, 3}
    book.offer(2, 0.03)
    assert book.due([2], {}, 3 * S) == [], "its kind holds most places: only a better edge is let in"


def test_the_more_was_lacking_the_longer_the_rest_and_a_rise_ends_it():
    book = agenda()
    book.offer(0, 0.0020)
    book.due([0], {}, 0)
    book.rejected(0, Gate.NET, 20.0, 0)
    assert book.due([0], {}, int(4.9 * S)) == []
    book.offer(0, 0.0029)
    assert book.due([0], {}, int(1 * S)) == []
    book.offer(0, 0.0030)  # half of the lacking 20 bps
    assert book.due([0], {}, int(1 * S)) == [0]
    book.rejected(0, Gate.NET, 20.0, int(1 * S))
    assert book.due([0], {}, int(6.1 * S)) == [0]  # what came back by itself starts with a short rest again
    book.rejected(0, Gate.NET, 20.0, int(6.1 * S))
    assert book.due([0], {}, int(11.2 * S)) == []
    assert book.due([0], {}, int(16.2 * S)) == [0]


def test_a_near_miss_is_looked_at_again_soon():
    book = agenda()
    book.offer(0, 0.002)
    book.due([0], {}, 0)
    book.rejected(0, Gate.NET, 0.2, 0)
    assert book.due([0], {}, 100 * MS) == [0]


@pytest.mark.parametrize(
    ("gate", "rest_s"), [(Gate.IDENTITY, 5), (Gate.TRADING, 5), (Gate.LIQUIDITY, 10), (Gate.BORROW, 10)]
)
def test_gates_that_waiting_does_not_open_rest_the_candidate(gate, rest_s):
    book = agenda()
    book.offer(0, 0.002)
    book.due([0], {}, 0)
    book.rejected(0, gate, None, 0)
    assert book.due([0], {}, rest_s * S - MS) == []
    assert book.due([0], {}, rest_s * S) == [0]


def test_open_ones_never_rest_and_come_first_only_when_they_waited_long():
    book = agenda(focus=4)
    numbers = offered(book, 0.005, 0.001)
    book.rejected(1, Gate.NET, 500.0, 0)
    assert book.due(numbers, {1}, 600 * MS) == [0, 1]
    book.rejected(0, Gate.BOOK, None, 600 * MS)
    book.rejected(1, Gate.BOOK, None, 600 * MS)
    assert book.due([1], {1}, 700 * MS) == []
    assert book.due([1], {1}, 1100 * MS) == [1]
    assert book.due(numbers, {1}, 1700 * MS) == [1, 0]
    assert 1 not in book.focused


def test_many_open_ones_leave_room_for_new_candidates_as_far_as_books_go_round():
    book = agenda(focus=3, books=14)
    numbers = offered(book, *[0.004] * 5, *[0.003] * 4)
    assert book.due(numbers, set(range(5)), 0) == [*range(5), 5, 6]
    assert book.focused == {5, 6}, "5 open and 2 new take 14 books"


def test_candidates_that_share_legs_share_their_books():
    book = Agenda(Pace(focus=10, books=6), lambda number: (0, number + 1), lambda _: "one kind")
    numbers = offered(book, *[0.002] * 9)
    assert book.due(numbers, set(), 0) == [0, 1, 2, 3, 4]


def test_the_throttle_lets_a_moved_board_through():
    book = agenda(reprice_ms=100)
    book.offer(0, 0.002)
    assert book.due([0], {0}, 0) == [0]
    book.qualified(0, 0)
    book.offer(0, 0.00209)
    assert book.due([0], {0}, 10 * MS) == []
    book.offer(0, 0.00211)
    assert book.due([0], {0}, 10 * MS) == [0]


def test_what_the_screen_drops_is_forgotten():
    book = agenda()
    offered(book, 0.001, 0.002)
    book.due([0, 1], {}, 0)
    assert book.keep_only({1}) == [0]
    assert (len(book), 0 in book, 1 in book) == (1, False, True)
    assert book.focused == {1}
    book.rejected(0, Gate.NET, 5.0, 0)
    book.qualified(0, 0)
    assert book.due([0], {}, S) == []
