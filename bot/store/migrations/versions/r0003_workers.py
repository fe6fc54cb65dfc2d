"""Several processes on one database, and on Postgres the engine's own tables: `workers.sql`."""

from __future__ import annotations

from alembic import context, op

from bot.store.migrations.steps import on_postgres, run_file, run_text
from bot.store.schema import ENGINE

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make what processes share."""
    run_file("workers.sql")
    if on_postgres():
        run_text(f"CREATE SCHEMA {ENGINE}; SET LOCAL search_path TO {ENGINE}")
        run_text(context.config.attributes["engine"])
        run_text("SET LOCAL search_path TO DEFAULT")


def downgrade() -> None:
    """Drop it; jobs are hints only and lose nothing."""
    if on_postgres():
        run_text(f"DROP SCHEMA IF EXISTS {ENGINE} CASCADE")
    op.drop_table("spent")
    op.drop_table("process")
    for column in ("queued_at", "run_job"):
        run_text(f"ALTER TABLE dirty DROP COLUMN {column}")
