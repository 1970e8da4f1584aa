"""The independent oracle: what ccxt reads from the same venue, loaded in a process of its own.

ccxt costs half a second and a hundred megabytes to import, and holds the event loop for tenths of a second while it
reads markets; so it never runs in this process. What comes back is plain values to compare with our own.
"""

import asyncio
import functools
import multiprocessing
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from arbedge.domain.instrument import Instrument, InstrumentStatus, MarketKind
from arbedge.errors import Rejected, Timeout, Unavailable
from arbedge.exchanges.transport.guarding import CallGuard
from arbedge.foundation.resilience.config import BreakerPolicy, GuardPolicy, RetryPolicy

__all__ = ["GUARD_POLICY", "Difference", "OracleMarket", "compare", "load_markets"]

_DEADLINE_S = 90.0

GUARD_POLICY = GuardPolicy(
    deadline_s=_DEADLINE_S + 10,
    attempt_timeout_s=_DEADLINE_S + 5,
    retry=RetryPolicy(attempts=1),
    breaker=BreakerPolicy(slow_call_s=_DEADLINE_S),
)
"""For the guard of `load_markets`: one patient attempt, nobody waits for it."""

_CONTRACTS: Mapping[str, str] = {"okx": "swap", "bitget": "swap", "hyperliquid": "swap"}
"""What ccxt wants perpetuals to be called when they are loaded; `linear` everywhere else."""

_KINDS: Mapping[str, MarketKind] = {"spot": MarketKind.SPOT, "swap": MarketKind.PERP}


@dataclass(frozen=True, slots=True)
class OracleMarket:
    """One market as ccxt reads it; decimals where it states a number, None where it states none."""

    kind: MarketKind
    symbol: str
    base: str
    quote: str
    settle: str | None
    is_linear: bool
    is_active: bool
    contract_size: Decimal
    tick: Decimal | None
    lot: Decimal | None
    min_qty: Decimal | None
    min_notional: Decimal | None


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing the two readings disagree on, in words."""

    symbol: str
    what: str
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True, repr=False)
class _Job:
    """What the other process shall load, and how it gets there; no repr, the proxy may hold credentials."""

    venue: str
    base_url: str | None
    proxy: str | None
    is_unified: bool


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why the other process has no markets."""

    words: str
    is_final: bool


async def load_markets(
    venue: str,
    guard: CallGuard,
    *,
    base_url: str | None = None,
    proxy: str | None = None,
    is_unified: bool = False,
) -> tuple[OracleMarket, ...]:
    """Spot and linear markets of `venue` as ccxt reads them, from `base_url` and through an HTTP `proxy` if given.

    `is_unified` has it speak the unified account's API, where a venue has one beside the classic.

    Each attempt runs in a spawned process that ends with it; `guard` is one of `GUARD_POLICY`. Raises `Timeout`,
    `Unavailable` when the process or the venue failed, `Rejected` for a venue or a proxy ccxt cannot use.
    """
    job = _Job(venue, base_url, proxy, is_unified)

    async def attempt() -> tuple[OracleMarket, ...]:
        return await _run(job)

    return await guard.call(attempt)


async def _run(job: _Job) -> tuple[OracleMarket, ...]:
    loop = asyncio.get_running_loop()
    pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
    try:
        async with asyncio.timeout(_DEADLINE_S):
            outcome = await loop.run_in_executor(pool, functools.partial(_load, job))
    except TimeoutError:
        raise Timeout(f"ccxt did not load the markets of {job.venue} within {_DEADLINE_S:g} s") from None
    except BrokenProcessPool as error:
        raise Unavailable(f"the process that loads ccxt ended early: {error}") from error
    finally:
        for process in list((pool._processes or {}).values()):  # noqa: SLF001 - the pool has no public way to end one
            process.kill()
        pool.shutdown(wait=False, cancel_futures=True)
    if isinstance(outcome, _Failure):
        raise Rejected(outcome.words) if outcome.is_final else Unavailable(outcome.words)
    return outcome


def compare(ours: Sequence[Instrument], theirs: Sequence[OracleMarket]) -> tuple[Difference, ...]:
    """Every disagreement between our instruments and ccxt's, symbol by symbol; also what only one side has."""
    own = {(each.id.kind, each.id.symbol): each for each in ours}
    oracle = {(each.kind, each.symbol): each for each in theirs if each.kind is MarketKind.SPOT or each.is_linear}
    differences = [
        Difference(f"{kind}:{symbol}", "listed", str((kind, symbol) in own), str((kind, symbol) in oracle))
        for kind, symbol in sorted(own.keys() ^ oracle.keys())
    ]
    for key in sorted(own.keys() & oracle.keys()):
        differences += _differences(own[key], oracle[key])
    return tuple(differences)


def _differences(own: Instrument, oracle: OracleMarket) -> list[Difference]:
    pairs: dict[str, tuple[object, object]] = {
        "base": (own.base, oracle.base),
        "quote": (own.quote, oracle.quote),
        "settle": (own.settle, oracle.settle),
        "contract size": (own.contract_size, oracle.contract_size),
        "tick": (own.tick, oracle.tick),
        "lot": (own.lot, oracle.lot),
        "minimum quantity": (own.min_qty, oracle.min_qty or Decimal(0)),
        "minimum notional": (own.min_notional, oracle.min_notional or Decimal(0)),
        "trading": (own.status is InstrumentStatus.TRADING, oracle.is_active),
    }
    return [
        Difference(str(own.id), what, str(ours), str(theirs))
        for what, (ours, theirs) in pairs.items()
        if ours != theirs
    ]


def _load(job: _Job) -> tuple[OracleMarket, ...] | _Failure:
    """In the other process: what we compare of ccxt's markets, or why there is nothing.

    A market of ccxt carries the venue's whole answer: thousands of them would cost the main process 35 MB for good.
    """
    import ccxt  # noqa: PLC0415 - imported where its cost is paid: in the spawned process

    if job.venue not in ccxt.exchanges:
        return _Failure(f"ccxt knows no venue {job.venue!r}", is_final=True)
    exchange = getattr(ccxt, job.venue)({"enableRateLimit": True, "number": str})
    exchange.options["fetchMarkets"] = {"types": ["spot", _CONTRACTS.get(job.venue, "linear")]}
    exchange.options["fetchCurrencies"] = False
    exchange.options["uta"] = job.is_unified
    if job.base_url is not None:
        exchange.urls["api"] = _moved(exchange.urls["api"], job.base_url)
    if job.proxy is not None:
        if not job.proxy.startswith("http"):
            return _Failure("ccxt is checked against through HTTP proxies only, not through SOCKS", is_final=True)
        is_plain = job.base_url is not None and job.base_url.startswith("http://")
        setattr(exchange, "httpProxy" if is_plain else "httpsProxy", job.proxy)
    try:
        markets = exchange.load_markets()
    except ccxt.BaseError as error:
        words = f"ccxt could not load the markets of {job.venue}: {type(error).__name__}: {str(error)[:200]}"
        return _Failure(words, is_final=not isinstance(error, ccxt.NetworkError))
    return tuple(_market(row) for row in markets.values() if row["type"] in _KINDS)


def _moved(urls: Any, base_url: str) -> Any:
    """Every http address of ccxt's table on another scheme and host, paths kept."""
    if isinstance(urls, dict):
        return {name: _moved(url, base_url) for name, url in urls.items()}
    if isinstance(urls, str) and urls.startswith("http"):
        path = urls.split("/", 3)[3] if urls.count("/") > 2 else ""
        return f"{base_url}/{path}" if path else base_url
    return urls


def _market(row: dict[str, Any]) -> OracleMarket:
    limits, precision = row["limits"], row["precision"]
    own_name = row.get("baseName") if row["type"] == "swap" else None  # where a contract's ids are mere numbers
    return OracleMarket(
        kind=_KINDS[row["type"]],
        symbol=own_name or row["id"],
        base=own_name or row["baseId"],
        quote=row["quoteId"],
        settle=row["settleId"],
        is_linear=bool(row["linear"]),
        is_active=bool(row["active"]),
        contract_size=_number(row["contractSize"]) or Decimal(1),
        tick=_number(precision["price"]),
        lot=_number(precision["amount"]),
        min_qty=_number(limits["amount"]["min"]),
        min_notional=_number(limits["cost"]["min"]),
    )


def _number(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
