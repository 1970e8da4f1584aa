"""v3's public REST endpoints: lines are a `category`, funding is paged by a cursor that counts pages.

`current-fund-rate` answers for one symbol, or for all of a category: clients ask so, the page names the first only.
"""

from collections.abc import Callable, Mapping

from arbedge.lab.books import LiveBook
from arbedge.lab.exchanges.bitget.history import settled_rounds
from arbedge.lab.exchanges.bitget.products import CONTRACT_LINES, EMPTY_LINES, SPOT, Shelves
from arbedge.lab.exchanges.bitget.requests import PAGE_MOST, Endpoint, Params, Refused, symbol_in, whole_in
from arbedge.lab.exchanges.bitget.shapes import plain, rate_row
from arbedge.lab.exchanges.bitget.v3 import shapes
from arbedge.lab.exchanges.bitget.v3.directory import instrument_list
from arbedge.lab.stage import Stage

__all__ = ["UnifiedDesk"]

_USUAL_PER_S, _COMPONENTS_PER_S = 20, 10
_DEPTH_MOST = 200
_USUAL_DEPTH = 5


class UnifiedDesk:
    """Answers v3's requests from the stage's world; the `data` of the venue's envelope."""

    def __init__(self, stage: Stage, shelves: Shelves) -> None:
        self._stage = stage
        self._shelves = shelves
        self._lists: dict[str, tuple[int, bytes]] = {}

    def endpoints(self) -> dict[str, Endpoint]:
        """Every endpoint by path."""

        def of(name: str, answer: Callable[[Params], str | bytes], per_s: int = _USUAL_PER_S) -> None:
            table[f"/api/v3/market/{name}"] = Endpoint("spot", per_s, answer)

        table: dict[str, Endpoint] = {}
        of("instruments", self._instruments)
        of("tickers", self._tickers)
        of("orderbook", self._depth)
        of("current-fund-rate", self._rates)
        of("history-fund-rate", self._settled)
        of("open-interest", self._interest)
        of("index-components", self._components, _COMPONENTS_PER_S)
        return table

    def _instruments(self, params: Params) -> bytes:
        line, halts = _line(params), self._stage.world.halts
        if params.get("symbol"):
            return instrument_list([self._book(line, params).listing])
        kept = self._lists.get(line)
        if kept is None or kept[0] != halts:  # encoded anew only when a market was halted since
            encoded = instrument_list([book.listing for book in self._shelf(line).values()])
            kept = self._lists[line] = halts, encoded
        return kept[1]

    def _tickers(self, params: Params) -> str:
        world, funding = self._stage.world, self._stage.funding
        books = self._asked(_line(params), params)
        return _rows([shapes.ticker_row(world, funding, book, self._now_ms(book)) for book in books])

    def _depth(self, params: Params) -> str:
        book = self._book(_line(params), params)
        limit = min(_DEPTH_MOST, whole_in(params, "limit", _USUAL_DEPTH))
        return shapes.depth_answer(book, limit, self._now_ms(book))

    def _rates(self, params: Params) -> str:
        books = self._asked(_line(params), params) if params.get("category") else [self._contract(params)]
        return _rows([rate_row(self._stage.funding, book.listing, self._now_ms(book)) for book in books])

    def _settled(self, params: Params) -> str:
        book = self._book(_line(params), params)
        size, page = min(PAGE_MOST, whole_in(params, "limit", PAGE_MOST)), whole_in(params, "cursor", 1)
        rounds = settled_rounds(self._stage.funding, book, size, page, self._now_ms(book))
        rows = [
            f'{{"symbol":"{book.listing.symbol}","fundingRate":"{plain(f"{rate:.8f}")}",'
            f'"fundingRateTimestamp":"{at_ms}"}}'
            for at_ms, rate in rounds
        ]
        return f'{{"resultList":{_rows(rows)}}}'

    def _interest(self, params: Params) -> str:
        book = self._book(_line(params), params)
        return f'{{"list":[{shapes.interest_row(book)}],"ts":"{self._now_ms(book)}"}}'

    def _components(self, params: Params) -> str:
        return shapes.components(self._stage.world, self._contract(params).listing)

    def _contract(self, params: Params) -> LiveBook:
        """The contract of that symbol, whichever line lists it."""
        line = next((line for line in CONTRACT_LINES if symbol_in(params) in self._shelf(line)), CONTRACT_LINES[0])
        return self._book(line, params)

    def _asked(self, line: str, params: Params) -> list[LiveBook]:
        return [self._book(line, params)] if params.get("symbol") else list(self._shelf(line).values())

    def _shelf(self, line: str) -> Mapping[str, LiveBook]:
        return self._shelves.get(line, {})

    def _book(self, line: str, params: Params) -> LiveBook:
        symbol = symbol_in(params)
        book = self._shelf(line).get(symbol)
        if book is None:
            raise Refused(400, "40034", f"Parameter {symbol} does not exist")
        return book

    def _now_ms(self, book: LiveBook) -> int:
        return self._stage.now_ms("spot" if book.listing.market == "spot" else "usdm")


def _line(params: Params) -> str:
    line = params.get("category", "").upper()
    if not line:
        raise Refused(400, "40019", "Parameter category cannot be empty")
    if line not in {SPOT, "MARGIN", *CONTRACT_LINES, *EMPTY_LINES}:
        raise Refused(400, "40020", "Parameter category error")
    return line


def _rows(rows: list[str]) -> str:
    return "[" + ",".join(rows) + "]"
