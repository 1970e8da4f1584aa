"""The live screen: ranked opportunities, venue health, rates, and an honest empty state."""

from decimal import Decimal

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from arbedge.bootstrap.snapshot import RunSnapshot, VenueLine
from arbedge.domain.money import figure
from arbedge.domain.opportunity import Opportunity, OpportunityKind, Qualification, Rejection

__all__ = ["draw"]

_STATE_STYLE = {"live": "green", "degraded": "yellow", "restricted": "red", "down": "red", "connecting": "cyan"}
_ROWS_MAX = 20


def draw(snapshot: RunSnapshot) -> RenderableType:
    """The whole screen for one snapshot."""
    parts: list[RenderableType] = [_header(snapshot), _venues(snapshot)]
    parts.append(_opportunities(snapshot) if snapshot.opportunities else _nothing(snapshot))
    parts.append(_footer(snapshot))
    return Group(*parts)


def _header(snapshot: RunSnapshot) -> Text:
    line = Text("ArbEdge", style="bold")
    if snapshot.is_simulated:
        line.append("  SIMULATED", style="bold black on yellow")
        line.append(" lab exchanges on this machine, not a market", style="yellow")
    line.append(f"   {snapshot.as_of:%Y-%m-%d %H:%M:%S} UTC   up {snapshot.uptime_s:.0f} s", style="dim")
    return line


def _venues(snapshot: RunSnapshot) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name, justify in (("venue", "left"), ("state", "left"), ("instruments", "right"), ("quotes", "right")):
        table.add_column(name, justify="right" if justify == "right" else "left", no_wrap=True)
    table.add_column("frames/s", justify="right", no_wrap=True)
    table.add_column("clock", justify="right", no_wrap=True)
    table.add_column("note", overflow="fold")
    for venue in snapshot.venues:
        table.add_row(*_venue_cells(venue))
    return table


def _venue_cells(venue: VenueLine) -> tuple[RenderableType, ...]:
    clock = "" if venue.clock_offset_ms is None else f"{venue.clock_offset_ms:+.0f} ms"
    return (
        venue.name,
        Text(venue.state, style=_STATE_STYLE.get(venue.state, "")),
        f"{venue.instruments:,}",
        f"{venue.quotes:,}",
        f"{venue.frames_per_s:,.0f}",
        clock,
        Text(venue.error or "", style="red" if venue.state in {"down", "restricted"} else "yellow"),
    )


def _opportunities(snapshot: RunSnapshot) -> Table:
    table = Table(header_style="bold", expand=True, title=f"{len(snapshot.opportunities)} open, best first")
    columns = (
        "#",
        "score",
        "kind",
        "asset",
        "route",
        "net bps",
        "net",
        "on capital",
        "horizon",
        "capacity",
        "age",
        "id",
    )
    right = {"#", "score", "net bps", "net", "on capital", "horizon", "capacity", "age"}
    for name in columns:
        table.add_column(name, justify="right" if name in right else "left", no_wrap=name != "route")
    for number, each in enumerate(snapshot.opportunities[:_ROWS_MAX], start=1):
        table.add_row(*_cells(number, each, snapshot))
    return table


def _cells(number: int, each: Opportunity, snapshot: RunSnapshot) -> tuple[RenderableType, ...]:
    age_s = (snapshot.as_of - each.opened_at).total_seconds()
    net = Text(_short(each.priced.net, 2), style="green" if each.priced.net > 0 else "red")
    if each.qualifies_on is Qualification.NET_CLOSE:
        net.append(" if it closes", style="yellow")
    is_triangle = each.kind is OpportunityKind.TRIANGULAR
    return (
        str(number),
        f"{each.score.total:.3f}",
        each.kind.value,
        each.asset,
        _route(each),
        _short(each.priced.net_bps, 1),
        net,
        f"{each.priced.return_on_capital * 100:.3f} %",
        "now" if is_triangle else f"{figure(each.horizon_hours)} h",
        f"{each.capacity_usd:,.0f}",
        f"{age_s:.0f} s",
        each.id[:10],
    )


def _route(each: Opportunity) -> str:
    if each.kind is OpportunityKind.TRIANGULAR:
        return " → ".join(f"{leg.side} {leg.instrument.symbol}" for leg in each.candidate.legs)
    long, short = each.candidate.legs
    return f"{_name(long.instrument)} → {_name(short.instrument)}"


def _name(instrument: tuple[str, str, str]) -> str:
    venue, kind, symbol = instrument
    return f"{venue} {kind} {symbol}"


def _nothing(snapshot: RunSnapshot) -> Panel:
    lines = Text()
    if not snapshot.venues:
        lines.append("No venue is configured.")
    elif snapshot.quoting_venues == 0:
        lines.append("No venue answers yet, so there is nothing to compare. ")
        lines.append("`make demo` shows the same screen on simulated exchanges.")
    else:
        lines.append("Nothing qualifies right now: no candidate passes every gate.")
    if snapshot.closest is not None:
        lines.append("\n" + _closest(snapshot.closest))
    return Panel(lines, title="no opportunity", border_style="dim")


def _closest(closest: Rejection) -> str:
    reached = f" ({figure(closest.net_bps)} bps net)" if closest.net_bps is not None else ""
    route = " / ".join(f"{leg.side} {leg.instrument}" for leg in closest.candidate.legs)
    head = f"Closest: {closest.asset} {closest.candidate.kind}{reached}: {route}"
    return f"{head}\n  lacks {closest.gate}: {closest.reason}"


def _footer(snapshot: RunSnapshot) -> Text:
    line = Text(style="dim")
    if snapshot.rejected:
        gates = ", ".join(f"{gate} {count}" for gate, count in snapshot.rejected.items() if count)
        line.append(f"not shown, by first failed gate: {gates or 'none'}\n")
    for notice in snapshot.notices:
        line.append(f"note: {notice}\n", style="yellow")
    line.append("Ctrl-C ends · arbedge why ID · arbedge prove ID")
    return line


def _short(value: Decimal, places: int) -> str:
    return f"{value:,.{places}f}"
