"""The tables, as queries see them; the migrations make them, and a test holds the two together."""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from arbedge.storage.records.types import ExactDecimal, UtcDateTime

__all__ = [
    "evidence",
    "metadata",
    "opportunities",
    "outcome_marks",
    "outcomes",
    "quarantine",
    "rejections",
    "revisions",
]

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

opportunities = Table(
    "opportunities",
    metadata,
    Column("id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("asset", Text, nullable=False),
    Column("candidate", Text, nullable=False),
    Column("identity", Text, nullable=False),
    Column("qualifies_on", Text, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Column("close_reason", Text),
    Column("notional", ExactDecimal, nullable=False),
    Column("horizon_hours", ExactDecimal, nullable=False),
    Column("breakeven_hours", ExactDecimal),
    Column("net_bps", ExactDecimal, nullable=False),
    Column("peak_net_bps", ExactDecimal, nullable=False),
    Column("capacity_usd", ExactDecimal, nullable=False),
    Column("score", Float, nullable=False),
    Column("is_simulated", Boolean, nullable=False),
    Column("evidence_hash", Text, nullable=False),
    Column("legs", Text, nullable=False),  # JSON [[[venue, kind, symbol], side], ...]
    Column("priced", Text, nullable=False),  # JSON of PricedPair, or PricedTriangle where kind is triangular
    Column("size_curve", Text, nullable=False),  # JSON [{notional, entry_notional, net, net_bps}, ...]
    Column("score_parts", Text, nullable=False),  # JSON [[name, value, weight], ...]
    Column("step_rank", Integer, nullable=False),  # how far its life got: 0 opened, 1 updated, 2 closed
    Column("kept_at", UtcDateTime, nullable=False),  # moment of its newest revision
    Column("expected_life_s", Float),
    Column("half_life_s", Float),
    PrimaryKeyConstraint("id"),
    Index(None, "opened_at", "id"),
    Index(None, "closed_at"),
)
"""Latest state of every opportunity."""

revisions = Table(
    "revisions",
    metadata,
    Column("opportunity_id", Text, ForeignKey("opportunities.id", ondelete="CASCADE"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("change", Text, nullable=False),
    Column("net_bps", ExactDecimal, nullable=False),
    Column("horizon_hours", ExactDecimal, nullable=False),
    Column("priced", Text, nullable=False),
    Column("digest", Text, nullable=False),
    PrimaryKeyConstraint("opportunity_id", "at", "change"),
)
"""The kept steps of each life (see repositories.growth for which are kept)."""

evidence = Table(
    "evidence",
    metadata,
    Column("opportunity_id", Text, ForeignKey("opportunities.id", ondelete="CASCADE"), nullable=False),
    Column("digest", Text, nullable=False),
    Column("document", LargeBinary, nullable=False),  # zlib of the JSON document
    PrimaryKeyConstraint("opportunity_id", "digest"),
)
"""Evidence documents named by the latest state or by a kept step; no others."""

rejections = Table(
    "rejections",
    metadata,
    Column("candidate", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("legs", Text, nullable=False),
    Column("asset", Text, nullable=False),
    Column("gate", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("gross", Float),  # NULL stands for NaN, which SQLite cannot hold
    Column("net_bps", ExactDecimal),
    PrimaryKeyConstraint("candidate"),
    Index(None, "at"),
)
"""The latest rejection of each candidate."""

outcomes = Table(
    "outcomes",
    metadata,
    Column("opportunity_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("venues", Text, nullable=False),  # in leg order, `binance>okx`
    Column("opened_at", UtcDateTime, nullable=False),
    Column("is_simulated", Boolean, nullable=False),
    Column("predicted_bps", ExactDecimal, nullable=False),
    Column("followed", Text, nullable=False),  # JSON of Followed: what was shown, and what prices it anew
    Column("paper_status", Text, nullable=False),  # pending, open, done, not_entered, unknown
    Column("paper_net_bps", ExactDecimal),
    Column("paper_reason", Text),
    Column("paper", Text),  # JSON of the paper position: its executions, its saga
    Column("ended_at", UtcDateTime),  # every mark and the paper result are in
    PrimaryKeyConstraint("opportunity_id"),
    Index(None, "opened_at"),
    Index(None, "ended_at"),
)
"""What became of each shown opportunity. Outlives the opportunity's own row: these are the labels."""

outcome_marks = Table(
    "outcome_marks",
    metadata,
    Column("opportunity_id", Text, ForeignKey("outcomes.opportunity_id", ondelete="CASCADE"), nullable=False),
    Column("mark", Text, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("taken_at", UtcDateTime),
    Column("standing", Text, nullable=False),  # paying, not_paying, unknown, missed
    Column("net_bps", ExactDecimal),
    Column("reason", Text),
    PrimaryKeyConstraint("opportunity_id", "mark"),
)
"""Whether it would still have paid at each mark."""

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Text, nullable=False),
    Column("first_venue", Text, nullable=False),
    Column("first_kind", Text, nullable=False),
    Column("first_symbol", Text, nullable=False),
    Column("second_venue", Text, nullable=False),
    Column("second_kind", Text, nullable=False),
    Column("second_symbol", Text, nullable=False),
    Column("asset", Text, nullable=False),
    Column("doubt", Text, nullable=False),
    Column("basis", Text, nullable=False),
    Column("ratio", Float),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("times", Integer, nullable=False),
    Column("is_simulated", Boolean, nullable=False),
    Column("first_listed_at", UtcDateTime),
    Column("second_listed_at", UtcDateTime),
    Column("verdict", Text),
    Column("decided_at", UtcDateTime),
    Column("decided_by", Text),
    Column("decided_why", Text),
    Column("expired_at", UtcDateTime),
    PrimaryKeyConstraint("id"),
    Index(None, "last_seen_at"),
)
"""Pairs that wait for a person, and what persons decided."""
