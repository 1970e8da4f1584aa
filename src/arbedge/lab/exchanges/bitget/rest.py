"""Bitget's public REST endpoints: which exist, how often they may be asked, what they answer; v3's are beside.

Answers here are the `data` of the venue's envelope. Codes of refusals follow the published table; which of them
the venue gives for a symbol it does not list (40034) is from memory.
"""

from collections.abc import Callable, Mapping

from arbedge.lab.books import LiveBook
from arbedge.lab.exchanges.bitget import directory, shapes
from arbedge.lab.exchanges.bitget.coins import coin_list
from arbedge.lab.exchanges.bitget.history import candles, settled_funding
from arbedge.lab.exchanges.bitget.products import CONTRACT_LINES, EMPTY_LINES, SPOT, Shelves
from arbedge.lab.exchanges.bitget.requests import PAGE_MOST, Endpoint, Params, Refused, symbol_in, whole_in
from arbedge.lab.exchanges.bitget.v3.rest import UnifiedDesk
from arbedge.lab.stage import Stage

__all__ = ["RestDesk"]

_USUAL_PER_S = 20
_COINS_PER_S = 3
_SPOT_DEPTH_MOST = 150
_CONTRACT_DEPTHS = {"1": 1, "5": 5, "15": 15, "50": 50, "100": 100, "max": 10_000}


class RestDesk:
    """Answers requests from the stage's world."""

    def __init__(self, stage: Stage, shelves: Shelves, now_ms: Callable[[str], int]) -> None:
        self._stage = stage
        self._shelves = shelves
        self._now_ms = now_ms
        listings = [book.listing for shelf in shelves.values() for book in shelf.values()]
        self._coins = coin_list(listings, stage.traps)
        self._lists: dict[str, tuple[int, bytes]] = {}
        for line in shelves:
            self._list(line)  # encoded before the first client waits for it
        self.endpoints = (
            self._spot_endpoints() | self._contract_endpoints() | UnifiedDesk(stage, shelves).endpoints()
        )

    def find(self, path: str) -> Endpoint:
        """The endpoint of that path; Refused with the venue's own words where there is none."""
        endpoint = self.endpoints.get(path)
        if endpoint is None:
            raise Refused(404, "40404", "Request URL NOT FOUND")
        return endpoint

    def _spot_endpoints(self) -> dict[str, Endpoint]:
        def of(name: str, answer: Callable[[Params], str | bytes], per_s: int = _USUAL_PER_S) -> None:
            table[f"/api/v2/{name}"] = Endpoint("spot", per_s, answer)

        table: dict[str, Endpoint] = {}
        of("public/time", lambda _: f'{{"serverTime":"{self._now_ms("spot")}"}}')
        of("spot/public/symbols", self._spot_list)
        of("spot/public/coins", self._coin_list, _COINS_PER_S)
        of("spot/market/tickers", lambda p: self._rows(SPOT, p, self._ticker_row))
        of("spot/market/orderbook", self._spot_depth)
        of("spot/market/candles", lambda p: self._candles(SPOT, p))
        of("spot/market/history-candles", lambda p: self._candles(SPOT, p))
        of("margin/currencies", lambda _: "[]")
        return table

    def _contract_endpoints(self) -> dict[str, Endpoint]:
        def of(name: str, answer: Callable[[str, Params], str | bytes]) -> None:
            table[f"/api/v2/mix/market/{name}"] = Endpoint("usdm", _USUAL_PER_S, lambda p: answer(_line(p), p))

        table: dict[str, Endpoint] = {}
        of("contracts", self._contract_list)
        of("tickers", lambda line, _: self._rows(line, {}, self._ticker_row))
        of("ticker", lambda line, p: f"[{self._ticker_row(self._book(line, p))}]")
        of("symbol-price", lambda line, p: self._rows(line, {"symbol": symbol_in(p)}, self._price_row))
        of("merge-depth", self._contract_depth)
        of("current-fund-rate", lambda line, p: self._rows(line, p, self._rate_row))
        of("funding-time", lambda line, p: self._rows(line, {"symbol": symbol_in(p)}, self._time_row))
        of("history-fund-rate", self._settled)
        of("open-interest", self._open_interest)
        of("candles", self._candles)
        of("history-candles", self._candles)
        return table

    def _list(self, line: str) -> bytes:
        """The encoded list of a line's markets, encoded anew only when a market was halted since."""
        halts = self._stage.world.halts
        kept = self._lists.get(line)
        if kept is None or kept[0] != halts:
            encode = directory.spot_list if line == SPOT else directory.contract_list
            kept = self._lists[line] = halts, encode([book.listing for book in self._shelf(line).values()])
        return kept[1]

    def _spot_list(self, params: Params) -> bytes:
        if params.get("symbol"):
            return directory.spot_list([self._book(SPOT, params).listing])
        return self._list(SPOT)

    def _contract_list(self, line: str, params: Params) -> bytes:
        if params.get("symbol"):
            return directory.contract_list([self._book(line, params).listing])
        return self._list(line)

    def _coin_list(self, params: Params) -> bytes:
        name = params.get("coin")
        if not name:
            return self._coins
        shelf = self._shelf(SPOT).values()
        return coin_list([book.listing for book in shelf], self._stage.traps, only=name)

    def _shelf(self, line: str) -> Mapping[str, LiveBook]:
        return self._shelves.get(line, {})

    def _book(self, line: str, params: Params) -> LiveBook:
        symbol = symbol_in(params)
        book = self._shelf(line).get(symbol)
        if book is None:
            raise Refused(400, "40034", f"Parameter {symbol} does not exist")
        return book

    def _rows(self, line: str, params: Params, row: Callable[[LiveBook], str]) -> str:
        if params.get("symbol"):
            return f"[{row(self._book(line, params))}]"
        return "[" + ",".join([row(book) for book in self._shelf(line).values()]) + "]"

    def _ticker_row(self, book: LiveBook) -> str:
        return shapes.ticker_row(self._stage.world, self._stage.funding, book, self._book_ms(book))

    def _price_row(self, book: LiveBook) -> str:
        return shapes.price_row(self._stage.world, book, self._book_ms(book))

    def _rate_row(self, book: LiveBook) -> str:
        return shapes.rate_row(self._stage.funding, book.listing, self._book_ms(book))

    def _time_row(self, book: LiveBook) -> str:
        return shapes.funding_time_row(self._stage.funding, book.listing, self._book_ms(book))

    def _book_ms(self, book: LiveBook) -> int:
        return self._now_ms("spot" if book.listing.market == "spot" else "usdm")

    def _spot_depth(self, params: Params) -> str:
        book = self._book(SPOT, params)
        limit = min(_SPOT_DEPTH_MOST, whole_in(params, "limit", _SPOT_DEPTH_MOST))
        return shapes.depth_answer(book, limit, self._now_ms("spot"))

    def _contract_depth(self, line: str, params: Params) -> str:
        book, asked = self._book(line, params), params.get("limit", "100")
        if asked not in _CONTRACT_DEPTHS:
            raise Refused(400, "40020", "Parameter limit error")
        return shapes.depth_answer(book, _CONTRACT_DEPTHS[asked], self._now_ms("usdm"))

    def _candles(self, line: str, params: Params) -> str:
        book, limit = self._book(line, params), min(1000, whole_in(params, "limit", 100))
        now_ms = min(self._book_ms(book), whole_in(params, "endTime", self._book_ms(book)))
        try:
            return candles(book, params.get("granularity", ""), limit, now_ms)
        except KeyError as error:
            raise Refused(400, "400171", "Parameter granularity error") from error

    def _settled(self, line: str, params: Params) -> str:
        book, size = self._book(line, params), whole_in(params, "pageSize", 20)
        page, now_ms = whole_in(params, "pageNo", 1), self._now_ms("usdm")
        return settled_funding(self._stage.funding, book, min(PAGE_MOST, size), page, now_ms)

    def _open_interest(self, line: str, params: Params) -> str:
        row = shapes.interest_row(self._book(line, params))
        return f'{{"openInterestList":[{row}],"ts":"{self._now_ms("usdm")}"}}'


def _line(params: Params) -> str:
    line = params.get("productType", "").upper()
    if not line:
        raise Refused(400, "40019", "Parameter productType cannot be empty")
    if line not in {*CONTRACT_LINES, *EMPTY_LINES}:
        raise Refused(400, "40020", "Parameter productType error")
    return line
