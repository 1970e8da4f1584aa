"""What prices did before now: kept in memory at a coarse pace, and what can be learned from it.

Comes in: the mids of all slots, once a round. Goes out: aligned series, how long two slots were both known, how a
gap between them reverts. It never fills a gap and never guesses from less than it needs.
"""
