"""Bitget's two counts of requests at once: so many a second of one endpoint, so many a minute of all together."""

from arbedge.foundation.resilience.guard import CallLimiter

__all__ = ["EndpointLimiter"]


class EndpointLimiter:
    """Lets a call pass when its endpoint and the whole address have room; silence asked for holds for both."""

    def __init__(self, endpoint: CallLimiter, overall: CallLimiter) -> None:
        self._endpoint = endpoint
        self._overall = overall

    def reserve(self, weight: int) -> float:
        """0 when taken, otherwise the seconds to wait. Where only the address is full, the endpoint's is spent."""
        return self._endpoint.reserve(weight) or self._overall.reserve(weight)

    def penalise(self, seconds: float) -> None:
        """Let nothing of this address pass for that long."""
        self._endpoint.penalise(seconds)
        self._overall.penalise(seconds)
