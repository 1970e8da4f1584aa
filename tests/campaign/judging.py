"""What a run of the campaign is judged by: what the lab planted, what it quotes by REST, what was shown.

A shown opportunity is true when a plant explains it (it is one, or trades a market one of them moved) and the prices
it was made from are the venues' own. Everything else that was shown is false. A plant counts when it was open, with
every venue live, long enough to be found.
"""

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

KINDS = ("spot_spot", "spot_perp", "perp_spot", "perp_perp", "funding", "triangular")
GRACE_S = 3.0
"""A row opened this shortly after its plant closed was on its way: frames, a turn of the loop, the product's grace."""


class Market(NamedTuple):
    """One market of one venue, `spot` or `perp`, in the venue's spelling."""

    venue: str
    kind: str
    symbol: str


class Leg(NamedTuple):
    """A market and the side taken in it."""

    side: str
    market: Market


@dataclass(frozen=True, slots=True)
class Plant:
    """One planted thing as the lab tells it."""

    kind: str
    legs: tuple[Leg, ...]
    opens_at: datetime
    closes_at: datetime
    is_decoy: bool
    reason: str
    moved: frozenset[Market]
    """The markets whose price or funding it bends: of its own legs often one alone."""

    def is_open(self, at: datetime) -> bool:
        return self.opens_at <= at and (at - self.closes_at).total_seconds() <= GRACE_S


@dataclass(frozen=True, slots=True)
class Shown:
    """One opened opportunity: when, and per leg the best bid and ask of its evidence, as the venue quotes them."""

    kind: str
    legs: tuple[Leg, ...]
    at: datetime
    quotes: Mapping[Market, tuple[float, float]]
    net_bps: float


@dataclass(frozen=True, slots=True)
class Miss:
    """A plant nobody was shown, and the gate that held it back (empty: it was never priced).

    `lag_s` is how late that run's loop woke on the mean.
    """

    seed: int
    scenario: str
    plant: Plant
    gate: str
    reason: str
    lag_s: float


@dataclass(frozen=True, slots=True)
class Untrue:
    """Something shown that nothing explains."""

    seed: int
    scenario: str
    shown: Shown
    why: str


@dataclass(slots=True)
class Tally:
    """Of one kind: plants that were due and found, seconds until found, rows shown and why they are true."""

    due: int = 0
    found: int = 0
    waits_s: list[float] = field(default_factory=list)
    planted_rows: int = 0
    beside_rows: int = 0
    false_rows: int = 0

    @property
    def shown(self) -> int:
        return self.planted_rows + self.beside_rows + self.false_rows

    def add(self, other: "Tally") -> None:
        self.due += other.due
        self.found += other.found
        self.waits_s += other.waits_s
        self.planted_rows += other.planted_rows
        self.beside_rows += other.beside_rows
        self.false_rows += other.false_rows

    @property
    def median_wait_s(self) -> float | None:
        return statistics.median(self.waits_s) if self.waits_s else None


@dataclass(slots=True)
class Verdict:
    """What a run, or several, came to."""

    tallies: dict[str, Tally] = field(default_factory=lambda: {kind: Tally() for kind in KINDS})
    misses: list[Miss] = field(default_factory=list)
    falses: list[Untrue] = field(default_factory=list)
    decoys: int = 0

    def add(self, other: "Verdict") -> None:
        for kind, tally in other.tallies.items():
            self.tallies[kind].add(tally)
        self.misses += other.misses
        self.falses += other.falses
        self.decoys += other.decoys

    @property
    def recall(self) -> float:
        due = sum(tally.due for tally in self.tallies.values())
        return sum(tally.found for tally in self.tallies.values()) / due if due else 1.0

    @property
    def precision(self) -> float:
        shown = sum(tally.shown for tally in self.tallies.values())
        return 1 - sum(tally.false_rows for tally in self.tallies.values()) / shown if shown else 1.0


@dataclass(frozen=True, slots=True)
class Run:
    """Everything seen in one run. `watched` is from when every venue was live to the end."""

    seed: int
    scenario: str
    plants: tuple[Plant, ...]
    shown: tuple[Shown, ...]
    watched: tuple[datetime, datetime]
    untrue: Mapping[int, str]
    """Place in `shown` → which of its prices the venue never quoted around then."""
    rejections: Mapping[tuple[Leg, ...], tuple[str, str]]
    enough_s: float
    """A plant open this long while watched is due to be found."""
    lag_s: float = 0.0
    """How late the program's loop woke on the mean: what a starved machine shows."""


def plants_of(document: Iterable[Mapping[str, Any]]) -> tuple[Plant, ...]:
    """The lab's own list."""
    return tuple(
        Plant(
            kind=each["kind"],
            legs=tuple(
                Leg(leg["side"], Market(leg.get("venue", "binance"), leg["kind"], leg["symbol"]))
                for leg in each["legs"]
            ),
            opens_at=datetime.fromisoformat(each["opens_at"]),
            closes_at=datetime.fromisoformat(each["closes_at"]),
            is_decoy=each["is_decoy"],
            reason=each["reason"],
            moved=frozenset(Market(moved["venue"], moved["kind"], moved["symbol"]) for moved in each["moved"]),
        )
        for each in document
    )


def judge(run: Run) -> Verdict:
    """Which plants were found, which rows are true."""
    verdict = Verdict()
    verdict.decoys = sum(plant.is_decoy for plant in run.plants)
    begin, end = run.watched
    for plant in run.plants:
        since, until = max(plant.opens_at, begin), min(plant.closes_at, end)
        if plant.is_decoy or (until - since).total_seconds() < run.enough_s:
            continue
        tally = verdict.tallies[plant.kind]
        tally.due += 1
        first = min((row.at for row in run.shown if row.legs == plant.legs and plant.is_open(row.at)), default=None)
        if first is None:
            gate, reason = run.rejections.get(plant.legs, ("", "never priced"))
            verdict.misses.append(Miss(run.seed, run.scenario, plant, gate, reason, run.lag_s))
        else:
            tally.found += 1
            tally.waits_s.append(max(0.0, (first - since).total_seconds()))
    for place, row in enumerate(run.shown):
        _weigh(verdict, run, row, run.untrue.get(place))
    return verdict


def _weigh(verdict: Verdict, run: Run, row: Shown, untrue: str | None) -> None:
    tally = verdict.tallies[row.kind]
    current = [plant for plant in run.plants if plant.is_open(row.at)]
    paying = [plant for plant in current if not plant.is_decoy]
    if untrue is not None:
        why = untrue
    elif any(plant.legs == row.legs for plant in paying):
        tally.planted_rows += 1
        return
    elif any(plant.legs == row.legs for plant in current):
        why = "a decoy: " + next(plant.reason for plant in current if plant.legs == row.legs)
    elif any(leg.market in plant.moved for leg in row.legs for plant in paying):
        tally.beside_rows += 1
        return
    else:
        why = "no plant moved any of its markets"
    tally.false_rows += 1
    verdict.falses.append(Untrue(run.seed, run.scenario, row, why))
