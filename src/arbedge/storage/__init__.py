"""Where things are kept: each role (records, …) has its ports and its adapters.

Comes in: domain values. Goes out: the same values, later. It decides nothing about them.
"""
