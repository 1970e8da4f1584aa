"""Funding settlements by perpetual and moment."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "funding_settlements",
        sa.Column("venue", sa.Text, nullable=False),
        sa.Column("symbol", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("rate", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("venue", "symbol", "at", name="pk_funding_settlements"),
    )
    op.create_index("ix_funding_settlements_at", "funding_settlements", ["at"])
