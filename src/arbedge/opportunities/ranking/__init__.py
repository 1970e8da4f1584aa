"""Opportunities → an order: a score made of shown parts, and the list of the best.

Comes in: figures of one opportunity and of the market around it. Goes out: `Score`s, and changes of the top list.
It never prices, and never invents a part it has no input for.
"""
