"""Settings of the market stage: how fresh is fresh, how often slow facts are read again, what is watched.

Seconds are floats (they time things, never price them). Source of the freshness defaults: the gate
definitions in docs/reference/gates.md.
"""

from decimal import Decimal
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

__all__ = ["MarketConfig", "MonitoredPair"]


class MonitoredPair(BaseModel):
    """One pair the watch list is restricted to, in the form existing deployments write it.

    `symbol` is the venue's own spelling (`BTCUSDT`), `base` and `quote` the two tickers (`BTC`, `USDT`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    symbol: str = Field(min_length=1, max_length=64)
    base: str = Field(min_length=1, max_length=32)
    quote: str = Field(min_length=1, max_length=32)
    exchange_id: Literal["binance", "bybit", "okx", "bitget", "hyperliquid"]

    @field_validator("base", "quote")
    @classmethod
    def _upper(cls, ticker: str) -> str:
        return ticker.upper()

    @field_validator("exchange_id", mode="before")
    @classmethod
    def _lower(cls, name: object) -> object:
        return name.strip().lower() if isinstance(name, str) else name


class MarketConfig(BaseModel):
    """How the market stage watches venues. Immutable; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, str_strip_whitespace=True)

    heartbeat_s: float = Field(
        default=5.0,
        ge=0.1,
        le=600,
        description="A connection without any frame for this long is not alive, nor are its instruments.",
    )
    confirmation_s: float = Field(
        default=60.0,
        ge=0.1,
        le=3600,
        description="A quote must be confirmed by a frame or a matching snapshot of its symbol within this time.",
    )
    detail_confirmation_s: float = Field(
        default=1.5,
        ge=0.05,
        le=60,
        description="The depth book of a priced candidate must be confirmed within this time.",
    )
    skew_s: float = Field(
        default=1.0,
        ge=0.01,
        le=60,
        description="The books of a candidate's legs may lie at most this far apart in time.",
    )
    refresh_instruments_s: float = Field(
        default=60.0, ge=10, le=86_400, description="How often a venue's list of instruments is read again."
    )
    refresh_tickers_s: float = Field(
        default=30.0,
        ge=1,
        le=3600,
        description="How often best bid and ask of every symbol are read by REST, to confirm quiet quotes.",
    )
    refresh_turnover_s: float = Field(
        default=300.0, ge=10, le=86_400, description="How often 24 h volume and open interest are read again."
    )
    refresh_funding_s: float = Field(
        default=60.0, ge=5, le=3600, description="How often funding rates and settlement times are read by REST."
    )
    refresh_clock_s: float = Field(
        default=60.0, ge=1, le=3600, description="How often a venue's clock is compared with ours."
    )
    refresh_index_s: float = Field(
        default=86_400.0,
        ge=60,
        le=604_800,
        description="How often the index components of a perpetual are read again.",
    )
    refresh_networks_s: float = Field(
        default=120.0,
        ge=10,
        le=86_400,
        description="How often the networks of coins are read again, where a venue tells them without a key.",
    )
    network_max_age_s: float = Field(
        default=600.0,
        ge=10,
        le=86_400,
        description="What is known of a coin's networks is unknown again after this time; unknown is not open.",
    )
    crosscheck_s: float = Field(
        default=3600.0,
        ge=0,
        le=604_800,
        description="How often instruments are held against ccxt's reading, in a process of its own; 0 is never.",
    )
    max_clock_offset_ms: float = Field(
        default=1000.0,
        gt=0,
        le=60_000,
        description="A venue clock further than this from ours (either way) is reported as a fault.",
    )
    max_detail_books: int = Field(
        default=120, ge=1, le=1000, description="Most depth books streamed at once, over all venues."
    )
    depth_levels: int = Field(default=50, ge=5, le=1000, description="Levels a side kept of a depth book.")
    forecast_decay: Decimal = Field(
        default=Decimal("0.5"),
        ge=0,
        le=1,
        description="Share of a funding rate's distance from its default that is left after each 8 h.",
    )
    identity_seed: tuple[str, ...] = Field(
        default=("ADA", "BNB", "BTC", "DOGE", "ETH", "LTC", "SOL", "TRX", "XRP"),
        max_length=5000,
        description="Assets whose ticker alone proves identity (level `ratio`) where prices agree.",
    )
    identity_band_pct: float = Field(
        default=2.0,
        gt=0,
        le=5,
        description="Prices this close for 24 h on three venues prove identity (level `ratio`), in percent.",
    )
    max_quarantine: int = Field(
        default=5000, ge=10, le=100_000, description="Most undecided pairs kept in quarantine at once."
    )
    monitored_pairs: tuple[MonitoredPair, ...] = Field(
        default=(),
        max_length=10_000,
        description="When not empty, only these pairs are watched: objects of symbol, base, quote, exchange_id.",
    )

    @field_validator("identity_seed")
    @classmethod
    def _sorted_upper(cls, assets: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted({asset.upper() for asset in assets if asset}))

    @model_validator(mode="after")
    def _nested_freshness(self) -> Self:
        if self.detail_confirmation_s > self.confirmation_s:
            raise ValueError(
                f"detail_confirmation_s ({self.detail_confirmation_s:g}) must not exceed "
                f"confirmation_s ({self.confirmation_s:g})"
            )
        return self
