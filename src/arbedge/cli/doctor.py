"""`arbedge doctor`: checks this machine, the settings and each venue; every line says what to do."""

import argparse
import json
import platform
import resource
import shutil
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass

from arbedge.bootstrap.datadir import Datadir
from arbedge.bootstrap.records import open_records
from arbedge.bootstrap.settings import LoadedSettings
from arbedge.bootstrap.venues import OpenVenue, open_venues
from arbedge.cli.failure import EXIT_BROKEN, EXIT_OK
from arbedge.cli.options import add_format, add_settings, settings_of
from arbedge.domain.instrument import MarketKind
from arbedge.errors import ArbEdgeError, NotFound
from arbedge.foundation.runtime import loop

__all__ = ["Finding", "configure", "run"]

_FILES_WANTED = 1024
_DISK_WANTED_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: `is_good` None means worth knowing, no more."""

    name: str
    is_good: bool | None
    text: str


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the arguments."""
    _ = name
    add_format(parser, "text", "json")
    add_settings(parser)


def run(arguments: argparse.Namespace) -> int:
    """Check everything; exit 1 when anything is wrong."""
    findings = loop.run(_collect(settings_of(arguments)))
    if arguments.format == "json":
        sys.stdout.write(json.dumps([asdict(each) for each in findings], indent=1) + "\n")
    else:
        marks = {True: "ok ", False: "BAD", None: "   "}
        for each in findings:
            sys.stdout.write(f"{marks[each.is_good]}  {each.name:<20} {each.text}\n")
    return EXIT_BROKEN if any(each.is_good is False for each in findings) else EXIT_OK


async def _collect(loaded: LoadedSettings) -> list[Finding]:
    findings = [*_machine(), *_disk(loaded)]
    findings += [Finding("note", None, notice) for notice in loaded.notices]
    findings += [each async for each in _records(loaded)]
    async with open_venues(loaded) as venues:
        for missing in venues.without_adapter:
            findings.append(
                Finding(f"venue {missing}", None, "has no adapter yet; remove it from EXCHANGES to be rid of this")
            )
        for venue in venues:
            findings.append(await _venue(venue, loaded.settings.market.max_clock_offset_ms))
    return findings


def _machine() -> list[Finding]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = soft >= _FILES_WANTED
    advice = "" if enough else f"; raise it: ulimit -n {min(hard, 4096)}"
    return [
        Finding("python", sys.version_info >= (3, 11), platform.python_version()),
        Finding("open files", enough, f"{soft} allowed{advice}"),
    ]


def _disk(loaded: LoadedSettings) -> list[Finding]:
    folder = Datadir(loaded.settings.data_dir)
    try:
        folder.create()
    except ArbEdgeError as error:
        return [Finding("data folder", False, str(error))]
    free = shutil.disk_usage(folder.path).free
    enough = free >= _DISK_WANTED_BYTES
    advice = "" if enough else "; make room, or set ARBEDGE_DATA_DIR to a larger disk"
    return [
        Finding("data folder", True, str(folder.path)),
        Finding("free disk", enough, f"{free / (1 << 30):.1f} GiB{advice}"),
    ]


async def _records(loaded: LoadedSettings) -> AsyncIterator[Finding]:
    try:
        async with open_records(loaded) as records:
            found = await records.check()
        yield Finding("records", True, found)
    except NotFound:
        yield Finding("records", None, "none yet; `arbedge run` makes them")
    except ArbEdgeError as error:
        yield Finding("records", False, str(error))


async def _venue(venue: OpenVenue, limit_ms: float) -> Finding:
    try:
        sample = await venue.catalogue.fetch_clock()
        listed = await venue.catalogue.fetch_instruments(MarketKind.SPOT)
    except ArbEdgeError as error:
        return Finding(f"venue {venue.name}", False, str(error))
    text = (
        f"{len(listed)} spot instruments, round trip {sample.round_trip_ms:.0f} ms, "
        f"its clock {sample.offset_ms:+.0f} ms from ours"
    )
    if abs(sample.offset_ms) > limit_ms:
        return Finding(
            f"venue {venue.name}", False, f"{text}: over {limit_ms:.0f} ms; set this machine's clock (NTP)"
        )
    return Finding(f"venue {venue.name}", True, text)
