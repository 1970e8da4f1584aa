"""Relational records: one SQLite file, its tables, its exact column types and its transactions.

Comes in: SQL statements of the repositories. Goes out: rows with exact decimals and aware UTC times. It never
knows what an opportunity is, and never reaches the network.
"""
