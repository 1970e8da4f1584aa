"""Pairs of instruments that wait for a person, and what persons decided."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("first_venue", sa.Text, nullable=False),
        sa.Column("first_kind", sa.Text, nullable=False),
        sa.Column("first_symbol", sa.Text, nullable=False),
        sa.Column("second_venue", sa.Text, nullable=False),
        sa.Column("second_kind", sa.Text, nullable=False),
        sa.Column("second_symbol", sa.Text, nullable=False),
        sa.Column("asset", sa.Text, nullable=False),
        sa.Column("doubt", sa.Text, nullable=False),
        sa.Column("basis", sa.Text, nullable=False),
        sa.Column("ratio", sa.Float),
        sa.Column("first_seen_at", sa.Text, nullable=False),
        sa.Column("last_seen_at", sa.Text, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("is_simulated", sa.Boolean, nullable=False),
        sa.Column("first_listed_at", sa.Text),
        sa.Column("second_listed_at", sa.Text),
        sa.Column("verdict", sa.Text),
        sa.Column("decided_at", sa.Text),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_why", sa.Text),
        sa.Column("expired_at", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine"),
    )
    op.create_index("ix_quarantine_last_seen_at", "quarantine", ["last_seen_at"])
