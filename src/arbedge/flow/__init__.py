"""Joins the stages: frames into the market and its detector (tick path), events out to stores and views (delivery).

Comes in: frames from streams. Goes out: batches to the archive, events to whoever listens. It decides nothing
about prices, and never lets a slow reader hold up detection.
"""
