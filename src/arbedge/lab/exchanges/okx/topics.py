"""OKX's channels: which exist on which path, how often they push, and what a subscription's `arg` must say."""

from dataclasses import dataclass

import msgspec

__all__ = ["PATHS", "Arg", "Topic", "TopicRefused", "parse_arg"]

PATHS = {"/ws/v5/public", "/ws/v5/business", "/ws/v5/private"}

_EVERY_MS = {
    "bbo-tbt": 0,
    "tickers": 100,
    "books": 100,
    "books5": 100,
    "mark-price": 200,
    "index-tickers": 100,
    "funding-rate": 60_000,
}
"""Channels with something to say: shortest milliseconds between pushes, 0 for every change."""

_QUIET = {
    "trades",
    "open-interest",
    "price-limit",
    "liquidation-orders",
    "instruments",
    "status",
    "estimated-price",
}
_VIP = {"books-l2-tbt", "books50-l2-tbt"}
_MOVED = ("candle", "trades-all", "mark-price-candle", "index-candle", "sprd-")


class Arg(msgspec.Struct, omit_defaults=True):
    """One subscription as sent: a channel, and an instrument, a kind or a family."""

    channel: str
    inst_id: str = msgspec.field(default="", name="instId")
    inst_type: str = msgspec.field(default="", name="instType")
    inst_family: str = msgspec.field(default="", name="instFamily")


@dataclass(frozen=True, slots=True)
class Topic:
    """One subscription: its channel, what it names, its `arg` as echoed, its pace; quiet ones never push.

    A quiet channel exists at the venue and carries nothing in the lab.
    """

    channel: str
    inst_id: str
    arg: str
    every_ms: int
    is_quiet: bool


@dataclass(frozen=True, slots=True)
class TopicRefused:
    """Why a subscription is not served: the venue's code and words."""

    code: str
    message: str


def parse_arg(arg: Arg, path: str, listed: frozenset[str], indices: frozenset[str]) -> Topic | TopicRefused:
    """The subscription that `arg` asks for on a path, or the venue's refusal."""
    name, text = arg.channel, msgspec.json.encode(arg).decode()
    plain = msgspec.json.encode(Arg(name, arg.inst_id)).decode()  # what does not count is not echoed
    if path == "/ws/v5/private":
        return TopicRefused("60011", "Please log in")
    is_moved = name.startswith(_MOVED)
    if is_moved and path == "/ws/v5/business" and arg.inst_id in listed | indices:
        return Topic(name, arg.inst_id, text, 0, is_quiet=True)
    if name in _VIP:
        return TopicRefused("64003", "Your trading fee tier doesn't meet the requirement to access this channel")
    if path == "/ws/v5/public" and name in _QUIET:
        return Topic(name, arg.inst_id, text, 0, is_quiet=True)
    if path == "/ws/v5/public" and name in _EVERY_MS:
        known = indices if name == "index-tickers" else listed
        is_swap_only = name in {"funding-rate", "mark-price"}
        if arg.inst_id in known and not (is_swap_only and not arg.inst_id.endswith("-SWAP")):
            return Topic(name, arg.inst_id, plain, _EVERY_MS[name], is_quiet=False)
    named = f"channel:{name}" + (f",instId:{arg.inst_id}" if arg.inst_id else f",instType:{arg.inst_type}")
    return TopicRefused(
        "60018",
        f"Wrong URL or {named} doesn't exist. Please use the correct URL, channel and parameters referring to "
        "API document.",
    )
