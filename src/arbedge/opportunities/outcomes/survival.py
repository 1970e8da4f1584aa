"""How long a gross edge between two venues lives: shares still positive a while later, and how long episodes last.

The gross edge of buying on one venue and selling on the other is short best bid / long best ask - 1. Between two
quotes of a venue the first one stands, unless they are further apart than the record may be silent: then what
happened in between is not known, and the whole span is left out. Times are microseconds since 1970 (UTC).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from math import ceil

from arbedge.domain.money import ZERO
from arbedge.errors import Invalid
from arbedge.opportunities.outcomes.stretches import Stretch, cut, merged
from arbedge.opportunities.pricing.exactness import exact_arithmetic

__all__ = [
    "SAMPLES_MIN",
    "EdgeGroup",
    "EpisodeFigures",
    "RecordedQuote",
    "RouteSurvival",
    "StillPositive",
    "SurvivalReport",
    "SurvivalRule",
    "measure_survival",
]

SAMPLES_MIN = 30
"""Under so many samples (or whole episodes) no share and no quantile is given, only how many there are."""

_BPS = 10_000
_SECOND_US = 1_000_000
_P90 = Decimal("0.9")
_HALF = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class RecordedQuote:
    """Best bid and ask of one venue as recorded: 0 < bid < ask, both in the same currency for the same amount."""

    at_us: int
    venue: str
    bid: Decimal
    ask: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalRule:
    """What to measure: delays to look after, the edge a second group starts above, the longest silence trusted."""

    delays_us: tuple[int, ...] = (500_000, 1_000_000, 2_000_000, 5_000_000, 30_000_000)
    threshold_bps: Decimal = Decimal(10)
    silence_us: int = 10_000_000


@dataclass(frozen=True, slots=True)
class StillPositive:
    """Of `followed` samples known `after_us` later, so many had a positive edge then; `share` None: too few."""

    after_us: int
    followed: int
    still: int
    share: Decimal | None


@dataclass(frozen=True, slots=True)
class EdgeGroup:
    """Samples whose gross edge is above `above_bps`, their median edge, and what became of them."""

    above_bps: Decimal
    samples: int
    median_bps: Decimal | None
    after: tuple[StillPositive, ...]


@dataclass(frozen=True, slots=True)
class EpisodeFigures:
    """Episodes of a positive edge: `whole` ones were seen to open and to close, `cut` ones were not.

    An episode opens at the moment the edge turns positive and closes at the first moment it is not. Seconds are
    those of whole episodes only; None where they are too few.
    """

    whole: int
    cut: int
    median_s: Decimal | None
    p90_s: Decimal | None


@dataclass(frozen=True, slots=True)
class RouteSurvival:
    """One way round: buy on `long`, sell on `short`."""

    long: str
    short: str
    groups: tuple[EdgeGroup, ...]
    episodes: EpisodeFigures


@dataclass(frozen=True, slots=True)
class SurvivalReport:
    """Both ways round, and what of the record they rest on: `moments` samples in `observed_s` seconds.

    `gaps` spans with `gaps_s` seconds in all were left out because a venue was silent for longer than trusted.
    """

    first_us: int
    last_us: int
    moments: int
    observed_s: Decimal
    gaps: int
    gaps_s: Decimal
    routes: tuple[RouteSurvival, ...]


@dataclass(frozen=True, slots=True)
class _Series:
    """The gross edge of one way round, as a fraction, at each moment of a stretch without a gap."""

    at_us: list[int]
    edges: list[Decimal]
    end_us: int

    def at(self, moment_us: int) -> Decimal | None:
        """The edge that stood then; None past the stretch's end."""
        return self.edges[bisect_right(self.at_us, moment_us) - 1] if moment_us <= self.end_us else None


def measure_survival(quotes: Sequence[RecordedQuote], rule: SurvivalRule) -> SurvivalReport:
    """Follow every positive gross edge of a record of two venues, in any order of rows.

    Each moment at which a quote of either venue was recorded is one sample, over the time both were recorded;
    quotes of one moment count together. Raises Invalid where the quotes are not of exactly two venues that
    overlap in time.
    """
    venues = sorted({quote.venue for quote in quotes})
    if len(venues) != 2:
        named = ", ".join(venues) or "none"
        raise Invalid(
            f"a record of two venues is needed, this one has: {named}; name two of them with --venues A,B"
        )
    ordered = sorted(quotes, key=lambda quote: quote.at_us)
    times = {venue: [quote.at_us for quote in ordered if quote.venue == venue] for venue in venues}
    whole = Stretch(max(each[0] for each in times.values()), min(each[-1] for each in times.values()))
    if whole.start_us >= whole.end_us:
        raise Invalid(
            f"{venues[0]} and {venues[1]} were not recorded at the same time; use a record where they were"
        )
    silent = [
        Stretch(before, after)
        for each in times.values()
        for before, after in pairwise(each)
        if after - before > rule.silence_us
    ]
    gaps = merged(silent, within=whole)
    stretches = cut(whole, gaps)
    with exact_arithmetic():
        at_us, ways = _both_ways(ordered, venues, whole)
        bounds = [(bisect_left(at_us, each.start_us), bisect_right(at_us, each.end_us)) for each in stretches]
        routes = tuple(
            _route(
                venues[way],
                venues[1 - way],
                [
                    _Series(at_us[low:high], ways[way][low:high], stretch.end_us)
                    for (low, high), stretch in zip(bounds, stretches, strict=True)
                ],
                rule,
            )
            for way in (0, 1)
        )
        return SurvivalReport(
            first_us=whole.start_us,
            last_us=whole.end_us,
            moments=sum(high - low for low, high in bounds),
            observed_s=_seconds(sum(each.length_us for each in stretches)),
            gaps=len(gaps),
            gaps_s=_seconds(sum(each.length_us for each in gaps)),
            routes=routes,
        )


def _both_ways(
    ordered: Sequence[RecordedQuote], venues: Sequence[str], whole: Stretch
) -> tuple[list[int], tuple[list[Decimal], list[Decimal]]]:
    """Every moment, and then the edge of buying on the first venue and selling on the second, and the other way."""
    at_us: list[int] = []
    ways: tuple[list[Decimal], list[Decimal]] = ([], [])
    latest: dict[str, RecordedQuote] = {}
    upto = bisect_right(ordered, whole.end_us, key=lambda quote: quote.at_us)
    for index, quote in enumerate(ordered[:upto]):
        latest[quote.venue] = quote
        is_last_of_moment = index + 1 == upto or ordered[index + 1].at_us != quote.at_us
        if quote.at_us >= whole.start_us and is_last_of_moment:
            one, other = latest[venues[0]], latest[venues[1]]
            at_us.append(quote.at_us)
            ways[0].append(other.bid / one.ask - 1)
            ways[1].append(one.bid / other.ask - 1)
    return at_us, ways


def _route(long: str, short: str, series: Sequence[_Series], rule: SurvivalRule) -> RouteSurvival:
    groups = [_group(ZERO, series, rule.delays_us)]
    if rule.threshold_bps > 0:
        groups.append(_group(rule.threshold_bps, series, rule.delays_us))
    return RouteSurvival(long, short, tuple(groups), _episodes(series))


def _group(above_bps: Decimal, series: Sequence[_Series], delays_us: Sequence[int]) -> EdgeGroup:
    above = above_bps / _BPS
    samples = [
        (each, at_us, edge)
        for each in series
        for at_us, edge in zip(each.at_us, each.edges, strict=True)
        if edge > above
    ]
    after = []
    for delay in delays_us:
        known = [later for each, at_us, _ in samples if (later := each.at(at_us + delay)) is not None]
        still = sum(later > 0 for later in known)
        share = Decimal(still) / len(known) if len(known) >= SAMPLES_MIN else None
        after.append(StillPositive(delay, len(known), still, share))
    found = sorted(edge * _BPS for _, _, edge in samples)
    return EdgeGroup(above_bps, len(found), _quantile(found, _HALF), tuple(after))


def _episodes(series: Sequence[_Series]) -> EpisodeFigures:
    lengths: list[Decimal] = []
    cut_off = 0
    for each in series:
        opened_us: int | None = None
        is_seen_opening = False
        for index, (at_us, edge) in enumerate(zip(each.at_us, each.edges, strict=True)):
            if edge > 0 and opened_us is None:
                opened_us, is_seen_opening = at_us, index > 0
            elif edge <= 0 and opened_us is not None:
                if is_seen_opening:
                    lengths.append(_seconds(at_us - opened_us))
                else:
                    cut_off += 1
                opened_us = None
        cut_off += opened_us is not None
    lengths.sort()
    return EpisodeFigures(len(lengths), cut_off, _quantile(lengths, _HALF), _quantile(lengths, _P90))


def _quantile(ordered: Sequence[Decimal], share: Decimal) -> Decimal | None:
    """The smallest value that at least `share` of all are not above; None where there are too few."""
    if len(ordered) < SAMPLES_MIN:
        return None
    return ordered[max(0, ceil(len(ordered) * share) - 1)]


def _seconds(span_us: int) -> Decimal:
    return Decimal(span_us) / _SECOND_US
