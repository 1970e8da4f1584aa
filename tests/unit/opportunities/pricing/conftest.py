"""A plain pair and a plain triangle whose figures can be worked out by hand, changed key by key."""

import copy

import pytest

BUY_AT_100 = {"asks": [["100", "10"]], "bids": [["99", "10"]]}
SELL_AT_102 = {"bids": [["102", "10"]], "asks": [["103", "10"]]}
KINDS = {
    "spot_spot": ("spot", "spot"),
    "spot_perp": ("spot", "perp"),
    "perp_spot": ("perp", "spot"),
    "perp_perp": ("perp", "perp"),
    "funding": ("perp", "perp"),
}


def put(document, changes):
    """Set keys by dotted path; the value `...` removes the key. List positions are numbers."""
    for path, value in changes.items():
        *way, last = (int(part) if part.isdigit() else part for part in path.split("."))
        target = document
        for part in way:
            target = target[part]
        if value is ...:
            del target[last]
        else:
            target[last] = value
    return document


@pytest.fixture
def make_pair():
    """Five base units bought at 100, sold at 102; both fees 0.1 % in quote, lots 0.1."""

    def make(kind="spot_spot", **changes):
        long_kind, short_kind = KINDS[kind]
        document = {
            "schema": "arbedge.evidence/1",
            "kind": kind,
            "as_of": "2026-11-22T12:00:00Z",
            "notional": "500",
            "long": {"kind": long_kind, "book": BUY_AT_100, "lot": "0.1", "taker_fee": "0.001"},
            "short": {"kind": short_kind, "book": SELL_AT_102, "lot": "0.1", "taker_fee": "0.001"},
        }
        return put(copy.deepcopy(document), {key.replace("__", "."): value for key, value in changes.items()})

    return make


@pytest.fixture
def make_triangle():
    """1,000 quote buys 10 A at 100, 10 A buy 20 B at 0.5 A, 20 B sell at 51; no fees."""

    def make(**changes):
        trade = {"lot": "0.01", "taker_fee": "0"}
        document = {
            "schema": "arbedge.evidence/1",
            "kind": "triangular",
            "as_of": "2026-11-22T12:00:00Z",
            "notional": "1000",
            "legs": [
                {"side": "buy", "book": {"asks": [["100", "50"]], "bids": [["99", "50"]]}, **trade},
                {"side": "buy", "book": {"asks": [["0.5", "100"]], "bids": [["0.49", "100"]]}, **trade},
                {"side": "sell", "book": {"asks": [["52", "100"]], "bids": [["51", "100"]]}, **trade},
            ],
        }
        return put(copy.deepcopy(document), {key.replace("__", "."): value for key, value in changes.items()})

    return make
