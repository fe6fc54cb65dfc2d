"""Every table of the store; the migrations must arrive at exactly this.

Moments are milliseconds UTC, JSON is text. `pr` is `Subject.key`. Statements are written as SQL
text with `:name` parameters and run by the driver itself (`store.database.Tx`): a statement costs
a fifth of what it costs through SQLAlchemy, and a start that has nothing to migrate never imports
it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

metadata = MetaData()
# A text key in a rowid table costs a second tree; these rows are small and looked up by key.
_BY_KEY: dict[str, Any] = {"sqlite_with_rowid": False}


def _id(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _text(name: str, default: str | None = None) -> Column[str]:
    return Column(name, Text, nullable=False, server_default=default)


def _number(name: str, default: int = 0) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=text(str(default)))


def _maybe(name: str) -> Column[int]:
    return Column(name, Integer)


def _words(name: str) -> Column[str]:
    return Column(name, Text)


meta = Table("meta", metadata, Column("key", Text, primary_key=True), _text("value"), **_BY_KEY)

installation = Table(
    "installation",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    _text("login", ""),
    _text("permissions", "{}"),
    _maybe("suspended_at"),
    _maybe("removed_at"),
    _number("checked_at"),
)

repository = Table(
    "repository",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("installation_id", Integer, ForeignKey("installation.id"), nullable=False),
    _text("full_name"),
    _words("default_branch"),
    _number("archived"),
    _maybe("removed_at"),
    _number("found_at"),
    _number("reconcile_at"),
    _number("checked_at"),
    Index("repository_installation", "installation_id"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("guid", Text, primary_key=True),
    _id("received_at"),
    _text("event"),
    _words("action"),
    _maybe("installation_id"),
    _maybe("repo_id"),
    _words("pr"),
    _words("sha"),
    _id("lane"),
    _text("outcome"),
    _number("hear"),
    _words("said"),
    _number("seq"),
    _words("facts"),
    Index("delivery_received", "received_at"),
    Index("delivery_to_hear", "pr", sqlite_where=text("hear = 1")),
    **_BY_KEY,
)

dirty = Table(
    "dirty",
    metadata,
    Column("pr", Text, primary_key=True),
    _id("installation_id"),
    Column("repo_id", Integer, ForeignKey("repository.id"), nullable=False),
    _id("number"),
    _id("lane"),
    _number("seq"),
    _number("evaluated_seq"),
    _number("forced_seq"),
    _maybe("first_at"),
    _maybe("due_at"),
    _number("hold_until"),
    _number("last_run_at"),
    _number("gap", 1000),
    _number("burst_at"),
    _number("burst"),
    _number("attempts"),
    _number("soft"),
    _number("crashes"),
    _text("parked", "no"),
    _words("reason"),
    _words("expect"),
    _words("delivery"),
    _number("run_epoch"),
    _words("run_owner"),
    _maybe("run_seq"),
    _maybe("run_lane"),
    _maybe("run_first_at"),
    _maybe("run_started_at"),
    CheckConstraint("seq >= evaluated_seq", name="dirty_forward"),
    Index(
        "dirty_ready",
        "installation_id",
        text("(due_at + CASE WHEN lane = 0 THEN -3600000 ELSE lane * 60000 END)"),
        sqlite_where=text("run_owner IS NULL AND parked = 'no' AND due_at IS NOT NULL"),
    ),
    Index(
        "dirty_due",
        "due_at",
        sqlite_where=text("run_owner IS NULL AND parked = 'no' AND due_at IS NOT NULL"),
    ),
    Index("dirty_running", "run_owner", sqlite_where=text("run_owner IS NOT NULL")),
    **_BY_KEY,
)

timer = Table(
    "timer",
    metadata,
    Column("key", Text, primary_key=True),
    _id("due_at"),
    _text("kind"),
    _words("pr"),
    _id("set_at"),
    Index("timer_due", "due_at"),
    Index("timer_pr", "pr", sqlite_where=text("pr IS NOT NULL")),
    **_BY_KEY,
)

report = Table(
    "report",
    metadata,
    Column("id", Text, primary_key=True),
    _text("pr"),
    _text("head_sha"),
    _text("base_sha"),
    _id("seq"),
    _text("mode"),
    _text("conclusion"),
    _text("policy_digest"),
    _text("facts_digest"),
    _text("verdict_digest"),
    _text("code"),
    _id("judged_at"),
    _id("confirmed_at"),
    Column("body", LargeBinary, nullable=False),
    Column("matter", LargeBinary),
    Index("report_pr", "pr", "judged_at"),
    Index("report_judged", "judged_at"),
)

published = Table(
    "published",
    metadata,
    Column("key", Text, primary_key=True),
    _text("kind"),
    _id("repo_id"),
    _words("pr"),
    _words("head_sha"),
    _maybe("remote_id"),
    _number("gen"),
    _text("digest"),
    _text("state", "live"),
    _text("detail", "{}"),
    _id("written_at"),
    Index("published_head", "repo_id", "head_sha"),
    Index("published_remote", "kind", "remote_id"),
    Index("published_pr", "pr"),
    **_BY_KEY,
)

outbox = Table(
    "outbox",
    metadata,
    Column("key", Text, primary_key=True),
    _text("kind"),
    _id("class"),
    _id("installation_id"),
    _text("pr"),
    _id("gen"),
    _text("digest"),
    _text("payload"),
    _text("state", "pending"),
    _number("attempts"),
    _id("due_at"),
    _maybe("sending_at"),
    _words("owner"),
    _words("error"),
    _id("planned_at"),
    Index("outbox_pr", "pr"),
    Index("outbox_owner", "owner", sqlite_where=text("owner IS NOT NULL")),
)

head_index = Table(
    "head_index",
    metadata,
    Column("repo_id", Integer, ForeignKey("repository.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("sha", Text, primary_key=True),
    _text("base_ref"),
    _text("base_sha"),
    _number("fork"),
    _number("current", 1),
    _number("open", 1),
    _id("since"),
    _id("updated_at"),
    Index("head_open", "repo_id", "sha", sqlite_where=text("open = 1 AND current = 1")),
    **_BY_KEY,
)

policy = Table(
    "policy",
    metadata,
    Column("scope", Text, primary_key=True),
    _words("blob_id"),
    _words("digest"),
    _words("relevance"),
    _words("body"),
    _id("loaded_at"),
)

policy_text = Table(
    "policy_text",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    _id("stored_at"),
)

budget = Table(
    "budget",
    metadata,
    Column("installation_id", Integer, primary_key=True),
    Column("resource", Text, primary_key=True),
    _id("blocked_until"),
    _text("why", ""),
    **_BY_KEY,
)
