"""Settings of following: how many shown opportunities are followed, how paper entries are made, what is kept."""

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["OutcomesConfig"]


class OutcomesConfig(BaseModel):
    """How shown opportunities are followed afterwards. Immutable; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, str_strip_whitespace=True)

    entry_latency_ms: int = Field(
        default=250,
        ge=0,
        le=60_000,
        description="A paper entry meets the books of this long after opening; measure your own way to the venues.",
    )
    max_followed: int = Field(
        default=20_000,
        ge=1,
        le=1_000_000,
        description="Most opportunities followed at once; one that opens beyond is not followed, and counted.",
    )
    max_kept_books: int = Field(
        default=24,
        ge=2,
        le=1000,
        description="Most depth books kept open for followed opportunities; those due first have them.",
    )
    retention_days: int = Field(
        default=365,
        ge=1,
        le=3650,
        description="Outcomes of opportunities opened before these days are deleted.",
    )
