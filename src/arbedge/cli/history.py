"""`arbedge history` and `arbedge export FILE`: opportunities seen so far, on screen or as CSV or Parquet."""

import argparse
import json
import sys
from datetime import datetime
from pathlib import Path

from arbedge.bootstrap.records import export_records, open_records, selection_of
from arbedge.cli.failure import EXIT_OK
from arbedge.cli.options import add_format, add_settings, moment, positive_int, settings_of
from arbedge.cli.rows import opportunity_row, stamp
from arbedge.domain.opportunity import OpportunityKind
from arbedge.errors import Invalid
from arbedge.foundation.runtime import loop
from arbedge.foundation.runtime.clock import SystemClock

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the arguments."""
    parser.add_argument("--since", default="24h", help="a time or a span back from now (default: 24h)")
    parser.add_argument("--until", default=None, help="a time or a span back from now (default: now)")
    parser.add_argument("--demo", action="store_true", help="the simulated records of `arbedge demo` instead")
    if name == "export":
        parser.add_argument("file", metavar="FILE", help="where to write: a name ending in .csv or .parquet")
        parser.add_argument("--kind", choices=[kind.value for kind in OpportunityKind], help="one kind only")
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
    for each in (record.opportunity for record in found):
        closed = f"closed {stamp(each.closed_at)} ({each.close_reason})" if each.closed_at else "open"
        simulated = " simulated" if each.is_simulated else ""
        sys.stdout.write(
            f"{each.id}  {stamp(each.opened_at)}  {each.kind:<10} {each.asset:<10} "
            f"{each.priced.net_bps:>9.2f} bps  peak {each.peak_net_bps:>9.2f}  {closed}{simulated}\n"
        )
    return EXIT_OK


async def _export(arguments: argparse.Namespace, since: datetime, until: datetime) -> int:
    path = Path(arguments.file)
    if path.suffix not in {".csv", ".parquet"}:
        raise Invalid(f"{arguments.file}: end the name in .csv or .parquet")
    kind = OpportunityKind(arguments.kind) if arguments.kind else None
    selection = selection_of(since, until, kind)
    rows = await export_records(settings_of(arguments), path, selection, is_demo=arguments.demo)
    sys.stdout.write(f"{rows} rows written to {path}\n")
    return EXIT_OK
