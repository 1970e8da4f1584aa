"""Settings of the recorder: what is sampled how often, and how much of the disk it may have."""

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["RecorderConfig"]


class RecorderConfig(BaseModel):
    """How the market is recorded while `run` or `record` is at work. Immutable; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, str_strip_whitespace=True)

    enabled: bool = Field(
        default=True, description="Whether `run` records prices and funding; `record` does so in any case."
    )
    every_s: float = Field(
        default=5.0, ge=0.5, le=300, description="How often best bid and ask of all instruments are sampled."
    )
    funding_every_s: float = Field(default=60.0, ge=5, le=3600, description="How often funding is sampled.")
    part_s: float = Field(
        default=60.0, ge=1, le=600, description="Samples are written this often; a killed process loses no more."
    )
    max_disk_gb: float = Field(
        default=20.0, ge=0.001, le=100_000, description="Most disk recordings may take; the oldest hours go first."
    )
    min_free_gb: float = Field(
        default=1.0, ge=0, le=100_000, description="Recording pauses while the disk has less than this left."
    )
