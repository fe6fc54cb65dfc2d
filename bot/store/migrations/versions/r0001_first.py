"""The first store: `first.sql`."""

from __future__ import annotations

from alembic import op
from sqlalchemy import inspect

from bot.store.migrations.steps import on_postgres, run_file, run_functions, run_text

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
    """Drop every table."""
    # Those that others refer to go last.
    for name, _ in reversed(inspect(op.get_bind()).get_sorted_table_and_fkc_names()):
        if name not in {None, "alembic_version"}:
            op.drop_table(str(name))
    if on_postgres():
        run_text(f"DROP AGGREGATE group_concat(text); DROP FUNCTION {_FUNCTIONS}")
