"""Settings of the opportunities stage: the gates' limits, what is priced, how long rows live.

Money is in the reporting currency (USDT) as Decimal. Source of every default: docs/reference/gates.md.
"""

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from arbedge.domain.opportunity import OpportunityKind

__all__ = ["OpportunityConfig"]

_LONGEST_HORIZON_H = Decimal(24 * 90)
_LARGEST_NOTIONAL = 1_000_000_000


class OpportunityConfig(BaseModel):
    """What is priced, what is shown and for how long it is kept. Immutable; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, str_strip_whitespace=True)

    kinds: tuple[OpportunityKind, ...] = Field(
        default=tuple(OpportunityKind),
        min_length=1,
        description="Kinds of arbitrage looked for.",
    )
    threshold: Decimal = Field(
        default=Decimal("0.001"),
        ge=0,
        le=1,
        description="A candidate is priced when its gross edge, as a fraction, reaches this (0.001 = 10 bps).",
    )
    min_net_bps: Decimal = Field(
        default=Decimal(5),
        ge=-10_000,
        le=10_000,
        description="A candidate is shown when its net at the reference notional is above this, in basis points.",
    )
    reference_notional: Decimal = Field(
        default=Decimal(1000),
        gt=0,
        le=_LARGEST_NOTIONAL,
        description="Notional every candidate is priced at, in the reporting currency.",
    )
    min_entry_share: Decimal = Field(
        default=Decimal("0.1"),
        ge=0,
        le=1,
        description="An entry notional under this share of the reference notional fails the gate `size`.",
    )
    horizons_h: tuple[Decimal, ...] = Field(
        default=(Decimal(1), Decimal(8), Decimal(24), Decimal(72), Decimal(168)),
        min_length=1,
        max_length=24,
        description="Horizons in hours at which hedged kinds are priced; the best by return on capital is shown.",
    )
    spot_spot_mode: Literal["prefunded", "transfer", "both"] = Field(
        default="prefunded",
        description="Spot against spot: sell inventory, move the coin over an open network, or whichever works.",
    )
    leverage: Decimal = Field(
        default=Decimal(3), ge=1, le=125, description="Leverage of perp legs, for the capital they tie up."
    )
    margin_buffer: Decimal = Field(
        default=Decimal("0.1"),
        ge=0,
        le=10,
        description="Share of a perp leg's notional held as buffer on top of its margin.",
    )
    settlement_guard_s: float = Field(
        default=60.0,
        ge=0,
        le=3600,
        description="A funding income this close ahead is not counted; a payment this recently past is.",
    )
    min_volume_usd: Decimal = Field(
        default=Decimal(100_000),
        ge=0,
        le=10**15,
        description="Least 24 h volume of each leg, in the reporting currency.",
    )
    min_open_interest_usd: Decimal = Field(
        default=Decimal(0),
        ge=0,
        le=10**15,
        description="Least open interest of each perp leg, in the reporting currency; 0 asks for none.",
    )
    plausible_cap_bps: Decimal = Field(
        default=Decimal(1000),
        gt=0,
        le=1_000_000,
        description="A gain beyond this, in basis points, is taken for an error and waits in quarantine.",
    )
    grace_s: float = Field(
        default=2.0,
        ge=0,
        le=600,
        description="A gap in qualifying shorter than this does not close an opportunity.",
    )
    retention_days: int = Field(
        default=30,
        ge=1,
        le=3650,
        description="Closed opportunities and rejections are deleted after these days.",
    )
    size_curve_notionals: tuple[Decimal, ...] = Field(
        default=tuple(Decimal(n) for n in (100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000)),
        min_length=1,
        max_length=50,
        description="Notionals of the size curve, in the reporting currency.",
    )
    top_n: int = Field(default=50, ge=1, le=1000, description="Length of the ranked list that is shown.")

    @field_validator("kinds")
    @classmethod
    def _each_once(cls, kinds: tuple[OpportunityKind, ...]) -> tuple[OpportunityKind, ...]:
        return tuple(dict.fromkeys(kinds))

    @field_validator("horizons_h")
    @classmethod
    def _ascending_horizons(cls, horizons: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
        if any(not 0 < hours <= _LONGEST_HORIZON_H for hours in horizons):
            raise ValueError(f"every horizon must be above 0 and at most {_LONGEST_HORIZON_H} hours")
        return tuple(sorted(set(horizons)))

    @field_validator("size_curve_notionals")
    @classmethod
    def _ascending_notionals(cls, notionals: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
        if any(not 0 < notional <= _LARGEST_NOTIONAL for notional in notionals):
            raise ValueError(f"every notional must be above 0 and at most {_LARGEST_NOTIONAL}")
        return tuple(sorted(set(notionals)))
