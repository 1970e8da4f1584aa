"""The same letters name different coins on different venues: identity needs proof, and what lacks it waits for a person.

Seen in public trackers: one ticker whose prices on two venues were 25 and 8,237 times apart, and TON, which is one
coin here and another there.
"""

from dataclasses import replace
from decimal import Decimal

import pytest

from arbedge.domain.instrument import AssetClass, MarketKind
from arbedge.domain.opportunity import Gate, IdentityLevel
from arbedge.domain.quarantine import Doubt
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.market.config import MarketConfig
from arbedge.market.fakes import instrument_of
from arbedge.market.universe.identity import AssetIdentity, IdentitySources
from arbedge.market.universe.registry import Universe
from arbedge.market.view import LiveMarket, MarketTerms
from arbedge.opportunities.config import OpportunityConfig
from arbedge.opportunities.detection.appraisal import Appraiser, Refusal
from arbedge.opportunities.detection.documents import Provenance
from arbedge.opportunities.detection.gates import Freshness
from arbedge.opportunities.detection.routes import Routes
from arbedge.opportunities.fakes import ScriptedMarket, spot

SPOT = MarketKind.SPOT


def market_of(*instruments, seed=()):
    clock = ManualClock()
    terms = MarketTerms(horizons_h=(Decimal(8),))
    market = LiveMarket(MarketConfig(identity_seed=seed), terms, clock, {})
    for each in instruments:
        market.accept_listing(each.id.venue, each.id.kind, [each])
        market.accept_listing(each.id.venue, SPOT, [each])
    return market, clock


def quote(market, clock, slot, price):
    market.accept_top(slot, price * 0.9999, 1.0, price * 1.0001, 1.0, 0, 0, clock.monotonic_ns())


@pytest.mark.parametrize("factor", [25, 8237, 1.5])
def test_a_gap_between_two_coins_of_one_name_is_held_back_by_name(factor):
    here, there = instrument_of("bybit", SPOT, "VELO"), instrument_of("bitget", SPOT, "VELO")
    market, clock = market_of(here, there, seed=["VELO"])
    quote(market, clock, 0, 0.0134)
    quote(market, clock, 1, 0.0134 * factor)
    naive_edge_bps = (factor - 1) * 10_000  # who joins by ticker sees this
    assert naive_edge_bps >= 5000
    finding = market.identity(0, 1)
    assert (finding.level, finding.doubt) == (IdentityLevel.UNKNOWN, Doubt.COLLISION)
    (case,) = market.identities.quarantine.cases()
    assert (case.id, {case.first, case.second}) == (finding.case, {here.id, there.id})


def test_prices_that_happen_to_agree_prove_nothing_by_themselves():
    market, clock = market_of(instrument_of("bybit", SPOT, "TON"), instrument_of("bitget", SPOT, "TON"))
    for slot in (0, 1):
        quote(market, clock, slot, 3.15)
    finding = market.identity(0, 1)
    assert (finding.level, finding.doubt) == (IdentityLevel.UNKNOWN, Doubt.UNPROVEN)


class Addresses:
    """Contracts of TON by venue."""

    def __init__(self, **contracts):
        self.contracts_of = contracts

    def contracts(self, venue, coin):
        assert coin == "TON"
        return frozenset(self.contracts_of.get(venue, ()))


@pytest.mark.parametrize(
    ("there", "level", "doubt"),
    [
        ({("ETH", "0xaa")}, IdentityLevel.ADDRESS, None),
        ({("BSC", "0xbb"), ("ETH", "0xaa")}, IdentityLevel.ADDRESS, None),
        ({("ETH", "0xbb")}, IdentityLevel.UNKNOWN, Doubt.COLLISION),
        ({("BSC", "0xaa")}, IdentityLevel.UNKNOWN, Doubt.UNPROVEN),
        (set(), IdentityLevel.UNKNOWN, Doubt.UNPROVEN),
    ],
)
def test_a_contract_on_one_network_decides_where_both_venues_name_it(there, level, doubt):
    universe = Universe()
    for venue in ("bybit", "bitget"):
        universe.merge(venue, SPOT, [instrument_of(venue, SPOT, "TON")])
    sources = IdentitySources(addresses=Addresses(bybit={("ETH", "0xaa")}, bitget=there))
    finding = AssetIdentity(universe, [], sources).find(0, 1, (3.15, 3.15))
    assert (finding.level, finding.doubt) == (level, doubt)


def test_a_share_and_a_coin_of_one_name_are_never_compared():
    share = replace(instrument_of("bitget", SPOT, "CAT"), asset_class=AssetClass.TOKENISED_STOCK)
    market, clock = market_of(instrument_of("bybit", SPOT, "CAT"), share, seed=["CAT"])
    for slot in (0, 1):
        quote(market, clock, slot, 1.0)
    assert market.identity(0, 1).level is IdentityLevel.UNKNOWN
    assert market.identities.quarantine.cases() == ()  # nothing to decide


def test_a_gap_beyond_belief_goes_to_a_person_and_not_to_users():
    clock, config = ManualClock(), OpportunityConfig()
    market = ScriptedMarket(clock, config.horizons_h)
    here = market.add(spot("LEOUSDT", "LEO"))
    there = market.add(spot("LEOUSDT", "LEO", venue="bybit"))
    market.quote_top(here, "0.9999", "1")
    market.quote_top(there, "1.3", "1.3001")
    routes = Routes(config.kinds)
    routes.extend(market.instruments())
    appraiser = Appraiser(
        market, config, clock, Provenance(config_hash="c0ffee", code_version="0.1.0"), Freshness()
    )
    route = next(route for route in map(routes.route, range(len(routes))) if route.slots == (here, there))
    refused = appraiser.appraise(route, 0.3)
    assert isinstance(refused, Refusal)
    assert refused.rejection.gate is Gate.PLAUSIBLE
    assert set(market.doubted) == {(here, there)}
