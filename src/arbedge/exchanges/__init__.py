"""The venues: each adapter turns one exchange's dialect into the market stage's ports.

Comes in: a venue's settings. Goes out: instruments, quotes, books and funding as domain values. A venue never
sees another venue, and none of them decides what is an opportunity.
"""
