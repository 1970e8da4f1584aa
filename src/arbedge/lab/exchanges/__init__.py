"""Simulated venues in the real dialects, written from the venues' documentation.

In: a moving world and requests as real clients send them. Out: answers and frames as the real venues send them.
Never: an import of the adapters these venues judge.
"""

__all__: list[str] = []
