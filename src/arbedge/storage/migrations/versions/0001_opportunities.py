"""Opportunities, their kept steps and evidence, and rejections."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "opportunities",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("asset", sa.Text, nullable=False),
        sa.Column("candidate", sa.Text, nullable=False),
        sa.Column("identity", sa.Text, nullable=False),
        sa.Column("qualifies_on", sa.Text, nullable=False),
        sa.Column("opened_at", sa.Text, nullable=False),
        sa.Column("updated_at", sa.Text, nullable=False),
        sa.Column("closed_at", sa.Text),
        sa.Column("close_reason", sa.Text),
        sa.Column("notional", sa.Text, nullable=False),
        sa.Column("horizon_hours", sa.Text, nullable=False),
        sa.Column("breakeven_hours", sa.Text),
        sa.Column("net_bps", sa.Text, nullable=False),
        sa.Column("peak_net_bps", sa.Text, nullable=False),
        sa.Column("capacity_usd", sa.Text, nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("is_simulated", sa.Boolean, nullable=False),
        sa.Column("evidence_hash", sa.Text, nullable=False),
        sa.Column("legs", sa.Text, nullable=False),
        sa.Column("priced", sa.Text, nullable=False),
        sa.Column("size_curve", sa.Text, nullable=False),
        sa.Column("score_parts", sa.Text, nullable=False),
        sa.Column("step_rank", sa.Integer, nullable=False),
        sa.Column("kept_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_opportunities"),
    )
    op.create_index("ix_opportunities_opened_at_id", "opportunities", ["opened_at", "id"])
    op.create_index("ix_opportunities_closed_at", "opportunities", ["closed_at"])
    op.create_table(
        "revisions",
        sa.Column("opportunity_id", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("change", sa.Text, nullable=False),
        sa.Column("net_bps", sa.Text, nullable=False),
        sa.Column("horizon_hours", sa.Text, nullable=False),
        sa.Column("priced", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("opportunity_id", "at", "change", name="pk_revisions"),
        _owner("revisions"),
    )
    op.create_table(
        "evidence",
        sa.Column("opportunity_id", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("opportunity_id", "digest", name="pk_evidence"),
        _owner("evidence"),
    )
    op.create_table(
        "rejections",
        sa.Column("candidate", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("legs", sa.Text, nullable=False),
        sa.Column("asset", sa.Text, nullable=False),
        sa.Column("gate", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("gross", sa.Float),
        sa.Column("net_bps", sa.Text),
        sa.PrimaryKeyConstraint("candidate", name="pk_rejections"),
    )
    op.create_index("ix_rejections_at", "rejections", ["at"])


def _owner(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["opportunity_id"], ["opportunities.id"], name=f"fk_{table}_opportunity_id", ondelete="CASCADE"
    )
