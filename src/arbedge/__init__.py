"""ArbEdge finds crypto arbitrage, prices it net of everything and proves every number.

Comes in: public market data of exchanges. Goes out: ranked, proven opportunities.
It never shows a number that was not computed from data it can name.
"""

__version__ = "0.1.0"
