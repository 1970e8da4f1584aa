"""Following shown opportunities, as services: what is made of what, and the crew that runs it."""

from datetime import timedelta

from arbedge.bootstrap.crews import Crew, Tools
from arbedge.bootstrap.settings import LoadedSettings
from arbedge.bootstrap.venues import VenueSet
from arbedge.flow.delivery_path import DeliveryPath
from arbedge.flow.outcome_path import OutcomePath, OutcomeTools
from arbedge.flow.paper_desk import PaperDesk
from arbedge.flow.ports import SettledFunding
from arbedge.flow.settlement_watch import SettlementWatch
from arbedge.market.view import LiveMarket
from arbedge.opportunities.detection.gates import Freshness
from arbedge.opportunities.outcomes.repricing import Repricer
from arbedge.opportunities.ranking.lives import LifeTable
from arbedge.storage.records.engine import Records
from arbedge.storage.repositories.outcomes import SqliteOutcomeArchive

__all__ = ["OutcomeCrew", "kept_books", "make_outcome_archive", "make_outcome_crew", "make_outcome_path"]

_LIVES_READ = 20_000
_PRUNE_EVERY_S = 3600.0
_OBSERVE_S = 1.0


def kept_books(settings: LoadedSettings) -> int:
    """Depth books set aside for what is followed: as set, at most a quarter of all."""
    own = settings.settings
    return min(own.outcomes.max_kept_books, own.market.max_detail_books // 4)


def make_outcome_archive(records: Records) -> SqliteOutcomeArchive:
    """Where outcomes are kept."""
    return SqliteOutcomeArchive(records)


def make_outcome_path(
    settings: LoadedSettings,
    tools: Tools,
    market: LiveMarket,
    venues: VenueSet,
    delivery: DeliveryPath,
    archive: SqliteOutcomeArchive,
) -> OutcomePath:
    """Follows everything the delivery path delivers."""
    own = settings.settings
    freshness = Freshness(own.market.detail_confirmation_s, own.market.skew_s)
    repricer = Repricer(market, own.opportunities.settlement_guard_s, freshness)
    sources: dict[str, SettledFunding] = {venue.name: venue.funding for venue in venues}
    desk = PaperDesk(repricer, sources, own.outcomes.entry_latency_ms / 1000)
    watch = SettlementWatch(market, market.funding)
    config = own.outcomes.model_copy(update={"max_kept_books": kept_books(settings)})
    path = OutcomePath(OutcomeTools(repricer, desk, watch, tools.clock, tools.log), archive, config)
    delivery.watch(path.publish)
    return path


def make_outcome_crew(
    settings: LoadedSettings, tools: Tools, path: OutcomePath, archive: SqliteOutcomeArchive, lives: LifeTable
) -> "OutcomeCrew":
    """Runs the outcome path."""
    return OutcomeCrew(tools, path, archive, lives, timedelta(days=settings.settings.outcomes.retention_days))


class OutcomeCrew(Crew):
    """Takes up what an earlier run was following, marks and trades on paper, stores and prunes."""

    def __init__(
        self,
        tools: Tools,
        path: OutcomePath,
        archive: SqliteOutcomeArchive,
        lives: LifeTable,
        retention: timedelta,
    ) -> None:
        super().__init__(tools)
        self._path = path
        self._archive = archive
        self._lives = lives
        self._retention = retention
        self._metrics = tools.metrics

    async def start(self) -> None:
        """Read the lives on record, take up what is pending, begin."""
        for candidate, life in await self._archive.lives(_LIVES_READ):
            self._lives.add(candidate, life)
        await self._path.recover()
        self.put_to_work("outcomes.follow", self._path.run)
        self.put_to_work("outcomes.settle", self._path.run_settling)
        self.put_to_work("outcomes.write", self._path.run_writer)
        self.put_to_work("outcomes.prune", self._prune)
        self.put_to_work("outcomes.observe", self._observe)

    async def stop(self) -> None:
        """End the tasks between two writes, never within one; then write what is left."""
        async with self._path.archive_in_use:
            await super().stop()
        await self._path.flush()

    async def ping(self) -> str | None:
        """Whether the archive keeps up."""
        return self._path.problem or await super().ping()

    async def _prune(self) -> None:
        while True:
            async with self._path.archive_in_use:
                await self._archive.prune(self._clock.now() - self._retention)
            await self._clock.sleep(_PRUNE_EVERY_S)

    async def _observe(self) -> None:
        missed = refused = 0
        while True:
            self._metrics.set("arbedge_outcomes_followed", self._path.followed_count)
            self._metrics.inc("arbedge_outcomes_refused_total", self._path.refused - refused)
            self._metrics.inc("arbedge_outcomes_missed_total", self._path.missed - missed)
            missed, refused = self._path.missed, self._path.refused
            await self._clock.sleep(_OBSERVE_S)
