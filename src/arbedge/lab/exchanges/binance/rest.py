"""Binance's public REST endpoints: which exist, what they weigh, and what they answer.

Weights and error bodies follow the venue's documentation; endpoints that need a key check that one is sent, and
that the timestamp lies within the receive window of the venue's clock, but not the signature.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from arbedge.errors import Rejected
from arbedge.lab.books import LiveBook
from arbedge.lab.exchanges.binance import directory, shapes
from arbedge.lab.exchanges.binance.history import aggregate_trades, candles, recent_trades
from arbedge.lab.stage import Stage

__all__ = ["Endpoint", "Params", "Refused", "RestDesk"]

Params: TypeAlias = Mapping[str, str]


class Refused(Rejected):
    """A request the venue refuses: HTTP status, Binance's code, and its message."""

    code = "lab_refused"

    def __init__(self, status: int, venue_code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = msgspec.json.encode({"code": venue_code, "msg": message})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path: its host's limits, its weight for given parameters, its answer, whether it wants a key."""

    host: str
    weigh: Callable[[Params], int]
    answer: Callable[[Params], str | bytes]
    needs_key: bool = False


class RestDesk:
    """Answers requests from the stage's world."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        books = stage.world.books.values()
        self._spot = {book.listing.symbol: book for book in books if book.listing.market == "spot"}
        self._usdm = {book.listing.symbol: book for book in books if book.listing.market == "usdm"}
        spot = [book.listing for book in self._spot.values()]
        self._margin_pairs = directory.margin_pairs(spot)
        self._coin_networks = directory.coin_networks(spot, are_some_closed="closed_networks" in stage.traps)
        self._bodies: dict[str, tuple[int, bytes]] = {}
        for host in ("spot", "usdm"):
            self._body(host)  # encoded before the first client waits for it
        self.endpoints = self._spot_endpoints() | self._usdm_endpoints()

    def find(self, path: str) -> Endpoint:
        """The endpoint of that path; Refused with the venue's own words where there is none."""
        endpoint = self.endpoints.get(path)
        if endpoint is None:
            raise Refused(404, -5000, f"Path {path}, Method GET is invalid")
        return endpoint

    def check_key(self, endpoint: Endpoint, headers: Mapping[str, str], params: Params) -> None:
        """Refuse a signed request without key or signature, or whose time is off."""
        if not endpoint.needs_key:
            return
        if not headers.get("X-MBX-APIKEY"):
            raise Refused(400, -2014, "API-key format invalid.")
        for name in ("timestamp", "signature"):
            if not params.get(name):
                raise Refused(
                    400, -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
                )
        ahead_ms = _whole(params, "timestamp", 0) - self._stage.now_ms(endpoint.host)
        if ahead_ms > 1000:
            raise Refused(400, -1021, "Timestamp for this request was 1000ms ahead of the server's time.")
        if -ahead_ms > _whole(params, "recvWindow", 5000):
            raise Refused(400, -1021, "Timestamp for this request is outside of the recvWindow.")

    def _spot_endpoints(self) -> dict[str, Endpoint]:
        books = self._spot

        def of(name: str, weigh: Callable[[Params], int], answer: Callable[[Params], str | bytes]) -> None:
            table[f"/api/v3/{name}"] = Endpoint("spot", weigh, answer)

        table: dict[str, Endpoint] = {}
        of("ping", _flat(1), lambda _: "{}")
        of("time", _flat(1), lambda _: self._time("spot"))
        of("exchangeInfo", _flat(20), lambda p: self._listing("spot", p))
        of("ticker/bookTicker", _by_symbol(2, 4), lambda p: self._rows(books, p, shapes.book_ticker_row))
        of("ticker/price", _by_symbol(2, 4), lambda p: self._rows(books, p, self._price_row))
        of("ticker/24hr", _spot_day_weight, lambda p: self._rows(books, p, self._day_row))
        of("depth", _spot_depth_weight, lambda p: self._depth(books, p))
        of("trades", _flat(25), lambda p: self._trades(books, p, recent_trades))
        of("aggTrades", _flat(2), lambda p: self._trades(books, p, aggregate_trades))
        of("klines", _flat(2), lambda p: self._candles(books, p))
        keyed = {
            "/sapi/v1/capital/config/getall": lambda _: self._coin_networks,
            "/sapi/v1/margin/allPairs": lambda _: self._margin_pairs,
            "/sapi/v1/margin/isolated/allPairs": lambda _: self._margin_pairs,
        }
        return table | {path: Endpoint("spot", _flat(1), answer, needs_key=True) for path, answer in keyed.items()}

    def _usdm_endpoints(self) -> dict[str, Endpoint]:
        books = self._usdm

        def of(name: str, weigh: Callable[[Params], int], answer: Callable[[Params], str | bytes]) -> None:
            for version in ("v1", "v2", "v3") if name in {"ticker/price", "ticker/bookTicker"} else ("v1",):
                table[f"/fapi/{version}/{name}"] = Endpoint("usdm", weigh, answer)

        table: dict[str, Endpoint] = {}
        of("ping", _flat(1), lambda _: "{}")
        of("time", _flat(1), lambda _: self._time("usdm"))
        of("exchangeInfo", _flat(1), lambda p: self._listing("usdm", p))
        of("ticker/bookTicker", _by_symbol(2, 5), lambda p: self._rows(books, p, shapes.book_ticker_row))
        of("ticker/price", _by_symbol(1, 2), lambda p: self._rows(books, p, self._price_row))
        of("ticker/24hr", _by_symbol(1, 40), lambda p: self._rows(books, p, self._day_row))
        of("depth", _usdm_depth_weight, lambda p: self._depth(books, p))
        of("trades", _flat(5), lambda p: self._trades(books, p, recent_trades))
        of("aggTrades", _flat(20), lambda p: self._trades(books, p, aggregate_trades))
        of("klines", _flat(2), lambda p: self._candles(books, p))
        of("premiumIndex", _by_symbol(1, 10), lambda p: self._rows(books, p, self._premium_row))
        of("fundingInfo", _flat(0), lambda _: self._funding_exceptions())
        of("fundingRate", _flat(0), self._funding_history)
        of("constituents", _flat(2), self._constituents)
        of("openInterest", _flat(1), self._open_interest)
        return table

    def _ms(self, host: str) -> int:
        return self._stage.now_ms(host)

    def _time(self, host: str) -> str:
        return f'{{"serverTime":{self._ms(host)}}}'

    def _listing(self, host: str, params: Params) -> bytes:
        body = self._body(host)
        if host == "spot" and (params.get("symbol") or params.get("symbols")):
            names = _names(params["symbols"]) if params.get("symbols") else [params["symbol"]]
            body = directory.spot_listing([self._book(self._spot, {"symbol": name}).listing for name in names])
        return b'{"timezone":"UTC","serverTime":%d,' % self._ms(host) + body

    def _funding_exceptions(self) -> bytes:
        return directory.funding_exceptions([book.listing for book in self._usdm.values()])

    def _body(self, host: str) -> bytes:
        """The encoded list of a host's markets, encoded anew only when one of them was halted since."""
        halts = self._stage.world.halts
        kept = self._bodies.get(host)
        if kept is None or kept[0] != halts:
            books = (self._spot if host == "spot" else self._usdm).values()
            encode = directory.spot_listing if host == "spot" else directory.usdm_listing
            kept = self._bodies[host] = halts, encode([book.listing for book in books])
        return kept[1]

    def _book(self, books: Mapping[str, LiveBook], params: Params) -> LiveBook:
        symbol = params.get("symbol")
        if not symbol:
            raise Refused(400, -1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.")
        book = books.get(symbol)
        if book is None:
            raise Refused(400, -1121, "Invalid symbol.")
        return book

    def _rows(self, books: Mapping[str, LiveBook], params: Params, row: Callable[[LiveBook], str]) -> str:
        if params.get("symbol"):
            return row(self._book(books, params))
        if params.get("symbols"):
            wanted = [self._book(books, {"symbol": symbol}) for symbol in _names(params["symbols"])]
        else:
            wanted = list(books.values())
        return "[" + ",".join([row(book) for book in wanted]) + "]"

    def _price_row(self, book: LiveBook) -> str:
        item = book.listing
        time = "" if item.market == "spot" else f',"time":{book.changed_ms}'
        return f'{{"symbol":"{item.symbol}","price":"{item.price_text(book.bid)}"{time}}}'

    def _day_row(self, book: LiveBook) -> str:
        return shapes.day_row(book, self._ms(book.listing.market))

    def _premium_row(self, book: LiveBook) -> str:
        return shapes.premium_row(self._stage.world, self._stage.funding, book.listing, self._ms("usdm"))

    def _depth(self, books: Mapping[str, LiveBook], params: Params) -> str:
        book = self._book(books, params)
        if book.listing.market == "spot":
            limit = _limit(params, 100, 5000)
        else:
            limit = _limit(params, 500, 1000)
            if limit not in {5, 10, 20, 50, 100, 500, 1000}:
                raise Refused(400, -4021, f"{limit} is not valid depth limit.")
        return shapes.depth_answer(book, limit, self._ms(book.listing.market))

    def _trades(
        self, books: Mapping[str, LiveBook], params: Params, shape: Callable[[LiveBook, int, int], str]
    ) -> str:
        book = self._book(books, params)
        return shape(book, _limit(params, 500, 1000), self._ms(book.listing.market))

    def _candles(self, books: Mapping[str, LiveBook], params: Params) -> str:
        book = self._book(books, params)
        try:
            return candles(
                book, params.get("interval", "1m"), _limit(params, 500, 1000), self._ms(book.listing.market)
            )
        except KeyError as error:
            raise Refused(400, -1120, "Invalid interval.") from error

    def _funding_history(self, params: Params) -> str:
        now_ms, limit = self._ms("usdm"), _limit(params, 100, 1000)
        start_ms, end_ms = _whole(params, "startTime", 0), _whole(params, "endTime", now_ms)
        books = [self._book(self._usdm, params)] if params.get("symbol") else list(self._usdm.values())
        if not params.get("symbol") and not start_ms:
            start_ms = now_ms - 86_400_000
        rows = [
            (settled, book.listing)
            for book in books
            if book.listing.funding is not None
            for settled in self._stage.funding.history(book.listing, start_ms, end_ms, now_ms)
        ]
        rows.sort(key=lambda row: row[0].at_ms)
        # from a start the oldest come first; without one the venue gives the newest
        rows = rows[:limit] if params.get("startTime") else rows[-limit:]
        texts = [
            f'{{"symbol":"{item.symbol}","fundingTime":{settled.at_ms},"fundingRate":"{settled.rate:.8f}",'
            f'"markPrice":"{item.raw_price_text(settled.mark)}"}}'
            for settled, item in rows
        ]
        return "[" + ",".join(texts) + "]"

    def _constituents(self, params: Params) -> str:
        item, now_ms = self._book(self._usdm, params).listing, self._ms("usdm")
        spot_price = self._stage.world.price(item.coin)
        exchanges = [("binance", "0.4"), ("okex", "0.3"), ("bybit", "0.3")]
        if not item.has_spot:
            exchanges = [("okex", "0.5"), ("bybit", "0.5")]
        is_hidden = item.underlying != "COIN"  # prices of traditional assets are hidden as -1
        name = item.index_of or f"{item.base}USDT"
        price = "-1" if is_hidden else item.raw_price_text(spot_price * _spot_scale(name, item.scale, item.base))
        parts = ",".join(
            f'{{"exchange":"{exchange}","symbol":"{name if exchange != "okex" else _dashed(name)}",'
            f'"price":"{price}","weight":"{weight}"}}'
            for exchange, weight in exchanges
        )
        return f'{{"symbol":"{item.symbol}","time":{now_ms},"constituents":[{parts}]}}'

    def _open_interest(self, params: Params) -> str:
        item = self._book(self._usdm, params).listing
        held = f"{item.volume_usd * 0.4 / (item.start_price * item.quote_usd):.{item.qty_dp}f}"
        return f'{{"openInterest":"{held}","symbol":"{item.symbol}","time":{self._ms("usdm")}}}'


def _flat(weight: int) -> Callable[[Params], int]:
    return lambda _: weight


def _by_symbol(one: int, every: int) -> Callable[[Params], int]:
    return lambda params: one if params.get("symbol") else every


def _spot_day_weight(params: Params) -> int:
    count = 1 if params.get("symbol") else params["symbols"].count(",") + 1 if params.get("symbols") else 1000
    return 2 if count <= 20 else 40 if count <= 100 else 80


def _spot_depth_weight(params: Params) -> int:
    limit = _limit(params, 100, 5000)
    return next(weight for most, weight in ((100, 5), (500, 25), (1000, 50), (5000, 250)) if limit <= most)


def _usdm_depth_weight(params: Params) -> int:
    limit = _limit(params, 500, 1000)
    return next(weight for most, weight in ((50, 2), (100, 5), (500, 10), (1000, 20)) if limit <= most)


def _limit(params: Params, default: int, most: int) -> int:
    limit = _whole(params, "limit", default)
    if limit < 1:
        raise Refused(400, -1130, "Data sent for parameter 'limit' is not valid.")
    return min(limit, most)


def _whole(params: Params, name: str, default: int) -> int:
    text = params.get(name)
    if text is None:
        return default
    try:
        return int(text)
    except ValueError as error:
        raise Refused(400, -1100, f"Illegal characters found in parameter '{name}'.") from error


def _names(text: str) -> list[str]:
    try:
        return msgspec.json.decode(text, type=list[str])
    except msgspec.DecodeError as error:
        raise Refused(400, -1100, "Illegal characters found in parameter 'symbols'.") from error


def _dashed(symbol: str) -> str:
    return symbol.replace("USDT", "-USDT")


def _spot_scale(spot_symbol: str, scale: int, base: str) -> int:
    """Units of the coin in one unit of the index's spot ticker: the perp's own scale where tickers agree."""
    return scale if spot_symbol.startswith(base) else 1
