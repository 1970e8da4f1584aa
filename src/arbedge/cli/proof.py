"""`arbedge prove ID` and `arbedge why ID|ASSET|SYMBOL`: stored figures rebuilt, and gates explained."""

import argparse
import json
import sys
from decimal import Decimal, DecimalException

from arbedge.bootstrap.records import RecordsReader, open_records
from arbedge.bootstrap.verdicts import outcome_of
from arbedge.cli.explaining import explain, explain_rejection, explain_shortly
from arbedge.cli.failure import EXIT_BROKEN, EXIT_OK
from arbedge.cli.options import add_format, add_settings, settings_of
from arbedge.cli.outcomes import outcome_row, print_outcome
from arbedge.cli.rows import opportunity_row, rejection_row
from arbedge.domain.money import figure
from arbedge.errors import NotFound
from arbedge.foundation.runtime import loop
from arbedge.opportunities.ports import OpportunityRecord
from arbedge.opportunities.proof import prove

__all__ = ["configure", "run"]

_SHORTEST_ID = 6
_REJECTIONS_SHOWN = 20
_SHOWN = 5


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
            line = _rounded(stored) if stored == rebuilt else f"{stored}  but its evidence gives {rebuilt}"
            sys.stdout.write(f"{field:>18}  {line}\n")
        verdict = "proved: every figure follows from its evidence" if proof.holds else "NOT PROVED"
        sys.stdout.write(f"{record.opportunity.id}: {verdict} ({record.opportunity.evidence_hash[:16]})\n")
    if not proof.holds:
        sys.stderr.write(
            f"arbedge: {record.opportunity.id} does not follow from its evidence: {proof.difference}\n"
        )
        return EXIT_BROKEN
    return EXIT_OK


def _rounded(text: str) -> str:
    """A figure to the 12 digits shown everywhere (it was compared to the last); anything else as it is."""
    try:
        return figure(Decimal(text))
    except DecimalException:
        return text


async def _why(arguments: argparse.Namespace) -> int:
    async with open_records(settings_of(arguments), with_demo=True) as records:
        one = await _by_id(records, arguments.text)
        after = await outcome_of(settings_of(arguments), one.opportunity.id) if one else None
        shown = () if one else await records.opportunities(arguments.text, _SHOWN)
        rejections = () if one else await records.rejections(arguments.text, _REJECTIONS_SHOWN)
    if not (one or shown or rejections):
        raise NotFound(
            f"nothing is known of {arguments.text!r}: no such id, and no candidate of that asset or symbol was "
            "priced yet (`arbedge markets` lists what is watched)"
        )
    if arguments.format == "json":
        document = {
            "opportunity": {**opportunity_row(one.opportunity), "identity_basis": _basis(one)} if one else None,
            "outcome": outcome_row(after) if after else None,
            "opportunities": [opportunity_row(each) for each in shown],
            "rejections": [rejection_row(each) for each in rejections],
        }
        sys.stdout.write(json.dumps(document, indent=1) + "\n")
    elif one is not None:
        explain(one.opportunity, _basis(one))
        if after is not None:
            print_outcome(after)
    else:
        for opportunity in shown:
            explain_shortly(opportunity)
        for rejection in rejections:
            explain_rejection(rejection)
    return EXIT_OK


def _basis(record: OpportunityRecord) -> str | None:
    """What the legs' being one asset rests on; records of earlier versions do not say."""
    basis: str | None = record.evidence.get("identity", {}).get("basis")
    return basis


async def _by_id(records: RecordsReader, text: str) -> OpportunityRecord | None:
    if len(text) < _SHORTEST_ID:
        return None
    try:
        return await records.find(text)
    except NotFound:
        return None
