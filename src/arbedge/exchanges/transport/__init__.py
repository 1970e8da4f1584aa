"""How bytes travel: the one place that touches the HTTP and WebSocket libraries.

Comes in: endpoints, a proxy, guards. Goes out: answers as bytes, frames to a listener, and errors of our own
families only. It never knows what the bytes mean.
"""

__all__: list[str] = []
