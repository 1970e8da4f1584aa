"""Quotes → opportunities: which combinations exist, which are worth pricing, which pass every gate, how they live.

Comes in: a `MarketView` and the slots whose quotes changed. Goes out: `OpportunityEvent`s to one listener, and the
latest rejection of every candidate. It never fetches, waits or stores anything.
"""
