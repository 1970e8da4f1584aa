import pytest

from arbedge.errors import ConfigError, Invalid
from arbedge.foundation.resilience.ratelimit import Charge, Quota, RateLimiter
from arbedge.foundation.resilience.weight import WeightBudget
from arbedge.foundation.runtime.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


async def test_one_a_second_is_one_a_second(clock: ManualClock) -> None:
    limiter = RateLimiter({"chat": Quota(1, 1.0)}, clock)
    assert limiter.acquire(Charge("chat", 1)) == 0
    assert limiter.acquire(Charge("chat", 1)) == 1.0
    assert limiter.acquire(Charge("chat", 2)) == 0
    await clock.advance(0.75)
    assert limiter.acquire(Charge("chat", 1)) == 0.25
    await clock.advance(0.25)
    assert limiter.acquire(Charge("chat", 1)) == 0


async def test_a_burst_and_what_follows_stay_within_the_limit(clock: ManualClock) -> None:
    limiter = RateLimiter({"all": Quota(10, 1.0, burst=6)}, clock)
    passed_at = []
    for _ in range(3000):
        if limiter.acquire(Charge("all")) == 0:
            passed_at.append(clock.monotonic_ns())
        else:
            await clock.advance(0.001)
    assert passed_at[5] == passed_at[0]
    for start_ns in passed_at:
        assert sum(start_ns <= at_ns < start_ns + 10**9 for at_ns in passed_at) <= 10


async def test_all_keys_are_charged_or_none(clock: ManualClock) -> None:
    limiter = RateLimiter({"all": Quota(2, 1.0, burst=2), "chat": Quota(1, 5.0)}, clock)
    assert limiter.acquire(Charge("all"), Charge("chat", "a")) == 0
    assert limiter.acquire(Charge("all"), Charge("chat", "a")) == 5.0
    assert limiter.acquire(Charge("all"), Charge("chat", "b")) == 0  # the refusal above took nothing of `all`
    assert limiter.acquire(Charge("all"), Charge("chat", "c")) == 1.0


async def test_weights_take_as_many_units(clock: ManualClock) -> None:
    limiter = RateLimiter({"all": Quota(10, 1.0, burst=5)}, clock)
    assert limiter.acquire(Charge("all", weight=5)) == 0
    wait_s = limiter.acquire(Charge("all", weight=3))
    assert wait_s == pytest.approx(3 / 6, abs=1e-6)
    await clock.advance(wait_s)
    assert limiter.acquire(Charge("all", weight=3)) == 0


async def test_a_penalty_silences_a_key_until_then_and_gives_no_extra_burst_after(clock: ManualClock) -> None:
    limiter = RateLimiter({"chat": Quota(10, 1.0, burst=5)}, clock)
    limiter.penalise("chat", 1, clock.monotonic_ns() + 30 * 10**9)
    limiter.penalise("chat", 1, clock.monotonic_ns() + 10**9)  # a shorter one does not shorten it
    assert limiter.acquire(Charge("chat", 1)) == 30.0
    assert limiter.acquire(Charge("chat", 2)) == 0
    await clock.advance(30)
    assert limiter.acquire(Charge("chat", 1)) == 0
    assert limiter.acquire(Charge("chat", 1)) > 0


async def test_idle_keys_are_forgotten(clock: ManualClock) -> None:
    limiter = RateLimiter({"chat": Quota(100, 1.0, burst=50)}, clock)
    for number in range(5000):
        assert limiter.acquire(Charge("chat", number)) == 0
        await clock.advance(0.01)
    assert limiter.tracked < 2500


def test_faulty_charges_are_named(clock: ManualClock) -> None:
    limiter = RateLimiter({"chat": Quota(5, 1.0, burst=2)}, clock)
    for charges, words in (
        ([Charge("room")], "no quota for scope 'room'"),
        ([Charge("chat", 1, 3)], "outside 1..2"),
        ([Charge("chat", 1, 0)], "outside 1..2"),
        ([Charge("chat", 1), Charge("chat", 1)], "charged twice"),
    ):
        with pytest.raises(Invalid, match=words):
            limiter.acquire(*charges)
    with pytest.raises(Invalid, match="room"):
        limiter.penalise("room", 1, 0)
    for bad in ((0, 1.0, 1), (1, 0.0, 1), (5, 1.0, 6), (5, 1.0, 0)):
        with pytest.raises(ConfigError):
            Quota(*bad)


async def test_a_bound_limiter_charges_all_its_keys(clock: ManualClock) -> None:
    limiter = RateLimiter({"all": Quota(10, 1.0, burst=10), "venue": Quota(2, 1.0, burst=2)}, clock)
    bound = limiter.bind(("all", ""), ("venue", "okx"))
    assert bound.reserve(2) == 0
    assert bound.reserve(1) == 1.0
    bound.penalise(9)
    assert bound.reserve(1) == 9.0
    assert limiter.acquire(Charge("all")) == 9.0


async def test_weight_is_spent_and_comes_back_after_the_window(clock: ManualClock) -> None:
    budget = WeightBudget(100, 60, clock)
    assert budget.reserve(60) == 0
    await clock.advance(20)
    assert budget.reserve(40) == 0
    assert budget.reserve(1) == 40.0
    assert budget.reserve(61) == 60.0
    await clock.advance(40)
    assert budget.used == 40
    assert budget.reserve(60) == 0


async def test_what_others_spend_behind_the_same_address_counts(clock: ManualClock) -> None:
    budget = WeightBudget(100, 60, clock)
    budget.reserve(10)
    budget.observe(70)
    told = budget.snapshot()
    assert (told.own, told.others, budget.used) == (10, 60, 70)
    assert budget.reserve(20) == 0
    assert budget.used == 90
    await clock.advance(30)
    assert budget.reserve(20) == 30.0
    budget.observe(35)  # the venue's window began anew: believed, down to what we spent ourselves
    assert budget.used == 35
    budget.observe(5)
    assert budget.used == 30
    await clock.advance(60)
    assert budget.used == 0


async def test_the_venues_count_outlives_our_own(clock: ManualClock) -> None:
    """Ours has left the window, theirs has not said so yet: theirs stands."""
    budget = WeightBudget(100, 60, clock)
    budget.reserve(50)
    await clock.advance(50)
    budget.observe(90)
    await clock.advance(15)
    assert budget.snapshot().own == 0
    assert budget.used == 90
    assert budget.reserve(20) == 45.0


async def test_a_ban_lets_nothing_pass(clock: ManualClock) -> None:
    budget = WeightBudget(100, 60, clock)
    budget.ban(clock.monotonic_ns() + 120 * 10**9)
    budget.penalise(5)
    assert budget.reserve(1) == 120.0
    assert budget.snapshot().banned_for_s == 120.0
    await clock.advance(120)
    assert budget.reserve(1) == 0


def test_impossible_weights_are_refused(clock: ManualClock) -> None:
    budget = WeightBudget(100, 60, clock)
    for weight in (0, 101):
        with pytest.raises(Invalid, match="does not fit"):
            budget.reserve(weight)
    with pytest.raises(ConfigError):
        WeightBudget(0, 60, clock)
