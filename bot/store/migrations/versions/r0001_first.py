"""The first store: `first.sql`."""

from __future__ import annotations

from alembic import op

from bot.store.migrations.steps import on_postgres, run_file, run_functions, run_text, tables_of

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_FUNCTIONS = (
    "joined(text, text), json_patch(text, text), min(bigint, bigint), max(bigint, bigint), "
    "max(bigint, bigint, bigint)"
)


def upgrade() -> None:
    """Make every table."""
    run_functions()
    run_file("first.sql")


def downgrade() -> None:
    """Drop every table of ours: the database may hold others."""
    # Those that others refer to go last.
    for name in reversed(tables_of("first.sql")):
        op.drop_table(name)
    if on_postgres():
        run_text(f"DROP AGGREGATE group_concat(text); DROP FUNCTION {_FUNCTIONS}")
