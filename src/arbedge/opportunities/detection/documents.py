"""The stored evidence of an appraisal: what prices it, and where every input came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from arbedge.domain.network import NetworkFinding, TransferRoute
from arbedge.market.facts import LegFacts
from arbedge.opportunities.detection.outlook import GapOutlook
from arbedge.opportunities.evidence import PairEvidence, TriangleEvidence, dump

__all__ = ["Provenance", "document"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What produced the figures: hash of the settings, version of the code, rules of the funding forecast."""

    config_hash: str
    code_version: str
    forecast: Mapping[str, str] = field(default_factory=dict)
    is_simulated: bool = False


def document(
    evidence: PairEvidence | TriangleEvidence,
    legs: Sequence[LegFacts],
    provenance: Provenance,
    as_of_ns: int,
    outlook: GapOutlook | None = None,
    transfer: TransferRoute | None = None,
) -> dict[str, Any]:
    """The evidence document with its origins: frames by number, fees by day, networks by age, both clocks.

    `venue_at_ms` is the venue's clock (UTC), `received_ns`, `confirmed_ns` and `monotonic_ns` are ours and only
    their differences mean anything. `gap_history` says what the convergence of a held pair rests on, `transfer`
    over which network the coin moves where it has to.
    """
    is_held = isinstance(evidence, PairEvidence) and evidence.is_hedged
    told = {"gap_history": outlook.document()} if outlook is not None and is_held else {}
    return dump(
        evidence,
        config_hash=provenance.config_hash,
        code_version=provenance.code_version,
        is_simulated=provenance.is_simulated,
        forecast=dict(provenance.forecast),
        frames=[_frame(leg) for leg in legs],
        fees=[
            {"instrument": str(leg.instrument.id), "source": leg.fee.source, "as_of": leg.fee.as_of.isoformat()}
            for leg in legs
        ],
        **told,
        networks=[_network(leg.networks) for leg in legs if leg.networks is not None],
        transfer=None if transfer is None else _transfer(transfer),
        clocks={"wall": evidence.as_of.astimezone(UTC).isoformat(), "monotonic_ns": as_of_ns},
    )


def _network(found: NetworkFinding) -> dict[str, Any]:
    return {
        "venue": found.venue,
        "coin": found.coin,
        "deposit": found.deposit.value,
        "withdraw": found.withdraw.value,
        "age_s": None if found.age_s is None else round(found.age_s, 3),
        "source": found.source,
    }


def _transfer(route: TransferRoute) -> dict[str, Any]:
    return {
        "network": route.network,
        "withdraw_fee": format(route.withdraw_fee, "f"),
        "withdraw_fee_pct": format(route.withdraw_fee_pct, "f"),
        "needs_memo": route.needs_memo,
        "is_congested": route.is_congested,
        "age_s": round(route.age_s, 3),
    }


def _frame(leg: LegFacts) -> dict[str, Any]:
    assert leg.book is not None
    return {
        "instrument": str(leg.instrument.id),
        "sequence": leg.book.sequence,
        "venue_at_ms": leg.book.venue_at_ms,
        "received_ns": leg.book.received_ns,
        "confirmed_ns": leg.book_confirmed_ns,
    }
