"""The table of settlements goes: nothing ever wrote to it, funding is recorded as Parquet."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_funding_settlements_at", "funding_settlements")
    op.drop_table("funding_settlements")
