"""The columns of an export, declared once for every format."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from typing import Any

import msgspec

from arbedge.domain.opportunity import Opportunity

__all__ = ["COLUMNS", "Cell", "Column", "ColumnType"]

Cell = str | Decimal | datetime | float | bool | None
_LEGS = 3


class ColumnType(StrEnum):
    """What a column holds; DECIMAL is exact, FLOAT only orders."""

    TEXT = "text"
    DECIMAL = "decimal"
    MOMENT = "moment"
    FLOAT = "float"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its type and how to read it of a row; None where it does not apply to the kind."""

    name: str
    type: ColumnType
    read: Callable[[Any], Cell]


def _plain(type_: ColumnType, *names: str) -> tuple[Column, ...]:
    return tuple(Column(name, type_, attrgetter(name)) for name in names)


def _figure(name: str) -> Column:
    return Column(name, ColumnType.DECIMAL, lambda row: getattr(row.priced, name, None))


def _hedge(name: str) -> Column:
    return Column(name, ColumnType.DECIMAL, lambda row: getattr(getattr(row.priced, "hedge", None), name, None))


def _leg(number: int) -> tuple[Column, ...]:
    def read(part: Callable[[Opportunity], str]) -> Callable[[Opportunity], Cell]:
        return lambda row: part(row) if number < len(row.candidate.legs) else None

    name = f"leg{number + 1}"
    return (
        Column(f"{name}_side", ColumnType.TEXT, read(lambda row: row.candidate.legs[number].side.value)),
        Column(f"{name}_venue", ColumnType.TEXT, read(lambda row: row.candidate.legs[number].instrument.venue)),
        Column(f"{name}_kind", ColumnType.TEXT, read(lambda row: row.candidate.legs[number].instrument.kind.value)),
        Column(f"{name}_symbol", ColumnType.TEXT, read(lambda row: row.candidate.legs[number].instrument.symbol)),
    )


def _json(name: str, read: Callable[[Opportunity], object]) -> Column:
    return Column(name, ColumnType.TEXT, lambda row: msgspec.json.encode(read(row)).decode())


_FIGURES = (
    "order_qty",
    "qty",
    "residual_base",
    "long_vwap",
    "short_vwap",
    "entry_notional",
    "price",
    "fees_entry",
    "fees_exit",
    "funding",
    "borrow",
    "transfer",
    "conversion",
    "spent",
    "end",
    "net",
    "net_bps",
    "capital",
    "return_on_capital",
)

COLUMNS: tuple[Column, ...] = (
    *_plain(ColumnType.TEXT, "id"),
    Column("kind", ColumnType.TEXT, lambda row: row.kind.value),
    *_plain(ColumnType.TEXT, "asset"),
    *(column for number in range(_LEGS) for column in _leg(number)),
    Column("identity", ColumnType.TEXT, lambda row: row.identity.value),
    Column("qualifies_on", ColumnType.TEXT, lambda row: row.qualifies_on.value),
    *_plain(ColumnType.MOMENT, "opened_at", "updated_at", "closed_at"),
    *_plain(ColumnType.TEXT, "close_reason"),
    *_plain(ColumnType.DECIMAL, "notional", "horizon_hours", "breakeven_hours"),
    *(_figure(name) for name in _FIGURES),
    *(_hedge(name) for name in ("net_stay", "net_close", "carry_apr")),
    *_plain(ColumnType.DECIMAL, "capacity_usd", "peak_net_bps"),
    Column("score", ColumnType.FLOAT, lambda row: row.score.total),
    _json("score_parts", lambda row: row.score.parts),
    _json("size_curve", lambda row: row.size_curve),
    *_plain(ColumnType.TEXT, "evidence_hash"),
    *_plain(ColumnType.FLAG, "is_simulated"),
    *_plain(ColumnType.FLOAT, "expected_life_s", "half_life_s"),
)
"""Every figure of an opportunity, flat; `size_curve` and `score_parts` are JSON text."""
