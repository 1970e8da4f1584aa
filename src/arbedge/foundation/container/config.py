"""Settings of the service container: how long starts and pings may take, and when a service counts as failed."""

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["ContainerConfig"]


class ContainerConfig(BaseModel):
    """Deadlines and health rules of every service. Immutable; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, str_strip_whitespace=True)

    start_deadline_s: float = Field(
        default=30.0, gt=0, le=600, description="A service that has not started within this time has failed."
    )
    stop_deadline_s: float = Field(
        default=5.0, gt=0, le=600, description="All services together are given this long to stop."
    )
    warm_deadline_s: float = Field(
        default=300.0,
        gt=0,
        le=86_400,
        description="A service still warming in the background after this is degraded.",
    )
    ping_interval_s: float = Field(
        default=10.0, gt=0, le=3600, description="How often each service is asked whether it is well."
    )
    ping_deadline_s: float = Field(
        default=5.0, gt=0, le=600, description="A ping unanswered for this long counts as a bad answer."
    )
    pings_to_fail: int = Field(
        default=3, ge=1, le=100, description="A service has failed after this many bad pings in a row."
    )
