"""A recorded market served as Binance would: its frames to its listeners, its book to whoever asks for depth."""

import msgspec

from arbedge.lab.exchanges.binance.connection import Connection
from arbedge.lab.exchanges.binance.topics import Topic, parse_topic
from arbedge.lab.listing import Funding, Listing
from arbedge.lab.recorded import RecordedFrame, Recording

__all__ = ["ReplayBoard", "ReplayedMarket"]

_QUOTES = ("USDT", "USDC", "FDUSD", "BTC", "ETH", "BNB")


class _Depth(msgspec.Struct):
    last_update_id: int = msgspec.field(default=0, name="lastUpdateId")
    bids: list[tuple[str, str]] = []
    asks: list[tuple[str, str]] = []
    last: int = msgspec.field(default=0, name="u")
    b: list[tuple[str, str]] = []
    a: list[tuple[str, str]] = []


class _Best(msgspec.Struct):
    bid: str = msgspec.field(name="b")
    bid_qty: str = msgspec.field(name="B")
    ask: str = msgspec.field(name="a")
    ask_qty: str = msgspec.field(name="A")
    update_id: int = msgspec.field(name="u")
    event_ms: int = msgspec.field(default=0, name="E")


class _Trade(msgspec.Struct):
    price: str = msgspec.field(name="p")
    qty: str = msgspec.field(name="q")
    event_ms: int = msgspec.field(default=0, name="E")


class ReplayedMarket:
    """One recorded market as it stands at the replay's moment; what was not recorded is not invented.

    `book` is rebuilt from the recorded snapshot and the diffs after it; before the snapshot's moment it is the
    snapshot itself, so that a client's buffered diffs meet it.
    """

    def __init__(self, recording: Recording, snapshot: bytes) -> None:
        self.recording = recording
        first = msgspec.json.decode(snapshot, type=_Depth)
        self.update_id = first.last_update_id
        self._bids, self._asks = dict(first.bids), dict(first.asks)
        self.best: _Best | None = None
        self.volume = self.turnover = 0.0
        self.last_price = first.bids[0][0] if first.bids else "0"
        self.event_ms = 0
        self.listing = _listing(recording, first)

    def note(self, frame: RecordedFrame) -> None:
        """Take in one recorded frame."""
        channel = frame.stream.partition("@")[2]
        if channel.startswith("depth"):
            self._note_depth(msgspec.json.decode(frame.payload, type=_Depth))
        elif channel == "bookTicker":
            self.best = msgspec.json.decode(frame.payload, type=_Best)
            self.event_ms = max(self.event_ms, self.best.event_ms)
        elif channel == "trade":
            trade = msgspec.json.decode(frame.payload, type=_Trade)
            self.event_ms = max(self.event_ms, trade.event_ms)
            self.last_price = trade.price
            self.volume += float(trade.qty)
            self.turnover += float(trade.qty) * float(trade.price)

    def _note_depth(self, diff: _Depth) -> None:
        if diff.last <= self.update_id:
            return
        for side, levels in ((self._bids, diff.b), (self._asks, diff.a)):
            for price, qty in levels:
                if float(qty):
                    side[price] = qty
                else:
                    side.pop(price, None)
        self.update_id = diff.last

    def depth(self, limit: int) -> bytes:
        """The answer of `depth`, best first."""
        bids = sorted(self._bids.items(), key=lambda level: -float(level[0]))[:limit]
        asks = sorted(self._asks.items(), key=lambda level: float(level[0]))[:limit]
        times = {} if self.listing.market == "spot" else {"E": self.event_ms, "T": self.event_ms}
        return msgspec.json.encode({"lastUpdateId": self.update_id, **times, "bids": bids, "asks": asks})

    def best_row(self) -> dict[str, object]:
        """Its row of `ticker/bookTicker`: the last recorded best, or the top of the snapshot before one came."""
        best = self.best
        if best is None:
            bid = max(self._bids.items(), key=lambda level: float(level[0]), default=("0", "0"))
            ask = min(self._asks.items(), key=lambda level: float(level[0]), default=("0", "0"))
            best = _Best(bid[0], bid[1], ask[0], ask[1], self.update_id)
        row: dict[str, object] = {
            "symbol": self.listing.symbol,
            "bidPrice": best.bid,
            "bidQty": best.bid_qty,
            "askPrice": best.ask,
            "askQty": best.ask_qty,
        }
        return (
            row if self.listing.market == "spot" else {**row, "time": self.event_ms, "lastUpdateId": best.update_id}
        )

    def day_row(self) -> dict[str, object]:
        """Its row of `ticker/24hr`; volumes count only the trades replayed so far."""
        last, volume, turnover = self.last_price, f"{self.volume:.8f}", f"{self.turnover:.8f}"
        return {
            "symbol": self.listing.symbol, "priceChange": "0", "priceChangePercent": "0", "weightedAvgPrice": last,
            "lastPrice": last, "lastQty": "0", "openPrice": last, "highPrice": last, "lowPrice": last,
            "volume": volume, "quoteVolume": turnover, "openTime": self.event_ms - 86_400_000,
            "closeTime": self.event_ms, "firstId": 0, "lastId": 0, "count": 0,
        }  # fmt: skip


class ReplayBoard:
    """Listeners of one host's recorded streams; depth is matched whatever interval it was asked for."""

    def __init__(self) -> None:
        self._listeners: dict[tuple[str, str], dict[Connection, str]] = {}
        self.joined = 0

    def join(self, topic: Topic, listener: Connection) -> None:
        """Add a listener; a stream nobody recorded stays silent."""
        if listener.host == "usdm" and topic.route != listener.route:
            return
        self._listeners.setdefault((topic.symbol, topic.kind), {})[listener] = topic.name
        self.joined += 1

    def leave(self, name: str, listener: Connection) -> None:
        """Remove a listener."""
        topic = parse_topic(name, listener.host)
        if topic is not None:
            self._listeners.get((topic.symbol, topic.kind), {}).pop(listener, None)

    def publish(self, frame: RecordedFrame, symbol: str) -> None:
        """Send one recorded payload, unchanged, under the name each listener asked for."""
        channel = frame.stream.partition("@")[2]
        kind = "depth" if channel.startswith("depth") else "book" if channel == "bookTicker" else ""
        for listener, name in self._listeners.get((symbol, kind), {}).items():
            if listener.is_combined:
                listener.push(b'{"stream":"' + name.encode() + b'","data":' + frame.payload + b"}")
            else:
                listener.push(frame.payload)


def _listing(recording: Recording, depth: _Depth) -> Listing:
    """The market as far as a recording tells: base and quote by its name, steps by the decimals it printed."""
    symbol = recording.symbol
    quote = next((quote for quote in _QUOTES if symbol.endswith(quote)), symbol[-4:])
    levels = depth.bids + depth.asks
    price = float(levels[0][0]) if levels else 1.0
    is_spot = recording.host == "spot"
    return Listing(
        symbol=symbol, market=recording.host, base=symbol.removesuffix(quote), quote=quote,
        coin=symbol.removesuffix(quote), scale=1, status="TRADING",
        tick_dp=_decimals([level[0] for level in levels]),
        lot_dp=_decimals([level[1] for level in levels]), price_dp=8 if is_spot else _printed(levels[0][0]),
        qty_dp=8 if is_spot else _printed(levels[0][1]), min_notional="5", start_price=price, quote_usd=1.0, rank=1,
        volume_usd=1e9, depth_usd=1e7, spread_bps=1.0, onboard_ms=1_569_398_400_000,
        contract="" if is_spot else "PERPETUAL", margin=is_spot, index_of=symbol,
        funding=None if is_spot else Funding(8, 0.003, -0.003, 0.0001, is_adjusted=False),
    )  # fmt: skip


def _printed(text: str) -> int:
    return len(text.partition(".")[2])


def _decimals(texts: list[str]) -> int:
    """Most decimals used, trailing zeros aside."""
    return max((len(text.partition(".")[2].rstrip("0")) for text in texts), default=0)
