"""Channels of Bitget's public WebSocket: what a subscription's argument asks for, and how often it is answered."""

from dataclasses import dataclass

from arbedge.lab.exchanges.bitget.products import CONTRACT_LINES, SPOT

__all__ = ["Topic", "parse_topic"]

# channel -> levels, milliseconds between payloads on spot and on contracts (documentation of 2026)
_CHANNELS = {
    "books1": (1, 60, 100),
    "books5": (5, 200, 150),
    "books15": (15, 200, 150),
    "books": (0, 200, 150),
    "ticker": (0, 250, 350),
}
_FAST_MS = 20
_FAST = {
    "BTCUSDT", "ETHUSDT", "XRPUSDT", "SOLUSDT", "SUIUSDT", "DOGEUSDT", "ADAUSDT", "PEPEUSDT", "LINKUSDT",
    "HBARUSDT",
}  # fmt: skip
_QUIET = ("trade", "candle")


@dataclass(frozen=True, slots=True)
class Topic:
    """One channel of one market: product line, name and symbol; at most one payload in `every_ms`.

    `levels` is the depth of a snapshot channel, 0 for the rest. A quiet channel exists at the venue and carries
    nothing in the lab: trades and candles.
    """

    line: str
    channel: str
    symbol: str
    every_ms: int
    levels: int
    is_quiet: bool = False

    @property
    def arg(self) -> str:
        """The argument as JSON, as the venue repeats it."""
        return f'{{"instType":"{self.line}","channel":"{self.channel}","instId":"{self.symbol}"}}'


def parse_topic(line: str, channel: str, symbol: str) -> Topic | None:
    """The channel an argument asks for; None where the venue has no such line or channel."""
    if line not in {SPOT, *CONTRACT_LINES}:
        return None
    if channel.startswith(_QUIET):
        return Topic(line, channel, symbol, 1000, 0, is_quiet=True)
    if channel not in _CHANNELS:
        return None
    levels, spot_ms, contract_ms = _CHANNELS[channel]
    every_ms = spot_ms if line == SPOT else contract_ms
    return Topic(line, channel, symbol, _FAST_MS if channel == "books1" and symbol in _FAST else every_ms, levels)
