"""The market recorded while it is watched: samples at a steady pace, and what was recorded before remembered."""

from asyncio import to_thread
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import numpy as np

from arbedge.bootstrap.crews import Crew, Tools
from arbedge.bootstrap.settings import LoadedSettings
from arbedge.errors import ArbEdgeError
from arbedge.market.refresh import MarketRefresher
from arbedge.market.sampling import MarketSampler
from arbedge.market.view import LiveMarket
from arbedge.storage.recordings.config import RecorderConfig
from arbedge.storage.recordings.layout import Dataset, Hour
from arbedge.storage.recordings.reader import PriceHour, price_hours
from arbedge.storage.recordings.recorder import Recorder, RecorderStatus

__all__ = ["RecorderCrew", "RecordingPlan", "recordings_folder"]

_LISTING_POLL_S = 0.2
_UNRECORDED_EVERY_S = 30.0
_CLOSE_S = 4.0


@dataclass(frozen=True, slots=True)
class RecordingPlan:
    """Where recorded files lie, how they are made, and whether any are (else they are only read, at the start)."""

    root: Path
    config: RecorderConfig
    is_writing: bool


def recordings_folder(loaded: LoadedSettings, *, is_simulated: bool) -> Path:
    """Where the recorded files lie: simulated prices never beside real ones."""
    return loaded.settings.data_dir / ("recordings-simulated" if is_simulated else "recordings")


class RecorderCrew(Crew):
    """Samples the market for its price history and, where the plan says so, for the recorded files.

    At the start each venue's recorded prices are read back, as far as the history reaches.
    """

    def __init__(
        self,
        tools: Tools,
        plan: RecordingPlan,
        market: LiveMarket,
        refresher: MarketRefresher,
    ) -> None:
        super().__init__(tools)
        self._config = plan.config
        self._root = plan.root
        self._market = market
        self._refresher = refresher
        self._log = tools.log
        self._sampler = MarketSampler(market, tools.clock)
        self._recorder = Recorder(plan.root, plan.config, market.instruments()) if plan.is_writing else None
        self._metrics = tools.metrics
        self._counted = RecorderStatus()
        self.recalled = 0
        """Prices of earlier runs taken into the history."""

    @property
    def status(self) -> RecorderStatus | None:
        """How the recorder is doing; None where nothing is written."""
        return None if self._recorder is None else self._recorder.status

    async def start(self) -> None:
        """Begin to remember and to sample."""
        if self._recorder is not None:
            self._recorder.start()
            self.put_to_work("recorder.funding", partial(self._record_funding, self._recorder))
        self.put_to_work("recorder.quotes", self._sample)
        for state in self._refresher.states():
            self.put_to_work(f"recorder.recall.{state.name}", partial(self._recall, state.name))

    async def stop(self) -> None:
        """End the sampling, then write what waits."""
        await super().stop()
        if self._recorder is not None and not await to_thread(self._recorder.close, _CLOSE_S):
            self._log.warning("recorder did not end in time", waited_s=_CLOSE_S)

    async def ping(self) -> str | None:
        """What keeps it from recording, or which task is being started over."""
        status = self.status
        return (status.problem if status is not None else None) or await super().ping()

    async def _sample(self) -> None:
        hour: Hour | None = None
        while True:
            await self._until_next(_UNRECORDED_EVERY_S if self._recorder is None else self._config.every_s)
            if not self._market.instruments():
                continue
            if self._recorder is None:
                await self._sampler.quotes(is_whole=False)
                continue
            now_in = Hour.of(self._clock.now())
            is_whole = self._recorder.takes_whole(Dataset.QUOTES) or now_in != hour
            hour = now_in
            quotes, prices = await self._sampler.quotes(is_whole=is_whole)
            self._recorder.offer(quotes)
            if prices is not None:
                self._recorder.offer(prices)
            self._tell(self._recorder.status)

    async def _record_funding(self, recorder: Recorder) -> None:
        hour: Hour | None = None
        while True:
            await self._until_next(self._config.funding_every_s)
            now_in = Hour.of(self._clock.now())
            is_whole = recorder.takes_whole(Dataset.FUNDING) or now_in != hour
            hour = now_in
            sample = await self._sampler.funding(is_whole=is_whole)
            if len(sample.slots):
                recorder.offer(sample)

    async def _recall(self, venue: str) -> None:
        """Once the venue is listed, its recorded prices go where nothing newer is known."""
        while not self._refresher.is_listed(venue):
            await self._clock.sleep(_LISTING_POLL_S)
        since = self._clock.now() - timedelta(hours=self._market.history.span_h)
        hours = price_hours(self._root, venue, since)
        try:
            while (found := await to_thread(next, hours, None)) is not None:
                await self._take_in(found)
        except (ArbEdgeError, OSError) as fault:
            self._log.warning("recorded prices could not be read", venue=venue, error=str(fault))

    async def _take_in(self, found: PriceHour) -> None:
        history = self._market.history
        slots = [self._market.universe.slot_of(each) for each in found.instruments]
        places = np.asarray([-1 if slot is None else slot for slot in slots], dtype=np.intp)
        for moment in found.moments():
            codes, figures = found.at(moment)
            known = places[codes] >= 0
            prices = np.full(len(history), np.nan)
            prices[places[codes[known]]] = figures[known]
            history.sample(moment, prices)
            self.recalled += int(known.sum())
            await self._clock.sleep(0)

    async def _until_next(self, every_s: float) -> None:
        """Wait for the next multiple of the period, so that samples of all runs fall on the same moments."""
        await self._clock.sleep(every_s - self._clock.now().timestamp() % every_s)

    def _tell(self, status: RecorderStatus) -> None:
        """Counters, and one line when recording pauses, one when it goes on."""
        before, self._counted = self._counted, status
        lost = status.lost + status.refused - before.lost - before.refused
        self._metrics.inc("arbedge_recorder_rows_total", status.rows - before.rows)
        self._metrics.inc("arbedge_recorder_samples_lost_total", lost)
        self._metrics.set("arbedge_recorder_disk_bytes", status.disk_bytes)
        if status.problem != before.problem:
            self._log.warning(status.problem or "recording goes on")
