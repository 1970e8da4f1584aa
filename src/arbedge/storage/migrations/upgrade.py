"""Brings a database's schema to the newest step this code knows."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from arbedge.errors import ConfigError

__all__ = ["newest_step", "step_of", "upgrade"]


def newest_step() -> str:
    """The newest step this code knows, such as `0002`."""
    step = ScriptDirectory.from_config(_config()).get_current_head()
    assert step is not None
    return step


def step_of(connection: Connection) -> str | None:
    """The step the database is at (None: it has no schema yet). Newer than this code raises ConfigError."""
    step = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if step is not None and step not in known:
        raise ConfigError(
            f"records are of schema {step}, this ArbEdge knows schemas up to {newest_step()}:"
            " run the newer ArbEdge that wrote them, or set another data directory (nothing was changed)"
        )
    return step


def upgrade(connection: Connection, target: str = "head") -> None:
    """Run every missing step up to `target`. The caller began the transaction and ends it."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, target)


def _config() -> Config:
    config = Config()
    # configparser reads % as the start of a reference
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
