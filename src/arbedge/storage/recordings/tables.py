"""Samples as Arrow tables, one a venue and dataset, sorted by instrument and moment: that order packs best."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.market.history.samples import FundingSample, PriceSample, QuoteSample, Sample
from arbedge.storage.recordings.layout import SCHEMAS, Dataset, RowState

__all__ = ["dataset_of", "tables_of"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_KINDS = [each.value for each in MarketKind]
_STATES = [each.value for each in RowState]
_QUOTE, _GAP, _BEAT, _WHOLE = (_STATES.index(each) for each in RowState)


def dataset_of(sample: Sample) -> Dataset:
    """Which dataset a sample belongs to."""
    if isinstance(sample, QuoteSample):
        return Dataset.QUOTES
    return Dataset.PRICES if isinstance(sample, PriceSample) else Dataset.FUNDING


def tables_of(samples: Sequence[Sample], ids: Sequence[InstrumentId]) -> dict[str, pa.Table]:
    """The rows of samples of one dataset by venue; `ids` by slot."""
    quotes = [each for each in samples if isinstance(each, QuoteSample)]
    prices = [each for each in samples if isinstance(each, PriceSample)]
    funding = [each for each in samples if isinstance(each, FundingSample)]
    if quotes:
        return _quotes(quotes, ids)
    return _prices(prices, ids) if prices else _funding(funding, ids)


class _Rows:
    """Slots and moments of several samples, split by venue and sorted; `order` picks the rows of one venue."""

    def __init__(
        self, moments: Sequence[datetime], slots: Sequence[NDArray[np.intp]], ids: Sequence[InstrumentId]
    ) -> None:
        self.slots = np.concatenate(slots) if slots else np.empty(0, dtype=np.intp)
        stamps = [_ms(at) for at in moments]
        self.at_ms = np.repeat(np.asarray(stamps, dtype=np.int64), [len(each) for each in slots])
        self.ids = ids
        used = np.unique(self.slots).tolist()
        self.venues = sorted({ids[slot].venue for slot in used})
        codes = np.full((max(used) + 1) if used else 0, -1)
        for slot in used:
            codes[slot] = self.venues.index(ids[slot].venue)
        self._venue = codes[self.slots] if used else codes

    def order(self, venue: str) -> NDArray[np.intp]:
        """The rows of a venue, by slot and then by moment."""
        if venue not in self.venues:
            return np.empty(0, dtype=np.intp)
        rows = np.flatnonzero(self._venue == self.venues.index(venue))
        return rows[np.lexsort((self.at_ms[rows], self.slots[rows]))]

    def symbols(self, order: NDArray[np.intp]) -> tuple[pa.Array, pa.Array]:
        """Kind and symbol of those rows."""
        used, codes = np.unique(self.slots[order], return_inverse=True)
        named = [self.ids[slot] for slot in used.tolist()]
        names = list(dict.fromkeys(each.symbol for each in named))
        place = {name: index for index, name in enumerate(names)}
        symbol = np.asarray([place[each.symbol] for each in named], dtype=np.int32)
        kind = np.asarray([_KINDS.index(each.kind.value) for each in named], dtype=np.int32)
        return _coded(kind[codes], _KINDS), _coded(symbol[codes], names)

    def moments(self, order: NDArray[np.intp]) -> pa.Array:
        """Their moments."""
        return _moments(self.at_ms[order])


def _quotes(samples: Sequence[QuoteSample], ids: Sequence[InstrumentId]) -> dict[str, pa.Table]:
    rows = _Rows([each.at for each in samples], [each.slots for each in samples], ids)
    bid = np.concatenate([each.bid for each in samples])
    ask = np.concatenate([each.ask for each in samples])
    schema = SCHEMAS[Dataset.QUOTES]
    found = {}
    for venue in sorted({*rows.venues, *(name for each in samples for name in each.venues)}):
        beats = [each for each in samples if venue in each.venues]
        order = rows.order(venue)
        kind, symbol = rows.symbols(order)
        is_gap = np.isnan(bid[order])
        state = np.where(is_gap, _GAP, _QUOTE).astype(np.int32)
        proof = np.asarray([_WHOLE if each.is_whole else _BEAT for each in beats], dtype=np.int32)
        moments = _moments(np.asarray([_ms(each.at) for each in beats], dtype=np.int64))
        none = len(beats)
        head = [moments, pa.nulls(none, kind.type), pa.nulls(none, symbol.type), _coded(proof, _STATES)]
        head += [pa.nulls(none, pa.float64())] * 2
        body = [rows.moments(order), kind, symbol, _coded(state, _STATES), _known(bid[order]), _known(ask[order])]
        tables = [pa.Table.from_arrays(each, schema=schema) for each in (head, body)]
        found[venue] = pa.concat_tables(tables).unify_dictionaries()
    return found


def _prices(samples: Sequence[PriceSample], ids: Sequence[InstrumentId]) -> dict[str, pa.Table]:
    rows = _Rows([each.at for each in samples], [each.slots for each in samples], ids)
    prices = np.concatenate([each.prices for each in samples]).astype(np.float32)
    found = {}
    for venue in rows.venues:
        order = rows.order(venue)
        columns = [rows.moments(order), *rows.symbols(order), pa.array(prices[order])]
        found[venue] = pa.Table.from_arrays(columns, schema=SCHEMAS[Dataset.PRICES])
    return found


def _funding(samples: Sequence[FundingSample], ids: Sequence[InstrumentId]) -> dict[str, pa.Table]:
    rows = _Rows([each.at for each in samples], [each.slots for each in samples], ids)
    figures = np.concatenate([each.rows for each in samples])
    found = {}
    for venue in rows.venues:
        order = rows.order(venue)
        rate, interval, next_s, mark, index = figures[order].T
        next_at = _moments(np.round(next_s * 1000).astype(np.int64))
        own = [pa.array(rate), pa.array(interval), next_at, _known(mark), _known(index)]
        columns = [rows.moments(order), rows.symbols(order)[1], *own]
        found[venue] = pa.Table.from_arrays(columns, schema=SCHEMAS[Dataset.FUNDING])
    return found


def _ms(at: datetime) -> int:
    return (at - _EPOCH) // _MILLISECOND


def _moments(at_ms: NDArray[np.int64]) -> pa.Array:
    return pa.array(at_ms, pa.timestamp("ms", tz="UTC"))


def _known(figures: NDArray[np.float64]) -> pa.Array:
    """NaN becomes null: absent, not a number."""
    return pa.array(figures, mask=np.isnan(figures))


def _coded(codes: NDArray[np.int32], names: list[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(names, pa.string()))
