"""Writes the settings' reference page and the example file from the catalogue, so that neither can go stale.

`python -m arbedge.bootstrap.settings_page page > docs/reference/settings.md` and
`python -m arbedge.bootstrap.settings_page example > arbedge.example.toml` renew them; a test compares.
"""

import sys
from collections.abc import Collection, Iterable, Iterator, Sequence

from arbedge.bootstrap.settings import settings_catalogue
from arbedge.bootstrap.settings_catalogue import RESERVED_NAMES, SettingEntry, Shape

__all__ = ["example_file", "settings_page"]

_FIRST_VENUE = "binance"

_INTRODUCTION = """\
# Settings

This page is written by `python -m arbedge.bootstrap.settings_page page`; a test fails when it is out of date.

ArbEdge starts without any setting. To change one, write it into `arbedge.toml` in the working directory (or the
file that `ARBEDGE_CONFIG` names; `arbedge.example.toml` shows every one), or set its environment variable. The
command line wins over the environment, the environment over the file, the file over the default. A group of the
file (`[market]`) becomes `__` in the variable: `market.skew_s` is `ARBEDGE_MARKET__SKEW_S`.

A list is written `a,b,c` or as JSON in the environment; a table as `NAME=value,NAME=value` or JSON, or one
variable an item (`ARBEDGE_VENUES__BINANCE__BORROW_RATES_HOURLY__BTC=0.00001`). Empty text counts as not
set. An unknown name in the file, or an unknown variable beginning with `ARBEDGE_`, is refused: a misspelt setting
never passes in silence. A start with wrong settings lists all of them at once. `arbedge config show` prints every
value and where it came from; secrets are never printed.

`EXCHANGES`, `MONITORED_PAIRS_CONFIG`, `ARBITRAGE_THRESHOLD`, `MIN_NET_BPS` and `ENCRYPTION_KEY` are the names that
existing deployments use. Where both names of a setting are set, the one beginning with `ARBEDGE_` counts.

`MONITORED_PAIRS_CONFIG` is a JSON list, and restricts the watch list to what it names:
`[{"symbol": "BTCUSDT", "base": "BTC", "quote": "USDT", "exchange_id": "binance"}]`.
"""

_GROUPS = {
    "": "General",
    "market": "Market: how fresh, how often, what is watched",
    "opportunities": "Opportunities: what is priced and shown",
    "outcomes": "Outcomes: how what was shown is followed, what is kept",
    "venues.<name>": "Venues: `<name>` is one of binance, bybit, okx, bitget, hyperliquid",
    "venues.bitget": "Bitget: what no other venue has",
    "storage": "Storage: how records are written",
    "recorder": "Recorder: what is recorded how often, and how much disk it may take",
    "services": "Services: how they are started, watched and stopped",
}


def settings_page() -> str:
    """The reference page, Markdown."""
    pieces = [_INTRODUCTION]
    for group, title in _GROUPS.items():
        rows = [entry for entry in _once_a_venue(settings_catalogue().values()) if _group(entry.path) == group]
        pieces.append(
            f"\n## {title}\n\n| Setting | Environment | Expected | Default | Meaning |\n|---|---|---|---|---|\n"
        )
        pieces.extend(_row(entry) for entry in rows)
    pieces.append("\n## Variables that are not settings\n\n| Environment | Meaning |\n|---|---|\n")
    pieces.extend(f"| `{name}` | {meaning} |\n" for name, meaning in RESERVED_NAMES.items())
    return "".join(pieces)


def example_file() -> str:
    """A settings file with every setting commented out at its default."""
    lines = [
        "# Every setting at its default; remove the # to change one. docs/reference/settings.md explains them.",
        *_example_group(settings_catalogue().values()),
    ]
    return "\n".join(lines) + "\n"


def _once_a_venue(entries: Iterable[SettingEntry]) -> Iterator[SettingEntry]:
    """What every venue has is told of the first alone; what one has besides, of that one."""
    known = {entry.path: entry for entry in entries}
    return (entry for path, entry in known.items() if not _is_repeated(path, known))


def _is_repeated(path: str, known: Collection[str]) -> bool:
    parts = path.split(".")
    if parts[0] != "venues" or parts[1] == _FIRST_VENUE:
        return False
    return ".".join(("venues", _FIRST_VENUE, *parts[2:])) in known


def _group(path: str) -> str:
    return path.rpartition(".")[0].replace(f"venues.{_FIRST_VENUE}", "venues.<name>")


def _row(entry: SettingEntry) -> str:
    path = entry.path.replace(f"venues.{_FIRST_VENUE}", "venues.<name>")
    env = f"`{entry.env}`".replace(f"VENUES__{_FIRST_VENUE.upper()}", "VENUES__<NAME>")
    alias = f" or `{entry.alias}`" if entry.alias else ""
    return f"| `{path}` | {env}{alias} | {entry.expected} | {_code(entry.default)} | {entry.description} |\n"


def _code(default: str) -> str:
    return default if default == "unset" else f"`{default}`"


def _example_group(entries: Iterable[SettingEntry]) -> Iterator[str]:
    group = ""
    for entry in _once_a_venue(entries):
        above, _, name = entry.path.rpartition(".")
        if above != group:
            group = above
            yield f"\n[{group}]"
        yield f"# {entry.description}"
        yield f"# {entry.expected}"
        yield f"#{name} = {_toml_value(entry)}"


def _toml_value(entry: SettingEntry) -> str:
    if entry.default == "unset":
        return {Shape.LIST: "[]", Shape.MAPPING: "{}", Shape.SCALAR: '""'}[entry.shape]
    if entry.shape is Shape.LIST:
        return "[" + ", ".join(_toml_scalar(item) for item in entry.default.split(",")) + "]"
    return _toml_scalar(entry.default)


def _toml_scalar(text: str) -> str:
    return text if text.lstrip("-").replace(".", "", 1).isdigit() else f'"{text}"'


def main(arguments: Sequence[str]) -> None:
    """Print the page or the example file."""
    sys.stdout.write(example_file() if list(arguments) == ["example"] else settings_page())


if __name__ == "__main__":
    main(sys.argv[1:])
