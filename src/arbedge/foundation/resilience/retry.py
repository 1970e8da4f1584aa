"""Whether and when to try again: a decision is a value, the caller obeys it."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random

from arbedge.errors import ArbEdgeError, RateLimited
from arbedge.foundation.resilience.config import RetryPolicy

__all__ = ["RetryDecision", "Verdict", "decide_retry"]


class Verdict(StrEnum):
    """Why another attempt is or is not made."""

    RETRY = "retry"
    NOT_RETRYABLE = "not_retryable"
    ATTEMPTS_SPENT = "attempts_spent"
    NO_TIME_LEFT = "no_time_left"


@dataclass(frozen=True, slots=True)
class RetryDecision:
    """The verdict, and the pause before the next attempt (0 unless the verdict is to retry)."""

    verdict: Verdict
    delay_s: float = 0.0

    @property
    def is_retry(self) -> bool:
        """Whether to try again after `delay_s`."""
        return self.verdict is Verdict.RETRY


_NOT_RETRYABLE = RetryDecision(Verdict.NOT_RETRYABLE)
_ATTEMPTS_SPENT = RetryDecision(Verdict.ATTEMPTS_SPENT)
_NO_TIME_LEFT = RetryDecision(Verdict.NO_TIME_LEFT)


def decide_retry(
    policy: RetryPolicy, error: ArbEdgeError, attempt: int, left_s: float, rng: Random
) -> RetryDecision:
    """What to do after attempt number `attempt` (1 is the first) failed with `left_s` until the deadline.

    The pause is drawn evenly from 0 to the backoff (full jitter: callers that failed together come back apart);
    where the other side said when to come back, it is never shorter than that.
    """
    if not error.retryable:
        return _NOT_RETRYABLE
    if attempt >= policy.attempts:
        return _ATTEMPTS_SPENT
    backoff_s = min(policy.max_delay_s, policy.first_delay_s * 2.0 ** (attempt - 1))
    delay_s = rng.random() * backoff_s
    if isinstance(error, RateLimited) and error.retry_after_s is not None:
        delay_s += error.retry_after_s
    if delay_s >= left_s:
        return _NO_TIME_LEFT
    return RetryDecision(Verdict.RETRY, delay_s)
