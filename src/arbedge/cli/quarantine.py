"""`arbedge quarantine list | approve | reject`: pairs of instruments that wait for a person's word."""

import argparse
import getpass
import json
import re
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from arbedge.bootstrap.quarantining import is_simulated, open_quarantine
from arbedge.cli.failure import EXIT_OK
from arbedge.cli.options import add_settings, settings_of
from arbedge.cli.rows import stamp
from arbedge.cli.table import print_table
from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.domain.quarantine import Doubt, HandDecision, QuarantineCase, Verdict, in_order
from arbedge.errors import Conflict, Invalid, NotFound
from arbedge.foundation.runtime import loop
from arbedge.foundation.runtime.clock import SystemClock

__all__ = ["configure", "run"]

_NAME = re.compile(r"[0-9a-f]{4,12}")
_REASON_MAX = 500
_BASIS_CHARS = 90
_VERDICTS = {"approve": Verdict.APPROVED, "reject": Verdict.REJECTED}


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the arguments."""
    _ = name
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    listing = actions.add_parser("list", help="pairs that wait, and why", description="Pairs that wait, and why")
    listing.add_argument("--all", action="store_true", help="also pairs that are decided")
    listing.add_argument("--json", action="store_true", help="every field, as JSON")
    _add_where(listing)
    for word, meaning in (("approve", "the two are one asset"), ("reject", "they are not: never price the pair")):
        child = actions.add_parser(word, help=meaning, description=f"Say that {meaning}")
        child.add_argument("pair", metavar="ID|PAIR", help="an id of the list (its beginning will do), or two "
                           "instruments joined by a comma: binance:spot:PEPEUSDT,okx:spot:PEPE-USDT")  # fmt: skip
        child.add_argument("--reason", required=True, help="why; kept and shown with every row it lets through")
        _add_where(child)


def _add_where(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--demo", action="store_true", help="the simulated records of `arbedge demo` instead")
    add_settings(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run one of the three."""
    return loop.run(_list(arguments) if arguments.action == "list" else _decide(arguments))


async def _list(arguments: argparse.Namespace) -> int:
    loaded = settings_of(arguments)
    async with open_quarantine(loaded, is_demo=arguments.demo, is_writing=False) as store:
        found = await store.cases(is_simulated=is_simulated(loaded, is_demo=arguments.demo))
    shown = [case for case in found if arguments.all or _waits(case)]
    if arguments.json:
        sys.stdout.write(json.dumps([_row(case) for case in shown], indent=1) + "\n")
        return EXIT_OK
    if not shown:
        decided = sum(case.is_decided for case in found)
        rest = f"; {decided} decided: arbedge quarantine list --all" if decided else ""
        sys.stdout.write(f"no pair waits in quarantine{rest}\n")
        return EXIT_OK
    print_table([_line(case) for case in shown])
    return EXIT_OK


async def _decide(arguments: argparse.Namespace) -> int:
    reason = " ".join(arguments.reason.split())
    if not reason or len(reason) > _REASON_MAX:
        raise Invalid(f"--reason: write why, in at most {_REASON_MAX} characters")
    pair = None if _NAME.fullmatch(arguments.pair) else _pair_of(arguments.pair)
    loaded, now = settings_of(arguments), SystemClock().now()
    simulated = is_simulated(loaded, is_demo=arguments.demo)
    async with open_quarantine(loaded, is_demo=arguments.demo, is_writing=pair is not None) as store:
        known = await store.cases(is_simulated=simulated)
    case = _named(known, arguments.pair) if pair is None else _asked(known, pair, now, is_simulated=simulated)
    decision = HandDecision(_VERDICTS[arguments.action], now, getpass.getuser(), reason)
    async with open_quarantine(loaded, is_demo=arguments.demo, is_writing=True) as store:
        await store.decide(case, decision)
    simulated_text = " (simulated)" if simulated else ""
    sys.stdout.write(f"{case.id} {decision.verdict}: {case.first} and {case.second}{simulated_text}\n")
    return EXIT_OK


def _named(known: Sequence[QuarantineCase], name: str) -> QuarantineCase:
    found = [case for case in known if case.id.startswith(name)]
    if not found:
        raise NotFound(f"no pair {name} in quarantine (see: arbedge quarantine list --all)")
    if len(found) > 1:
        raise Conflict(f"{name} could be {', '.join(case.id for case in found[:5])}: write more of it")
    return found[0]


def _asked(
    known: Sequence[QuarantineCase],
    pair: tuple[InstrumentId, InstrumentId],
    now: datetime,
    *,
    is_simulated: bool,
) -> QuarantineCase:
    """The known case of the pair, or one that was not seen yet."""
    found = next((case for case in known if (case.first, case.second) == pair), None)
    return found or QuarantineCase(
        first=pair[0],
        second=pair[1],
        asset="",
        doubt=Doubt.ASKED,
        basis="named by hand before it was seen",
        ratio=None,
        first_seen_at=now,
        last_seen_at=now,
        times=0,
        is_simulated=is_simulated,
    )


def _pair_of(text: str) -> tuple[InstrumentId, InstrumentId]:
    words = text.split(",")
    if len(words) != 2:
        raise Invalid(f"{text}: write an id of the list, or two instruments as venue:kind:SYMBOL,venue:kind:SYMBOL")
    one, two = (_instrument_of(word.strip()) for word in words)
    if one == two:
        raise Invalid(f"{text}: the two are the same instrument")
    return in_order(one, two)


def _instrument_of(text: str) -> InstrumentId:
    parts = text.split(":")
    if len(parts) != 3 or not all(parts) or parts[1] not in {kind.value for kind in MarketKind}:
        raise Invalid(f"{text}: write an instrument as venue:kind:SYMBOL, kind spot or perp")
    return InstrumentId(parts[0], MarketKind(parts[1]), parts[2])


def _waits(case: QuarantineCase) -> bool:
    """Undecided, or held back again after it was approved: an approval makes no gap believable."""
    if not case.is_decided or case.decision is None:
        return True
    is_approved = case.decision.verdict is Verdict.APPROVED
    return is_approved and case.doubt is Doubt.IMPLAUSIBLE and case.last_seen_at > case.decision.at


def _state(case: QuarantineCase) -> str:
    if case.decision is None:
        return "waits"
    return case.decision.verdict.value if case.decision.holds else f"waits ({case.decision.verdict}, expired)"


def _line(case: QuarantineCase) -> dict[str, object]:
    basis = case.basis if case.decision is None or not case.is_decided else case.decision.reason
    return {
        "id": case.id,
        "asset": case.asset,
        "doubt": case.doubt.value,
        "first": str(case.first),
        "second": str(case.second),
        "ratio": None if case.ratio is None else f"{case.ratio:.6g}",
        "seen": f"{case.times:,}",
        "last seen (UTC)": f"{case.last_seen_at:%Y-%m-%d %H:%M:%S}",
        "state": _state(case),
        "why": basis if len(basis) <= _BASIS_CHARS else f"{basis[: _BASIS_CHARS - 1]}…",
    }


def _row(case: QuarantineCase) -> dict[str, Any]:
    decision = case.decision
    return {
        "id": case.id,
        "asset": case.asset,
        "doubt": case.doubt.value,
        "first": str(case.first),
        "second": str(case.second),
        "ratio": case.ratio,
        "basis": case.basis,
        "first_seen_at": stamp(case.first_seen_at),
        "last_seen_at": stamp(case.last_seen_at),
        "times": case.times,
        "is_simulated": case.is_simulated,
        "decision": None if decision is None else {
            "verdict": decision.verdict.value,
            "at": stamp(decision.at),
            "by": decision.by,
            "reason": decision.reason,
            "expired_at": None if decision.expired_at is None else stamp(decision.expired_at),
        },
    }  # fmt: skip
