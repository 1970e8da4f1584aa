"""Quotes → ranked, proven opportunities: detection, gates, exact pricing, evidence, life, ranking.

Comes in: a `MarketView`. Goes out: opportunity events with the evidence that reproduces every figure.
It never talks to a venue, a database or a person.
"""
