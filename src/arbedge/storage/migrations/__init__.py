"""The steps by which the records' schema grew, run by Alembic inside the caller's transaction.

Comes in: a connection inside a transaction. Goes out: the same connection, its schema at the newest step or an
error that leaves it as it was. It never commits.
"""
