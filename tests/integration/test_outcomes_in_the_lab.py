"""The whole job against the lab: what lives for seconds is seen to pay at first, and not later; paper trades it."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from arbedge.bootstrap.application import running
from arbedge.bootstrap.demo import lab_process
from arbedge.bootstrap.settings import load_settings
from arbedge.bootstrap.verdicts import outcome_report
from arbedge.foundation.runtime.clock import SystemClock
from arbedge.opportunities.outcomes.following import Mark, PaperStatus, Standing
from arbedge.storage.records.engine import Records
from arbedge.storage.repositories.outcomes import SqliteOutcomeArchive

pytestmark = [pytest.mark.timeout(180), pytest.mark.serial]

PATIENCE_S = 120.0


def paid_and_then_did_not(outcome) -> bool:
    standings = {mark.mark: mark.standing for mark in outcome.marks}
    early = {standings.get(mark) for mark in (Mark.HALF_SECOND, Mark.ONE_SECOND)}
    late = {standings.get(mark) for mark in (Mark.FIVE_SECONDS, Mark.THIRTY_SECONDS)}
    return Standing.PAYING in early and Standing.NOT_PAYING in late


async def test_what_lives_for_seconds_pays_at_first_and_not_later(tmp_path: Path) -> None:
    async with lab_process("fleeting", 7, "demo") as lab:
        plain = load_settings({"HOME": str(tmp_path)}, folder=tmp_path)
        overrides = {**lab.overrides(plain), "exchanges": "binance"}
        loaded = load_settings({"HOME": str(tmp_path)}, folder=tmp_path, overrides=overrides)
        async with running(loaded, is_simulated=True):
            database = loaded.settings.data_dir / "arbedge.db"
            found = []
            for _ in range(int(PATIENCE_S)):
                await asyncio.sleep(1)
                async with Records(database, loaded.settings.storage, is_read_only=True) as records:
                    now = SystemClock().now()
                    stored = await SqliteOutcomeArchive(records).between(now - timedelta(hours=1), now)
                found = [each for each in stored if paid_and_then_did_not(each)]
                if found and any(each.paper.status is PaperStatus.DONE for each in stored):
                    break
            assert found
    assert all(each.followed.is_simulated for each in stored)
    for each in stored:
        assert all(mark.net_bps is not None for mark in each.marks if mark.standing is Standing.PAYING)
        assert all(mark.reason for mark in each.marks if mark.net_bps is None)
    now = SystemClock().now()
    report = await outcome_report(loaded, now - timedelta(hours=1), now)
    assert report.followed >= len(stored)
    assert {each.group.is_simulated for each in report.survival} == {True}
