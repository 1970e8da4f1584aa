"""Settings of the stores: how often and how safely records are written."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["StorageConfig"]


class StorageConfig(BaseModel):
    """How records reach the disk. Immutable; an unknown key is an error.

    `NORMAL` keeps every committed row when the process dies and may lose the last commits when the machine
    loses power; `FULL` keeps those too and writes several times slower
    (https://www.sqlite.org/pragma.html#pragma_synchronous).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, str_strip_whitespace=True)

    flush_interval_s: float = Field(
        default=0.5, ge=0.01, le=60, description="Events wait at most this long before they are written."
    )
    batch_rows: int = Field(default=500, ge=1, le=10_000, description="Most rows written in one transaction.")
    max_pending_rows: int = Field(
        default=50_000,
        ge=100,
        le=1_000_000,
        description="Rows that may wait for the disk; beyond it writers wait, nothing is dropped.",
    )
    busy_timeout_ms: int = Field(
        default=5000, ge=0, le=60_000, description="How long a statement waits for another writer's lock."
    )
    synchronous: Literal["NORMAL", "FULL"] = Field(
        default="NORMAL", description="SQLite durability: NORMAL survives a killed process, FULL a power cut too."
    )
    max_connections: int = Field(default=4, ge=1, le=64, description="Most database connections open at once.")
