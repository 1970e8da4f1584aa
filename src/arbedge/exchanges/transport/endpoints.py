"""Where an endpoint really is: the venue's own address, or the same path on another scheme and host."""

from urllib.parse import urlsplit, urlunsplit

__all__ = ["relocate"]

_STREAM_SCHEME = {"http": "ws", "https": "wss"}


def relocate(url: str, base_url: str | None) -> str:
    """`url` with scheme and host of `base_url` (http or https), its path kept; unchanged where that is None.

    WebSocket endpoints get ws for http and wss for https.
    """
    if base_url is None:
        return url
    own, other = urlsplit(url), urlsplit(base_url)
    scheme = _STREAM_SCHEME[other.scheme] if own.scheme in {"ws", "wss"} else other.scheme
    return urlunsplit((scheme, other.netloc, own.path, own.query, ""))
