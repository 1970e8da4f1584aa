"""The agenda: which candidates to appraise now, when far more pass the screen than can be priced at once.

Depth books are scarce, so only a focus of candidates is worked on at a time, as far as books go round (what shares
a leg shares its book); each keeps its place until it was judged or its patience is over. Kinds take turns, the best
gross edge of each first: a week's expected funding adds up to more than most gaps between prices, so by edge alone
thousands of funding pairs would come before a gap that pays now.
One that lost by much rests until its edge has risen by half of what it lacked, or its rest (longer each time) is
over. Open opportunities never rest, and never keep new ones from their turn: they come first only when they were
not looked at for a second.
"""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from math import inf, isnan, nan

from arbedge.domain.opportunity import Gate

__all__ = ["Agenda", "Pace"]

_BP = 1e-4
_MOVED = 1 * _BP
_LONGEST_REST_S = 120.0
_AWAITED = frozenset({Gate.BOOK, Gate.FRESH})
"""Gates a candidate passes by waiting: its depth book is on the way."""
_FREE = frozenset({Gate.IDENTITY, Gate.TRADING})
"""Gates judged before any book is asked for: looking again costs nothing."""
_FREE_REST_S = 5.0
_STALE_NS = 1_000_000_000
_REFUSALS = 16
_AWAITED_REST_S = 2.0
_OTHER_REST_S = 10.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How much appraising is done: bounds of one pass and of one candidate. `_ms` and `_s` are monotonic time."""

    reprice_ms: float = 100.0
    reprice_open_ms: float = 500.0
    focus: int = 24
    books: int = 56
    patience_s: float = 5.0
    touch_appraisals: int = 2
    sweep_appraisals: int = 64
    sweep_window: int = 1000
    touch_window: int = 64
    pass_budget_ms: float = 40.0
    curve_s: float = 5.0
    kept_rejections: int = 5000


@dataclass(slots=True)
class _Entry:
    gross: float
    kind: Hashable
    appraised_ns: int | None = None
    appraised_gross: float = nan
    focused_ns: int | None = None
    rest_until_ns: int = 0
    wake_gross: float = nan
    rests: int = 0


class Agenda:
    """Candidates over the threshold, by route number, and when each was last looked at.

    `slots_of` gives the markets whose books a candidate needs, `kind_of` whom it takes turns with.
    """

    def __init__(
        self, pace: Pace, slots_of: Callable[[int], Sequence[int]], kind_of: Callable[[int], Hashable]
    ) -> None:
        self._pace = pace
        self._slots_of = slots_of
        self._kind_of = kind_of
        self._entries: dict[int, _Entry] = {}
        self._focus: set[int] = set()

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, number: int) -> bool:
        return number in self._entries

    @property
    def focused(self) -> frozenset[int]:
        """The candidates being worked on."""
        return frozenset(self._focus)

    def offer(self, number: int, gross: float) -> None:
        """The screen let this candidate through, at this edge now."""
        entry = self._entries.get(number)
        if entry is None:
            self._entries[number] = _Entry(gross, self._kind_of(number))
        else:
            entry.gross = gross

    def keep_only(self, numbers: Collection[int]) -> list[int]:
        """Forget every candidate not among these, the screen no longer lets them through; returns which."""
        fallen = [number for number in self._entries if number not in numbers]
        for number in fallen:
            del self._entries[number]
            self._focus.discard(number)
        return fallen

    def due(self, among: Iterable[int], open_numbers: Collection[int], now_ns: int) -> list[int]:
        """Which of these to appraise now, most urgent first; takes free places of the focus."""
        ready = [n for n in among if n in self._entries and self._is_due(n, n in open_numbers, now_ns)]
        ready = self._in_turn(ready, open_numbers, now_ns)
        chosen = []
        used: set[int] | None = None
        refused = 0
        for number in ready:
            entry = self._entries[number]
            if number in open_numbers:
                self._leave(number)
            elif number not in self._focus:
                if refused >= _REFUSALS:
                    continue  # what comes later has less of a claim: it would only be refused as well
                if used is None:
                    used = {slot for each in (*open_numbers, *self._focus) for slot in self._slots_of(each)}
                wanted = used.union(self._slots_of(number))
                is_full = len(self._focus) >= self._pace.focus or len(wanted) > self._pace.books
                if is_full and not self._gave_way(number, now_ns):
                    refused += 1
                    continue
                used = wanted
                self._focus.add(number)
                entry.focused_ns = now_ns
            chosen.append(number)
        return chosen

    def _in_turn(self, ready: list[int], open_numbers: Collection[int], now_ns: int) -> list[int]:
        """By turn; within one the best of every kind, then the second best of every kind, and so on."""
        ready.sort(key=lambda n: -self._entries[n].gross)
        seen: Counter[Hashable] = Counter()
        ranked = []
        for number in ready:
            kind = self._entries[number].kind
            ranked.append((self._turn(number, number in open_numbers, now_ns), seen[kind], number))
            seen[kind] += 1
        ranked.sort(key=lambda each: each[:2])  # stable: equals stay by edge
        return [number for _, _, number in ranked]

    def _turn(self, number: int, is_open: bool, now_ns: int) -> int:
        """0: open and not looked at for long, 1: not open, 2: open."""
        if not is_open:
            return 1
        appraised_ns = self._entries[number].appraised_ns
        return 0 if appraised_ns is None or now_ns - appraised_ns >= _STALE_NS else 2

    def qualified(self, number: int, now_ns: int) -> None:
        """It passed every gate."""
        entry = self._looked_at(number, now_ns)
        if entry is not None:
            entry.rests = 0
            self._leave(number)

    def rejected(self, number: int, gate: Gate, lacking_bps: float | None, now_ns: int) -> None:
        """It failed this gate; `lacking_bps` is what its net was short of, where it was priced."""
        entry = self._looked_at(number, now_ns)
        if entry is None:
            return
        if entry.gross >= entry.wake_gross:
            entry.rests = 0  # it came back by itself: what it lacks is news again
        if gate in _AWAITED:
            if entry.focused_ns is None or now_ns - entry.focused_ns <= self._pace.patience_s * 1e9:
                return
            self._rest(number, entry, _AWAITED_REST_S * 2**entry.rests, nan, now_ns)
        elif gate is Gate.NET and lacking_bps is not None:
            rest_s = 0.25 * lacking_bps * 2**entry.rests
            self._rest(number, entry, rest_s, entry.gross + max(_MOVED, lacking_bps * _BP / 2), now_ns)
        elif gate in _FREE:
            self._rest(number, entry, _FREE_REST_S, nan, now_ns)
        else:
            self._rest(number, entry, _OTHER_REST_S, nan, now_ns)

    def _is_due(self, number: int, is_open: bool, now_ns: int) -> bool:
        entry = self._entries[number]
        if not is_open and now_ns < entry.rest_until_ns and not entry.gross >= entry.wake_gross:
            return False
        rest_ms = self._pace.reprice_open_ms if is_open else self._pace.reprice_ms
        if entry.appraised_ns is None or now_ns - entry.appraised_ns >= rest_ms * 1e6:
            return True
        return abs(entry.gross - entry.appraised_gross) > _MOVED

    def _gave_way(self, number: int, now_ns: int) -> bool:
        """Make room: of the kind that holds most places the weakest that had its chance leaves.

        For one of its own kind it leaves only to a better edge.
        """
        held = Counter(self._entries[each].kind for each in self._focus)
        if not held:
            return False
        own = self._entries[number].kind
        most = max(held.values())
        crowded = own if held[own] == most else next(kind for kind in held if held[kind] == most)
        patience_ns = self._pace.patience_s * 1e9 / 2
        weakest, least = None, self._entries[number].gross if crowded == own else inf
        for each in self._focus:
            entry = self._entries[each]
            since_ns = entry.focused_ns if entry.focused_ns is not None else now_ns
            if entry.kind == crowded and entry.gross < least and now_ns - since_ns > patience_ns:
                weakest, least = each, entry.gross
        if weakest is None:
            return False
        self._leave(weakest)
        return True

    def _looked_at(self, number: int, now_ns: int) -> _Entry | None:
        entry = self._entries.get(number)
        if entry is not None:
            entry.appraised_ns, entry.appraised_gross = now_ns, entry.gross
        return entry

    def _rest(self, number: int, entry: _Entry, seconds: float, wake_gross: float, now_ns: int) -> None:
        entry.rest_until_ns = now_ns + int(min(seconds, _LONGEST_REST_S) * 1e9)
        entry.wake_gross = wake_gross
        entry.rests = min(entry.rests + 1, 6) if isnan(wake_gross) or seconds > 1 else 0
        self._leave(number)

    def _leave(self, number: int) -> None:
        self._focus.discard(number)
        entry = self._entries.get(number)
        if entry is not None:
            entry.focused_ns = None
