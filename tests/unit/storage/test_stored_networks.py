"""What a row says of networks is there again after storing it, read from its evidence."""

from decimal import Decimal

import pytest

from arbedge.domain.network import NetworkFinding, NetworkState, TransferRoute
from arbedge.domain.opportunity import OpportunityKind
from arbedge.errors import IntegrityError
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.opportunities.config import OpportunityConfig
from arbedge.opportunities.detection.detector import DetectionSettings, Detector
from arbedge.opportunities.detection.documents import Provenance
from arbedge.opportunities.fakes import ScriptedMarket, spot
from arbedge.storage.repositories.lookup import OpportunityLookup
from arbedge.storage.repositories.opportunities import SqliteOpportunityArchive
from arbedge.storage.repositories.rows import with_networks

FOUND = NetworkFinding(
    venue="bitget",
    coin="BTC",
    deposit=NetworkState.OPEN,
    withdraw=NetworkState.CLOSED,
    age_s=12.5,
    source="its list",
)
ROUTE = TransferRoute(
    network="TRX",
    withdraw_fee=Decimal("0.00001"),
    withdraw_fee_pct=Decimal("0.001"),
    needs_memo=True,
    is_congested=False,
    age_s=12.5,
)


def opened():
    clock = ManualClock()
    market, events = ScriptedMarket(clock, OpportunityConfig().horizons_h), []
    here, there = (market.add(spot("BTCUSDT", "BTC", venue=venue)) for venue in ("bitget", "binance"))
    market.quote_top(here, "59999", "60000")
    market.quote_top(there, "60600", "60601")
    market.alter(here, networks=FOUND)
    market.move(here, there, ROUTE)
    config = OpportunityConfig(kinds=(OpportunityKind.SPOT_SPOT,), spot_spot_mode="transfer")
    settings = DetectionSettings(config=config, provenance=Provenance(config_hash="c", code_version="0"))
    Detector(market, settings, clock, events.append).sweep()
    return events[0]


async def test_networks_and_the_way_come_back_from_the_archive(records) -> None:
    event = opened()
    await SqliteOpportunityArchive(records).record([event])
    for stored in (
        await OpportunityLookup(records).find(event.opportunity.id),
        await SqliteOpportunityArchive(records).find(event.opportunity.id),
    ):
        assert stored.opportunity.networks == (FOUND,) == event.opportunity.networks
        assert stored.opportunity.transfer == ROUTE == event.opportunity.transfer


def test_evidence_older_than_such_knowledge_has_none_and_nonsense_is_named() -> None:
    opportunity = opened().opportunity
    old = with_networks(opportunity, {})
    assert (old.networks, old.transfer) == ((), None)
    with pytest.raises(IntegrityError, match=opportunity.id):
        with_networks(opportunity, {"networks": [{"venue": "bitget"}]})
