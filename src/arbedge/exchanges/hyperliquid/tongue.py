"""Hyperliquid's language on its streams. A stream is spelled `type:coin`; times (ms) stand for numbers."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from arbedge.domain.funding import FundingState
from arbedge.domain.quote import Book, TopOfBook
from arbedge.exchanges.hyperliquid import wire
from arbedge.exchanges.hyperliquid.contracts import book_of_row, instrument_id, state_of
from arbedge.exchanges.transport.dialect import Notice, NoticeKind, garbage
from arbedge.exchanges.transport.plan import LinkRole

__all__ = ["CHANNELS", "HyperliquidTongue"]

CHANNELS = {LinkRole.TOP: "bbo", LinkRole.MARK: "activeAssetCtx", LinkRole.DEPTH: "l2Book"}
_BEST = msgspec.json.Decoder(wire.Frame[wire.BestRow], strict=False)
_CONTEXT = msgspec.json.Decoder(wire.Frame[wire.MarkRow], strict=False)
_BOOK = msgspec.json.Decoder(wire.Frame[wire.BookRow], strict=False)
_CONTROL = msgspec.json.Decoder(wire.Control)
_NAMED = re.compile(r'"type":\s*"(\w+)".*?"coin":\s*"([^"]+)"')
_NO_LEVEL = wire.Level("0", "0")


class HyperliquidTongue:
    """Fills in `Tongue`; `now` is the wall clock that hours are counted by."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def request(self, verb: str, streams: Sequence[str], request_id: int) -> bytes:  # noqa: ARG002 - not numbered
        """One stream a request, as the host's `params_per_frame` says."""
        kind, _, coin = streams[0].partition(":")
        return msgspec.json.encode({"method": verb, "subscription": {"type": kind, "coin": coin}})

    def best(self, payload: bytes | memoryview, received_ns: int) -> TopOfBook:
        """A frame of bbo."""
        row = _BEST.decode(payload).data
        bid, ask = (level or _NO_LEVEL for level in row.best)
        prices = float(bid.price), float(bid.qty), float(ask.price), float(ask.qty)
        return TopOfBook(instrument_id(row.coin), *prices, row.at_ms, row.at_ms, received_ns)

    def funding(self, payload: bytes | memoryview, received_ns: int) -> FundingState | None:
        """A frame of activeAssetCtx."""
        row = _CONTEXT.decode(payload).data
        return state_of(row.coin, row.context, self._now(), received_ns)

    def book(self, payload: bytes | memoryview, received_ns: int) -> Book:
        """A frame of l2Book."""
        return book_of_row(_BOOK.decode(payload).data, received_ns)

    def control(self, payload: bytes | memoryview) -> Notice:
        """Answers and refusals name their stream; a refusal because it is there already is none."""
        frame = _CONTROL.decode(payload)
        words = bytes(frame.data).decode("utf-8", "replace").replace("\\", "")
        named = _NAMED.search(words)
        stream = f"{named[1]}:{named[2]}" if named is not None else ""
        if frame.channel == "error" and not words.startswith('"Already subscribed'):
            return Notice(NoticeKind.REFUSED, words=words[:160], stream=stream)
        if stream and frame.channel in {"subscriptionResponse", "error"}:
            return Notice(NoticeKind.ACCEPTED, stream=stream)
        return Notice(NoticeKind.ALIVE) if frame.channel == "pong" else garbage(payload)
