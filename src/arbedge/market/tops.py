"""The market's fast door: what one read of a socket brought, taken in by one loop.

The law: `take` leaves the market as `accept_top` of each row in turn would. A row that is plainly good (in order,
positive, not crossed, no jump, over a quote that stands) is written here, every check spelled out; any other row
goes through `accept_top` itself. A jump that waits for its second frame has taken its quote off the board, so what
comes next of that slot goes there too. tests/property holds one against the other.
"""

from collections.abc import Callable, Iterator

from arbedge.market.board import QuoteBoard
from arbedge.market.feeds.liveness import Liveness
from arbedge.market.feeds.sanity import QuoteSanity
from arbedge.market.ports import TopRow
from arbedge.market.rates import QuoteRates

__all__ = ["TopIntake"]

_INFINITY = float("inf")

AcceptTop = Callable[[int, float, float, float, float, int, int, int], bool]


class TopIntake:
    """Best bids and asks into board, sanity, liveness and rates of one market."""

    def __init__(
        self, board: QuoteBoard, sanity: QuoteSanity, liveness: Liveness, rates: QuoteRates, accept_top: AcceptTop
    ) -> None:
        self._board = board
        self._sanity = sanity
        self._liveness = liveness
        self._rates = rates
        self._accept_top = accept_top

    def take(self, rows: Iterator[TopRow], received_ns: int, changed: list[int]) -> None:
        """Take the rows in, in order; slots whose prices changed are added to `changed`, one may come twice.

        Raises what a fault of our own raises; the iterator then stands behind the row it came with.
        """
        tops, sequences, received, bids, asks = self._board.open_rows()
        mids, low, high = self._sanity.open_mids()
        heard_ns, since_ns = self._liveness.open_times()
        sources, on_quote = self._rates.currencies, self._rates.on_quote
        stored = 0
        try:
            for row in rows:
                slot, bid, bid_qty, ask, ask_qty, sequence, _ = row
                before = tops[slot]
                mid = (bid + ask) * 0.5
                last = mids[slot]
                if (
                    before is None
                    or (sequence < sequences[slot] and sequence)
                    or not 0.0 < bid < ask < _INFINITY
                    or not 0.0 < bid_qty < _INFINITY
                    or not 0.0 < ask_qty < _INFINITY
                    or not last * low <= mid <= last * high
                ):
                    if self._accept_top(*row, received_ns):
                        changed.append(slot)
                    continue
                tops[slot] = row
                sequences[slot] = sequence
                received[slot] = received_ns
                mids[slot] = mid
                stored += 1
                if heard_ns[slot] < received_ns >= since_ns[slot]:
                    heard_ns[slot] = received_ns
                if before[1] != bid or before[3] != ask:
                    bids[slot] = bid
                    asks[slot] = ask
                    changed.append(slot)
                    if slot in sources:
                        on_quote(slot)
        finally:
            self._board.count_stored(stored)
