"""Bybit's v5 endpoints the lab answers: what clients read of markets, and what they ask with a key at load.

Answers here are the `result` of the venue's envelope. A key's timestamp is checked, its signature is not.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias
from urllib.parse import unquote

from arbedge.lab.books import LiveBook
from arbedge.lab.exchanges.bybit import directory, shapes
from arbedge.lab.exchanges.bybit.history import candles, recent_trades, settled_rows
from arbedge.lab.exchanges.bybit.refusal import Refused
from arbedge.lab.exchanges.bybit.topics import CATEGORIES
from arbedge.lab.stage import Stage

__all__ = ["Params", "RestDesk"]

Params: TypeAlias = Mapping[str, str]
_Answer: TypeAlias = Callable[[Params], str]

_DEPTH_MOST = {"spot": 200, "linear": 500}
_DEPTH_USUAL = {"spot": 1, "linear": 25}
_PAGE_USUAL, _PAGE_MOST = 500, 1000
_HISTORY_MOST = 200
_UNASKED = {"Trading", "Settling"}
_OTHER_CATEGORIES = {"inverse", "option"}
_PARAMETER, _EXPIRED, _NO_KEY = 10001, 10002, 10003


class RestDesk:
    """Answers requests from the stage's world; `shelves` are the books by category and symbol."""

    def __init__(self, stage: Stage, shelves: Mapping[str, Mapping[str, LiveBook]]) -> None:
        self._stage = stage
        self._shelves = shelves
        self._lists: dict[str, tuple[int, str | list[tuple[str, str, bytes]]]] = {}
        self._indices = {
            book.listing.symbol if book.listing.quote == "USDT" else f"{book.listing.base}USDC": book
            for book in shelves["linear"].values()
        }
        listings = [book.listing for shelf in shelves.values() for book in shelf.values()]
        self._are_some_closed = "closed_networks" in stage.traps
        self._coins = directory.coin_rows(listings, are_some_closed=self._are_some_closed)
        self._linear_list()  # encoded before the first client waits for it
        self.endpoints = self._market_endpoints()
        self.keyed = self._keyed_endpoints()

    def check_key(self, headers: Mapping[str, str]) -> None:
        """Refuse a signed request without its headers, or whose time is outside its window."""
        if not (headers.get("X-BAPI-API-KEY") and headers.get("X-BAPI-SIGN")):
            raise Refused(_NO_KEY, "API key is invalid.", 401)
        sent, window = headers.get("X-BAPI-TIMESTAMP", ""), headers.get("X-BAPI-RECV-WINDOW", "5000")
        if not (sent.isdecimal() and window.isdecimal()):
            raise Refused(_PARAMETER, "params error: timestamp")
        ahead_ms = int(sent) - self._ms("spot")
        if ahead_ms >= 1000 or -ahead_ms > int(window):
            words = "invalid request, please check your server timestamp or recv_window param"
            raise Refused(_EXPIRED, words)

    def _market_endpoints(self) -> dict[str, _Answer]:
        answers: dict[str, _Answer] = {
            "time": lambda _: self._time(),
            "instruments-info": self._instruments,
            "tickers": self._tickers,
            "orderbook": self._depth,
            "funding/history": self._funding_history,
            "index-price-components": self._components,
            "kline": self._candles,
            "recent-trade": self._trades,
            "open-interest": self._open_interest,
        }
        return {f"/v5/market/{name}": answer for name, answer in answers.items()}

    def _keyed_endpoints(self) -> dict[str, _Answer]:
        return {
            "/v5/asset/coin/query-info": lambda p: f'{{"rows":{self._coin_rows(p)}}}',
            "/v5/user/query-api": lambda _: (
                '{"id":"1","note":"lab","apiKey":"lab","readOnly":1,"secret":"","permissions":{},"ips":["*"],'
                '"type":1,"unified":0,"uta":1,"userID":1,"isMaster":true}'
            ),
            "/v5/account/info": lambda _: (
                '{"marginMode":"REGULAR_MARGIN","updatedTime":"1697078946000","unifiedMarginStatus":5,'
                '"dcpStatus":"OFF","timeWindow":10,"smpGroup":0,"isMasterTrader":false,"spotHedgingStatus":"OFF"}'
            ),
        }

    def _ms(self, category: str) -> int:
        return self._stage.now_ms(CATEGORIES[category])

    def _time(self) -> str:
        now_ms = self._ms("spot")
        return f'{{"timeSecond":"{now_ms // 1000}","timeNano":"{now_ms * 1_000_000}"}}'

    def _coin_rows(self, params: Params) -> str:
        if not params.get("coin"):
            return self._coins.decode()
        listings = [book.listing for shelf in self._shelves.values() for book in shelf.values()]
        rows = directory.coin_rows(listings, only=params["coin"], are_some_closed=self._are_some_closed)
        return rows.decode()

    def _instruments(self, params: Params) -> str:
        category = _category(params)
        if category == "spot":
            rows = directory.spot_rows(
                book.listing for book in self._shelves["spot"].values()
                if params.get("symbol", book.listing.symbol) == book.listing.symbol
            )  # fmt: skip
            return f'{{"category":"spot","list":[{b",".join(rows).decode()}]}}'
        if category != "linear":
            return f'{{"category":"{category}","list":[],"nextPageCursor":""}}'
        return self._linear_page(params)

    def _linear_page(self, params: Params) -> str:
        """A page of contracts of the asked status, from the symbol the cursor names on."""
        status, symbol = params.get("status"), params.get("symbol")
        size = min(_PAGE_MOST, _whole(params, "limit", _PAGE_USUAL))
        rows = [
            (name, row) for name, state, row in self._linear_list()
            if (state == status if status else state in _UNASKED) and symbol in {None, name}
        ]  # fmt: skip
        begin = 0
        if params.get("cursor"):
            after = unquote(params["cursor"]).partition("last=")[2]
            begin = next((i + 1 for i, (name, _) in enumerate(rows) if name == after), -1)
            if begin < 0:
                raise Refused(_PARAMETER, "params error: cursor")
        page = rows[begin : begin + size]
        has_more = begin + size < len(rows)
        cursor = f"first%3D{page[0][0]}%26last%3D{page[-1][0]}" if has_more else ""
        body = b",".join([row for _, row in page]).decode()
        return f'{{"category":"linear","list":[{body}],"nextPageCursor":"{cursor}"}}'

    def _linear_list(self) -> list[tuple[str, str, bytes]]:
        halts = self._stage.world.halts
        kept = self._lists.get("linear")
        if kept is None or kept[0] != halts or isinstance(kept[1], str):
            rows = directory.linear_rows(book.listing for book in self._shelves["linear"].values())
            self._lists["linear"] = halts, rows
            return rows
        return kept[1]

    def _tickers(self, params: Params) -> str:
        category = _category(params)
        shelf = self._shelves.get(category, {})
        books = [self._book(category, params)] if params.get("symbol") else list(shelf.values())
        now_ms = self._ms(category) if category in CATEGORIES else 0
        world, funding = self._stage.world, self._stage.funding
        rows = [
            shapes.ticker_row(shapes.figures(world, funding, book, now_ms, is_streamed=False) | _extras(category))
            for book in books if book.is_open
        ]  # fmt: skip
        return f'{{"category":"{category}","list":[{",".join(rows)}]}}'

    def _depth(self, params: Params) -> str:
        category = _category(params)
        book = self._book(category, params)
        limit = min(_DEPTH_MOST[category], _whole(params, "limit", _DEPTH_USUAL[category]))
        return shapes.book_answer(book, limit, self._ms(category))

    def _funding_history(self, params: Params) -> str:
        category = _category(params)
        book, now_ms = self._book(category, params), self._ms(category)
        if params.get("startTime") and not params.get("endTime"):
            raise Refused(_PARAMETER, "params error: startTime must be passed with endTime")
        start_ms, end_ms = _whole(params, "startTime", 1), _whole(params, "endTime", now_ms)
        if end_ms < start_ms:
            raise Refused(_PARAMETER, "params error: endTime must be greater than startTime")
        limit = min(_HISTORY_MOST, _whole(params, "limit", _HISTORY_MOST))
        rows = settled_rows(self._stage.funding, book, start_ms, min(end_ms, now_ms), limit)
        return f'{{"category":"{category}","list":{rows}}}'

    def _components(self, params: Params) -> str:
        name = params.get("indexName", "").upper()
        book = self._indices.get(name)
        if book is None:
            raise Refused(_PARAMETER, "params error: indexName invalid")
        return shapes.component_answer(self._stage.world, book.listing, name, self._ms("linear"))

    def _candles(self, params: Params) -> str:
        category = _category({"category": "linear", **params})
        book, now_ms = self._book(category, params), self._ms(category)
        limit = min(1000, _whole(params, "limit", 200))
        try:
            rows = candles(book, params.get("interval", ""), limit, min(now_ms, _whole(params, "end", now_ms)))
        except KeyError as error:
            raise Refused(_PARAMETER, "Invalid period!") from error
        return f'{{"symbol":"{book.listing.symbol}","category":"{category}","list":{rows}}}'

    def _trades(self, params: Params) -> str:
        category = _category(params)
        book = self._book(category, params)
        return recent_trades(book, category, min(60, _whole(params, "limit", 60)), self._ms(category))

    def _open_interest(self, params: Params) -> str:
        category = _category(params)
        book, now_ms = self._book(category, params), self._ms(category)
        held = shapes.figures(self._stage.world, self._stage.funding, book, now_ms, is_streamed=False)
        at_ms = now_ms // 300_000 * 300_000
        row = f'{{"openInterest":"{held.get("openInterest", "0")}","timestamp":"{at_ms}"}}'
        head = f'"symbol":"{book.listing.symbol}","category":"{category}"'
        return f'{{{head},"list":[{row}],"nextPageCursor":""}}'

    def _book(self, category: str, params: Params) -> LiveBook:
        book = self._shelves.get(category, {}).get(params.get("symbol", ""))
        if book is None:
            raise Refused(_PARAMETER, "params error: Symbol Is Invalid")
        return book


def _category(params: Params) -> str:
    category = params.get("category", "")
    if category in CATEGORIES or category in _OTHER_CATEGORIES:
        return category
    raise Refused(_PARAMETER, "params error: Category is invalid")


def _extras(category: str) -> dict[str, str]:
    """Fields of a contract's row that only dated and pre-listed contracts fill."""
    if category == "spot":
        return {}
    names = ("predictedDeliveryPrice", "basisRate", "deliveryFeeRate", "basis", "preOpenPrice", "preQty",
             "curPreListingPhase", "basisRateYear")  # fmt: skip
    return {"deliveryTime": "0", **dict.fromkeys(names, "")}


def _whole(params: Params, name: str, default: int) -> int:
    text = params.get(name) or str(default)
    if not text.isdecimal() or int(text) < 1:
        raise Refused(_PARAMETER, f"params error: {name} invalid")
    return int(text)
