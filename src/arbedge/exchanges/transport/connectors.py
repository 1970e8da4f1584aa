"""Which WebSocket client a venue's settings ask for."""

from typing import Literal

from arbedge.exchanges.transport.aiohttp_ws import AiohttpConnector
from arbedge.exchanges.transport.faults import FaultReader, fault_of
from arbedge.exchanges.transport.picows_ws import PicowsConnector
from arbedge.exchanges.transport.proxy import Proxy
from arbedge.exchanges.transport.ws import WsConnector
from arbedge.foundation.runtime.clock import Clock

__all__ = ["make_connector"]


def make_connector(
    client: Literal["picows", "aiohttp"],
    venue: str,
    clock: Clock,
    proxy: Proxy | None,
    read_fault: FaultReader = fault_of,
) -> WsConnector:
    """The client of that name; `read_fault` knows what a refused handshake means."""
    kind = PicowsConnector if client == "picows" else AiohttpConnector
    return kind(venue, clock, proxy, read_fault)
