"""What became of shown opportunities; the expected remaining life shown with one."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("opportunities", sa.Column("expected_life_s", sa.Float))
    op.create_table(
        "outcomes",
        sa.Column("opportunity_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("venues", sa.Text, nullable=False),
        sa.Column("opened_at", sa.Text, nullable=False),
        sa.Column("is_simulated", sa.Boolean, nullable=False),
        sa.Column("predicted_bps", sa.Text, nullable=False),
        sa.Column("followed", sa.Text, nullable=False),
        sa.Column("paper_status", sa.Text, nullable=False),
        sa.Column("paper_net_bps", sa.Text),
        sa.Column("paper_reason", sa.Text),
        sa.Column("paper", sa.Text),
        sa.Column("ended_at", sa.Text),
        sa.PrimaryKeyConstraint("opportunity_id", name="pk_outcomes"),
    )
    op.create_index("ix_outcomes_opened_at", "outcomes", ["opened_at"])
    op.create_index("ix_outcomes_ended_at", "outcomes", ["ended_at"])
    op.create_table(
        "outcome_marks",
        sa.Column("opportunity_id", sa.Text, nullable=False),
        sa.Column("mark", sa.Text, nullable=False),
        sa.Column("due_at", sa.Text, nullable=False),
        sa.Column("taken_at", sa.Text),
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("net_bps", sa.Text),
        sa.Column("reason", sa.Text),
        sa.ForeignKeyConstraint(
            ["opportunity_id"],
            ["outcomes.opportunity_id"],
            name="fk_outcome_marks_opportunity_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("opportunity_id", "mark", name="pk_outcome_marks"),
    )
