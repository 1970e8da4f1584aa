"""Outcomes on disk: what is stored comes back to the last digit, over a restart and over kill -9."""

import asyncio
import csv
import importlib.util
import signal
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from arbedge.opportunities.outcomes.following import Mark, PaperStatus, Standing
from arbedge.opportunities.outcomes.verdicts import summarise
from arbedge.storage.config import StorageConfig
from arbedge.storage.export.writing import ExportFormat, export_outcomes
from arbedge.storage.records.engine import Records
from arbedge.storage.repositories.outcomes import SqliteOutcomeArchive

FOLLOWING = Path(__file__).parents[1] / "unit" / "flow" / "following.py"
_SPEC = importlib.util.spec_from_file_location("following", FOLLOWING)
following = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(following)

WRITER = """
import asyncio, importlib.util, sys
from pathlib import Path
from arbedge.storage.config import StorageConfig
from arbedge.storage.records.engine import Records
from arbedge.storage.repositories.outcomes import SqliteOutcomeArchive

spec = importlib.util.spec_from_file_location("following", sys.argv[1])
following = importlib.util.module_from_spec(spec)
spec.loader.exec_module(following)


async def main():
    async with Records(Path(sys.argv[2]), StorageConfig()) as records:
        stage = following.Stage(archive=SqliteOutcomeArchive(records))
        while True:
            stage.quote(other_bid="60300")
            await stage.pass_time(1.2)
            stage.quote()
            await stage.pass_time(2.4)
            assert await stage.path.flush()
            print(len(stage.known()), flush=True)


asyncio.run(main())
"""


def carried(stage):
    stage.pay("0.004")
    stage.quote(other_bid="59990", perp_bid="60000")
    stage.detector.sweep()
    known = [each for each in stage.known() if each.kind == "spot_perp"]
    return next(each for each in known if each.candidate.legs[0].instrument.venue == "binance")


async def test_a_held_position_is_taken_up_from_disk_as_it_was_left(tmp_path):
    async with Records(tmp_path / "r.db", StorageConfig()) as records:
        archive = SqliteOutcomeArchive(records)
        stage = following.Stage(archive=archive)
        opened = carried(stage)
        await stage.pass_time(6)
        assert await stage.path.flush()
        before = {each.followed.id: each for each in await archive.pending(100)}
        assert before[opened.id].result.status is PaperStatus.OPEN
        assert before[opened.id].state == stage.path._follows[opened.id].trade.position.state
        assert before[opened.id].taken == {Mark.HALF_SECOND, Mark.ONE_SECOND, Mark.TWO_SECONDS, Mark.FIVE_SECONDS}
        again = following.Stage(archive=archive, clock=stage.clock)
        again.pay("0.004")
        again.quote(perp_bid="60000")
        assert await again.path.recover() == len(before)
        await again.let_lie(40, step=0.5)
        await again.let_lie(float(opened.horizon_hours) * 3600 + 1500)
        assert await again.path.flush()
        found = await archive.find(opened.id)
        assert found.paper.status is PaperStatus.DONE
        assert found.ended_at is not None
        assert [mark.mark for mark in found.marks][-1] is Mark.HORIZON
        assert [each.mark for each in found.marks if each.standing is Standing.MISSED] == []
        since = stage.clock.now() - timedelta(days=2)
        report = summarise(
            await archive.between(since, stage.clock.now()), await archive.unfollowed(since, stage.clock.now())
        )
        assert report.followed == len(before)
        assert await archive.prune(stage.clock.now()) >= 1
        assert await archive.find(opened.id) is None


async def test_figures_come_back_to_the_last_digit(tmp_path):
    async with Records(tmp_path / "r.db", StorageConfig()) as records:
        archive = SqliteOutcomeArchive(records)
        stage = following.Stage(archive=archive)
        stage.quote(other_bid="60300.1")
        stage.detector.sweep()
        await stage.pass_time(1)
        assert await stage.path.flush()
        (opened,) = stage.known()
        found = await archive.find(opened.id)
        assert found.followed.predicted_bps == opened.priced.net_bps
        assert found.followed.candidate == opened.candidate
        assert found.followed.opened_at == opened.opened_at
        assert found.marks[0].net_bps == opened.priced.net_bps
        assert isinstance(found.paper.net_bps, Decimal)
        until = stage.clock.now() + timedelta(seconds=1)
        target = tmp_path / "outcomes.csv"
        assert await export_outcomes(archive, opened.opened_at, until, target, ExportFormat.CSV) == 1
        with target.open(newline="") as file:
            (row,) = csv.DictReader(file)
        assert (row["id"], row["mark_0_5s_standing"], row["mark_1h_standing"]) == (opened.id, "paying", "")
        assert Decimal(row["mark_0_5s_net_bps"]) == opened.priced.net_bps
        assert Decimal(row["paper_net_bps"]) == found.paper.net_bps
        sheet = tmp_path / "outcomes.parquet"
        assert await export_outcomes(archive, opened.opened_at, until, sheet, ExportFormat.PARQUET) == 1


async def test_what_was_stored_before_kill_nine_is_there_and_the_rest_is_missed_not_invented(tmp_path):
    path = tmp_path / "r.db"
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, str(FOLLOWING), str(path), stdout=asyncio.subprocess.PIPE
    )
    acknowledged = 0
    async with asyncio.timeout(60):
        for _ in range(4):
            acknowledged = int(await writer.stdout.readline())
    writer.send_signal(signal.SIGKILL)
    await writer.wait()
    assert acknowledged >= 4
    async with Records(path, StorageConfig()) as records:
        archive = SqliteOutcomeArchive(records)
        pending = await archive.pending(10_000)
        assert len(pending) >= acknowledged
        assert any(each.taken for each in pending)
        later = following.Stage(archive=archive)
        later.quote()
        await later.clock.advance(2 * 3600)
        await later.path.recover()
        assert await later.path.flush()
        assert later.path.followed_count == 0
        assert await archive.pending(10_000) == ()
        first = await archive.find(pending[0].followed.id)
        taken = {mark.mark: mark for mark in first.marks}
        assert taken[Mark.ONE_HOUR].standing is Standing.MISSED
        assert taken[Mark.ONE_HOUR].reason == "arbedge was not running"
        assert taken[Mark.HALF_SECOND].standing is not Standing.MISSED
