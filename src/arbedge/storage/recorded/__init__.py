"""Records of other programs and of our own, read from Parquet, CSV or JSON files: quotes and settled funding.

Comes in: a path. Goes out: values of `opportunities.outcomes`. Column names of several recorders are understood; a
file that cannot be read as asked is one `Invalid` that names it and the fix.
"""
