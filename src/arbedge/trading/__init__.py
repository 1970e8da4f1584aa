"""From an opportunity to positions in its legs: what was executed, what is held, what it made.

Comes in: what was shown, and the books of later moments. Goes out: executions in a ledger, and results. It reads no
clock and reaches no venue: moments and books are handed in.
"""
