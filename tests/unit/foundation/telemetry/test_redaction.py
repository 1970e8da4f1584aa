import json
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.foundation.telemetry.redaction import HIDDEN, Redactor


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GET https://h/x?symbol=BTC&signature=ab12&n=1", "GET https://h/x?symbol=BTC&signature=***&n=1"),
        ("socks5://bob:pa55@proxy:1080", "socks5://***@proxy:1080"),
        ("Authorization: Bearer eyJhbGciOi.J9-_=", "Authorization: Bearer ***"),
        ("'X-MBX-APIKEY': 'vmPUZE6mv9SD'", "'X-MBX-APIKEY': ***"),
        ("OK-ACCESS-KEY: 37c541a1 sent", "OK-ACCESS-KEY: *** sent"),
        ('{"apiSecret": "x y", "n": 1}', '{"apiSecret": ***, "n": 1}'),
        ("passphrase=abc;", "passphrase=***;"),
        ("Config(encryption_key='k', n=1)", "Config(encryption_key=***, n=1)"),
        ("/bot123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/getMe", "/bot***/getMe"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----", HIDDEN),
        ("symbol=BTCUSDT price=1.5 key=7 https://h/p@th", "symbol=BTCUSDT price=1.5 key=7 https://h/p@th"),
        ("", ""),
    ],
)
def test_shapes_of_secrets_are_hidden(text: str, expected: str) -> None:
    assert Redactor().text(text) == expected


@pytest.mark.parametrize(
    "name",
    [
        "secret",
        "API_KEY",
        "apiKey",
        "bot_token",
        "password",
        "Set-Cookie",
        "listenKey",
        "private_key",
        "credentials",
    ],
)
def test_fields_with_such_a_name_are_hidden_whole(name: str) -> None:
    assert Redactor().value({name: {"deep": [1]}, "venue": "okx"}) == {name: HIDDEN, "venue": "okx"}


@dataclass
class Account:
    name: str
    note: str


def test_nested_values_come_out_plain_and_clean() -> None:
    redactor = Redactor()
    redactor.register("hunter22")
    account = Account("bob", "pw is hunter22")
    told = redactor.value(
        {"a": [account, (1, 2.5, True, None)], "hunter22": b"hunter22", "d": Decimal("1.10"), "s": {"hunter22"}}
    )
    assert told == {
        "a": ["Account(name='bob', note='pw is ***')", [1, 2.5, True, None]],
        "***": "b'***'",
        "d": "1.10",
        "s": ["***"],
    }
    json.dumps(told)


def test_values_that_hold_themselves_end() -> None:
    loop: list[object] = []
    loop.append(loop)
    assert "[...]" in json.dumps(Redactor().value(loop))


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "part",
    ["x", "token", 'token="', "bearer ", "://", "bot1", "-----BEGIN A", "-----BEGIN A-----", "secret= ", "-", " "],
)
def test_a_long_line_from_outside_costs_linear_time(part: str) -> None:
    Redactor().text(part * (300_000 // len(part)))


def test_short_text_is_not_hidden_by_value() -> None:
    redactor = Redactor()
    redactor.register("abc")
    assert redactor.text("abc abcd") == "abc abcd"


def test_of_two_secrets_the_longer_goes_first() -> None:
    redactor = Redactor()
    redactor.register("hunter")
    redactor.register("hunter22")
    assert redactor.text("hunter22 hunter") == "*** ***"


@given(st.text(min_size=4, max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_a_registered_secret_never_comes_through(secret: str, before: str, after: str) -> None:
    redactor = Redactor()
    redactor.register(secret)
    marker = HIDDEN * 20
    for form in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1]):
        told = redactor.text(before + marker + form + marker + after)
        assert marker + form + marker not in told
    told = redactor.value({"event": before + secret + after})["event"]
    assert secret not in told or set(secret) <= set(HIDDEN)
