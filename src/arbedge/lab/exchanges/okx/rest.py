"""OKX's public v5 endpoints: which exist, how often they may be asked, and what they answer.

Limits are requests in two seconds an address (some also an instrument); endpoints that need a key check that one
is sent and that the timestamp is within 30 s of the venue's clock, but not the signature.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from arbedge.lab.books import LiveBook
from arbedge.lab.exchanges.okx import directory, shapes
from arbedge.lab.exchanges.okx.history import candles, funding_history
from arbedge.lab.exchanges.okx.inverse import as_inverse, inverse_id
from arbedge.lab.exchanges.okx.numbering import Numbering
from arbedge.lab.exchanges.okx.refusal import Refused
from arbedge.lab.listing import Listing
from arbedge.lab.stage import Stage

__all__ = ["Endpoint", "Params", "RestDesk"]

Params: TypeAlias = Mapping[str, str]
_Answer: TypeAlias = Callable[[Params], str | bytes]

_FAR_MS = 10**14
_EXPIRES_MS = 30_000
_KINDS = {"SPOT": "spot", "SWAP": "usdm"}
_EMPTY_KINDS = {"FUTURES", "OPTION", "MARGIN", "EVENTS"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path: how many requests two seconds allow, the parameter that is counted by, its answer, its key."""

    most: int
    counted_by: str
    answer: _Answer
    needs_key: bool = False


class RestDesk:
    """Answers requests from the stage's world."""

    def __init__(self, stage: Stage, books: Mapping[str, LiveBook], numbering: Numbering) -> None:
        self._stage = stage
        self._numbering = numbering
        self._books = books
        self._bodies: dict[str, tuple[int, bytes]] = {}
        self._currencies = directory.currencies(
            (name for book in books.values() for name in (book.listing.base, book.listing.quote)),
            are_some_closed="closed_networks" in stage.traps,
        )
        for kind in _KINDS:
            self._instruments({"instType": kind})  # encoded before the first client waits for it
        self.endpoints = self._market_endpoints() | self._public_endpoints()

    def find(self, path: str) -> Endpoint:
        """The endpoint of that path; Refused where there is none."""
        endpoint = self.endpoints.get(path)
        if endpoint is None:
            raise Refused(404, "404", "Not Found")
        return endpoint

    def check_key(self, endpoint: Endpoint, headers: Mapping[str, str]) -> None:
        """Refuse a signed request without its four headers, or whose time is off by more than 30 s."""
        if not endpoint.needs_key:
            return
        for code, name in (("50103", "KEY"), ("50104", "PASSPHRASE"), ("50106", "SIGN"), ("50107", "TIMESTAMP")):
            if not headers.get(f"OK-ACCESS-{name}"):
                raise Refused(401, code, f'Request header "OK-ACCESS-{name}" can not be empty.')
        try:
            sent_ms = datetime.fromisoformat(headers["OK-ACCESS-TIMESTAMP"]).timestamp() * 1000
        except ValueError as error:
            raise Refused(401, "50112", "Invalid OK-ACCESS-TIMESTAMP") from error
        if abs(sent_ms - self._ms("SPOT")) > _EXPIRES_MS:
            raise Refused(401, "50102", "Timestamp request expired")

    def _market_endpoints(self) -> dict[str, Endpoint]:
        def of(name: str, most: int, answer: _Answer) -> None:
            table[f"/api/v5/market/{name}"] = Endpoint(most, "", answer)

        table: dict[str, Endpoint] = {}
        of("tickers", 20, self._tickers)
        of("ticker", 20, self._ticker)
        of("books", 40, lambda p: self._depth(p, 400))
        of("books-full", 10, lambda p: self._depth(p, 5000))
        of("candles", 40, lambda p: self._candles(p, 300))
        of("history-candles", 20, lambda p: self._candles(p, 300))
        of("index-tickers", 20, self._index_tickers)
        of("index-components", 20, self._index_components)
        return table

    def _public_endpoints(self) -> dict[str, Endpoint]:
        def of(name: str, most: int, counted_by: str, answer: _Answer) -> None:
            table[f"/api/v5/public/{name}"] = Endpoint(most, counted_by, answer)

        table: dict[str, Endpoint] = {}
        of("time", 10, "", lambda _: shapes.enveloped([f'{{"ts":"{self._ms("SPOT")}"}}']))
        of("instruments", 20, "instType", self._instruments)
        of("funding-rate", 10, "instId", self._funding)
        of("funding-rate-history", 10, "instId", self._funding_history)
        of("mark-price", 10, "instId", self._marks)
        of("price-limit", 20, "", lambda p: shapes.enveloped([shapes.price_limit_row(*self._asked(p))]))
        of("open-interest", 20, "instId", self._open_interest)
        table["/api/v5/system/status"] = Endpoint(1, "", lambda _: shapes.enveloped([]))
        table["/api/v5/asset/currencies"] = Endpoint(12, "", lambda _: self._currencies, needs_key=True)
        return table

    def _ms(self, kind: str) -> int:
        return self._stage.now_ms(_KINDS[kind])

    def _listed(self, kind: str) -> list[LiveBook]:
        market = _KINDS[kind]
        return [book for book in self._books.values() if book.listing.market == market]

    def _kind(self, params: Params, name: str = "instType") -> str:
        """The kind of instrument asked for; empty for kinds the lab lists none of."""
        kind = _given(params, name)
        if kind in _KINDS:
            return kind
        if kind in _EMPTY_KINDS:
            return ""
        raise Refused(400, "51000", f"Parameter {name} error")

    def _book(self, params: Params) -> LiveBook:
        book = self._books.get(_given(params, "instId"))
        if book is None:
            raise Refused(200, "51001", "Instrument ID, Instrument ID code, or Spread ID doesn't exist.")
        return book

    def _asked(self, params: Params) -> tuple[LiveBook, int]:
        book = self._book(params)
        return book, self._stage.now_ms(book.listing.market)

    def _swaps(self, params: Params) -> list[Listing]:
        """The swap of `instId`, or all that trade; those of one family where that is asked for."""
        if params.get("instId", "ANY") != "ANY":
            item = self._book(params).listing
            if item.funding is None:
                raise Refused(400, "51000", "Parameter instId error")
            return [item]
        family = params.get("instFamily") or params.get("uly")
        return [
            book.listing for book in self._listed("SWAP")
            if book.listing.is_trading and family in {None, f"{book.listing.base}-{book.listing.quote}"}
        ]  # fmt: skip

    def _instruments(self, params: Params) -> bytes:
        """The list of a kind, encoded anew only when a market was halted since; of one `instId` where asked."""
        kind = self._kind(params)
        if not kind or params.get("instId"):
            books = [self._book(params)] if kind else []
            return directory.instruments(book.listing for book in books)
        halts = self._stage.world.halts
        kept = self._bodies.get(kind)
        if kept is None or kept[0] != halts:
            listings = [book.listing for book in self._listed(kind)]
            kept = self._bodies[kind] = halts, directory.instruments(listings)
        return kept[1]

    def _tickers(self, params: Params) -> str:
        kind = self._kind(params)
        if not kind:
            return shapes.enveloped([])
        now_ms = self._ms(kind)
        told = [(book.listing, shapes.ticker_entry(book, now_ms)) for book in self._listed(kind)]
        return shapes.enveloped(_with_inverse(told))

    def _ticker(self, params: Params) -> str:
        return shapes.enveloped([shapes.ticker_entry(*self._asked(params))])

    def _depth(self, params: Params, most: int) -> str:
        book, now_ms = self._asked(params)
        levels = _whole(params, "sz", 1)
        if not 1 <= levels <= most:
            raise Refused(400, "51000", "Parameter sz error")
        sides = book.bids(levels), book.asks(levels)
        entry = shapes.book_entry(book.listing, sides, now_ms, f',"seqId":{self._numbering.told(book)}')
        return shapes.enveloped([entry])

    def _candles(self, params: Params, most: int) -> str:
        book, now_ms = self._asked(params)
        limit = _whole(params, "limit", 100)
        bounds = _whole(params, "before", 0), _whole(params, "after", _FAR_MS)
        try:
            return candles(book, params.get("bar", "1m"), bounds, min(max(1, limit), most), now_ms)
        except KeyError as error:
            raise Refused(400, "51000", "Parameter bar error") from error

    def _funding(self, params: Params) -> str:
        _given(params, "instId")
        now_ms, stage = self._ms("SWAP"), self._stage
        told = [
            (item, shapes.funding_entry(stage.world, stage.funding, item, now_ms)) for item in self._swaps(params)
        ]
        is_all = params["instId"] == "ANY"
        return shapes.enveloped(_with_inverse(told) if is_all else [entry for _, entry in told])

    def _funding_history(self, params: Params) -> str:
        _given(params, "instId")
        item, now_ms = self._swaps(params)[0], self._ms("SWAP")
        bounds = _whole(params, "before", 0), _whole(params, "after", _FAR_MS)
        limit = min(max(1, _whole(params, "limit", 400)), 400)
        return funding_history(self._stage.funding, item, bounds, limit, now_ms)

    def _marks(self, params: Params) -> str:
        if not params.get("instId") and self._kind(params) != "SWAP":
            return shapes.enveloped([])
        world, now_ms = self._stage.world, self._ms("SWAP")
        told = [(item, shapes.mark_entry(world, item, now_ms)) for item in self._swaps(params)]
        is_all = not (params.get("instId") or params.get("instFamily") or params.get("uly"))
        return shapes.enveloped(_with_inverse(told) if is_all else [entry for _, entry in told])

    def _index_tickers(self, params: Params) -> str:
        """Indices of one quote currency or of one name; one of the two is wanted."""
        name, quote = params.get("instId"), params.get("quoteCcy")
        if not name and not quote:
            raise Refused(400, "50015", "Either parameter instId or quoteCcy is required")
        now_ms = self._ms("SWAP")
        items = [
            item for item in self._swaps({})
            if item.quote == quote or (name and name == f"{item.base}-{item.quote}")
        ]  # fmt: skip
        if name and not items:
            raise Refused(200, "51001", "Instrument ID, Instrument ID code, or Spread ID doesn't exist.")
        return shapes.enveloped([shapes.index_entry(self._stage.world, item, now_ms) for item in items])

    def _index_components(self, params: Params) -> str:
        name = _given(params, "index")
        for item in self._swaps({}):
            if f"{item.base}-{item.quote}" == name:
                return directory.index_components(self._stage.world, item, self._ms("SWAP"))
        raise Refused(200, "51001", "Instrument ID, Instrument ID code, or Spread ID doesn't exist.")

    def _open_interest(self, params: Params) -> str:
        if self._kind(params) != "SWAP":
            return shapes.enveloped([])
        now_ms = self._ms("SWAP")
        return shapes.enveloped([shapes.open_interest_row(item, now_ms) for item in self._swaps(params)])


def _with_inverse(told: list[tuple[Listing, str]]) -> list[str]:
    """Entries of a list of all, with those of the coin-margined siblings behind."""
    siblings = [as_inverse(item, entry) for item, entry in told if inverse_id(item)]
    return [entry for _, entry in told] + siblings


def _given(params: Params, name: str) -> str:
    text = params.get(name)
    if not text:
        raise Refused(400, "50014", f"Parameter {name} can not be empty")
    return text


def _whole(params: Params, name: str, default: int) -> int:
    text = params.get(name)
    if not text:
        return default
    try:
        return int(text)
    except ValueError as error:
        raise Refused(400, "51000", f"Parameter {name} error") from error
