"""`arbedge outcomes` says what became of what was shown, and plainly when there is nothing to say yet."""

import importlib.util
import json
from datetime import timedelta
from pathlib import Path

import pytest

from arbedge.bootstrap.settings import load_settings
from arbedge.bootstrap.verdicts import outcome_report
from arbedge.cli import outcomes as command
from arbedge.errors import NotFound
from arbedge.foundation.runtime.clock import ManualClock, SystemClock
from arbedge.opportunities.outcomes.following import PaperStatus
from arbedge.storage.config import StorageConfig
from arbedge.storage.records.engine import Records
from arbedge.storage.repositories.outcomes import SqliteOutcomeArchive

_SPEC = importlib.util.spec_from_file_location(
    "following", Path(__file__).parents[1] / "unit" / "flow" / "following.py"
)
following = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(following)

NOW = SystemClock().now()


@pytest.fixture
def loaded(tmp_path):
    return load_settings({"HOME": str(tmp_path)}, folder=tmp_path)


async def report_of(loaded):
    return await outcome_report(loaded, NOW - timedelta(hours=3), NOW)


async def test_without_records_it_names_what_makes_them(loaded):
    with pytest.raises(NotFound, match="arbedge run"):
        await report_of(loaded)


async def test_with_records_and_nothing_followed_it_says_so(loaded, capsys):
    loaded.settings.data_dir.mkdir(parents=True)
    async with Records(loaded.settings.data_dir / "arbedge.db", StorageConfig()):
        pass
    command._print(await report_of(loaded), NOW - timedelta(hours=3), NOW, is_demo=False)
    shown = capsys.readouterr().out
    assert "0 shown, 0 followed" in shown
    assert "nothing to say yet" in shown
    assert "%" not in shown


async def test_the_dead_on_arrival_and_the_paper_loss_are_printed_and_marked_simulated(loaded, capsys):
    loaded.settings.data_dir.mkdir(parents=True)
    async with Records(loaded.settings.data_dir / "arbedge.db", StorageConfig()) as records:
        stage = following.Stage(archive=SqliteOutcomeArchive(records), clock=ManualClock(NOW - timedelta(hours=1)))
        stage.quote(other_bid="60300")
        stage.detector.sweep()
        await stage.pass_time(0.1)
        stage.quote()
        await stage.pass_time(6)
        assert await stage.path.flush()
        (opened,) = stage.known()
        outcome = await SqliteOutcomeArchive(records).find(opened.id)
    assert outcome.paper.status is PaperStatus.DONE
    report = await report_of(loaded)
    command._print(report, NOW - timedelta(hours=3), NOW, is_demo=False)
    shown = capsys.readouterr().out
    assert "spot_spot (simulated)" in shown
    assert "binance>okx" in shown
    document = json.loads(json.dumps(command._document(report, NOW - timedelta(hours=3), NOW)))
    (kind,) = document["survival"]
    assert (kind["dead_on_arrival"], kind["simulated"], kind["marks"]["0.5s"]["share_paying"]) == (1, True, "0")
    (paper,) = document["paper"]
    assert paper["done"] == 1
    assert float(paper["mean_error_bps"]) == pytest.approx(
        float(paper["mean_paper_bps"]) - float(paper["mean_predicted_bps"])
    )
    assert float(paper["mean_error_bps"]) < -20
    command.print_outcome(outcome)
    assert "0.5s         not paying" in capsys.readouterr().out
