"""Which venues tell the networks of coins, and which generation of Bitget a setting asks for."""

import pytest

from arbedge.bootstrap.settings import load_settings
from arbedge.bootstrap.venues import ADAPTERS, build_venues
from arbedge.errors import ConfigError
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.market.ports import NetworkSource


def venues_of(tmp_path, **environ):
    loaded = load_settings({"HOME": str(tmp_path), "EXCHANGES": ",".join(ADAPTERS), **environ}, folder=tmp_path)
    return {venue.name: venue for venue in build_venues(loaded.settings, ManualClock())}


def test_a_venue_tells_networks_exactly_where_it_says_so(tmp_path):
    venues = venues_of(tmp_path)
    assert {name for name, venue in venues.items() if venue.networks is not None} == {"bitget"}
    assert isinstance(venues["bitget"].networks, NetworkSource)


@pytest.mark.parametrize(("api", "path"), [(None, "v2/mix/market/tickers"), ("v3", "v3/market/tickers")])
def test_the_generation_is_asked_for_by_a_variable(tmp_path, api, path):
    given = {} if api is None else {"ARBEDGE_VENUES__BITGET__API": api}
    guards = {guard.name for guard in venues_of(tmp_path, **given)["bitget"].guards}
    assert f"bitget:{path}" in guards


@pytest.mark.parametrize(
    ("name", "text"), [("ARBEDGE_VENUES__BITGET__API", "v4"), ("ARBEDGE_VENUES__OKX__API", "v3")]
)
def test_no_other_generation_and_no_other_venue(tmp_path, name, text):
    with pytest.raises(ConfigError, match=name):
        venues_of(tmp_path, **{name: text})
