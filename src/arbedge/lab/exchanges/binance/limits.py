"""Binance's request weights: how much an address has used this minute, and what happens beyond it.

Spot allows 6,000 a minute and USD-M 2,400 (documentation of 2026). Beyond that an address gets 429 with the
seconds left of the minute; one that goes on all the same is banned: 418, with the seconds of the ban.
"""

from dataclasses import dataclass

__all__ = ["WEIGHT_LIMITS", "CallMeter", "Verdict", "WeightMeter"]

WEIGHT_LIMITS = {"spot": 6000, "usdm": 2400}
_PATIENCE = 10  # further requests after the first 429 of a minute before the ban
_MINUTE_MS = 60_000
_FUNDING_CALLS = 500
_FUNDING_WINDOW_MS = 300_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request passes (200), is over the limit (429) or banned (418), and the weight used so far."""

    status: int
    used: int
    retry_after_s: int = 0


@dataclass(slots=True)
class _Account:
    minute: int = -1
    used: int = 0
    refused: int = 0
    banned_until_ms: int = 0


class WeightMeter:
    """Weights of one host by client address; one wall-clock minute is one window."""

    def __init__(self, host: str, ban_s: float) -> None:
        self._limit = WEIGHT_LIMITS[host]
        self._ban_ms = int(ban_s * 1000)
        self._accounts: dict[str, _Account] = {}

    def charge(self, address: str, weight: int, now_ms: int) -> Verdict:
        """Count a request of that weight; a refused one counts towards the ban, not the weight."""
        account = self._accounts.setdefault(address, _Account())
        if now_ms < account.banned_until_ms:
            return Verdict(418, account.used, -(-(account.banned_until_ms - now_ms) // 1000))
        minute = now_ms // _MINUTE_MS
        if minute != account.minute:
            account.minute, account.used, account.refused = minute, 0, 0
        if account.used + weight <= self._limit:
            account.used += weight
            return Verdict(200, account.used)
        account.refused += 1
        if account.refused > _PATIENCE:
            account.banned_until_ms = now_ms + self._ban_ms
            return Verdict(418, account.used, -(-self._ban_ms // 1000))
        return Verdict(429, account.used, -(-((minute + 1) * _MINUTE_MS - now_ms) // 1000))


class CallMeter:
    """Calls of `fundingRate` and `fundingInfo` together: 500 in five minutes an address, whatever their weight."""

    def __init__(self) -> None:
        self._calls: dict[str, list[int]] = {}

    def charge(self, address: str, now_ms: int) -> int:
        """Count a call; 0 when it passes, else the seconds until one would."""
        recent = [at for at in self._calls.get(address, []) if now_ms - at < _FUNDING_WINDOW_MS]
        if len(recent) >= _FUNDING_CALLS:
            return -(-(recent[0] + _FUNDING_WINDOW_MS - now_ms) // 1000)
        self._calls[address] = [*recent, now_ms]
        return 0
