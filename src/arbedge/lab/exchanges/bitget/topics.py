"""Channels of Bitget's public WebSocket: what a subscription's argument asks for, and how often it is answered.

The unified account's API (v3) names the same things otherwise: lower-case lines, `topic`, `symbol`. It has books of
1, 5 and 50 levels, the classic one of 1, 5 and 15.
"""

from dataclasses import dataclass

from arbedge.lab.exchanges.bitget.products import CONTRACT_LINES, SPOT

__all__ = ["CLASSIC", "UNIFIED", "Topic", "parse_topic"]

CLASSIC, UNIFIED = 2, 3
"""The generations of the API."""

# channel -> levels, milliseconds between payloads on spot and on contracts (documentation of 2026)
_CHANNELS = {
    "books1": (1, 60, 100),
    "books5": (5, 200, 150),
    "books15": (15, 200, 150),
    "books": (0, 200, 150),
    "ticker": (0, 250, 350),
}
_UNIFIED_CHANNELS = {name: _CHANNELS[name] for name in ("books1", "books5", "books", "ticker")} | {
    "books50": (50, 200, 150)
}
_FAST_MS = 20
_FAST = {
    "BTCUSDT", "ETHUSDT", "XRPUSDT", "SOLUSDT", "SUIUSDT", "DOGEUSDT", "ADAUSDT", "PEPEUSDT", "LINKUSDT",
    "HBARUSDT",
}  # fmt: skip
_QUIET = {CLASSIC: ("trade", "candle"), UNIFIED: ("publicTrade", "kline", "liquidation")}


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
    generation: int = CLASSIC

    @property
    def arg(self) -> str:
        """The argument as JSON, as the venue repeats it."""
        if self.generation == UNIFIED:
            return f'{{"instType":"{self.line.lower()}","topic":"{self.channel}","symbol":"{self.symbol}"}}'
        return f'{{"instType":"{self.line}","channel":"{self.channel}","instId":"{self.symbol}"}}'


def parse_topic(line: str, channel: str, symbol: str, generation: int = CLASSIC) -> Topic | None:
    """The channel an argument asks for, its line in capitals; None where there is no such line or channel."""
    if line not in {SPOT, *CONTRACT_LINES}:
        return None
    if channel.startswith(_QUIET[generation]):
        return Topic(line, channel, symbol, 1000, 0, is_quiet=True, generation=generation)
    known = _UNIFIED_CHANNELS if generation == UNIFIED else _CHANNELS
    if channel not in known:
        return None
    levels, spot_ms, contract_ms = known[channel]
    every_ms = spot_ms if line == SPOT else contract_ms
    if channel == "books1" and symbol in _FAST:
        every_ms = _FAST_MS
    return Topic(line, channel, symbol, every_ms, levels, generation=generation)
