"""The breaker against a plain model: whatever the order of calls, answers and time, these hold."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from arbedge.foundation.resilience.breaker import BreakerState, CircuitBreaker, CircuitOpen
from arbedge.foundation.resilience.config import BreakerPolicy
from arbedge.foundation.runtime.clock import ManualClock

POLICY = BreakerPolicy(
    window_s=10, minimum_calls=3, failure_rate=0.5, slow_call_s=5, open_s=4, max_open_s=16, half_open_permits=2
)


class BreakerMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.changes: list[tuple[BreakerState, BreakerState]] = []
        self.breaker = CircuitBreaker("b", POLICY, self.clock, self.heard)
        self.out: list[tuple[int, int]] = []  # permits not handed back, with the trial they belong to
        self.trial = 0
        self.trial_out = 0
        self.trial_good = 0
        self.opened_ns = 0

    def heard(self, old: BreakerState, new: BreakerState) -> None:
        self.changes.append((old, new))
        if new is BreakerState.HALF_OPEN:
            self.trial += 1
            self.trial_out = self.trial_good = 0
        elif new is BreakerState.OPEN:
            self.opened_ns = self.clock.monotonic_ns()

    @rule(seconds=st.sampled_from([0.1, 1.0, 4.0, 9.0, 20.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock._move_to(self.clock.monotonic_ns() + int(seconds * 1e9))

    @rule()
    def ask(self) -> None:
        before = self.breaker.state
        try:
            permit = self.breaker.admit()
        except CircuitOpen:
            assert before is not BreakerState.CLOSED
            if before is BreakerState.HALF_OPEN:
                assert self.trial_out + self.trial_good == POLICY.half_open_permits
            return
        if before is BreakerState.OPEN:
            assert self.clock.monotonic_ns() - self.opened_ns >= POLICY.open_s * 1e9
        is_trial = self.breaker.state is BreakerState.HALF_OPEN
        self.out.append((permit, self.trial if is_trial else 0))
        self.trial_out += is_trial

    @precondition(lambda self: self.out)
    @rule(data=st.data(), how=st.sampled_from(["good", "good", "bad", "slow", "withdrawn"]))
    def answer(self, data: st.DataObject, how: str) -> None:
        permit, trial = self.out.pop(data.draw(st.integers(0, len(self.out) - 1)))
        before = self.breaker.state
        is_current = trial == self.trial and trial > 0 and before is BreakerState.HALF_OPEN
        if is_current:
            self.trial_out -= 1
            self.trial_good += how == "good"
        if how == "good":
            self.breaker.succeeded(permit, 1)
        elif how == "slow":
            self.breaker.succeeded(permit, int(6e9))
        elif how == "bad":
            self.breaker.failed(permit, 1)
        else:
            self.breaker.withdrawn(permit)
        if before is BreakerState.OPEN:
            assert self.breaker.state is BreakerState.OPEN
        if before is BreakerState.HALF_OPEN:
            if not is_current or how == "withdrawn":
                assert self.breaker.state is BreakerState.HALF_OPEN
            elif how == "good":
                enough = self.trial_good == POLICY.half_open_permits
                assert self.breaker.state is (BreakerState.CLOSED if enough else BreakerState.HALF_OPEN)
            else:
                assert self.breaker.state is BreakerState.OPEN

    @invariant()
    def never_more_trial_calls_than_permits(self) -> None:
        if self.breaker.state is BreakerState.HALF_OPEN:
            assert self.trial_out + self.trial_good <= POLICY.half_open_permits

    @invariant()
    def states_follow_each_other(self) -> None:
        allowed = {("closed", "open"), ("open", "half_open"), ("half_open", "open"), ("half_open", "closed")}
        assert {(str(old), str(new)) for old, new in self.changes} <= allowed

    @invariant()
    def rates_are_shares(self) -> None:
        told = self.breaker.snapshot()
        assert 0 <= told.failure_rate <= 1
        assert 0 <= told.slow_rate <= 1
        assert told.calls >= 0


TestBreaker = BreakerMachine.TestCase
TestBreaker.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
