import asyncio
import sqlite3
import time

import pytest

from arbedge.errors import ConfigError, NotFound, Timeout, Unavailable
from arbedge.storage.config import StorageConfig
from arbedge.storage.records.engine import APPLICATION_ID, Records
from arbedge.storage.records.faults import StorageFull
from arbedge.storage.repositories.opportunities import SqliteOpportunityArchive

SLOW = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 100000000) SELECT sum(x) FROM c"


async def pragma(connection, name):
    return (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one()


async def test_every_connection_is_set_up(tmp_path) -> None:
    async with Records(tmp_path / "r.db", StorageConfig(synchronous="FULL", busy_timeout_ms=1234)) as records:
        async with records.read() as first, records.read() as second:
            for connection in (first, second):
                assert await pragma(connection, "journal_mode") == "wal"
                assert await pragma(connection, "foreign_keys") == 1
                assert await pragma(connection, "synchronous") == 2
                assert await pragma(connection, "busy_timeout") == 1234
                assert await pragma(connection, "application_id") == APPLICATION_ID
        await records.ping()


async def test_a_strange_folder_name_is_no_problem(tmp_path) -> None:
    folder = tmp_path / "100% sure? #1 é"
    folder.mkdir()
    async with Records(folder / "r.db", StorageConfig()) as records:
        await records.ping()
    assert (folder / "r.db").exists()


async def test_a_write_that_raises_leaves_nothing(records, samples) -> None:
    async def fail():
        async with records.write() as connection:
            await connection.exec_driver_sql("DELETE FROM rejections")
            raise ZeroDivisionError

    archive = SqliteOpportunityArchive(records)
    await archive.record_rejections([samples.rejection()])
    with pytest.raises(ZeroDivisionError):
        await fail()
    assert len(await archive.rejections("", 10)) == 1


async def test_writers_take_turns_and_readers_do_not_wait(records) -> None:
    order = []

    async def second():
        async with records.write():
            order.append("second")

    async with records.write():
        waiting = asyncio.get_running_loop().create_task(second())
        async with records.read():
            order.append("reader")
        await asyncio.sleep(0.01)
        order.append("first")
    await waiting
    assert order == ["reader", "first", "second"]


async def test_gauges_tell_the_pool(tmp_path) -> None:
    async with Records(tmp_path / "r.db", StorageConfig(max_connections=2)) as records:
        async with records.read(), records.read():
            gauges = records.gauges()
            assert (gauges.in_use, gauges.idle, gauges.limit, gauges.waits) == (2, 0, 2, 0)
        assert (records.gauges().in_use, records.gauges().idle) == (0, 2)
        assert records.gauges().checkouts == 2
    assert records.gauges().idle == 0


async def test_a_full_pool_makes_wait_and_the_wait_is_counted(tmp_path) -> None:
    async with Records(tmp_path / "r.db", StorageConfig(max_connections=1), deadline_s=5) as records:
        async with records.read():
            waiting = asyncio.get_running_loop().create_task(records.ping())
            await asyncio.sleep(0.01)
            assert not waiting.done()
        await waiting
        assert records.gauges().waits == 1


async def test_waiting_for_a_connection_has_the_same_deadline(tmp_path) -> None:
    async with Records(tmp_path / "r.db", StorageConfig(max_connections=1), deadline_s=0.1) as records:
        with pytest.raises(Timeout, match=r"within 0\.1 s"):
            async with records.read():
                await records.ping()
        await records.ping()
        with pytest.raises(Timeout, match=r"within 0\.1 s"):
            async with records.write(), records.write():
                pass
        async with records.write():
            pass


async def test_a_statement_past_the_deadline_is_ended_not_waited_for(tmp_path) -> None:
    async with Records(tmp_path / "r.db", StorageConfig(), deadline_s=0.2) as records:
        began = time.monotonic()
        with pytest.raises(Timeout, match="no answer within"):
            async with records.read() as connection:
                await connection.exec_driver_sql(SLOW)
        assert time.monotonic() - began < 2
        await records.ping()


async def test_another_writer_makes_busy_not_broken(tmp_path, samples) -> None:
    path = tmp_path / "r.db"
    async with Records(path, StorageConfig(busy_timeout_ms=50)) as records:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        archive = SqliteOpportunityArchive(records)
        with pytest.raises(Unavailable, match="locked by another process"):
            await archive.record([samples.opened()])
        other.close()
        await archive.record([samples.opened()])


async def test_full_disk_says_so_and_keeps_what_was_there(tmp_path, samples) -> None:
    path = tmp_path / "r.db"
    async with Records(path, StorageConfig(max_connections=1)) as records:
        archive = SqliteOpportunityArchive(records)
        await archive.record([samples.opened("aaaaaaaa")])
        async with records.read() as connection:
            pages = await pragma(connection, "page_count")
            await connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(StorageFull, match="disk is full") as caught:
            await archive.record([samples.opened(f"{n:08x}") for n in range(200)])
        assert caught.value.retryable
        assert (await archive.find("aaaaaaaa")).opportunity == samples.opened("aaaaaaaa").opportunity
        assert len(await archive.history(samples.seconds(-1), samples.seconds(1), 500)) == 1
        async with records.read() as connection:
            await connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
        await archive.record([samples.opened(f"{n:08x}") for n in range(200)])
        assert len(await archive.history(samples.seconds(-1), samples.seconds(1), 500)) == 201


async def test_a_reader_works_beside_the_writer_and_writes_nothing(tmp_path, samples) -> None:
    path = tmp_path / "r.db"
    beside = Records(path, StorageConfig(), is_read_only=True)
    async with Records(path, StorageConfig()) as writer, beside as reader:
        await SqliteOpportunityArchive(writer).record([samples.opened()])
        archive = SqliteOpportunityArchive(reader)
        assert (await archive.find("0a1b2c3d4e5f")).opportunity == samples.opened().opportunity
        with pytest.raises(Unavailable, match="for reading only"):
            await archive.record([samples.closed(at=1)])
        with pytest.raises(Unavailable, match="read-only"):
            async with reader.read() as connection:
                await connection.exec_driver_sql("DELETE FROM opportunities")
    async with Records(path, StorageConfig(), is_read_only=True) as reader:
        await reader.ping()


async def test_a_reader_without_a_file_is_told_what_to_do(tmp_path) -> None:
    with pytest.raises(NotFound, match="arbedge run"):
        await Records(tmp_path / "r.db", StorageConfig(), is_read_only=True).open()
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "r.db").touch()
    with pytest.raises(NotFound, match="arbedge run"):
        await Records(tmp_path / "r.db", StorageConfig(), is_read_only=True).open()


@pytest.mark.parametrize("is_read_only", [False, True])
async def test_a_file_that_is_no_database_is_left_alone(tmp_path, is_read_only) -> None:
    path = tmp_path / "r.db"
    path.write_bytes(b"my holiday diary " * 500)
    with pytest.raises(ConfigError, match="not a SQLite database") as caught:
        await Records(path, StorageConfig(), is_read_only=is_read_only).open()
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == b"my holiday diary " * 500


async def test_another_programs_database_is_left_alone(tmp_path) -> None:
    path = tmp_path / "r.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE diary (day TEXT)")
    other.commit()
    other.close()
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="another program"):
        await Records(path, StorageConfig()).open()
    assert path.read_bytes() == before


async def test_a_folder_that_is_not_there_is_named(tmp_path) -> None:
    with pytest.raises(ConfigError, match="cannot be opened"):
        await Records(tmp_path / "gone" / "r.db", StorageConfig()).open()


async def test_a_damaged_file_is_named(tmp_path, samples) -> None:
    path = tmp_path / "r.db"
    async with Records(path, StorageConfig()) as records:
        await SqliteOpportunityArchive(records).record([samples.opened(f"{n:08x}") for n in range(200)])
    damaged = bytearray(path.read_bytes())
    damaged[100:4096] = b"\xff" * 3996
    path.write_bytes(bytes(damaged))
    with pytest.raises(ConfigError, match="damaged"):
        await Records(path, StorageConfig()).open()


async def test_open_and_close_may_be_repeated(tmp_path) -> None:
    records = Records(tmp_path / "r.db", StorageConfig())
    with pytest.raises(Unavailable, match="not open"):
        await records.ping()
    await records.open()
    await records.open()
    await records.ping()
    await records.close()
    await records.close()
    with pytest.raises(Unavailable, match="not open"):
        await records.ping()
    assert [each.name for each in tmp_path.iterdir()] == ["r.db"]


async def test_a_cancelled_write_leaves_nothing_and_frees_the_turn(records, samples) -> None:
    archive = SqliteOpportunityArchive(records)
    entered = asyncio.Event()

    async def stall():
        async with records.write() as connection:
            await connection.exec_driver_sql("INSERT INTO rejections SELECT * FROM rejections")
            entered.set()
            await asyncio.Event().wait()

    stalled = asyncio.get_running_loop().create_task(stall())
    await entered.wait()
    stalled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stalled
    await archive.record([samples.opened()])
    assert (await archive.find("0a1b2c3d4e5f")).opportunity == samples.opened().opportunity
    assert records.gauges().in_use == 0


async def test_two_processes_worth_of_writers_lose_nothing(tmp_path, samples) -> None:
    path = tmp_path / "r.db"
    async with Records(path, StorageConfig()) as first, Records(path, StorageConfig()) as second:

        async def write(records, letter):
            for n in range(20):
                await SqliteOpportunityArchive(records).record([samples.opened(f"{letter}{n:08x}")])

        async with asyncio.TaskGroup() as both:
            both.create_task(write(first, "a"))
            both.create_task(write(second, "b"))
        found = await SqliteOpportunityArchive(first).history(samples.seconds(-1), samples.seconds(1), 100)
        assert len(found) == 40
