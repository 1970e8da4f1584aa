import sqlite3

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from arbedge.errors import ConfigError
from arbedge.storage.config import StorageConfig
from arbedge.storage.migrations import upgrade as steps
from arbedge.storage.records import engine
from arbedge.storage.records.engine import Records
from arbedge.storage.records.tables import metadata
from arbedge.storage.repositories.opportunities import SqliteOpportunityArchive


def schema(path):
    database = sqlite3.connect(path)
    rows = database.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
    database.close()
    return rows


def run(path, *statements):
    database = sqlite3.connect(path)
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()


BACK_TO_0001 = (
    "DROP TABLE quarantine",
    "DROP TABLE outcome_marks",
    "DROP TABLE outcomes",
    "ALTER TABLE opportunities DROP COLUMN half_life_s",
    "ALTER TABLE opportunities DROP COLUMN expected_life_s",
    "UPDATE alembic_version SET version_num = '0001'",
)


async def test_the_steps_make_the_tables_that_queries_expect(tmp_path) -> None:
    async with Records(tmp_path / "r.db", StorageConfig()):
        pass
    database = create_engine(f"sqlite:///{tmp_path / 'r.db'}")
    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []
    database.dispose()


async def test_an_older_schema_is_brought_up_with_its_rows(tmp_path, samples) -> None:
    path = tmp_path / "r.db"
    async with Records(path, StorageConfig()) as records:
        await SqliteOpportunityArchive(records).record([samples.opened(), samples.closed(at=2)])
    newest = schema(path)
    run(path, *BACK_TO_0001)
    assert schema(path) != newest
    with pytest.raises(ConfigError, match="older schema 0001"):
        await Records(path, StorageConfig(), is_read_only=True).open()
    async with Records(path, StorageConfig()) as records:
        found = await SqliteOpportunityArchive(records).find("0a1b2c3d4e5f")
        assert found.opportunity == samples.closed(at=2).opportunity
    assert schema(path) == newest


@pytest.mark.parametrize("is_read_only", [False, True])
async def test_a_newer_schema_is_refused_untouched(tmp_path, is_read_only) -> None:
    path = tmp_path / "r.db"
    async with Records(path, StorageConfig()):
        pass
    run(path, "CREATE TABLE wonders (x)", "UPDATE alembic_version SET version_num = '0999'")
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="0999") as caught:
        await Records(path, StorageConfig(), is_read_only=is_read_only).open()
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before


async def test_a_failing_step_leaves_the_old_schema(tmp_path, samples, monkeypatch) -> None:
    path = tmp_path / "r.db"
    async with Records(path, StorageConfig()) as records:
        await SqliteOpportunityArchive(records).record([samples.opened()])
    run(path, *BACK_TO_0001)
    before = schema(path)

    def half_an_upgrade(connection):
        steps.upgrade(connection)
        connection.exec_driver_sql("DROP TABLE opportunities")
        raise ConfigError("the disk caught fire")

    monkeypatch.setattr(engine, "upgrade", half_an_upgrade)
    with pytest.raises(ConfigError, match="caught fire"):
        await Records(path, StorageConfig()).open()
    assert schema(path) == before
    monkeypatch.undo()
    async with Records(path, StorageConfig()) as records:
        assert await SqliteOpportunityArchive(records).find("0a1b2c3d4e5f")


async def test_a_step_that_would_orphan_rows_is_undone(tmp_path, samples, monkeypatch) -> None:
    path = tmp_path / "r.db"
    async with Records(path, StorageConfig()) as records:
        await SqliteOpportunityArchive(records).record([samples.opened()])
    run(path, *BACK_TO_0001)

    def careless(connection):
        steps.upgrade(connection)
        connection.exec_driver_sql("DELETE FROM opportunities")

    monkeypatch.setattr(engine, "upgrade", careless)
    with pytest.raises(ConfigError, match="orphan"):
        await Records(path, StorageConfig()).open()
    monkeypatch.undo()
    async with Records(path, StorageConfig()) as records:
        assert await SqliteOpportunityArchive(records).find("0a1b2c3d4e5f")
