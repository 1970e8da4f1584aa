"""Reaching a venue through a proxy: HTTP(S) CONNECT and SOCKS, for REST and WebSocket alike."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp
import aiohttp_socks
import python_socks
from aiohttp_socks import ProxyConnector

__all__ = ["PROXY_FAULTS", "Proxy", "connector"]

PROXY_FAULTS = (python_socks.ProxyError, aiohttp_socks.ProxyError)
"""What the libraries raise when a proxy refuses: two unrelated classes of the same name."""

_SOCKS = frozenset({"socks4", "socks5", "socks5h"})


@dataclass(frozen=True, slots=True, repr=False)
class Proxy:
    """A proxy's address with its credentials; its repr shows neither user nor password."""

    url: str

    @property
    def is_socks(self) -> bool:
        """Whether it speaks SOCKS rather than HTTP CONNECT."""
        return urlsplit(self.url).scheme in _SOCKS

    @property
    def socket_url(self) -> str:
        """The address as socket libraries spell it: socks5h is socks5, names always resolve at the far end."""
        return self.url.replace("socks5h://", "socks5://", 1)

    def __repr__(self) -> str:
        parts = urlsplit(self.url)
        return f"Proxy({parts.scheme}://{parts.hostname}:{parts.port})"


def connector(proxy: Proxy | None, limit: int) -> aiohttp.TCPConnector:
    """A bounded connector of at most `limit` connections, through SOCKS where the proxy speaks it.

    HTTP proxies are given to each request instead, as the library wants it.
    """
    if proxy is not None and proxy.is_socks:
        return ProxyConnector.from_url(proxy.socket_url, limit=limit, rdns=True)
    return aiohttp.TCPConnector(limit=limit, limit_per_host=limit, ttl_dns_cache=300, enable_cleanup_closed=False)
