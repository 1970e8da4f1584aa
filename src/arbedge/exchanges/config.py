"""Settings of the venues: where each is reached, at which cost it trades, how much of its limits may be used."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from arbedge.domain.instrument import MarketKind

__all__ = ["VENUE_NAMES", "BitgetConfig", "ExchangesConfig", "VenueConfig", "VenueName"]

VenueName = Literal["binance", "bybit", "okx", "bitget", "hyperliquid"]
VENUE_NAMES: tuple[VenueName, ...] = ("binance", "bybit", "okx", "bitget", "hyperliquid")

_PROXY_SCHEMES = ("http", "socks4", "socks5")


def _split(url: str) -> SplitResult | None:
    """The parts of an address with a host and a port in range, or None."""
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if has_host else None


class VenueConfig(BaseModel):
    """How one venue is used. Immutable; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, str_strip_whitespace=True)

    base_url: str | None = Field(
        default=None,
        description="Replaces scheme and host of every REST and WebSocket endpoint; real paths are kept.",
    )
    proxy: SecretStr | None = Field(
        default=None,
        description="Proxy for every connection: http://, socks4:// or socks5://, then [user:password@]host:port.",
    )
    kinds: tuple[MarketKind, ...] = Field(
        default=(MarketKind.SPOT, MarketKind.PERP),
        min_length=1,
        description="Kinds of market watched here, as far as the venue has them.",
    )
    spot_taker_fee: Decimal | None = Field(
        default=None,
        ge=Decimal("-0.01"),
        le=Decimal("0.05"),
        description="Your taker fee on spot as a fraction (0.001 = 10 bps); unset: the venue's public schedule.",
    )
    perp_taker_fee: Decimal | None = Field(
        default=None,
        ge=Decimal("-0.01"),
        le=Decimal("0.05"),
        description="Your taker fee on perpetuals as a fraction; unset: the venue's public schedule.",
    )
    borrow_rates_hourly: Mapping[str, Decimal] = Field(
        default_factory=dict,
        description="Hourly interest of borrowing, as a fraction, by asset; an asset not named is not borrowable.",
    )
    weight_share: float = Field(
        default=0.8, gt=0, le=1, description="Share of the venue's request budget that may be used."
    )
    rest_deadline_s: float = Field(
        default=10.0, ge=0.1, le=120, description="A REST call unanswered for this long is given up."
    )
    transport: Literal["picows", "aiohttp"] = Field(default="picows", description="WebSocket client.")
    max_streams_per_connection: int | None = Field(
        default=None,
        ge=1,
        le=1024,
        description="Most streams subscribed on one connection; unset: the venue's documented limit.",
    )

    @field_validator("base_url")
    @classmethod
    def _origin_only(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = _split(url)
        if parts is None or parts.scheme not in {"http", "https"}:
            raise ValueError("must be http:// or https:// with a host, as in http://127.0.0.1:18080")
        if parts.path not in {"", "/"} or parts.query or parts.fragment or "@" in parts.netloc:
            raise ValueError("must be scheme, host and port only: the venue's own paths are kept")
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("proxy")
    @classmethod
    def _known_proxy(cls, proxy: SecretStr | None) -> SecretStr | None:
        if proxy is None:
            return None
        parts = _split(proxy.get_secret_value())
        if parts is None or parts.scheme not in _PROXY_SCHEMES or parts.port is None:
            raise ValueError(f"must be scheme://host:port with scheme one of {', '.join(_PROXY_SCHEMES)}")
        return proxy

    @field_validator("kinds")
    @classmethod
    def _each_once(cls, kinds: tuple[MarketKind, ...]) -> tuple[MarketKind, ...]:
        return tuple(dict.fromkeys(kinds))

    @field_validator("borrow_rates_hourly")
    @classmethod
    def _plausible_rates(cls, rates: Mapping[str, Decimal]) -> Mapping[str, Decimal]:
        if any(not 0 <= rate <= Decimal("0.01") for rate in rates.values()):
            raise ValueError("every hourly rate must be in 0..0.01 (0.01 = 1 % an hour)")
        return {asset.upper(): rate for asset, rate in sorted(rates.items())}


class BitgetConfig(VenueConfig):
    """Bitget's settings: those of every venue, and which generation of its API is spoken."""

    api: Literal["v2", "v3"] = Field(
        default="v2", description="Generation of the API: the classic one, or the unified account's."
    )


class ExchangesConfig(BaseModel):
    """The venues by name. Immutable; an unknown venue is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    binance: VenueConfig = Field(default=VenueConfig())
    bybit: VenueConfig = Field(default=VenueConfig())
    okx: VenueConfig = Field(default=VenueConfig())
    bitget: BitgetConfig = Field(default=BitgetConfig())
    hyperliquid: VenueConfig = Field(default=VenueConfig())

    def of(self, name: VenueName) -> VenueConfig:
        """The settings of one venue."""
        config: VenueConfig = getattr(self, name)
        return config
