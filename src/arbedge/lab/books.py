"""A moving book whose depth is computed when somebody looks, and tapes that turn its changes into exact diffs.

Only best prices and sizes are kept. The levels behind them are a pure function of price (a fixed grid, sizes
drawn from a hash of the price), so a book costs nothing until read, and the same price shows the same size until
it is touched. A `DepthTape` remembers which levels changed since its last frame, whatever they changed to in
between, so that a snapshot taken at any moment plus later diffs rebuilds the book exactly.
"""

from dataclasses import dataclass

from arbedge.lab.listing import Listing

__all__ = ["Best", "DepthTape", "Diff", "LiveBook"]

_NEAR_LEVELS = 20
_FAR_LEVELS = 110
_FAR_STEP_BPS = 5.0  # 40 far levels inside 2 %
_NEAR_STEP_BPS = 0.5
_MASK = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Best:
    """Best prices (ticks) and sizes (lots) to move a book to; crossed or locked on purpose only."""

    bid: int
    bid_lots: int
    ask: int
    ask_lots: int


class LiveBook:
    """One market's book now: best prices in ticks, sizes in lots, and the venue's update id.

    `is_muted` keeps its changes off every stream while REST shows them (a feed that fell silent);
    `depth_scale` thins or thickens what lies behind the best.
    """

    __slots__ = (
        "_far", "_far_lots", "_near", "_near_lots", "_seed", "ask", "ask_lots", "bid", "bid_lots", "changed_ms",
        "depth_scale", "first_id", "is_muted", "listing", "tape", "update_id",
    )  # fmt: skip

    def __init__(self, listing: Listing, seed: int, update_id: int) -> None:
        tick, lot = 10.0**-listing.tick_dp, 10.0**-listing.lot_dp
        unit_usd = listing.depth_usd / 40  # worth of a far level, in USD whatever the quote
        usd_per_unit = listing.start_price * listing.quote_usd * float(listing.contract_size)
        self.listing = listing
        self._seed = seed
        self._far = max(1, round(listing.start_price * _FAR_STEP_BPS / 1e4 / tick))
        self._near = max(1, round(listing.start_price * _NEAR_STEP_BPS / 1e4 / tick))
        self._far_lots = max(1.0, unit_usd / usd_per_unit / lot)
        self._near_lots = max(1.0, self._far_lots * 0.15)
        self.bid = self.ask = self.bid_lots = self.ask_lots = 0
        self.update_id = self.first_id = update_id
        self.changed_ms = 0
        self.depth_scale = 1.0
        self.is_muted = False
        self.tape: DepthTape | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is anything to show: a halted market has an empty book, another may lack a side."""
        return self.bid > 0 or self.ask > 0

    @property
    def last_ticks(self) -> int:
        """About where it traded last: the best bid, or the best ask where nobody bids."""
        return self.bid or self.ask

    def usual_lots(self) -> float:
        """About what lies at a best price, in lots."""
        return self._near_lots * self.depth_scale

    def move(self, best: Best, id_step: int, now_ms: int) -> None:
        """Set the best levels; `id_step` update ids pass, of which the last names this state."""
        self.bid, self.bid_lots = best.bid, best.bid_lots
        self.ask, self.ask_lots = best.ask, best.ask_lots
        self.first_id = self.update_id + 1 if self.listing.market == "spot" else self.update_id + id_step
        self.update_id += id_step
        self.changed_ms = now_ms
        if self.tape is not None:
            self.tape.note(self)

    def bids(self, limit: int) -> list[tuple[int, int]]:
        """(ticks, lots) from the best down."""
        return self._side(self.bid, self.bid_lots, -1)[:limit]

    def asks(self, limit: int) -> list[tuple[int, int]]:
        """(ticks, lots) from the best up."""
        return self._side(self.ask, self.ask_lots, 1)[:limit]

    def _side(self, best: int, best_lots: int, way: int) -> list[tuple[int, int]]:
        if best <= 0:
            return []
        levels = dict(self._zone(best, self._near, _NEAR_LEVELS, way, self._near_lots))
        levels.update(self._zone(best, self._far, _FAR_LEVELS, way, self._far_lots))
        levels[best] = best_lots
        return sorted(levels.items(), reverse=way < 0)

    def _zone(self, best: int, step: int, count: int, way: int, lots: float) -> list[tuple[int, int]]:
        """Levels of one grid on the far side of the best; sizes are a hash of the price, 0.3 to 1.7 of `lots`."""
        scaled = lots * self.depth_scale
        start = best // step * step if way < 0 else -(-best // step) * step
        zone = []
        for price in range(start, start + way * step * count, way * step):
            if price <= 0:
                break
            mixed = (price * 0x9E3779B1 + self._seed) & _MASK
            mixed = ((mixed ^ (mixed >> 15)) * 0x85EBCA77) & _MASK
            zone.append((price, int(scaled * (0.3 + 1.4 * (mixed >> 16) / 65_536)) + 1))
        return zone


@dataclass(frozen=True, slots=True)
class Diff:
    """Levels to set (lots 0 deletes), with the first and last update id covered and the last of the diff before."""

    first: int
    last: int
    previous: int
    bids: list[tuple[int, int]]
    asks: list[tuple[int, int]]


class DepthTape:
    """Touched levels of one book since the last diff of each follower (a stream's name)."""

    def __init__(self, book: LiveBook) -> None:
        self._bids = dict(book.bids(10_000))
        self._asks = dict(book.asks(10_000))
        self._pending: dict[str, _Pending] = {}

    def follow(self, name: str, book: LiveBook) -> None:
        """Begin to follow at the book's present id."""
        self._pending[name] = _Pending(book.update_id)

    def leave(self, name: str) -> bool:
        """Stop following; true when nothing follows the book any more."""
        self._pending.pop(name, None)
        return not self._pending

    def note(self, book: LiveBook) -> None:
        """Take in the book's new state."""
        bids, asks = dict(book.bids(10_000)), dict(book.asks(10_000))
        touched_bids = {price for price, _ in bids.items() ^ self._bids.items()}
        touched_asks = {price for price, _ in asks.items() ^ self._asks.items()}
        self._bids, self._asks = bids, asks
        for pending in self._pending.values():
            pending.first = pending.first or book.first_id
            pending.bids |= touched_bids
            pending.asks |= touched_asks

    def take(self, name: str, book: LiveBook) -> Diff | None:
        """The diff since that follower's last one; None when nothing was touched."""
        pending = self._pending.get(name)
        if pending is None or not (pending.bids or pending.asks):
            return None
        # spot ids are gapless from frame to frame; USD-M ids are shared by all contracts and only `pu` chains
        first = pending.last + 1 if book.listing.market == "spot" else pending.first
        diff = Diff(
            first,
            book.update_id,
            pending.last,
            [(price, self._bids.get(price, 0)) for price in sorted(pending.bids, reverse=True)],
            [(price, self._asks.get(price, 0)) for price in sorted(pending.asks)],
        )
        self._pending[name] = _Pending(book.update_id)
        return diff


class _Pending:
    __slots__ = ("asks", "bids", "first", "last")

    def __init__(self, last: int) -> None:
        self.last = last
        self.first = 0
        self.bids: set[int] = set()
        self.asks: set[int] = set()
