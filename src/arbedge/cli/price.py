"""`arbedge price FILE`: exact pricing of an evidence file; prints every line of its profit as JSON."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from arbedge.cli.failure import EXIT_OK
from arbedge.errors import Invalid
from arbedge.opportunities.evidence import parse
from arbedge.opportunities.pricing import price, render

__all__ = ["configure", "read_json", "run"]


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the arguments."""
    _ = name
    parser.add_argument("file", metavar="FILE", help="evidence (schema arbedge.evidence/1) as JSON; - reads stdin")


def run(arguments: argparse.Namespace) -> int:
    """Price the file; exit 0 whatever the profit, 2 when the file is not evidence."""
    priced = price(parse(read_json(arguments.file)))
    sys.stdout.write(json.dumps(render(priced), indent=1) + "\n")
    return EXIT_OK


def read_json(name: str) -> Any:
    """The JSON document in the file (or stdin for `-`); numbers stay as written, duplicate keys are refused."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Invalid(f"{name}: not UTF-8 text; expected an evidence file in JSON") from None
    except OSError as error:
        raise Invalid(f"{name}: {error.strerror or error}; name a readable evidence file") from None
    try:
        return json.loads(text, object_pairs_hook=_no_duplicates)
    except json.JSONDecodeError as error:
        raise Invalid(f"{name}: not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise Invalid(f"{name}: nested too deeply to be an evidence file") from None


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for key, value in pairs:
        if key in document:
            raise Invalid(f"{key}: given twice; keep one")
        document[key] = value
    return document
