"""Exchange → quotes: which instruments exist, what they quote now, and whether that can be trusted.

Comes in: frames and answers through `ports`. Goes out: a board of clean quotes, books and funding.
It never prices anything and never talks to the network itself.
"""
