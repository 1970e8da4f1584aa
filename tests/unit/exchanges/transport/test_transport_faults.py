"""Statuses to errors, and addresses moved elsewhere."""

import pytest

from arbedge.errors import Disconnected, RateLimited, Rejected, Unavailable
from arbedge.exchanges.transport.endpoints import relocate
from arbedge.exchanges.transport.faults import Banned, Restricted, fault_of
from arbedge.exchanges.transport.proxy import Proxy


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (451, Restricted, False),
        (403, Restricted, False),
        (429, RateLimited, True),
        (418, Banned, True),
        (500, Unavailable, True),
        (503, Unavailable, True),
        (407, Disconnected, True),
        (400, Rejected, False),
        (404, Rejected, False),
        (302, Rejected, False),
    ],
)
def test_each_status_has_its_family(status, kind, retryable):
    fault = fault_of("binance", "binance: GET /x", status, {}, b'{"code":-1121,"msg":"Invalid symbol."}')
    assert type(fault) is kind
    assert fault.retryable is retryable


def test_a_good_answer_is_no_fault():
    assert fault_of("binance", "x", 200, {}, b"") is None


def test_a_restriction_names_the_place_and_both_settings():
    message = str(fault_of("binance", "x", 451, {}, b"<html>"))
    assert "restricted from this location" in message
    assert "ARBEDGE_VENUES__BINANCE__BASE_URL" in message
    assert "ARBEDGE_VENUES__BINANCE__PROXY" in message


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("", None), ("soon", None), ("-3", None), ("nan", None)]
)
def test_retry_after_is_read_or_unknown(header, seconds):
    fault = fault_of("binance", "x", 429, {"Retry-After": header}, b"")
    assert isinstance(fault, RateLimited)
    assert fault.retry_after_s == seconds


def test_the_venues_words_are_shown_without_control_characters():
    fault = fault_of("binance", "binance: GET /x", 400, {}, b'{"code":-1121,"msg":"In\x1b[31mvalid"}' + b"x" * 1000)
    assert "-1121" in str(fault)
    assert "\x1b" not in str(fault)
    assert len(str(fault)) < 250


@pytest.mark.parametrize(
    ("url", "base", "moved"),
    [
        ("https://api.binance.com", None, "https://api.binance.com"),
        ("https://api.binance.com", "http://127.0.0.1:28100", "http://127.0.0.1:28100"),
        ("wss://stream.binance.com:9443/stream", "http://127.0.0.1:1", "ws://127.0.0.1:1/stream"),
        ("wss://fstream.binance.com/public/stream", "https://mirror.example", "wss://mirror.example/public/stream"),
        ("wss://fstream.binance.com/market/stream", None, "wss://fstream.binance.com/market/stream"),
    ],
)
def test_only_scheme_and_host_move(url, base, moved):
    assert relocate(url, base) == moved


def test_a_proxy_does_not_show_its_credentials():
    proxy = Proxy("socks5h://user:secret@10.0.0.1:1080")
    assert "secret" not in repr(proxy)
    assert proxy.is_socks
    assert proxy.socket_url == "socks5://user:secret@10.0.0.1:1080"
    assert not Proxy("http://10.0.0.1:3128").is_socks
