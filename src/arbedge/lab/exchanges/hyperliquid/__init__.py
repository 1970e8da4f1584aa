"""The lab's Hyperliquid, written from its documentation: one REST path that is posted to, one WebSocket.

In: the stage's world of contracts in USDC, requests of clients. Out: answers and frames as the venue words them.
Never: a line shared with the adapter it judges.
"""

__all__: list[str] = []
