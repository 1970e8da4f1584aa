"""`arbedge prove ID` and `arbedge why ID|ASSET|SYMBOL`: stored figures rebuilt, and gates explained."""

import argparse
import json
import sys

from arbedge.bootstrap.records import open_records
from arbedge.cli.failure import EXIT_BROKEN, EXIT_OK
from arbedge.cli.options import add_format, add_settings, settings_of
from arbedge.cli.rows import opportunity_row, rejection_row, stamp
from arbedge.domain.money import figure
from arbedge.domain.opportunity import Opportunity, Rejection
from arbedge.errors import NotFound
from arbedge.foundation.runtime import loop
from arbedge.opportunities.proof import prove

__all__ = ["configure", "run"]

_SHORTEST_ID = 6
_REJECTIONS_SHOWN = 20


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the arguments."""
    if name == "prove":
        parser.add_argument("id", metavar="ID", help="an opportunity's id, or its first six characters or more")
    else:
        parser.add_argument("text", metavar="ID|TEXT", help="an opportunity's id, an asset or a symbol")
    add_format(parser, "text", "json")
    add_settings(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run either command."""
    return loop.run(_prove(arguments) if arguments.command == "prove" else _why(arguments))


async def _prove(arguments: argparse.Namespace) -> int:
    async with open_records(settings_of(arguments), with_demo=True) as records:
        record = await records.find(arguments.id)
    proof = prove(record)
    if arguments.format == "json":
        sys.stdout.write(json.dumps(proof.document(), indent=1) + "\n")
    else:
        for field, stored, rebuilt in proof.lines:
            note = "" if stored == rebuilt else f"  but its evidence gives {rebuilt}"
            sys.stdout.write(f"{field:>18}  {stored}{note}\n")
        verdict = "proved: every figure follows from its evidence" if proof.holds else "NOT PROVED"
        sys.stdout.write(f"{record.opportunity.id}: {verdict} ({record.opportunity.evidence_hash[:16]})\n")
    if not proof.holds:
        sys.stderr.write(
            f"arbedge: {record.opportunity.id} does not follow from its evidence: {proof.difference}\n"
        )
        return EXIT_BROKEN
    return EXIT_OK


async def _why(arguments: argparse.Namespace) -> int:
    async with open_records(settings_of(arguments), with_demo=True) as records:
        shown: Opportunity | None = None
        if len(arguments.text) >= _SHORTEST_ID:
            try:
                shown = (await records.find(arguments.text)).opportunity
            except NotFound:
                shown = None
        rejections = await records.rejections(arguments.text, _REJECTIONS_SHOWN) if shown is None else ()
    if shown is None and not rejections:
        raise NotFound(
            f"nothing is known of {arguments.text!r}: no such id, and no candidate of that asset or symbol was "
            "priced yet (`arbedge markets` lists what is watched)"
        )
    if arguments.format == "json":
        document = {
            "opportunity": opportunity_row(shown) if shown else None,
            "rejections": [rejection_row(each) for each in rejections],
        }
        sys.stdout.write(json.dumps(document, indent=1) + "\n")
    elif shown is not None:
        _explain(shown)
    else:
        for each in rejections:
            _explain_rejection(each)
    return EXIT_OK


def _explain(opportunity: Opportunity) -> None:
    row = opportunity_row(opportunity)
    simulated = " (simulated)" if opportunity.is_simulated else ""
    state = f"closed {row['closed_at']}: {row['close_reason']}" if opportunity.closed_at else "open"
    sys.stdout.write(f"{opportunity.id}{simulated}: {row['kind']} {row['asset']}, {state}\n")
    for leg in opportunity.candidate.legs:
        sys.stdout.write(f"  {leg.side:>4} {leg.instrument}\n")
    sys.stdout.write(f"  seen {row['first_seen']} to {row['last_seen']}, identity by {row['identity']}\n")
    horizon = f" over {row['horizon_hours']} h" if "long" in row else ""
    sys.stdout.write(f"  qualifies on {row['qualifies_on']}: {row['net']} = {row['net_bps']} bps{horizon}\n")
    lines = ("price", "fees_entry", "fees_exit", "funding", "borrow", "transfer", "conversion", "spent", "end")
    for name in (line for line in lines if line in row):
        sys.stdout.write(f"    {name:>12}  {row[name]}\n")
    sys.stdout.write(f"  score {row['score']} from:\n")
    for name, part in row["score_parts"].items():
        sys.stdout.write(f"    {name:>24}  {part['value']:.3f} x {part['weight']:.2f}\n")


def _explain_rejection(rejection: Rejection) -> None:
    net = f", {figure(rejection.net_bps)} bps net" if rejection.net_bps is not None else ""
    sys.stdout.write(f"{stamp(rejection.at)}  {rejection.asset} {rejection.candidate.kind}{net}\n")
    for leg in rejection.candidate.legs:
        sys.stdout.write(f"  {leg.side:>4} {leg.instrument}\n")
    sys.stdout.write(f"  not shown: gate {rejection.gate}: {rejection.reason}\n")
