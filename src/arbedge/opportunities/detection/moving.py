"""Spot against spot where the coin is moved: the evidence in mode `transfer`, or why the coin cannot move.

Mode `prefunded` sells inventory and moves nothing. Mode `transfer` moves what was bought over one network that is
open both ways; its withdrawal fee is a line of the profit. `both` takes the transfer where it can be made and still
pays the minimum, else says prefunded.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from arbedge.domain.network import TransferRoute
from arbedge.domain.opportunity import OpportunityKind
from arbedge.domain.priced import PricedPair
from arbedge.opportunities.evidence import InventoryMode, PairEvidence
from arbedge.opportunities.ports import MarketView
from arbedge.opportunities.pricing import price

__all__ = ["Move", "moved"]


@dataclass(frozen=True, slots=True)
class Move:
    """What is priced, the network the coin moves over (None: nothing moves), and why it cannot where it would."""

    evidence: PairEvidence
    route: TransferRoute | None = None
    problem: str | None = None


def moved(
    market: MarketView, slots: tuple[int, ...], evidence: PairEvidence, mode: str, least_bps: Decimal
) -> Move:
    """How a pair has the coin to sell. `mode` is `prefunded`, `transfer` or `both`, `slots` those of its legs.

    The quantity that has to move is what the prefunded trade receives: it does not depend on the way taken.
    """
    if evidence.kind is not OpportunityKind.SPOT_SPOT or mode == "prefunded":
        return Move(evidence)
    trade = price(evidence)
    if not isinstance(trade, PricedPair):
        return Move(evidence)  # too small either way: the gate `size` says so
    route = market.transfer(slots[0], slots[1], trade.qty + trade.residual_base)
    if isinstance(route, str):
        return Move(evidence, problem=route if mode == "transfer" else None)
    moving = replace(
        evidence,
        mode=InventoryMode.TRANSFER,
        withdraw_fee_base=route.withdraw_fee,
        withdraw_fee_pct=route.withdraw_fee_pct,
    )
    if mode == "both":
        priced = price(moving)
        if not isinstance(priced, PricedPair) or priced.net_bps <= least_bps:
            return Move(evidence)
    return Move(moving, route)
