"""`arbedge report survival PATH` and `arbedge report funding PATH…`: what recorded data says, as text or JSON."""

import argparse
import json
import sys
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

from arbedge.bootstrap.reports import FundingAnswer, SurvivalAnswer, funding_report, survival_report
from arbedge.cli.failure import EXIT_OK
from arbedge.cli.options import add_format, moment, positive_int
from arbedge.cli.rows import stamp
from arbedge.cli.table import print_table
from arbedge.domain.money import decimal_of, figure
from arbedge.errors import Invalid
from arbedge.foundation.runtime.clock import SystemClock
from arbedge.opportunities.outcomes.holding import ContractFunding, Holding, HoldingRule, Together
from arbedge.opportunities.outcomes.survival import EdgeGroup, RouteSurvival, StillPositive, SurvivalRule

__all__ = ["configure", "run"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND_US = 1_000_000
_VENUES = 2


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the arguments."""
    _ = name
    reports = parser.add_subparsers(dest="report", metavar="survival|funding", required=True)
    survival = reports.add_parser(
        "survival", help="how long gross edges between two venues live", allow_abbrev=False
    )
    survival.add_argument(
        "path", metavar="PATH", help="recorded best bids and asks: .parquet, .csv, .json or .jsonl"
    )
    survival.add_argument(
        "--symbol",
        default="",
        metavar="NAME[,NAME]",
        help="the market (its spellings), where the record has several",
    )
    survival.add_argument("--venues", default="", metavar="A,B", help="the two venues, where it holds more")
    survival.add_argument(
        "--threshold", default="10", metavar="BPS", help="follow edges above this too; 0 for none (default: 10)"
    )
    survival.add_argument(
        "--silence",
        default="10",
        metavar="SECONDS",
        help="a venue silent for longer leaves a gap in the record (default: 10)",
    )
    add_format(survival, "table", "json")
    funding = reports.add_parser("funding", help="what holding pairs paid in funding", allow_abbrev=False)
    funding.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="settled funding: .parquet, .csv, .json or .jsonl, several together",
    )
    funding.add_argument("--coin", default="", help="one coin only")
    funding.add_argument("--notional", default="1000", help="reporting currency a leg at entry (default: 1000)")
    funding.add_argument(
        "--guard", default="60", metavar="SECONDS", help="the settlement guard of exact pricing (default: 60)"
    )
    funding.add_argument("--since", default=None, help="enter at this time, or where the record begins later")
    funding.add_argument("--until", default=None, help="leave at this time, or where the record ends earlier")
    funding.add_argument(
        "--limit", type=positive_int, default=50, help="most rows of the table; JSON has all (default: 50)"
    )
    add_format(funding, "table", "json")


def run(arguments: argparse.Namespace) -> int:
    """Print one report."""
    is_json = arguments.format == "json"
    if arguments.report == "survival":
        answer = survival_report(
            Path(arguments.path),
            _survival_rule(arguments),
            symbols=_words(arguments.symbol),
            venues=_venues(arguments.venues),
        )
        if is_json:
            _print_json(_survival_document(answer))
        else:
            _print_survival(answer)
        return EXIT_OK
    paid = funding_report([Path(each) for each in arguments.paths], _holding_rule(arguments), coin=arguments.coin)
    if is_json:
        _print_json(_funding_document(paid))
    else:
        _print_funding(paid, arguments.limit)
    return EXIT_OK


def _survival_rule(arguments: argparse.Namespace) -> SurvivalRule:
    silence = _number(arguments.silence, "--silence", is_zero_allowed=False)
    threshold = _number(arguments.threshold, "--threshold", is_zero_allowed=True)
    return SurvivalRule(threshold_bps=threshold, silence_us=int(silence * _SECOND_US))


def _holding_rule(arguments: argparse.Namespace) -> HoldingRule:
    now = SystemClock().now()
    since = moment(arguments.since, now, "--since") if arguments.since else None
    until = moment(arguments.until, now, "--until") if arguments.until else None
    if since and until and since >= until:
        raise Invalid(f"--since {arguments.since}: not before --until; choose an earlier time")
    return HoldingRule(
        notional=_number(arguments.notional, "--notional", is_zero_allowed=False),
        guard_s=_number(arguments.guard, "--guard", is_zero_allowed=True),
        since=since,
        until=until,
    )


def _number(text: str, option: str, *, is_zero_allowed: bool) -> Decimal:
    value = decimal_of(text, option)
    if value < 0 or value > 10**9 or (value == 0 and not is_zero_allowed):
        raise Invalid(f"{option} {text}: give a number {'from' if is_zero_allowed else 'above'} 0 up to 1000000000")
    return value


def _venues(text: str) -> tuple[str, ...]:
    named = _words(text)
    if named and len(named) != _VENUES:
        raise Invalid(f"--venues {text}: name two venues, as in --venues A,B")
    return named


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.strip() for each in text.split(",") if each.strip()))


def _print_json(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document, indent=1) + "\n")


def _survival_document(answer: SurvivalAnswer) -> dict[str, Any]:
    report = answer.report
    return {
        "symbol": answer.symbol,
        "from": stamp(_moment(report.first_us)),
        "to": stamp(_moment(report.last_us)),
        "moments": report.moments,
        "observed_s": figure(report.observed_s),
        "gaps": report.gaps,
        "gaps_s": figure(report.gaps_s),
        "unusable_rows": answer.unusable,
        "routes": [
            {
                "long": route.long,
                "short": route.short,
                "edges": [_group_row(group) for group in route.groups],
                "episodes": {
                    "whole": route.episodes.whole,
                    "cut": route.episodes.cut,
                    "median_s": _maybe(route.episodes.median_s),
                    "p90_s": _maybe(route.episodes.p90_s),
                },
            }
            for route in report.routes
        ],
    }


def _group_row(group: EdgeGroup) -> dict[str, Any]:
    return {
        "above_bps": figure(group.above_bps),
        "samples": group.samples,
        "median_bps": _maybe(group.median_bps),
        "after": [
            {
                "after_s": figure(_seconds(each.after_us)),
                "followed": each.followed,
                "still_positive": each.still,
                "share": _maybe(each.share),
            }
            for each in group.after
        ],
    }


def _print_survival(answer: SurvivalAnswer) -> None:
    report = answer.report
    out = sys.stdout.write
    out(
        f"{answer.symbol or 'market'}, {stamp(_moment(report.first_us))} to {stamp(_moment(report.last_us))}: "
        f"{report.moments} moments in {_fixed(report.observed_s, 0)} s; left out: {report.gaps} gaps of "
        f"{_fixed(report.gaps_s, 1)} s in all, {answer.unusable} unusable rows\n\n"
    )
    out("share of gross edges still positive later (samples followed)\n")
    print_table([_shares(route, group) for route in report.routes for group in route.groups])
    out("\nepisodes: from the moment an edge turns positive to the first moment it is not\n")
    print_table(
        [
            {
                "long": route.long,
                "short": route.short,
                "whole": route.episodes.whole,
                "cut by a gap or an end": route.episodes.cut,
                "median s": _or_few(route.episodes.median_s, 3),
                "p90 s": _or_few(route.episodes.p90_s, 3),
            }
            for route in report.routes
        ],
    )


def _shares(route: RouteSurvival, group: EdgeGroup) -> dict[str, object]:
    return {
        "long": route.long,
        "short": route.short,
        "above bps": figure(group.above_bps),
        "samples": group.samples,
        "median bps": _or_few(group.median_bps, 2),
        **{f"{figure(_seconds(each.after_us))} s": _share(each) for each in group.after},
    }


def _share(after: StillPositive) -> str:
    if after.share is None:
        return f"too few ({after.followed})"
    return f"{_fixed(after.share * 100, 1)} % ({after.followed})"


def _funding_document(answer: FundingAnswer) -> dict[str, Any]:
    return {
        "contracts": answer.contracts,
        "settlements": answer.settlements,
        "unusable_rows": answer.unusable,
        "together": [_together_row(each) for each in answer.together],
        "holdings": [_holding_row(each) for each in answer.holdings],
    }


def _together_row(each: Together) -> dict[str, Any]:
    return {
        "naive_apr_from": figure(each.naive_apr_from),
        "holdings": each.holdings,
        "gained": each.gained,
        "cash": figure(each.cash),
        "naive_cash": figure(each.naive_cash),
        "realised": _maybe(each.realised),
    }


def _holding_row(each: Holding) -> dict[str, Any]:
    return {
        "coin": each.coin,
        "long": _contract(each.long),
        "short": _contract(each.short),
        "entered_at": stamp(each.entered_at),
        "left_at": stamp(each.left_at),
        "long_settlements": each.long_settlements,
        "short_settlements": each.short_settlements,
        "mark": "recorded" if each.has_marks else "fixed at entry",
        "cash": figure(each.cash),
        "naive_cash": figure(each.naive_cash),
        "carry_apr": _maybe(each.carry_apr),
        "naive_apr": figure(each.naive_apr),
        "realised": _maybe(each.realised),
    }


def _contract(each: ContractFunding) -> dict[str, str]:
    return {"venue": each.venue, "symbol": each.symbol}


def _print_funding(answer: FundingAnswer, limit: int) -> None:
    out = sys.stdout.write
    out(
        f"{answer.contracts} contracts, {answer.settlements} settlements, {len(answer.holdings)} pairs held; "
        f"left out: {answer.unusable} unusable rows\n\n"
    )
    print_table(
        [
            {
                "naive carry a year from": _percent(each.naive_apr_from),
                "pairs": each.holdings,
                "gained": each.gained,
                "cash": _fixed(each.cash, 2),
                "naive cash": _fixed(each.naive_cash, 2),
                "realised": _percent(each.realised) if each.realised is not None else "too few",
            }
            for each in answer.together
        ],
    )
    if not answer.holdings:
        out("no two contracts of one coin on two venues settled over the same time\n")
        return
    out("\n")
    print_table(
        [_shown(each) for each in answer.holdings[:limit]],
    )
    if len(answer.holdings) > limit:
        out(f"… {len(answer.holdings) - limit} more; --limit or --format json shows them\n")


def _shown(each: Holding) -> dict[str, object]:
    return {
        "coin": each.coin,
        "long": f"{each.long.venue} {each.long.symbol}",
        "short": f"{each.short.venue} {each.short.symbol}",
        "entered": stamp(each.entered_at)[:16],
        "left": stamp(each.left_at)[:16],
        "settled": f"{each.long_settlements}+{each.short_settlements}",
        "cash": _fixed(each.cash, 4),
        "carry a year": _percent(each.carry_apr),
        "naive": _percent(each.naive_apr),
        "realised": _percent(each.realised),
    }


def _percent(value: Decimal | None) -> str:
    return "-" if value is None else f"{_fixed(value * 100, 1)} %"


def _or_few(value: Decimal | None, places: int) -> str:
    return "too few" if value is None else _fixed(value, places)


def _fixed(value: Decimal, places: int) -> str:
    return format(value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN), "f")


def _maybe(value: Decimal | None) -> str | None:
    return None if value is None else figure(value)


def _seconds(span_us: int) -> Decimal:
    return Decimal(span_us) / _SECOND_US


def _moment(at_us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at_us)
