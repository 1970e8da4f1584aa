"""A bad day of four venues, acted out against the whole program: `python -m tests.chaos.bad_day` (`make badday`).

Each act stages faults through the lab's own page and lasts a few seconds; then the program must recover by itself:
every venue live, every quote back, every depth book that is wanted in sequence. What is shown all along is judged
as in the campaign: in a calm market nothing may be shown, else only what is planted. Memory is read before each act.
"""

import argparse
import asyncio
import gc
import json
import random
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.campaign.judging import KINDS, Run, Verdict, judge, plants_of
from tests.campaign.quotes import read_truth
from tests.campaign.running import SEED_LIST, VENUES, Watch, all_live

from arbedge.bootstrap.application import Application, running
from arbedge.bootstrap.demo import lab_process
from arbedge.bootstrap.settings import load_settings
from arbedge.market.view import LiveMarket

RECOVERY_S = 45.0
"""Every act must be over this long after its last fault: a lost request is noticed after ten seconds, and whoever
was cut off again and again waits longer between tries. Waiting that a venue imposes comes on top."""

BYBIT_BAN_S = 600.0
BITGET_WAIT_S = 60.0
"""A 403 of Bybit asks for ten minutes without a request; a 429 of Bitget names no time, so a minute is waited."""

_WANTED_BOOKS = 5
_PAGE_BYTES = 4096

_BTC = {"binance": "BTCUSDT", "bybit": "BTCUSDT", "okx": "BTC-USDT", "bitget": "BTCUSDT"}
_ETH = {"binance": "ETHUSDT", "bybit": "ETHUSDT", "okx": "ETH-USDT", "bitget": "ETHUSDT"}


@dataclass(frozen=True, slots=True)
class Blow:
    """One fault of one venue."""

    fault: str
    venue: str
    params: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Act:
    """What happens at once, and for how many seconds."""

    name: str
    blows: tuple[Blow, ...]
    seconds: float
    allowance_s: float = RECOVERY_S


@dataclass(frozen=True, slots=True)
class Recovery:
    """How an act ended: seconds from its last fault to a whole market, and what was still missing if it never was.

    `last` is what came back last.
    """

    act: str
    seconds: float
    missing: str
    last: str
    rss_mb: float


@dataclass(slots=True)
class Day:
    """Everything that was seen."""

    recoveries: list[Recovery]
    verdict: Verdict
    shown: int
    seconds: float

    @property
    def failed(self) -> list[Recovery]:
        return [each for each in self.recoveries if each.missing]

    def growth_mb_per_act(self) -> float:
        """Slope of memory over the second half of the acts, least squares: the first half warms caches and rings."""
        points = [each.rss_mb for each in self.recoveries][len(self.recoveries) // 2 :]
        if len(points) < 2:
            return 0.0
        middle, level = (len(points) - 1) / 2, sum(points) / len(points)
        above = sum((place - middle) * (point - level) for place, point in enumerate(points))
        return above / sum((place - middle) ** 2 for place in range(len(points)))


def lies(venue: str, which: int) -> Blow:
    """One of the ways a venue tells what is not so."""
    kinds = (
        Blow("crossed", venue, {"symbol": _BTC[venue]}),
        Blow("stale", venue, {"symbol": _ETH[venue]}),
        Blow("clock_skew", venue, {"offset_ms": 2500}),
        Blow("out_of_order", venue, {"rate": 0.5}),
        Blow("garbage", venue, {"rate": 0.3}),
        Blow("gap", venue, {"rate": 0.5}),
    )
    return kinds[which % len(kinds)]


def refuses(venue: str) -> Blow:
    """The refusal each venue is known for: 418, 10006, a ban without a length, 429."""
    return Blow({"binance": "ban", "bybit": "rate_limit", "okx": "ban", "bitget": "rate_limit"}[venue], venue)


def short_day() -> tuple[Act, ...]:
    """Every venue down, slow, refusing and lying in turn, at once; a storm and the daily cut; within a minute."""
    acts = []
    for turn in range(4):
        first, second, third, fourth = (VENUES[(turn + step) % 4] for step in range(4))
        blows = (
            Blow("down", first), Blow("slow", second, {"delay_ms": 1500}), refuses(third), lies(fourth, turn)
        )  # fmt: skip
        names = f"{first} down, {second} slow, {third} refuses, {fourth} lies ({blows[3].fault})"
        acts.append(Act(names, blows, 2.0, _allowance_s(blows)))
    storm = tuple(Blow("reconnect_storm", venue, {"every_s": 0.5}) for venue in VENUES)
    cut = tuple(Blow("cut", venue, {"notice_s": 0.5}) for venue in VENUES)
    return (*acts, Act("every connection dropped again and again", storm, 3.0), Act("the daily cut", cut, 1.5))


def long_day(seed: int, rounds: int) -> tuple[Act, ...]:
    """Every blow to every venue alone, then `rounds` of two at once drawn from the seed, storms and cuts between."""
    rng = random.Random(seed)
    single = [
        blow
        for venue in VENUES
        for blow in (
            Blow("down", venue), Blow("slow", venue, {"delay_ms": 3000}), Blow("error_500", venue), refuses(venue),
            Blow("silent", venue), Blow("disconnect", venue), Blow("cut", venue, {"notice_s": 1}),
            Blow("reconnect_storm", venue, {"every_s": 1}), Blow("duplicate", venue, {"rate": 0.5}),
            Blow("truncated", venue, {"rate": 0.3}), *(lies(venue, which) for which in range(6)),
        )
    ]  # fmt: skip
    acts = [Act(f"{each.venue} {each.fault}", (each,), rng.uniform(2, 8), _allowance_s((each,))) for each in single]
    for _ in range(rounds):
        one, two = rng.sample(single, 2)
        names = f"{one.venue} {one.fault} with {two.venue} {two.fault}"
        acts.append(Act(names, (one, two), rng.uniform(2, 8), _allowance_s((one, two))))
    acts += short_day()[-2:]
    ban = Act("bybit bans the address", (Blow("ban", "bybit"),), 3.0, allowance_s=RECOVERY_S + BYBIT_BAN_S)
    return (*acts, ban)


def _allowance_s(blows: Sequence[Blow]) -> float:
    is_waiting = any((each.venue, each.fault) == ("bitget", "rate_limit") for each in blows)
    return RECOVERY_S + (BITGET_WAIT_S if is_waiting else 0)


async def live_through(acts: Sequence[Act], *, scenario: str, universe: str = "small", seed: int = 11) -> Day:
    """Act the day out and judge it."""
    async with _stage(scenario, universe, seed) as (application, base_urls):
        watch = Watch()
        application.subscribe(watch.take)
        books = _Books(application)
        begin, whole = datetime.now(UTC), _Whole(application, books)
        await whole.learn()
        recoveries = [await _play(act, base_urls, whole) for act in acts]
        plants = plants_of(await read_truth(base_urls["binance"]))
        end = datetime.now(UTC)
    run = Run(seed, scenario, plants, tuple(watch.rows), (begin, end), {}, {}, enough_s=10.0)
    return Day(recoveries, judge(run), len(watch.rows), (end - begin).total_seconds())


@asynccontextmanager
async def _stage(scenario: str, universe: str, seed: int) -> AsyncIterator[tuple[Application, dict[str, str]]]:
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        async with lab_process(scenario, seed, universe) as lab:
            named = {
                "exchanges": ",".join(VENUES),
                "opportunities.kinds": ",".join(KINDS),
                "market.identity_seed": ",".join(SEED_LIST),
            }
            plain = load_settings({"HOME": str(home)}, folder=home, overrides=named)
            loaded = load_settings({"HOME": str(home)}, folder=home, overrides={**named, **lab.overrides(plain)})
            async with running(loaded, is_simulated=True) as application:
                await all_live(application)
                yield application, dict(lab.base_urls)


class _Books:
    """Some depth books of every venue, wanted all day: a calm market would ask for none."""

    def __init__(self, application: Application) -> None:
        self._market = application._container.get(LiveMarket)
        by_venue: dict[str, list[int]] = {venue: [] for venue in VENUES}
        for slot, instrument in enumerate(self._market.instruments()):
            taken = by_venue[instrument.id.venue]
            if instrument.asset in {"BTC", "ETH", "SOL"} and len(taken) < _WANTED_BOOKS:
                taken.append(slot)
        self._slots = [slot for slots in by_venue.values() for slot in slots]

    def missing(self) -> str:
        """Which of them is not there, or was not confirmed for three seconds; empty when all are well."""
        for slot in self._slots:
            self._market.desk.want(slot)
            book, problem, confirmed_ns = self._market.desk.book(slot)
            name = self._market.instruments()[slot].id
            if book is None:
                return f"book of {name}: {problem}"
            if time.monotonic_ns() - confirmed_ns > 3e9:
                return f"book of {name} not confirmed"
            if not book.bids or not book.asks or float(book.bids[0][0]) >= float(book.asks[0][0]):
                return f"book of {name} is crossed or has a side missing"
        return ""


class _Whole:
    """What a whole market is: every venue live, as many quotes as before the day began, every wanted book well."""

    def __init__(self, application: Application, books: _Books) -> None:
        self._application = application
        self._books = books
        self._quotes: dict[str, int] = {}

    async def learn(self) -> None:
        """Wait until the market stands still, and remember how many quotes it has."""
        async with asyncio.timeout(RECOVERY_S):
            while self.missing():  # noqa: ASYNC110 - a screen is read
                await asyncio.sleep(0.1)
        await asyncio.sleep(1.0)
        self._quotes = {each.name: each.quotes for each in self._application.snapshot().venues}

    def missing(self) -> str:
        """What is not whole; empty when all is well. A quote less is a market nobody trades just now."""
        wanted = self._books.missing()
        for each in self._application.snapshot().venues:
            if each.state != "live":
                return f"{each.name} is {each.state}: {each.error}"
            if each.quotes < self._quotes.get(each.name, 1) - 1:
                return f"{each.name} has {each.quotes} quotes of {self._quotes[each.name]}"
        return wanted


async def _play(act: Act, base_urls: dict[str, str], whole: _Whole) -> Recovery:
    rss_mb = resident_mb()
    for blow in act.blows:
        await _stage_fault(base_urls["okx"], blow, act.seconds)
    ends = time.monotonic() + act.seconds
    while time.monotonic() < ends:
        whole.missing()  # keeps the books wanted
        await asyncio.sleep(0.1)
    begun, last = time.monotonic(), ""
    while (missing := whole.missing()) and time.monotonic() - begun < act.allowance_s:
        last = missing
        await asyncio.sleep(0.1)
    return Recovery(act.name, time.monotonic() - begun, missing, last, rss_mb)


async def _stage_fault(base_url: str, blow: Blow, seconds: float) -> None:
    document = {"fault": blow.fault, "seconds": seconds, "params": {**blow.params, "venue": blow.venue}}
    request = urllib.request.Request(f"{base_url}/lab/faults", data=json.dumps(document).encode(), method="POST")
    await asyncio.to_thread(lambda: urllib.request.urlopen(request, timeout=5).close())


def resident_mb() -> float:
    """Memory of this process that is really in use, after a collection."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * _PAGE_BYTES / 1e6


def main() -> int:
    """Print every act's recovery; exit code 1 when one did not recover, something false was shown, memory grew."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.bad_day", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=40, help="acts of two blows at once (default: 40)")
    parser.add_argument("--scenario", default="calm", help="calm: nothing may be shown; cross: only plants")
    parser.add_argument("--short", action="store_true", help="the day of the test suite")
    wanted = parser.parse_args()
    acts = short_day() if wanted.short else long_day(wanted.seed, wanted.rounds)
    universe = "small" if wanted.scenario == "calm" else "demo"
    day = asyncio.run(live_through(acts, scenario=wanted.scenario, universe=universe, seed=wanted.seed))
    for each in day.recoveries:
        words = f"STILL MISSING: {each.missing}" if each.missing else each.last and f"last: {each.last}"
        print(f"{each.seconds:6.1f} s  {each.rss_mb:6.1f} MB  {each.act}; {words}")
    growth = day.growth_mb_per_act()
    print(
        f"{len(acts)} acts in {day.seconds:.0f} s; shown {day.shown}, false {len(day.verdict.falses)}; longest recovery"
        f" {max(each.seconds for each in day.recoveries):.1f} s; memory {growth:+.3f} MB an act over the second half"
    )
    for false in day.verdict.falses[:20]:
        print(f"false: {false.shown.kind} {false.shown.legs}: {false.why}")
    return int(bool(day.failed or day.verdict.falses or growth > 0.2))


if __name__ == "__main__":
    sys.exit(main())
