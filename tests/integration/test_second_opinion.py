"""ccxt, in a process of its own, reads the lab's instruments as we do; a difference would be named."""

from pathlib import Path

from arbedge.bootstrap.crosscheck import crosscheck
from arbedge.bootstrap.settings import load_settings
from arbedge.bootstrap.venues import build_venues
from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.crosscheck import compare, load_markets
from arbedge.foundation.runtime.clock import SystemClock
from arbedge.lab import LabOptions, running_lab


class NoGuard:
    async def call(self, operation, *, cost=1, deadline_s=None):
        return await operation()


async def test_the_running_job_and_ccxt_agree_and_a_wrong_lot_would_be_seen(tmp_path: Path) -> None:
    async with running_lab(LabOptions(port_base=0, universe="small", scenario="calm")) as lab:
        environment = {"HOME": str(tmp_path), "ARBEDGE_VENUES__BINANCE__BASE_URL": lab.base_url}
        environment["ARBEDGE_EXCHANGES"] = "binance"
        settings = load_settings(environment, folder=tmp_path).settings
        venues = build_venues(settings, SystemClock())
        (venue,) = tuple(venues)
        assert await crosscheck(venue, settings.venues.of("binance"), SystemClock()) == ()
        theirs = await load_markets("binance", NoGuard(), base_url=lab.base_url)
        ours = await venue.catalogue.fetch_instruments(MarketKind.SPOT)
        wrong = [
            type(theirs[0])(**{**{n: getattr(each, n) for n in each.__slots__}, "lot": each.tick})
            for each in theirs
        ]
        found = compare(ours, [each for each in wrong if each.kind is MarketKind.SPOT])
        assert {each.what for each in found} == {"lot"}
        await venues.close()
