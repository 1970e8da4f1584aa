"""Laws of identity: the same for any order of pair and listing; approvals add up, rejections hold."""

from datetime import UTC, datetime, timedelta
from itertools import combinations

from hypothesis import assume, given
from hypothesis import strategies as st

from arbedge.domain.instrument import MarketKind
from arbedge.domain.opportunity import IdentityLevel
from arbedge.domain.quarantine import Doubt, HandDecision, QuarantineCase, Verdict, in_order
from arbedge.market.fakes import instrument_of
from arbedge.market.ports import IndexComponent
from arbedge.market.universe.identity import AssetIdentity
from arbedge.market.universe.registry import Universe

SPOT, PERP = MarketKind.SPOT, MarketKind.PERP
AT = datetime(2026, 11, 22, tzinfo=UTC)

# Two coins and a stock share the letters; prices are of one venue unit.
MARKETS = {
    instrument_of("binance", SPOT, "1000CAT"): 0.0072,
    instrument_of("binance", PERP, "1000CAT"): 0.00721,
    instrument_of("binance", PERP, "CAT"): 418.0,
    instrument_of("bybit", SPOT, "CAT"): 0.0000072,
    instrument_of("bybit", PERP, "CAT1000"): 0.00719,
    instrument_of("okx", SPOT, "CAT"): 0.00000719,
    instrument_of("bitget", PERP, "CAT"): 417.5,
    instrument_of("bitget", PERP, "1000CAT"): 0.0072,
    instrument_of("bitget", SPOT, "CAT"): 0.031,
    instrument_of("hyperliquid", PERP, "kCAT"): 0.0072,
}
THE_COIN = {
    each.id for each, price in MARKETS.items() if price in {0.0072, 0.00721, 0.0000072, 0.00719, 0.00000719}
}


def findings(order, components=True):
    universe = Universe()
    listed = {}
    for market in order:
        listed.setdefault((market.id.venue, market.id.kind), []).append(market)
    for (venue, kind), rows in listed.items():
        universe.merge(venue, kind, rows)
    identity = AssetIdentity(universe, ["CAT"])
    price = dict.fromkeys(range(len(universe)), 0.0)
    for market, venue_price in MARKETS.items():
        slot = universe.slot_of(market.id)
        price[slot] = venue_price / float(universe.instruments[slot].multiplier)
        if components and market.id.kind is PERP:
            read = [IndexComponent("okx", "CAT-USDT", None)] if market.id in THE_COIN else []
            identity.learn(slot, read)
    found = {}
    for one, two in combinations(range(len(universe)), 2):
        there, back = (
            identity.find(one, two, (price[one], price[two])),
            identity.find(two, one, (price[two], price[one])),
        )
        assert there == back
        found[frozenset((universe.instruments[one].id, universe.instruments[two].id))] = there
    return found


PLAIN = findings(list(MARKETS))


@given(st.permutations(list(MARKETS)))
def test_no_order_of_listing_changes_any_finding(order):
    assert findings(order) == PLAIN


@given(st.permutations(list(MARKETS)), st.booleans())
def test_letters_alone_never_join_the_coin_with_the_stock_or_another_coin(order, components):
    for pair, finding in findings(order, components).items():
        if len(pair & THE_COIN) == 1:
            assert finding.level is IdentityLevel.UNKNOWN


def test_the_thousand_is_joined_with_the_one_where_index_and_price_say_so():
    joined = {pair for pair, finding in PLAIN.items() if finding.level is not IdentityLevel.UNKNOWN}
    perps = {each for each in THE_COIN if each.kind is PERP}
    okx = next(each for each in THE_COIN if each.venue == "okx")
    assert {frozenset((okx, each)) for each in perps} <= joined


COINS = [
    instrument_of(venue, SPOT, "ABC", quote) for venue in ("a", "b", "c", "d", "e") for quote in ("USDT", "USDC")
]
words = st.lists(
    st.tuples(st.sampled_from(COINS), st.sampled_from(COINS), st.sampled_from(Verdict)), min_size=1, max_size=12
)


def decided(said):
    universe = Universe()
    for venue in "abcde":
        universe.merge(venue, SPOT, [each for each in COINS if each.id.venue == venue])
    identity = AssetIdentity(universe, [])
    cases = {}
    for number, (one, two, verdict) in enumerate(said):
        if one.id.venue == two.id.venue:
            continue
        first, second = in_order(one.id, two.id)
        at = AT + timedelta(minutes=number)
        case = QuarantineCase(
            first=first, second=second, asset="ABC", doubt=Doubt.UNPROVEN, basis="", ratio=1.0, first_seen_at=at,
            last_seen_at=at, times=1, is_simulated=False, decision=HandDecision(verdict, at, "ann", "looked it up"),
        )  # fmt: skip
        cases[case.id] = case
    identity.decisions.replace(cases.values())

    def find(one, two):
        return identity.find(universe.slot_of(one.id), universe.slot_of(two.id), (1.0, 1.0))

    return cases, find


@given(words)
def test_approvals_add_up(said):
    cases, find = decided([each for each in said if each[2] is Verdict.APPROVED])
    assume(cases)
    for one, two, three in combinations(COINS, 3):
        levels = [find(one, two).level, find(two, three).level, find(one, three).level]
        assert levels.count(IdentityLevel.UNKNOWN) != 1


@given(words)
def test_the_last_word_on_a_coin_counts_and_a_rejection_is_never_priced(said):
    cases, find = decided(said)
    last = {}
    for case in cases.values():
        pair = frozenset((case.first.venue, case.second.venue))
        if pair not in last or case.decision.at > last[pair].at:
            last[pair] = case.decision
    for one, two in combinations(COINS, 2):
        word = last.get(frozenset((one.id.venue, two.id.venue)))
        if word is None:
            continue
        finding = find(one, two)
        if word.verdict is Verdict.APPROVED:
            assert finding.level is IdentityLevel.RATIO
            assert finding.basis.startswith("approved by hand on 2026-11-22: looked it up")
        else:
            assert finding.level is IdentityLevel.UNKNOWN
            assert finding.basis == "rejected by hand on 2026-11-22: looked it up"


def listed_backwards(cases):
    universe = Universe()
    for venue in "edcba":
        universe.merge(venue, SPOT, [each for each in COINS if each.id.venue == venue])
    identity = AssetIdentity(universe, [])
    identity.decisions.replace(cases)
    return lambda one, two: identity.find(universe.slot_of(one.id), universe.slot_of(two.id), (1.0, 1.0))


@given(words, st.randoms(use_true_random=False))
def test_decisions_mean_the_same_in_any_order_they_are_read(said, random):
    cases, find = decided(said)
    universe_find = {pair: find(*pair) for pair in combinations(COINS, 2)}
    shuffled = list(cases.values())
    random.shuffle(shuffled)
    other = listed_backwards(shuffled)
    assert {pair: other(*pair) for pair in combinations(COINS, 2)} == universe_find
