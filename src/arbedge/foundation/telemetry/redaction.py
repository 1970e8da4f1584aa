"""Taking secrets out of whatever is about to be written down: by name, by shape, and by value once known.

Hiding too much is the intended failure: a hidden word costs a look, a written secret costs the account.
"""

import json
import math
import re
import string
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

__all__ = ["HIDDEN", "Redactor"]

HIDDEN = "***"
_UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")
_SHORTEST = 4
_DEEPEST = 8

_NAME = (
    r"secret|passw(?:or)?d|passphrase|token|authorization|cookie|signature|credentials?"
    r"|(?:api|private|encryption|listen|access|signing)[_-]?key|access[_-]sign"
)
_SECRET_NAME = re.compile(_NAME, re.IGNORECASE)
_ASSIGNED = (
    rf"((?:{_NAME})[\w-]{{0,32}}[\"']?\s{{0,4}}[:=]\s{{0,4}})"
    r"(\"[^\"]*\"?|'[^']*'?|(?!\*\*\*|bearer|basic)[^\s,;&)}\]\"']+)"
)
# Every repetition is bounded or cannot fail after it: a long line from outside must not cost quadratic time.
_SHAPES = (
    # scheme://user:password@host
    (re.compile(r"(?<=://)[^/\s@'\"]+@"), f"{HIDDEN}@"),
    # Authorization: Bearer xyz, before the assignments below take only its first word
    (re.compile(r"\b(bearer|basic)\s{1,4}[\w.~+/=-]{4,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    # apiKey=xyz, "apiSecret": "xyz", signature=xyz in queries, bodies, headers and representations
    (re.compile(_ASSIGNED, re.IGNORECASE), rf"\1{HIDDEN}"),
    # a Telegram bot's token inside its address
    (re.compile(r"\bbot\d{5,20}:[\w-]{20,}"), f"bot{HIDDEN}"),
    (re.compile(r"-----BEGIN [A-Z ]{1,40}-----.*?(?:-----END [A-Z ]{1,40}-----|\Z)", re.DOTALL), HIDDEN),
)


class Redactor:
    """Hides secrets in text and in nested values."""

    def __init__(self) -> None:
        self._known: dict[str, None] = {}
        self._values: re.Pattern[str] | None = None

    def register(self, value: str) -> None:
        """Hide this very text from now on, also where it is escaped for an address, JSON or a representation.

        Text shorter than 4 characters is not hidden by value: it would take ordinary words with it.
        """
        if len(value) < _SHORTEST:
            return
        for form in (
            value,
            _percent_encoded(value, ""),
            _percent_encoded(value, "/"),
            json.dumps(value)[1:-1],
            repr(value)[1:-1],
        ):
            self._known[form] = None
        longest_first = sorted(self._known, key=len, reverse=True)
        self._values = re.compile("|".join(re.escape(form) for form in longest_first))

    def text(self, text: str) -> str:
        """The text without secrets."""
        if self._values is not None:
            text = self._values.sub(HIDDEN, text)
        for shape, replacement in _SHAPES:
            text = shape.sub(replacement, text)
        return text

    def value(self, value: Any, depth: int = 0) -> Any:
        """The same as numbers, texts, lists and dicts without secrets; anything else as its redacted text."""
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, float) and math.isfinite(value):
            return value
        if isinstance(value, Mapping) and depth < _DEEPEST:
            return {
                self.text(str(key)): HIDDEN if _SECRET_NAME.search(str(key)) else self.value(item, depth + 1)
                for key, item in value.items()
            }
        if isinstance(value, list | tuple | set | frozenset) and depth < _DEEPEST:
            return [self.value(item, depth + 1) for item in value]
        return self.text(str(value) if isinstance(value, str | Decimal) else repr(value))


def _percent_encoded(text: str, kept: str) -> str:
    """As it stands in an address (RFC 3986 section 2.1), unreserved and `kept` characters left alone."""
    plain = _UNRESERVED | frozenset(kept)
    return "".join(
        char if char in plain else "".join(f"%{byte:02X}" for byte in char.encode(errors="surrogatepass"))
        for char in text
    )
