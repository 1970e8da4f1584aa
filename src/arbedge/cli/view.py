"""The live screen: ranked opportunities, venue health, rates, and an honest empty state."""

from collections.abc import Callable
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from arbedge.bootstrap.snapshot import RunSnapshot, VenueLine
from arbedge.cli.rows import headline, is_if_closed
from arbedge.domain.money import figure
from arbedge.domain.opportunity import Opportunity, OpportunityKind, Rejection

__all__ = ["draw"]

_STATE_STYLE = {"live": "green", "degraded": "yellow", "restricted": "red", "down": "red", "connecting": "cyan"}
_ROWS_MAX = 20
_MARK = "*"
_LESS_THAN_ANY_TERMINAL = 0


def draw(snapshot: RunSnapshot, width: int, *, is_live: bool = True) -> RenderableType:
    """The whole screen for one snapshot, on a terminal `width` characters wide; not live means one look only."""
    parts: list[RenderableType] = [_header(snapshot), _venues(snapshot)]
    parts.append(_opportunities(snapshot, width) if snapshot.opportunities else _nothing(snapshot, is_live=is_live))
    parts.append(_footer(snapshot, is_live=is_live))
    return Group(*parts)


def _header(snapshot: RunSnapshot) -> Text:
    line = Text("ArbEdge", style="bold")
    if snapshot.is_simulated:
        line.append("  ")
        line.append(" SIMULATED ", style="bold black on yellow")
        line.append(" not a market", style="yellow")
    line.append(f"   {snapshot.as_of:%Y-%m-%d %H:%M:%S} UTC   up {snapshot.uptime_s:.0f} s", style="dim")
    return line


def _venues(snapshot: RunSnapshot) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("venue", "state", "instruments", "quotes", "frames/s", "clock"):
        table.add_column(name, justify="left" if name in {"venue", "state"} else "right", no_wrap=True)
    table.add_column("note", overflow="fold")
    for venue in snapshot.venues:
        table.add_row(*_venue_cells(venue))
    return table


def _venue_cells(venue: VenueLine) -> tuple[RenderableType, ...]:
    clock = "" if venue.clock_offset_ms is None else f"{round(venue.clock_offset_ms):+d} ms"
    return (
        venue.name,
        Text(venue.state, style=_STATE_STYLE.get(venue.state, "yellow")),
        f"{venue.instruments:,}",
        f"{venue.quotes:,}",
        f"{venue.frames_per_s:,.0f}",
        clock,
        Text(venue.error or "", style="red" if venue.state in {"down", "restricted"} else "yellow"),
    )


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the table: shown on terminals at least `from_width` wide."""

    name: str
    from_width: int
    cell: Callable[[Opportunity, RunSnapshot], RenderableType]
    is_right: bool = True


def _opportunities(snapshot: RunSnapshot, width: int) -> Table:
    shown = snapshot.opportunities[:_ROWS_MAX]
    more = f" ({len(snapshot.opportunities) - len(shown)} more)" if len(shown) < len(snapshot.opportunities) else ""
    table = Table(box=None, header_style="bold", padding=(0, 1), title_justify="left", title_style="bold")
    table.caption_justify, table.caption_style = "left", "yellow"
    table.title = f"{len(snapshot.opportunities)} open, best first{more}"
    columns = [column for column in _COLUMNS if width >= column.from_width]
    cells = [[column.cell(each, snapshot) for column in columns] for each in shown]
    for number, column in enumerate(columns):
        widest = max(cell_len(str(text)) for text in [column.name, *(row[number] for row in cells)])
        # Only the route gives way on a narrow terminal; figures are never cut.
        least = widest if column.name != "route" else None
        table.add_column(column.name, justify="right" if column.is_right else "left", no_wrap=True, min_width=least)
    for row in cells:
        table.add_row(*row)
    if any(is_if_closed(each) for each in shown):
        table.caption = f"{_MARK} net if the gap closes; no history proves yet that it does"
    return table


def _net_cell(each: Opportunity) -> Text:
    text = Text(f"{headline(each)[0]:,.2f}", style="green")
    text.append(_MARK if is_if_closed(each) else " ", style="yellow")
    return text


def _route(each: Opportunity) -> str:
    legs = each.candidate.legs
    if each.kind is OpportunityKind.TRIANGULAR:
        steps = [f"{leg.side} {leg.instrument.symbol}" for leg in legs]
    else:
        steps = [f"{leg.side} {leg.instrument.symbol} {leg.instrument.kind}" for leg in legs]
    venues = {leg.instrument.venue for leg in legs}
    if len(venues) == 1:
        return f"{venues.pop()}: {', '.join(steps)}"
    return ", ".join(f"{step} on {leg.instrument.venue}" for step, leg in zip(steps, legs, strict=True))


def _horizon(each: Opportunity) -> str:
    return "now" if each.kind is OpportunityKind.TRIANGULAR else f"{figure(each.horizon_hours)} h"


def _left(each: Opportunity) -> str:
    return "" if each.expected_life_s is None else f"{each.expected_life_s:,.0f} s"


_COLUMNS = (
    _Column("score", 72, lambda each, _: f"{each.score.total:.3f}"),
    _Column("kind", _LESS_THAN_ANY_TERMINAL, lambda each, _: each.kind.value, is_right=False),
    _Column("asset", _LESS_THAN_ANY_TERMINAL, lambda each, _: each.asset, is_right=False),
    _Column("route", 125, lambda each, _: _route(each), is_right=False),
    _Column("net bps", _LESS_THAN_ANY_TERMINAL, lambda each, _: f"{headline(each)[1]:,.1f}"),
    _Column("net USDT", _LESS_THAN_ANY_TERMINAL, lambda each, _: _net_cell(each)),
    _Column("on capital", 160, lambda each, _: f"{each.priced.return_on_capital * 100:.3f} %"),
    _Column("horizon", 82, lambda each, _: _horizon(each)),
    _Column("capacity", 145, lambda each, _: f"{each.capacity_usd:,.0f}"),
    _Column("age", 92, lambda each, now: f"{(now.as_of - each.opened_at).total_seconds():.0f} s"),
    _Column("left", 165, lambda each, _: _left(each)),
    _Column("id", _LESS_THAN_ANY_TERMINAL, lambda each, _: each.id[:8], is_right=False),
)


def _nothing(snapshot: RunSnapshot, *, is_live: bool) -> Panel:
    lines = Text()
    if not snapshot.venues:
        lines.append("No venue is configured.")
    elif snapshot.is_unanswered:
        lines.append("No venue answers, so there is nothing to compare. ")
        lines.append("It goes on trying; " if is_live else "")
        lines.append("`make demo` shows the same screen on simulated exchanges.")
    elif snapshot.quoting_venues == 0:
        lines.append("Connecting.")
    else:
        lines.append("Nothing qualifies right now: no candidate passes every gate.")
    if snapshot.closest is not None:
        lines.append("\n" + _closest(snapshot.closest))
    return Panel(lines, title="no opportunity", border_style="dim")


def _closest(closest: Rejection) -> str:
    reached = f" ({closest.net_bps:,.2f} bps net)" if closest.net_bps is not None else ""
    route = " / ".join(f"{leg.side} {leg.instrument}" for leg in closest.candidate.legs)
    head = f"Closest: {closest.asset} {closest.candidate.kind}{reached}: {route}"
    return f"{head}\n  lacks {closest.gate}: {closest.reason}"


def _footer(snapshot: RunSnapshot, *, is_live: bool) -> Text:
    line = Text(style="dim")
    if snapshot.rejected:
        gates = ", ".join(f"{gate} {count}" for gate, count in snapshot.rejected.items() if count)
        line.append(f"not shown, by first failed gate: {gates or 'none'}\n")
    for notice in snapshot.notices:
        line.append(f"note: {notice}\n", style="yellow")
    line.append(
        "Ctrl-C ends · arbedge why ID · arbedge prove ID" if is_live else "arbedge why ASSET tells which gate"
    )
    return line
