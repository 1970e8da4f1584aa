"""Frozen values and pure rules of the trade: money, instruments, quotes, funding, fees, opportunities.

Comes in: nothing but values. Goes out: values. It never does I/O and imports the standard library only.
"""
