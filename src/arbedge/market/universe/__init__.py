"""Listings → one dense, growing list of instruments, and what is known about which of them are the same asset.

Comes in: what venues list and what their indexes are made of. Goes out: slots, changes, identity findings.
It never fetches anything and never guesses from a ticker alone.
"""
