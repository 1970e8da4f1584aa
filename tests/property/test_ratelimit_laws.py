"""Whatever is asked and whenever: no window ever holds more than the quota, and a wait, once waited, suffices."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arbedge.foundation.resilience.ratelimit import Charge, Quota, RateLimiter
from arbedge.foundation.resilience.weight import WeightBudget
from arbedge.foundation.runtime.clock import ManualClock


class TurnedClock(ManualClock):
    """Moved by hand in nanoseconds, without an event loop."""

    def turn(self, ns: int) -> None:
        self._move_to(self.monotonic_ns() + ns)


@st.composite
def quotas(draw: st.DrawFn) -> Quota:
    limit = draw(st.integers(1, 40))
    return Quota(limit, draw(st.sampled_from([0.1, 1 / 3, 1.0, 7.0, 60.0])), draw(st.integers(1, limit)))


def most_in_a_window(spent: list[tuple[int, int]], window_ns: int) -> int:
    """The most weight in any window [t, t + window): some window that starts with a call holds it."""
    return max(
        (
            sum(weight for at_ns, weight in spent if start_ns <= at_ns < start_ns + window_ns)
            for start_ns, _ in spent
        ),
        default=0,
    )


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_no_window_of_any_key_holds_more_than_its_quota(data: st.DataObject) -> None:
    clock = TurnedClock()
    scopes = {"all": data.draw(quotas()), "chat": data.draw(quotas())}
    limiter = RateLimiter(scopes, clock)
    spent: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for _ in range(data.draw(st.integers(5, 60))):
        longest_ns = int(max(quota.per_s for quota in scopes.values()) * 1e9)
        clock.turn(data.draw(st.one_of(st.just(0), st.integers(0, longest_ns // 10), st.integers(0, longest_ns))))
        weight = data.draw(st.integers(1, min(quota.burst for quota in scopes.values())))
        key = data.draw(st.integers(0, 2))
        charges = Charge("all", 0, weight), Charge("chat", key, weight)
        wait_s = limiter.acquire(*charges)
        if wait_s and data.draw(st.booleans()):
            clock.turn(round(wait_s * 1e9))  # the very first moment it may pass is where rounding would show
            wait_s = limiter.acquire(*charges)
        if wait_s == 0:
            for name in (("all", 0), ("chat", key)):
                spent.setdefault(name, []).append((clock.monotonic_ns(), weight))
    for (scope, _), calls in spent.items():
        quota = scopes[scope]
        assert most_in_a_window(calls, round(quota.per_s * 1e9)) <= quota.limit


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_refusal_charges_nothing_and_its_wait_is_exact(data: st.DataObject) -> None:
    clock = TurnedClock()
    quota = data.draw(quotas())
    limiter, twin = RateLimiter({"all": quota}, clock), RateLimiter({"all": quota}, clock)
    for _ in range(data.draw(st.integers(1, 40))):
        charge = Charge("all", weight=data.draw(st.integers(1, quota.burst)))
        wait_s = limiter.acquire(charge)
        for _ in range(data.draw(st.integers(0, 3)) if wait_s else 0):
            assert limiter.acquire(charge) == wait_s  # asking again and again changes nothing
        if wait_s:
            wait_ns = round(wait_s * 1e9)
            clock.turn(wait_ns - 1)
            assert limiter.acquire(charge) > 0
            clock.turn(1)
            assert limiter.acquire(charge) == 0
        assert twin.acquire(charge) == 0


@pytest.mark.parametrize("burst", [1, 10, 20, 30])
def test_forty_keys_at_full_speed_keep_thirty_a_second(burst: int) -> None:
    clock = TurnedClock()
    limiter = RateLimiter({"all": Quota(30, 1.0, burst), "chat": Quota(1, 1.0)}, clock)
    spent: list[tuple[int, int]] = []
    by_chat: dict[int, list[int]] = {}
    for step in range(6000):
        chat = step % 40
        if limiter.acquire(Charge("all"), Charge("chat", chat)) == 0:
            spent.append((clock.monotonic_ns(), 1))
            by_chat.setdefault(chat, []).append(clock.monotonic_ns())
        clock.turn(1_000_000)
    assert most_in_a_window(spent, 10**9) <= 30
    gaps = [b - a for calls in by_chat.values() for a, b in pairwise(calls)]
    assert min(gaps, default=10**9) >= 10**9
    assert len(spent) >= 0.95 * 6 * (31 - burst)  # and it is not kept by being idle


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_weight_budget_stays_within_the_venues_own_window(data: st.DataObject) -> None:
    """The venue counts in fixed windows that start where it likes; another program spends beside us and every answer
    tells the venue's count. Alone, we never pass the limit. With others, we never spend what we know to be gone."""
    clock = TurnedClock()
    window_ns = 60 * 10**9
    limit = data.draw(st.integers(10, 200))
    budget = WeightBudget(limit, 60, clock)
    offset_ns = data.draw(st.integers(0, window_ns))
    others_spend = data.draw(st.booleans())
    venue: Counter[int] = Counter()
    last_told: tuple[int, int] | None = None
    for _ in range(data.draw(st.integers(5, 50))):
        clock.turn(data.draw(st.integers(0, window_ns // 4)))
        window = (clock.monotonic_ns() + offset_ns) // window_ns
        if others_spend:
            venue[window] += data.draw(st.integers(0, 5))
        weight = data.draw(st.integers(1, 10))
        if budget.reserve(weight) == 0:
            if last_told is not None and last_told[0] == window:
                assert last_told[1] + weight <= limit
            venue[window] += weight
            budget.observe(venue[window])
            last_told = (window, venue[window])
        if not others_spend:
            assert venue[window] <= limit
