"""`arbedge history` and `arbedge export FILE`: opportunities seen so far, on screen or as CSV or Parquet."""

import argparse
import json
import sys
from datetime import datetime
from pathlib import Path

from arbedge.bootstrap.records import export_records, open_records, selection_of
from arbedge.bootstrap.verdicts import export_outcome_records
from arbedge.cli.failure import EXIT_OK
from arbedge.cli.options import add_format, add_settings, moment, positive_int, settings_of
from arbedge.cli.rows import headline, is_if_closed, opportunity_row, stamp
from arbedge.cli.table import print_table
from arbedge.domain.opportunity import Opportunity, OpportunityKind
from arbedge.errors import Invalid
from arbedge.foundation.runtime import loop
from arbedge.foundation.runtime.clock import SystemClock

__all__ = ["configure", "run"]

_REASON_CHARS = 60


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the arguments."""
    parser.add_argument("--since", default="24h", help="a time or a span back from now (default: 24h)")
    parser.add_argument("--until", default=None, help="a time or a span back from now (default: now)")
    parser.add_argument("--demo", action="store_true", help="the simulated records of `arbedge demo` instead")
    if name == "export":
        parser.add_argument("file", metavar="FILE", help="where to write: a name ending in .csv or .parquet")
        parser.add_argument("--kind", choices=[kind.value for kind in OpportunityKind], help="one kind only")
        parser.add_argument(
            "--outcomes", action="store_true", help="what became of them instead: marks and paper trades"
        )
    else:
        parser.add_argument("--limit", type=positive_int, default=50, help="most rows (default: 50)")
        add_format(parser, "table", "json")
    add_settings(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run either command."""
    now = SystemClock().now()
    since = moment(arguments.since, now, "--since")
    until = moment(arguments.until, now, "--until") if arguments.until else now
    if since >= until:
        raise Invalid(f"--since {arguments.since}: not before --until; choose an earlier time")
    work = _export if arguments.command == "export" else _history
    return loop.run(work(arguments, since, until))


async def _history(arguments: argparse.Namespace, since: datetime, until: datetime) -> int:
    async with open_records(settings_of(arguments), is_demo=arguments.demo) as records:
        found = await records.history(since, until, arguments.limit)
    if arguments.format == "json":
        sys.stdout.write(json.dumps([opportunity_row(record.opportunity) for record in found], indent=1) + "\n")
        return EXIT_OK
    if not found:
        sys.stdout.write(f"no opportunity was opened between {stamp(since)} and {stamp(until)}\n")
        if not arguments.demo:
            sys.stdout.write("records of `arbedge demo` are kept apart: arbedge history --demo\n")
        return EXIT_OK
    print_table([_row(record.opportunity) for record in found])
    if any(is_if_closed(record.opportunity) for record in found):
        sys.stdout.write("* net if the gap closes\n")
    return EXIT_OK


def _row(each: Opportunity) -> dict[str, str]:
    lived_s = ((each.closed_at or each.updated_at) - each.opened_at).total_seconds()
    reason = each.close_reason or ""
    return {
        "id": each.id,
        "opened (UTC)": f"{each.opened_at:%Y-%m-%d %H:%M:%S}",
        "kind": each.kind.value,
        "asset": each.asset,
        "net bps": f"{headline(each)[1]:,.1f}{'*' if is_if_closed(each) else ' '}",
        "lived": f"{lived_s:,.1f} s",
        "now": "closed" if each.closed_at else "open",
        "why": reason if len(reason) <= _REASON_CHARS else f"{reason[: _REASON_CHARS - 1]}…",
    }


async def _export(arguments: argparse.Namespace, since: datetime, until: datetime) -> int:
    path = Path(arguments.file)
    if path.suffix not in {".csv", ".parquet"}:
        raise Invalid(f"{arguments.file}: end the name in .csv or .parquet")
    if arguments.outcomes:
        if arguments.kind:
            raise Invalid("--kind: an export of outcomes holds every kind; leave it out")
        rows = await export_outcome_records(settings_of(arguments), path, since, until, is_demo=arguments.demo)
        return _written(rows, path)
    kind = OpportunityKind(arguments.kind) if arguments.kind else None
    selection = selection_of(since, until, kind)
    rows = await export_records(settings_of(arguments), path, selection, is_demo=arguments.demo)
    return _written(rows, path)


def _written(rows: int, path: Path) -> int:
    sys.stdout.write(f"{rows} {'row' if rows == 1 else 'rows'} written to {path}\n")
    return EXIT_OK
