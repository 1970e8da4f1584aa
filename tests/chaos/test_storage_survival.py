"""What was acknowledged is there after kill -9 and after a full disk."""

import asyncio
import importlib.util
import random
import signal
import sqlite3
import sys
from pathlib import Path

import pytest

from arbedge.storage.config import StorageConfig
from arbedge.storage.records.engine import Records
from arbedge.storage.repositories.opportunities import SqliteOpportunityArchive

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "contract" / "storage" / "samples.py"
SEED = 20261122
KILLS = 5
PATIENCE_S = 60


@pytest.fixture(scope="module")
def samples():
    spec = importlib.util.spec_from_file_location("storage_samples", SAMPLES)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def start_writer(database, first, *more):
    arguments = [str(SAMPLES), str(database), str(first), *map(str, more)]
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(HERE / "storage_writer.py"),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def last_acknowledged_before_kill(writer, chance, known):
    """Let it write a random while, kill it, and read everything it had managed to say."""
    async with asyncio.timeout(PATIENCE_S):
        for _ in range(chance.randint(1, 40)):
            line = await writer.stdout.readline()
            assert line.startswith(b"ack"), (await writer.stderr.read()).decode()
            known = int(line.split()[1])
        await asyncio.sleep(chance.random() * 0.02)
        writer.send_signal(signal.SIGKILL)
        rest, _ = await writer.communicate()
    for line in rest.splitlines(keepends=True):
        if line.endswith(b"\n"):
            known = int(line.split()[1])
    assert writer.returncode == -signal.SIGKILL
    return known


def assert_sound(database):
    connection = sqlite3.connect(database)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()


async def assert_kept(archive, samples, numbers):
    for number in numbers:
        name = f"{number:08x}"
        found = await archive.find(name)
        assert found.opportunity == samples.closed(name, at=number + 1).opportunity
        assert found.evidence == samples.closed(name, at=number + 1).evidence


@pytest.mark.serial
async def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path, samples) -> None:
    database = tmp_path / "r.db"
    chance = random.Random(SEED)
    acknowledged = -1
    for _ in range(KILLS):
        writer = await start_writer(database, acknowledged + 1)
        acknowledged = await last_acknowledged_before_kill(writer, chance, acknowledged)
    async with Records(database, StorageConfig()) as records:
        archive = SqliteOpportunityArchive(records)
        await assert_kept(archive, samples, range(acknowledged + 1))
        everything = await archive.history(samples.seconds(-1), samples.seconds(10**6), 10**6)
        # at most the one write that was under way when the kill came, whole
        assert acknowledged + 1 <= len(everything) <= acknowledged + 2
        assert all(record.opportunity.closed_at is not None for record in everything)
    assert_sound(database)


@pytest.mark.serial
async def test_a_reader_sees_whole_writes_while_the_writer_lives_and_after_it_died(tmp_path, samples) -> None:
    database = tmp_path / "r.db"
    writer = await start_writer(database, 0)
    async with asyncio.timeout(PATIENCE_S):
        for _ in range(10):
            await writer.stdout.readline()
        async with Records(database, StorageConfig(), is_read_only=True) as reader:
            await assert_kept(SqliteOpportunityArchive(reader), samples, range(10))
        writer.send_signal(signal.SIGKILL)
        await writer.communicate()
    async with Records(database, StorageConfig(), is_read_only=True) as reader:
        await assert_kept(SqliteOpportunityArchive(reader), samples, range(10))


@pytest.mark.serial
async def test_a_full_disk_is_said_in_one_line_and_loses_nothing(tmp_path, samples) -> None:
    database = tmp_path / "r.db"
    writer = await start_writer(database, 0, 600_000)
    async with asyncio.timeout(PATIENCE_S):
        out, complaints = await writer.communicate()
    lines = out.decode().splitlines()
    assert complaints == b""
    assert writer.returncode == 0
    assert len(lines) > 10
    assert "refused" in lines[-1]
    assert "check its free space" in lines[-1] or "disk is full" in lines[-1]
    acknowledged = [int(line.split()[1]) for line in lines[:-1]]
    async with Records(database, StorageConfig()) as records:
        archive = SqliteOpportunityArchive(records)
        await assert_kept(archive, samples, acknowledged)
        await archive.record([samples.opened("ffffffff")])  # with room again, writing goes on
    assert_sound(database)
