"""The market as one object: streams deliver into it, detection looks at it.

`LiveMarket` joins the list of instruments, the board, the feeds' checks, funding, conversion and identity. It is
fed synchronously on the event loop's thread and never raises for what a venue sends; what is refused is counted.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from arbedge.domain.funding import FundingState, Settlement
from arbedge.domain.instrument import Instrument, InstrumentId, MarketKind
from arbedge.domain.network import TransferRoute
from arbedge.domain.quote import Book, BookChange, TopOfBook
from arbedge.foundation.runtime.clock import Clock
from arbedge.market.board import QuoteBoard
from arbedge.market.config import MarketConfig
from arbedge.market.facts import Columns, ConversionRate, IdentityFinding, LegFacts
from arbedge.market.feeds.clocks import VenueClocks
from arbedge.market.feeds.desk import DepthDesk, DepthVenue
from arbedge.market.feeds.liveness import LinkPurpose, Liveness, link_purpose
from arbedge.market.feeds.sanity import QuoteFault, QuoteSanity, fault_of
from arbedge.market.feeds.shelf import BookShelf
from arbedge.market.fees import FeeTable
from arbedge.market.forecast import ForecastRule
from arbedge.market.funding import FundingDesk
from arbedge.market.history.prices import PriceHistory
from arbedge.market.limits import PriceLimitDesk
from arbedge.market.networks import NetworkTable
from arbedge.market.ports import LinkEvent, LinkState, TopRow, Turnover
from arbedge.market.rates import QuoteRates
from arbedge.market.tops import TopIntake
from arbedge.market.universe.desk import IdentityDesk
from arbedge.market.universe.identity import AssetIdentity, IdentitySources
from arbedge.market.universe.quarantine import QuarantineBook
from arbedge.market.universe.registry import Universe, UniverseChange

__all__ = ["LiveMarket", "MarketTerms"]

_FUNDING_LIMIT_FACTOR = 5
_HISTORY_EVERY_S = 300.0
_HISTORY_SPAN_H = 72.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketTerms:
    """What the market stage is told by others: horizons and guard of pricing, fees, borrow rates.

    `borrow_rates_hourly` is by (venue, asset), a fraction an hour; what is not named is not borrowable.
    `is_simulated` keeps doubts and decisions about simulated pairs apart from real ones.
    """

    horizons_h: tuple[Decimal, ...]
    settlement_guard_s: float = 60.0
    fees: FeeTable = field(default_factory=FeeTable)
    borrow_rates_hourly: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)
    reporting: str = "USDT"
    is_simulated: bool = False


class LiveMarket:
    """The live market; satisfies `opportunities.ports.MarketView`. `venues` is where depth comes from."""

    def __init__(
        self, config: MarketConfig, terms: MarketTerms, clock: Clock, venues: Mapping[str, DepthVenue]
    ) -> None:
        self._config = config
        self._terms = terms
        self._clock = clock
        self.universe = Universe(config.monitored_pairs, reporting=terms.reporting)
        self.board = QuoteBoard(len(terms.horizons_h))
        self.clocks = VenueClocks(clock, max_offset_ms=config.max_clock_offset_ms)
        self.liveness = Liveness(heartbeat_s=config.heartbeat_s, confirmation_s=config.confirmation_s)
        self.networks = NetworkTable(clock, max_age_s=config.network_max_age_s)
        self.history = PriceHistory(_HISTORY_EVERY_S, _HISTORY_SPAN_H)
        sources = IdentitySources(self.history, self.networks, config.identity_band_pct / 100)
        self.asset_identity = AssetIdentity(self.universe, config.identity_seed, sources)
        self.identities = IdentityDesk(
            self.universe,
            self.asset_identity,
            QuarantineBook(clock, most=config.max_quarantine, is_simulated=terms.is_simulated),
            self.board.price,
        )
        self.rates = QuoteRates(self.universe, self.board, terms.fees, self._is_alive, reporting=terms.reporting)
        self.funding = FundingDesk(
            self.board,
            clock,
            self.clocks.venue_now,
            horizons_h=terms.horizons_h,
            rule=ForecastRule(config.forecast_decay),
            guard_s=terms.settlement_guard_s,
        )
        shelf = BookShelf(
            self.universe.instruments,
            clock,
            self.clocks,
            self.board.best,
            max_books=config.max_detail_books,
            levels=config.depth_levels,
            confirmation_s=config.confirmation_s,
        )
        self.limits = PriceLimitDesk(clock)
        self.desk = DepthDesk(shelf, clock, venues, confirm_within_s=config.detail_confirmation_s)
        self.faults: Counter[QuoteFault] = Counter()
        self.silent_streams = 0
        self._sanity = QuoteSanity()
        self._intake = TopIntake(self.board, self._sanity, self.liveness, self.rates, self.accept_top)
        self._turnover: dict[int, Turnover] = {}
        self._doubts: dict[int, int] = {}
        self._tops_due: set[tuple[str, MarketKind]] = set()

    # --- what detection sees -------------------------------------------------------------------------------------

    def instruments(self) -> Sequence[Instrument]:
        """Every known instrument; its index is its slot. Grows, never reorders."""
        return self.universe.instruments

    def columns(self) -> Columns:
        """The live columns (same arrays until an instrument is added)."""
        return self.board.columns()

    def leg(self, slot: int) -> LegFacts:
        """The facts of one leg now; asks for its detail book as a side effect, so that it is there next time."""
        instrument = self.universe.instruments[slot]
        self.desk.want(slot)
        book, book_problem, confirmed_ns = self.desk.book(slot)
        problem = self.alive_problem(slot)
        borrow = self._terms.borrow_rates_hourly.get((instrument.id.venue, instrument.asset))
        return LegFacts(
            slot=slot,
            instrument=instrument,
            book=book,
            book_problem=book_problem,
            book_confirmed_ns=confirmed_ns,
            is_alive=problem is None,
            alive_problem=problem,
            turnover=self._turnover.get(slot),
            fee=self._terms.fees.of(instrument),
            mark=self.funding.mark(slot),
            borrow_rate_hourly=borrow,
            networks=self.networks.at(instrument),
            limits=self.limits.at(instrument),
        )

    def identity(self, first: int, second: int) -> IdentityFinding:
        """Whether two slots stand for the same asset; a perpetual whose index is unread is read soon."""
        return self.identities.find(first, second)

    def doubt(self, first: int, second: int, basis: str) -> str | None:
        """Hold a pair whose gap is too good to be true for a person to look at; the name it waits under."""
        return self.identities.doubt(first, second, basis)

    def settlements(self, slot: int, until: datetime) -> tuple[Settlement, ...]:
        """Expected settlements of a perpetual from the guard before now to `until`, oldest first."""
        return self.funding.settlements(slot, until)

    def conversion(self, currency: str) -> ConversionRate | None:
        """A quote currency in the reporting currency; None where no live rate is known."""
        return self.rates.find(currency)

    def transfer(self, bought: int, sold: int, quantity: Decimal) -> TransferRoute | str:
        """How `quantity` base units bought in one slot get to where the other is sold; else why they do not."""
        return self.networks.between(self.universe.instruments[bought], self.universe.instruments[sold], quantity)

    def alive_problem(self, slot: int) -> str | None:
        """Why a slot's quote does not count now, in words, or None."""
        instrument = self.universe.instruments[slot]
        refusal = self.clocks.refusal(instrument.id.venue)
        if refusal is not None:
            return refusal
        now_ns = self._clock.monotonic_ns()
        problem = self.liveness.problem(slot, now_ns)
        if problem is not None or instrument.id.kind is MarketKind.SPOT:
            return problem
        state = self.funding.state(slot)
        if state is None:
            return "its funding is not known yet"
        limit_s = _FUNDING_LIMIT_FACTOR * self._config.refresh_funding_s
        age_s = (now_ns - state.received_ns) / 1e9
        return f"its funding was last heard {age_s:.0f} s ago (limit {limit_s:g} s)" if age_s > limit_s else None

    # --- what streams deliver ------------------------------------------------------------------------------------

    def accept_top(  # noqa: PLR0913 - one call a frame: values stay on the stack
        self,
        slot: int,
        bid: float,
        bid_qty: float,
        ask: float,
        ask_qty: float,
        sequence: int,
        venue_at_ms: int,
        received_ns: int,
    ) -> bool:
        """A best bid and ask from a stream; True when the board's prices changed (also to unknown)."""
        board = self.board
        fault = self._sanity.judge(slot, bid, bid_qty, ask, ask_qty, sequence, board.sequence(slot))
        if fault is not None:
            return self._refuse(slot, fault)
        self.liveness.hear(slot, received_ns)
        if not board.store(slot, bid, bid_qty, ask, ask_qty, sequence, venue_at_ms, received_ns):
            return False
        self.rates.on_quote(slot)
        return True

    def accept_tops(self, rows: Iterator[TopRow], received_ns: int, changed: list[int]) -> None:
        """`accept_top` of one after the other; slots whose prices changed are added to `changed`."""
        self._intake.take(rows, received_ns, changed)

    def accept_book_change(self, slot: int, change: BookChange) -> bool:
        """A depth frame; True when the book is in sequence after it."""
        is_whole = self.desk.on_change(slot, change)
        if is_whole:
            self.liveness.hear(slot, change.received_ns)
        return is_whole

    def accept_book(self, slot: int, book: Book) -> bool:
        """A whole book from a stream; True when it was usable."""
        is_whole = self.desk.on_book(slot, book)
        if is_whole:
            self.liveness.hear(slot, book.received_ns)
        return is_whole

    def accept_funding(self, slot: int, state: FundingState) -> bool:
        """Funding of a perpetual; False when it made no sense."""
        return self.funding.store(slot, state)

    def accept_alive(self, link: str, at_ns: int) -> None:
        """Any frame at all arrived on that connection."""
        self.liveness.beat(link, at_ns)

    def accept_link(self, event: LinkEvent) -> tuple[int, ...]:
        """A connection changed state; returns the slots whose quotes were lost with it."""
        orphans = self.liveness.on_link(event)
        if orphans:
            self.board.invalidate(orphans)
            for slot in self.rates.source_slots.intersection(orphans):
                self.rates.on_quote(slot)
        self.desk.on_link(event)
        if event.state is LinkState.SUBSCRIBED and link_purpose(event.link) == LinkPurpose.TOP:
            ids = (self.universe.instruments[slot].id for slot in event.slots if slot < len(self.universe))
            self._tops_due.update((each.venue, each.kind) for each in ids)
        return orphans

    # --- what is read now and then -------------------------------------------------------------------------------

    def accept_listing(self, venue: str, kind: MarketKind, listed: Iterable[Instrument]) -> UniverseChange:
        """A whole listing of a venue and kind. Raises `IntegrityError` as `Universe.merge` does."""
        change = self.universe.merge(venue, kind, listed)
        if change.added:
            instruments = [self.universe.instruments[slot] for slot in change.added]
            self.board.extend([each.id for each in instruments])
            self._sanity.extend(len(instruments))
            self.liveness.extend(len(instruments))
            self.history.extend(len(instruments))
            self.funding.expect(
                [slot for slot in change.added if self.universe.instruments[slot].id.kind is MarketKind.PERP]
            )
        self.identities.on_listing(change)
        if not change.is_empty:
            self.rates.renew()
        return change

    def accept_snapshot_top(self, top: TopOfBook, asked_ns: int) -> bool:
        """A best bid and ask read by request, asked for at `asked_ns`; True when the board's prices changed.

        It fills an empty place, and confirms a quote it equals. A quote it contradicts twice while the stream
        says nothing of that symbol is taken for lost: the place is emptied.
        """
        slot = self.universe.slot_of(top.instrument)
        if slot is None or fault_of(top.bid, top.bid_qty, top.ask, top.ask_qty) is not None:
            return False
        held = self.board.best(slot)
        if held is None or not self.liveness.is_carried(slot):
            return self._store_snapshot(slot, top, asked_ns)
        if held == (top.bid, top.ask):
            self._doubts.pop(slot, None)
            self.liveness.hear(slot, asked_ns)
            return False
        if self.board.received_ns(slot) >= asked_ns or 0 < top.sequence < self.board.sequence(slot):
            self._doubts.pop(slot, None)
            return False
        doubted_ns = self._doubts.setdefault(slot, asked_ns)
        if doubted_ns == asked_ns or self.board.received_ns(slot) >= doubted_ns:
            self._doubts[slot] = asked_ns
            return False
        del self._doubts[slot]
        self.silent_streams += 1
        self.liveness.forget((slot,))
        self.board.invalidate((slot,))
        self.rates.on_quote(slot)
        return True

    def accept_turnover(self, turnover: Mapping[InstrumentId, Turnover]) -> None:
        """24 h turnover by instrument."""
        for each, figures in turnover.items():
            slot = self.universe.slot_of(each)
            if slot is not None:
                self._turnover[slot] = figures

    def drop_links(self, venue: str, reason: str) -> None:
        """Every connection of a venue is gone: its streams were ended by us and said nothing themselves."""
        at_ns = self._clock.monotonic_ns()
        for link in self.liveness.links(f"{venue}:"):
            self.accept_link(LinkEvent(link, LinkState.LOST, reason, (), at_ns))
        for link in self.desk.shelf.links(f"{venue}:"):
            self.accept_link(LinkEvent(link, LinkState.LOST, reason, (), at_ns))

    def next_index_wish(self, venue: str) -> int | None:
        """A perpetual of the venue whose index a candidate waits for, or None; asking takes it off the list."""
        return self.identities.next_index_wish(venue)

    def take_tops_due(self, venue: str, kind: MarketKind) -> bool:
        """Whether tops should be read by request now, because a connection was just made; asking clears it."""
        is_due = (venue, kind) in self._tops_due
        self._tops_due.discard((venue, kind))
        return is_due

    def _store_snapshot(self, slot: int, top: TopOfBook, asked_ns: int) -> bool:
        fault = self._sanity.judge(slot, top.bid, top.bid_qty, top.ask, top.ask_qty, 0, 0)
        if fault is not None:
            return self._refuse(slot, fault)
        self.liveness.hear(slot, asked_ns)
        is_changed = self.board.store(
            slot,
            top.bid,
            top.bid_qty,
            top.ask,
            top.ask_qty,
            top.sequence,
            top.venue_at_ms or 0,
            top.received_ns,
        )
        if is_changed:
            self.rates.on_quote(slot)
        return is_changed

    def _refuse(self, slot: int, fault: QuoteFault) -> bool:
        """Count a refused quote; one that shows the held quote is no longer true takes it off the board."""
        self.faults[fault] += 1
        if fault is QuoteFault.OUT_OF_ORDER or not self.board.has_quote(slot):
            return False
        self.board.withdraw(slot)
        self.rates.on_quote(slot)
        return True

    def _is_alive(self, slot: int) -> bool:
        return self.liveness.is_alive(slot, self._clock.monotonic_ns())
