"""Arguments several commands share, and how their text becomes values."""

import argparse
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, DecimalException

from arbedge.bootstrap.settings import LoadedSettings, load_settings
from arbedge.errors import Invalid

__all__ = ["add_format", "add_settings", "duration_s", "moment", "positive_int", "seed", "settings_of"]

_SPAN = re.compile(r"(\d+)([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_LIMIT_MAX = 100_000
_SEED_MAX = 2**31 - 1
_DURATION_MAX_S = 10 * 365 * 86_400


def add_settings(parser: argparse.ArgumentParser) -> None:
    """`--set PATH=VALUE`, repeatable: one setting for this run only."""
    parser.add_argument(
        "--set",
        dest="overrides",
        action="append",
        default=[],
        metavar="PATH=VALUE",
        help="override one setting for this run, as in --set opportunities.min_net_bps=2",
    )


def add_format(parser: argparse.ArgumentParser, *formats: str) -> None:
    """`--format`, the first being the default."""
    parser.add_argument("--format", choices=formats, default=formats[0], help=f"default: {formats[0]}")


def settings_of(arguments: argparse.Namespace, **fixed: str) -> LoadedSettings:
    """The effective settings, with this run's overrides on top. Raises `ConfigError` listing every problem."""
    overrides: dict[str, str] = {}
    for each in getattr(arguments, "overrides", []):
        path, equals, value = each.partition("=")
        if not equals or not path:
            raise Invalid(f"--set {each}: write PATH=VALUE, as in --set opportunities.min_net_bps=2")
        overrides[path] = value
    return load_settings(overrides={**overrides, **fixed})


def moment(text: str, now: datetime, option: str) -> datetime:
    """A moment: ISO 8601 (UTC where no offset is given), or a span back from now such as 90m, 24h, 7d."""
    span = _SPAN.fullmatch(text.strip())
    try:
        if span:
            return now - timedelta(seconds=int(span[1]) * _SECONDS[span[2]])
        parsed = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise Invalid(f"{option} {text}: write a time such as 2026-11-22T12:00:00Z or a span such as 24h") from None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def positive_int(text: str) -> int:
    """A whole number from 1 to 100,000, for argparse."""
    try:
        value = int(Decimal(text))
    except (DecimalException, ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
    if not 1 <= value <= _LIMIT_MAX:
        raise argparse.ArgumentTypeError(f"{text} is not in 1..{_LIMIT_MAX}")
    return value


def duration_s(text: str) -> float:
    """Seconds from 0 to ten years, or a span such as 90s, 10m, 24h; for argparse."""
    span = _SPAN.fullmatch(text.strip())
    try:
        value = float(int(span[1]) * _SECONDS[span[2]]) if span else float(text)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds") from None
    if not 0 <= value <= _DURATION_MAX_S:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds from 0 to {_DURATION_MAX_S}")
    return value


def seed(text: str) -> int:
    """The seed of a simulated market, for argparse."""
    if not text.isascii() or not text.isdigit() or int(text) > _SEED_MAX:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {_SEED_MAX}")
    return int(text)
