"""Evidence: the inputs of one pricing as frozen values, and as the JSON document anyone can recompute from.

Comes in: a document of schema `arbedge.evidence/1`, or values gathered by detection. Goes out: `PairEvidence` or
`TriangleEvidence`, and documents that read back equal. It never computes a profit and never reads a file.
"""

from arbedge.opportunities.evidence.model import (
    SCHEMA,
    BookSide,
    InventoryMode,
    LegEvidence,
    PairEvidence,
    PriceLevel,
    TriangleEvidence,
    TriangleLeg,
    book_side,
)
from arbedge.opportunities.evidence.parsing import parse
from arbedge.opportunities.evidence.writing import digest, dump

__all__ = [
    "SCHEMA",
    "BookSide",
    "InventoryMode",
    "LegEvidence",
    "PairEvidence",
    "PriceLevel",
    "TriangleEvidence",
    "TriangleLeg",
    "book_side",
    "digest",
    "dump",
    "parse",
]
