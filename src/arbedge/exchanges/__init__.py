"""The venues themselves: wire formats, endpoints and limits of each, turned into the ports of the market stage.

Comes in: settings, a clock, the guards every outbound call passes. Goes out: instruments, tops, books, funding
and streams in domain values. It never decides what a quote is worth, and no venue knows another.
"""

__all__: list[str] = []
