"""The main job's services as recipes: who is made of what. The container checks the graph first."""

from asyncio import get_running_loop
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from arbedge import __version__
from arbedge.bootstrap.crews import (
    ArchiveCrew,
    Crew,
    DetectionCrew,
    MarketCrew,
    ObservingCrew,
    OracleCrew,
    Tools,
    ViewCrew,
)
from arbedge.bootstrap.crosscheck import CrossCheck
from arbedge.bootstrap.datadir import Datadir
from arbedge.bootstrap.following import (
    OutcomeCrew,
    kept_books,
    make_outcome_archive,
    make_outcome_crew,
    make_outcome_path,
)
from arbedge.bootstrap.observing import Observer, TickGauge, count_events
from arbedge.bootstrap.quarantining import DecisionsCrew, QuarantineCrew
from arbedge.bootstrap.recording import RecorderCrew, RecordingPlan, recordings_folder
from arbedge.bootstrap.settings import LoadedSettings
from arbedge.bootstrap.venues import VenueSet, build_venues
from arbedge.domain.events import OpportunityEvent
from arbedge.domain.instrument import MarketKind
from arbedge.flow.delivery_path import DeliveryPath, DeliveryPolicy
from arbedge.flow.quarantine_path import QuarantinePath
from arbedge.flow.tick_path import TickPath
from arbedge.foundation.container import Lifecycle, Registry, Traits
from arbedge.foundation.runtime.clock import Clock
from arbedge.foundation.runtime.tasks import ErrorLog
from arbedge.foundation.telemetry.hooks import MetricGuardHooks
from arbedge.foundation.telemetry.metrics import Metrics
from arbedge.market.feeds.desk import DepthVenue
from arbedge.market.fees import FeeTable
from arbedge.market.history.gaps import GapHistorian
from arbedge.market.refresh import MarketRefresher
from arbedge.market.streaming import StreamRunner
from arbedge.market.venues import VenueSources
from arbedge.market.view import LiveMarket, MarketTerms
from arbedge.opportunities.detection.agenda import Pace
from arbedge.opportunities.detection.detector import DetectionSettings, Detector
from arbedge.opportunities.detection.documents import Provenance
from arbedge.opportunities.detection.gates import Freshness
from arbedge.opportunities.fakes import MemoryArchive
from arbedge.opportunities.ports import OpportunityArchive
from arbedge.opportunities.ranking.leaderboard import Leaderboard
from arbedge.opportunities.ranking.lives import LifeTable
from arbedge.storage.records.engine import Records
from arbedge.storage.repositories.lookup import OpportunityLookup
from arbedge.storage.repositories.opportunities import SqliteOpportunityArchive
from arbedge.storage.repositories.quarantine import SqliteQuarantineArchive

__all__ = ["RunPlan", "add_crew", "ground_registry", "registry_for", "start_tick_path"]

_BOOKS_OF_A_TRIANGLE = 3
_SPARE_BOOKS = 4
"""Detail books left for a change of candidates, so that one need not wait for another to go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """What one run is: its settings, whether anything is recorded, whether the caller knows it to be simulated."""

    loaded: LoadedSettings
    is_recording: bool
    is_simulated: bool


def ground_registry(plan: RunPlan, clock: Clock, metrics: Metrics, log: ErrorLog) -> Registry:
    """What every job stands on: the tools, the venues and the live market."""
    registry = Registry()
    registry.add_value("clock", clock, provides=Clock)
    registry.add_value("metrics", metrics)
    registry.add_value("log", log, provides=ErrorLog)
    registry.add_value("plan", plan)
    registry.add_value("settings", plan.loaded)
    registry.add("tools", Tools)
    registry.add("venues", make_venues, lifecycle=Lifecycle(stop=VenueSet.close))
    registry.add("market", make_market)
    registry.add("refresher", make_refresher)
    registry.add("stream_runner", make_stream_runner)
    return registry


def registry_for(plan: RunPlan, clock: Clock, metrics: Metrics, log: ErrorLog) -> Registry:
    """Every service of the main job."""
    registry = ground_registry(plan, clock, metrics, log)
    registry.add("leaderboard", make_leaderboard)
    if plan.is_recording:
        steps = Lifecycle(start=Records.open, stop=Records.close, ping=_ping_records)
        registry.add("records", make_records, lifecycle=steps)
        registry.add("lookup", OpportunityLookup)
        registry.add("archive", make_archive)
    else:
        registry.add("archive", make_memory_archive)
        add_crew(registry, "decisions_crew", DecisionsCrew, make_decisions_crew)
    registry.add("delivery", make_delivery)
    registry.add("lives", LifeTable)
    registry.add("detector", make_detector)
    registry.add("tick_path", make_tick_path, lifecycle=Lifecycle(start=start_tick_path))
    registry.add("observer", make_observer)
    # Crews stop in the opposite order: screens and venues first, then detection, then what they made is written.
    if plan.is_recording:
        add_crew(registry, "recorder_crew", RecorderCrew, make_recorder_crew)
        add_crew(registry, "archive_crew", ArchiveCrew, make_archive_crew)
        registry.add("quarantine_path", make_quarantine_path)
        add_crew(registry, "quarantine_crew", QuarantineCrew, QuarantineCrew)
        registry.add("outcome_archive", make_outcome_archive)
        registry.add("outcome_path", make_outcome_path)
        add_crew(registry, "outcome_crew", OutcomeCrew, make_outcome_crew)
    add_crew(registry, "detection_crew", DetectionCrew, DetectionCrew)
    registry.add("crosscheck", make_crosscheck)
    if plan.is_recording:
        add_crew(registry, "oracle_crew", OracleCrew, OracleCrew)
    add_crew(registry, "observing_crew", ObservingCrew, ObservingCrew)
    add_crew(registry, "market_crew", MarketCrew, MarketCrew)
    add_crew(registry, "view_crew", ViewCrew, ViewCrew)
    return registry


def add_crew(registry: Registry, name: str, crew: type[Crew], factory: Callable[..., Crew]) -> None:
    """Add a crew as a service."""
    # Never started anew as a whole: its tasks restart one by one, and a second start would double them.
    steps = Lifecycle(start=crew.start, stop=crew.stop, ping=crew.ping)
    registry.add(name, factory, lifecycle=steps, traits=Traits(recover=None))


def make_venues(plan: RunPlan, clock: Clock, metrics: Metrics) -> VenueSet:
    """The configured venues, behind guards that report to the metrics."""
    return build_venues(plan.loaded.settings, clock, MetricGuardHooks(metrics))


def make_market(plan: RunPlan, clock: Clock, venues: VenueSet) -> LiveMarket:
    """The live market over those venues."""
    settings = plan.loaded.settings
    borrow: dict[tuple[str, str], Decimal] = {}
    own_fees: dict[tuple[str, MarketKind], Decimal] = {}
    for venue in settings.exchanges:
        config = settings.venues.of(venue)
        own_fees |= {
            (venue, kind): fee
            for kind, fee in ((MarketKind.SPOT, config.spot_taker_fee), (MarketKind.PERP, config.perp_taker_fee))
            if fee is not None
        }
        borrow |= {(venue, asset): rate for asset, rate in config.borrow_rates_hourly.items()}
    terms = MarketTerms(
        horizons_h=settings.opportunities.horizons_h,
        settlement_guard_s=settings.opportunities.settlement_guard_s,
        fees=FeeTable(own_rates=own_fees, as_of=clock.now().date()),
        borrow_rates_hourly=borrow,
        is_simulated=plan.is_simulated or venues.is_simulated,
    )
    depth: dict[str, DepthVenue] = {venue.name: venue.depth for venue in venues}
    return LiveMarket(settings.market, terms, clock, depth)


def make_refresher(plan: RunPlan, clock: Clock, venues: VenueSet, market: LiveMarket) -> MarketRefresher:
    """Reads the slow facts of every venue."""
    sources: dict[str, VenueSources] = {
        venue.name: VenueSources(venue.catalogue, venue.funding, venue.kinds, venue.networks, venue.limits)
        for venue in venues
    }
    return MarketRefresher(market, sources, plan.loaded.settings.market, clock)


def make_stream_runner(clock: Clock, market: LiveMarket, refresher: MarketRefresher) -> StreamRunner:
    """Runs the venues' streams into the market."""
    return StreamRunner(market, refresher, clock)


def make_leaderboard(plan: RunPlan) -> Leaderboard:
    """The ranked list."""
    return Leaderboard(plan.loaded.settings.opportunities.top_n)


def make_records(plan: RunPlan) -> Records:
    """The records file."""
    settings = plan.loaded.settings
    return Records(Datadir(settings.data_dir).database, settings.storage)


def make_archive(records: Records) -> OpportunityArchive:
    """Where opportunities are kept."""
    return SqliteOpportunityArchive(records)


def make_memory_archive() -> OpportunityArchive:
    """An archive for a look that records nothing."""
    return MemoryArchive()


def make_delivery(
    plan: RunPlan,
    clock: Clock,
    archive: OpportunityArchive,
    leaderboard: Leaderboard,
    metrics: Metrics,
    log: ErrorLog,
) -> DeliveryPath:
    """Events from the detector to the ranked list, the archive and whoever watches."""
    storage = plan.loaded.settings.storage
    policy = DeliveryPolicy(
        flush_interval_s=storage.flush_interval_s,
        batch_rows=storage.batch_rows,
        max_pending_rows=storage.max_pending_rows,
    )
    delivery = DeliveryPath(archive, clock, log, policy)

    def rank(event: OpportunityEvent) -> None:
        leaderboard.apply(event)

    delivery.watch(rank)
    delivery.watch(count_events(metrics))
    return delivery


def make_detector(
    plan: RunPlan, clock: Clock, market: LiveMarket, venues: VenueSet, delivery: DeliveryPath, lives: LifeTable
) -> Detector:
    """The detector, telling the delivery path."""
    settings = plan.loaded.settings
    rule = "k-th rate = default + (current - default) * decay ** (k * interval / 8 h); the next settlement is k = 1"
    provenance = Provenance(
        config_hash=plan.loaded.config_hash,
        code_version=__version__,
        forecast={"rule": rule, "decay": str(settings.market.forecast_decay)},
        is_simulated=plan.is_simulated or venues.is_simulated,
    )
    freshness = Freshness(settings.market.detail_confirmation_s, settings.market.skew_s)
    spare = _SPARE_BOOKS + (kept_books(plan.loaded) if plan.is_recording else 0)
    pace = Pace(books=max(_BOOKS_OF_A_TRIANGLE, settings.market.max_detail_books - spare))
    detection = DetectionSettings(
        config=settings.opportunities, provenance=provenance, freshness=freshness, pace=pace, lives=lives
    )
    return Detector(market, detection, clock, delivery.publish, GapHistorian(market.history))


def make_recorder_crew(
    plan: RunPlan, tools: Tools, venues: VenueSet, market: LiveMarket, refresher: MarketRefresher
) -> RecorderCrew:
    """Samples the market; writes unless it was switched off."""
    root = recordings_folder(plan.loaded, is_simulated=plan.is_simulated or venues.is_simulated)
    config = plan.loaded.settings.recorder
    return RecorderCrew(tools, RecordingPlan(root, config, is_writing=config.enabled), market, refresher)


def make_tick_path(
    clock: Clock, market: LiveMarket, detector: Detector, metrics: Metrics, log: ErrorLog
) -> TickPath:
    """Frames into the market and its detector."""
    return TickPath(market, detector, clock, log, TickGauge(metrics))


def make_observer(  # noqa: PLR0913 - injected: it reads everybody's counters
    plan: RunPlan,
    clock: Clock,
    metrics: Metrics,
    venues: VenueSet,
    market: LiveMarket,
    refresher: MarketRefresher,
    detector: Detector,
    delivery: DeliveryPath,
) -> Observer:
    """Counters into metrics; into a file beside the records while something is recorded."""
    folder = Datadir(plan.loaded.settings.data_dir).path
    file = folder / "metrics.prom" if plan.is_recording else None
    observer = Observer(clock, metrics, venues, market, refresher, detector, delivery, file=file)
    for venue in venues:
        observer.watch_pool(venue.name, venue.pool.gauges)
    return observer


def make_crosscheck(plan: RunPlan, clock: Clock, venues: VenueSet) -> CrossCheck:
    """The second opinion on instruments."""
    return CrossCheck(venues, plan.loaded.settings, clock)


def make_archive_crew(
    plan: RunPlan,
    tools: Tools,
    delivery: DeliveryPath,
    detector: Detector,
    archive: OpportunityArchive,
    lookup: OpportunityLookup,
) -> ArchiveCrew:
    """Writes and prunes."""
    retention = timedelta(days=plan.loaded.settings.opportunities.retention_days)
    return ArchiveCrew(tools, delivery, detector, archive, lookup, retention)


def make_decisions_crew(plan: RunPlan, tools: Tools, market: LiveMarket) -> DecisionsCrew:
    """Decisions out of earlier records."""
    return DecisionsCrew(tools, market.identities, plan.loaded)


def make_quarantine_path(
    plan: RunPlan, clock: Clock, market: LiveMarket, records: Records, log: ErrorLog
) -> QuarantinePath:
    """Doubts into the records, decisions out of them."""
    retention = timedelta(days=plan.loaded.settings.opportunities.retention_days)
    return QuarantinePath(market.identities, SqliteQuarantineArchive(records), clock, log, retention=retention)


async def start_tick_path(path: TickPath) -> None:
    """Look at what changed once a turn of the running event loop."""
    path.start(get_running_loop().call_soon)


async def _ping_records(records: Records) -> str | None:
    await records.ping()
    return None
