"""`arbedge markets` and `arbedge funding`: instruments and funding as ArbEdge understands them."""

import argparse
import json
import sys
from datetime import timedelta
from typing import Any

from arbedge.bootstrap.crosscheck import crosscheck
from arbedge.bootstrap.venues import OpenVenue, open_venues
from arbedge.cli.failure import EXIT_NO_VENUE, EXIT_OK
from arbedge.cli.options import add_format, add_settings, moment, settings_of
from arbedge.cli.rows import stamp
from arbedge.cli.table import print_table
from arbedge.domain.funding import FundingState
from arbedge.domain.instrument import Instrument, MarketKind
from arbedge.domain.money import figure
from arbedge.errors import ArbEdgeError, NotFound
from arbedge.foundation.runtime import loop
from arbedge.foundation.runtime.clock import SystemClock

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the arguments."""
    parser.add_argument("--venue", default=None, help="one venue only")
    if name == "markets":
        parser.add_argument("--kind", choices=[kind.value for kind in MarketKind], help="spot or perp only")
        parser.add_argument("--match", default="", help="only symbols, assets or quotes that contain this")
        parser.add_argument("--check", action="store_true", help="hold every instrument against ccxt's reading")
    else:
        parser.add_argument("symbol", nargs="?", help="one contract by the venue's symbol: its settled history")
        parser.add_argument("--since", default="7d", help="history from then (a time or a span back; default: 7d)")
        parser.add_argument("--match", default="", help="only symbols that contain this")
    add_format(parser, "table", "json")
    add_settings(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run either command; exit 3 when no venue answered."""
    return loop.run(_run(arguments))


async def _run(arguments: argparse.Namespace) -> int:
    rows: list[dict[str, Any]] = []
    failures: list[str] = []
    async with open_venues(settings_of(arguments), only=arguments.venue) as venues:
        for venue in venues:
            try:
                rows += await _rows(arguments, venue)
            except NotFound:
                raise
            except ArbEdgeError as error:
                failures.append(str(error) if str(error).startswith(venue.name) else f"{venue.name}: {error}")
    for failure in failures:
        sys.stderr.write(f"arbedge: {failure}\n")
    if failures and not rows:
        return EXIT_NO_VENUE
    if arguments.format == "json":
        sys.stdout.write(json.dumps(rows, indent=1) + "\n")
    elif rows:
        print_table(rows)
    else:
        sys.stdout.write("ccxt reads every instrument the same\n" if _is_check(arguments) else "nothing matches\n")
    return EXIT_OK


async def _rows(arguments: argparse.Namespace, venue: OpenVenue) -> list[dict[str, Any]]:
    if arguments.command == "markets" and arguments.check:
        return await _differences(arguments, venue)
    if arguments.command == "markets":
        kinds = [MarketKind(arguments.kind)] if arguments.kind else venue.kinds
        found = [each for kind in kinds for each in await venue.catalogue.fetch_instruments(kind)]
        return [_market_row(each) for each in found if _matches(each, arguments.match)]
    if arguments.symbol:
        return await _settled_rows(arguments, venue)
    states = await venue.funding.fetch_funding()
    return [_funding_row(each) for each in states if arguments.match.upper() in each.instrument.symbol]


async def _settled_rows(arguments: argparse.Namespace, venue: OpenVenue) -> list[dict[str, Any]]:
    perps = await venue.catalogue.fetch_instruments(MarketKind.PERP)
    match = next((each for each in perps if each.id.symbol == arguments.symbol.upper()), None)
    if match is None:
        raise NotFound(f"{venue.name} lists no perpetual {arguments.symbol}; see `arbedge markets --kind perp`")
    now = SystemClock().now()
    since = moment(arguments.since, now, "--since")
    settled = await venue.funding.fetch_funding_history(match.id, since, now + timedelta(seconds=1))
    return [
        {"venue": venue.name, "symbol": match.id.symbol, "at": stamp(each.at), "rate": format(each.rate, "f")}
        for each in settled
    ]


async def _differences(arguments: argparse.Namespace, venue: OpenVenue) -> list[dict[str, Any]]:
    config = settings_of(arguments).settings.venues.of(venue.name)
    found = await crosscheck(venue, config, SystemClock())
    return [
        {"instrument": each.symbol, "what": each.what, "ours": each.ours, "ccxt": each.theirs} for each in found
    ]


def _matches(instrument: Instrument, text: str) -> bool:
    wanted = text.upper()
    return any(wanted in name.upper() for name in (instrument.id.symbol, instrument.asset, instrument.quote))


def _market_row(each: Instrument) -> dict[str, Any]:
    return {
        "venue": each.id.venue,
        "kind": each.id.kind.value,
        "symbol": each.id.symbol,
        "asset": each.asset,
        "quote": each.quote,
        "status": each.status.value,
        "class": each.asset_class.value,
        "multiplier": figure(each.multiplier),
        "contract_size": figure(each.contract_size),
        "tick": format(each.tick, "f"),
        "lot": format(each.lot, "f"),
        "min_qty": format(each.min_qty, "f"),
        "min_notional": format(each.min_notional, "f"),
    }


def _funding_row(state: FundingState) -> dict[str, Any]:
    return {
        "venue": state.instrument.venue,
        "symbol": state.instrument.symbol,
        "rate": format(state.rate, "f"),
        "interval_hours": figure(state.interval_hours),
        "rate_8h": figure(state.rate_8h),
        "next_at": stamp(state.next_at),
        "cap": None if state.cap is None else format(state.cap, "f"),
        "floor": None if state.floor is None else format(state.floor, "f"),
        "at_cap": state.at_cap,
        "mark": None if state.mark is None else format(state.mark, "f"),
    }


def _is_check(arguments: argparse.Namespace) -> bool:
    return arguments.command == "markets" and bool(arguments.check)
