"""Funding of the lab's perps: the running estimate, the next settlement, and any settled round of the past.

Everything is a function of the contract, the seed and the time, so history reaches as far back as one asks and
says the same each time. Settlements fall on whole multiples of the contract's interval since midnight UTC.
"""

import math
import zlib
from dataclasses import dataclass

from arbedge.lab.listing import Listing
from arbedge.lab.world import World

__all__ = ["FundingBook", "Round", "SettledRound"]

_HOUR_MS = 3_600_000
_HISTORY_MS = 400 * 86_400_000


@dataclass(frozen=True, slots=True)
class Round:
    """The round running now: estimated rate (fraction) and when it settles (ms UTC)."""

    rate: float
    next_ms: int


@dataclass(frozen=True, slots=True)
class SettledRound:
    """A settled round: the time the venue stamps (a few ms late, as the real one), rate and mark price."""

    at_ms: int
    rate: float
    mark: float


class FundingBook:
    """Rates of all perps of one world; a planted rate replaces the usual one from its planting on."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._settled: dict[tuple[str, int], float] = {}
        self._former: dict[str, list[tuple[int, Listing]]] = {}

    def now(self, listing: Listing, now_ms: int) -> Round:
        """The running round; the estimate drifts slowly around the contract's usual or planted rate."""
        terms = listing.funding
        assert terms is not None
        interval_ms = terms.interval_h * _HOUR_MS
        next_ms = (now_ms // interval_ms + 1) * interval_ms
        bend = self._world.bends.get((listing.market, listing.symbol))
        usual = terms.rate if bend is None or bend.funding_rate is None else bend.funding_rate
        phase = _hash(listing.symbol, 0) * 6.283
        drift = 1 + 0.03 * math.sin(now_ms / 1_700_000 + phase)
        rate = usual if abs(usual * 8 / terms.interval_h - 1e-4) < 1e-9 else usual * drift
        return Round(_clamp(rate, terms.floor, terms.cap), next_ms)

    def keep(self, listing: Listing, settled_ms: int) -> None:
        """Remember the rate a round that just ended settled at, so that history tells what was announced."""
        self._settled[listing.symbol, settled_ms] = self.now(listing, settled_ms - 1).rate

    def changes(self, listing: Listing, at_ms: int) -> None:
        """Remember how a contract settled until now, before it gets other terms."""
        self._former.setdefault(listing.symbol, []).append((at_ms, listing))

    def history(self, listing: Listing, start_ms: int, end_ms: int, now_ms: int) -> list[SettledRound]:
        """Settled rounds with start <= stamp <= end, oldest first, none before the listing or 400 days ago."""
        oldest = max(start_ms, listing.onboard_ms, now_ms - _HISTORY_MS)
        rounds: list[SettledRound] = []
        for until_ms, former in self._former.get(listing.symbol, ()):
            rounds += self._rounds(former, oldest, min(end_ms, now_ms, until_ms))
            oldest = max(oldest, until_ms + 1)
        return rounds + self._rounds(listing, oldest, min(end_ms, now_ms))

    def _rounds(self, listing: Listing, oldest: int, newest: int) -> list[SettledRound]:
        terms = listing.funding
        assert terms is not None
        interval_ms = terms.interval_h * _HOUR_MS
        rounds = []
        at_ms = -(-(oldest - 20) // interval_ms) * interval_ms
        while at_ms <= newest:
            stamp_ms = at_ms + int(_hash(listing.symbol, at_ms + 7) * 20)
            if oldest <= stamp_ms <= newest:
                rounds.append(
                    SettledRound(stamp_ms, self._past_rate(listing, at_ms), self._past_mark(listing, at_ms))
                )
            at_ms += interval_ms
        return rounds

    def _past_rate(self, listing: Listing, at_ms: int) -> float:
        terms = listing.funding
        assert terms is not None
        kept = self._settled.get((listing.symbol, at_ms))
        if kept is not None:
            return kept
        usual_8h = terms.rate * 8 / terms.interval_h
        noise = _hash(listing.symbol, at_ms)
        if noise < 0.6 and abs(usual_8h - 1e-4) < 1e-9:
            return terms.rate
        strayed_8h = usual_8h + (noise - 0.5) * 2e-4
        return _clamp(strayed_8h * terms.interval_h / 8, terms.floor, terms.cap)

    def _past_mark(self, listing: Listing, at_ms: int) -> float:
        swing = 0.04 * math.sin(at_ms / 300_000_000 + _hash(listing.symbol, 1) * 6.283)
        return listing.start_price * (1 + swing)


def _clamp(rate: float, floor: float, cap: float) -> float:
    return round(min(cap, max(floor, rate)), 8)


def _hash(symbol: str, salt: int) -> float:
    """A number from 0 to 1 that belongs to a symbol and a moment."""
    return zlib.crc32(f"{symbol}:{salt}".encode()) / 2**32
