"""`arbedge outcomes`: what became of everything shown, dead on arrival included."""

import argparse
import json
import sys
from datetime import datetime
from decimal import Decimal
from typing import Any

from arbedge.bootstrap.verdicts import outcome_report
from arbedge.cli.failure import EXIT_OK
from arbedge.cli.options import add_format, add_settings, moment, settings_of
from arbedge.cli.rows import stamp
from arbedge.cli.table import print_table
from arbedge.domain.money import figure
from arbedge.errors import Invalid
from arbedge.foundation.runtime import loop
from arbedge.foundation.runtime.clock import SystemClock
from arbedge.opportunities.outcomes.following import Mark, MarkOutcome
from arbedge.opportunities.outcomes.verdicts import (
    Group,
    KindSurvival,
    MarkCount,
    Outcome,
    OutcomeReport,
    PaperComparison,
)

__all__ = ["configure", "outcome_row", "print_outcome", "run"]


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the arguments."""
    _ = name
    parser.add_argument("--since", default="24h", help="a time or a span back from now (default: 24h)")
    parser.add_argument("--until", default=None, help="a time or a span back from now (default: now)")
    parser.add_argument("--demo", action="store_true", help="the simulated records of `arbedge demo` instead")
    add_format(parser, "table", "json")
    parser.add_argument("--json", dest="format", action="store_const", const="json", help="short for --format json")
    add_settings(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run it."""
    now = SystemClock().now()
    since = moment(arguments.since, now, "--since")
    until = moment(arguments.until, now, "--until") if arguments.until else now
    if since >= until:
        raise Invalid(f"--since {arguments.since}: not before --until; choose an earlier time")
    report = loop.run(outcome_report(settings_of(arguments), since, until, is_demo=arguments.demo))
    if arguments.format == "json":
        sys.stdout.write(json.dumps(_document(report, since, until), indent=1) + "\n")
    else:
        _print(report, since, until, is_demo=arguments.demo)
    return EXIT_OK


def print_outcome(outcome: Outcome) -> None:
    """What became of one opportunity, a line a mark."""
    simulated = ", simulated" if outcome.followed.is_simulated else ""
    _say(f"  afterwards{simulated}, predicted {outcome.followed.predicted_bps:,.1f} bps:")
    for mark in outcome.marks:
        _say(f"    {mark.mark:<12} {_found(mark)}")
    paper = outcome.paper
    made = "" if paper.net_bps is None else f" {paper.net_bps:,.1f} bps"
    _say(f"    {'paper':<12} {paper.status.replace('_', ' ')}{made}{f' ({paper.reason})' if paper.reason else ''}")


def outcome_row(outcome: Outcome) -> dict[str, Any]:
    """What became of one opportunity, as JSON values."""
    return {
        "predicted_bps": figure(outcome.followed.predicted_bps),
        "simulated": outcome.followed.is_simulated,
        "marks": {
            each.mark.value: {
                "standing": each.standing.value,
                "net_bps": _maybe(each.net_bps),
                "reason": each.reason,
                "taken_at": stamp(each.taken_at) if each.taken_at else None,
            }
            for each in outcome.marks
        },
        "paper": {
            "status": outcome.paper.status.value,
            "net_bps": _maybe(outcome.paper.net_bps),
            "reason": outcome.paper.reason,
        },
    }


def _print(report: OutcomeReport, since: datetime, until: datetime, *, is_demo: bool) -> None:
    shown = report.followed + report.unfollowed
    _say(f"opened between {stamp(since)} and {stamp(until)}: {shown} shown, {report.followed} followed")
    if report.unfollowed:
        _say(f"{report.unfollowed} not followed: too many at once, or ArbEdge was killed as they opened")
    if not report.followed:
        _say("nothing to say yet: outcomes are made by `arbedge run` from the moment an opportunity opens")
        if not is_demo:
            _say("those of `arbedge demo` are kept apart: arbedge outcomes --demo")
        return
    _say("\nstill paying at each mark, of those that could be told (told; unknown or missed):")
    print_table([_survival_cells(each) for each in report.survival])
    _say("\npredicted against paper, in bps of the entry shown:")
    print_table([_paper_cells(each) for each in report.paper])
    if any(each.group.is_if_closed for each in report.survival):
        _say("* predicted if the gap closes; no history proved that it does")
    if not any(each.done for each in report.paper):
        _say("no paper trade has ended yet: a held one ends at its horizon")


def _survival_cells(each: KindSurvival) -> dict[str, object]:
    row: dict[str, object] = {"kind": _name(each.group), "followed": each.followed}
    first = each.marks[0] if each.marks else None
    row["dead on arrival"] = each.dead_on_arrival if first is not None else None
    found = {mark.mark: mark for mark in each.marks}
    for mark in Mark:
        row[mark] = _share(found[mark]) if mark in found else "-"
    return row


def _share(count: MarkCount) -> str:
    share = "-" if count.share is None else f"{count.share * 100:.0f} %"
    return f"{share} ({count.told}; {count.unknown + count.missed})"


def _paper_cells(each: PaperComparison) -> dict[str, object]:
    return {
        "kind": _name(each.group),
        "venues": each.venues,
        "done": each.done,
        "predicted": _bps(each.mean_predicted_bps),
        "paper": _bps(each.mean_paper_bps),
        "mean error": _bps(each.mean_error_bps),
        "median error": _bps(each.median_error_bps),
        "not entered": each.not_entered,
        "unknown": each.unknown,
        "running": each.running,
    }


def _document(report: OutcomeReport, since: datetime, until: datetime) -> dict[str, Any]:
    return {
        "since": stamp(since),
        "until": stamp(until),
        "followed": report.followed,
        "not_followed": report.unfollowed,
        "survival": [
            {
                **_group(each.group),
                "followed": each.followed,
                "dead_on_arrival": each.dead_on_arrival,
                "marks": {
                    mark.mark.value: {
                        "share_paying": _maybe(mark.share),
                        "told": mark.told,
                        "paying": mark.paying,
                        "unknown": mark.unknown,
                        "missed": mark.missed,
                    }
                    for mark in each.marks
                },
            }
            for each in report.survival
        ],
        "paper": [
            {
                **_group(each.group),
                "venues": each.venues,
                "done": each.done,
                "mean_predicted_bps": _maybe(each.mean_predicted_bps),
                "mean_paper_bps": _maybe(each.mean_paper_bps),
                "mean_error_bps": _maybe(each.mean_error_bps),
                "median_error_bps": _maybe(each.median_error_bps),
                "not_entered": each.not_entered,
                "unknown": each.unknown,
                "running": each.running,
            }
            for each in report.paper
        ],
    }


def _group(group: Group) -> dict[str, Any]:
    return {"kind": group.kind, "if_closed": group.is_if_closed, "simulated": group.is_simulated}


def _name(group: Group) -> str:
    return f"{group.kind}{'*' if group.is_if_closed else ''}{' (simulated)' if group.is_simulated else ''}"


def _found(mark: MarkOutcome) -> str:
    net = "" if mark.net_bps is None else f" {mark.net_bps:,.1f} bps"
    return f"{mark.standing.replace('_', ' ')}{net}{f': {mark.reason}' if mark.reason else ''}"


def _bps(value: Decimal | None) -> str:
    return "-" if value is None else f"{value:,.1f}"


def _maybe(value: Decimal | None) -> str | None:
    return None if value is None else figure(value)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
