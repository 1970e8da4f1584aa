"""Opportunities with all their figures as files other programs read: CSV and Parquet.

Comes in: pages of opportunities, oldest first. Goes out: one complete file, or none. It never rounds: decimals
stay text with every digit, moments stay UTC.
"""
