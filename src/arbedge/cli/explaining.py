"""An opportunity or a rejection in plain lines, one idea a line: what `arbedge why` prints."""

import sys

from arbedge.cli.rows import headline, is_if_closed, opportunity_row
from arbedge.domain.money import figure
from arbedge.domain.network import NetworkFinding, TransferRoute
from arbedge.domain.opportunity import Opportunity, OpportunityKind, Rejection

__all__ = ["explain", "explain_rejection", "explain_shortly"]

_LINES = ("price", "fees_entry", "fees_exit", "funding", "borrow", "transfer", "conversion", "spent", "end", "net")
_TIME = "%Y-%m-%d %H:%M:%S UTC"


def explain(opportunity: Opportunity, identity: str | None = None) -> None:
    """Every line of its profit, what it qualifies on, and what its score is made of.

    `identity` is what the legs' being one asset rests on, where the evidence says it.
    """
    row = opportunity_row(opportunity)
    _head(opportunity)
    _say(f"  identity     known by {opportunity.identity}{f': {identity}' if identity else ''}")
    _say(f"  first seen   {opportunity.opened_at:{_TIME}}")
    _say(f"  last seen    {opportunity.updated_at:{_TIME}}")
    if opportunity.expected_life_s is not None:
        _say(f"  then left    {opportunity.expected_life_s:,.1f} s, the median of lives like it at that age")
    if opportunity.half_life_s is not None:
        _say(f"  half-life    {opportunity.half_life_s / 60:,.0f} min of the gap's way back, by its recorded past")
    _say(f"  qualifies    {_qualifies(opportunity)}")
    _say(f"  capacity     {opportunity.capacity_usd:,.0f} USDT before the net turns negative")
    for found in opportunity.networks:
        _say(f"  network      {_network(found)}")
    if opportunity.transfer is not None:
        _say(f"  moves over   {_moves(opportunity.transfer)}")
    _say(f"  lines of the net, in USDT at a notional of {row['notional']}:")
    for name in (line for line in _LINES if line in row):
        _say(f"    {name:<12} {row[name]:>18}")
    _say(f"  score        {opportunity.score.total:.3f}, the weighted mean of:")
    for name, value, weight in opportunity.score.parts:
        _say(f"    {name:<20} {value:.3f} x {weight:.2f}")
    _say(f"  proof        arbedge prove {opportunity.id}")


def explain_shortly(opportunity: Opportunity) -> None:
    """Its legs and what it qualifies on; its id leads to the rest."""
    _head(opportunity)
    _say(f"  qualifies    {_qualifies(opportunity)}")


def explain_rejection(rejection: Rejection) -> None:
    """The first gate that keeps it out, in words."""
    _say(f"{rejection.asset} {rejection.candidate.kind}: not shown")
    for leg in rejection.candidate.legs:
        _say(f"  {leg.side:<12} {leg.instrument}")
    _say(f"  gate         {rejection.gate}: {rejection.reason}")
    _say(f"  looked at    {rejection.at:{_TIME}}")


def _head(opportunity: Opportunity) -> None:
    simulated = ", simulated" if opportunity.is_simulated else ""
    state = "open"
    if opportunity.closed_at:
        state = f"closed {opportunity.closed_at:{_TIME}} ({opportunity.close_reason})"
    _say(f"{opportunity.asset} {opportunity.kind} {opportunity.id}: {state}{simulated}")
    for leg in opportunity.candidate.legs:
        _say(f"  {leg.side:<12} {leg.instrument}")


def _network(found: NetworkFinding) -> str:
    age = "" if found.age_s is None else f", {found.age_s:,.0f} s old"
    ways = f"deposits {found.deposit}, withdrawals {found.withdraw}"
    return f"{found.coin} at {found.venue}: {ways} ({found.source}{age})"


def _moves(route: TransferRoute) -> str:
    share = f" and {figure(route.withdraw_fee_pct * 100)} %" if route.withdraw_fee_pct else ""
    notes = ", needs a memo" * route.needs_memo + ", congested" * route.is_congested
    fee = f"fee {figure(route.withdraw_fee)}{share} of the coin"
    return f"{route.network}, {fee}{notes}, read {route.age_s:,.0f} s before"


def _qualifies(opportunity: Opportunity) -> str:
    money, bps = headline(opportunity)
    over = "" if opportunity.kind is OpportunityKind.TRIANGULAR else f" over {figure(opportunity.horizon_hours)} h"
    figures = f"{money:,.2f} USDT net, {bps:,.1f} bps{over}"
    return (
        f"{figures}, if the gap closes ({opportunity.priced.net_bps:,.1f} bps expected)"
        if is_if_closed(opportunity)
        else figures
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
