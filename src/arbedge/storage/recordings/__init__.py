"""Recorded history in Parquet files that any reader understands: quotes, funding, prices by date, hour, venue.

Comes in: samples of the market. Goes out: files that appear whole or not at all, and what they say. It never fills
a gap, never grows beyond its share of the disk, and never writes on the event loop's thread.
"""
