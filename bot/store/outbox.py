"""Effects that still have to leave: planned by difference, sent by one run at a time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.model.codec import Decoder, canonical
from bot.model.effect import (
    AskReview,
    Effect,
    Hide,
    OpenIssue,
    Ping,
    PutBoard,
    PutComment,
    React,
    Reply,
    Send,
    SetCheck,
    SetLabel,
)
from bot.model.keeping import PlannedEffect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.model.claim import Claim
    from bot.model.wake import Subject
    from bot.store.marking import Mark
    from bot.store.port import Rows, Tx

# Longer than the longest request: what was on its way so long ago is looked for.
DOUBT_MS = 12_000
# A merge group that is older has been merged or taken apart.
QUEUED_MS = 6 * 3_600_000
# A message cannot be looked for: it is said again, so much later.
REPEAT_MS = 600_000
_AGAIN = "said again once; nobody knows whether it has arrived"
# How often a check that waits for CI says so in new words.
WAITING_EVERY_MS = 30_000
_SILENT = """
SELECT coalesce(i.suspended_at, i.removed_at, r.removed_at, nullif(r.archived, 0))
FROM dirty d JOIN repository r ON r.id = d.repo_id JOIN installation i ON i.id = d.installation_id
WHERE d.pr = ? AND d.run_epoch = ? AND d.run_owner IS NOT NULL
"""
# Of the one comment, which would say what no check shows: one has been tried and is due later.
HELD = """(kind = 'sticky' AND EXISTS (SELECT 1 FROM outbox c WHERE c.pr = outbox.pr
  AND c.kind = 'check' AND c.attempts > 0 AND c.state IN ('pending', 'uncertain')
  AND c.due_at > :now))"""
_DUE = f"""
SELECT kind, payload, gen, digest, state, attempts, coalesce(error, '') FROM outbox
WHERE pr = :pr AND due_at <= :now
  AND (state IN ('pending', 'uncertain') OR state = 'sending' AND abs(:now - sending_at) >=
       CASE kind WHEN 'message' THEN :repeat ELSE :doubt END)
  AND NOT {HELD} ORDER BY class, planned_at, key
"""
# By what is known of heads, as before an effect leaves: GitHub may show one that is left already.
_OLDER = """
DELETE FROM outbox WHERE pr = :pr AND kind = 'check' AND state IN ('pending', 'uncertain')
  AND key NOT LIKE (SELECT 'check:' || h.repo_id || ':' || h.sha || ':%' FROM head_index h
    WHERE h.repo_id = :repo AND h.number = :number AND h.current = 1)
"""
_SETTLED = """
DELETE FROM outbox WHERE pr = :pr AND kind IN ('ping', 'review', 'message')
  AND state IN ('pending', 'uncertain') AND key NOT LIKE 'edit:%'
  AND (key LIKE :ask OR key LIKE :to)
"""
_GEN = f"SELECT gen FROM outbox WHERE key = :key AND NOT {HELD}"
_KINDS: dict[str, type] = {
    "check": SetCheck,
    "sticky": PutComment,
    "reply": Reply,
    "react": React,
    "ping": Ping,
    "hide": Hide,
    "review": AskReview,
    "message": Send,
    "issue": OpenIssue,
    "label": SetLabel,
    "board": PutBoard,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def ask_effect(tx: Tx, key: str) -> tuple[Rows, Rows]:
    """What stands under the key, and what waits."""
    known = "SELECT gen, digest, state, detail, written_at FROM published WHERE key = ?"
    waits = "SELECT gen, digest, state FROM outbox WHERE key = ?"
    return tx.execute(known, (key,)), tx.execute(waits, (key,))


def plan_effect(
    tx: Tx,
    claim: Claim | Mark,
    wish: tuple[Effect, str],
    now: int,
    asked: tuple[Rows, Rows] | None = None,
) -> str:
    """Put an effect, given with its digest, into the outbox unless it stands already or, once
    said, was said: then why it is left out."""
    effect, digest = wish
    stands, waits = (one.fetchone() for one in asked or ask_effect(tx, effect.key))
    if stands is not None and stands[2] == "suppressed":
        return "suppressed"
    if isinstance(effect, Send) and effect.message.kind == "answered":
        # Nobody has to be asked any more: what has not left stays here.
        unsent = "DELETE FROM outbox WHERE key = ? AND state IN ('pending', 'uncertain')"
        tx.execute(unsent, (effect.edits,))
    if isinstance(effect, React) and effect.gone and not _reacted(tx, effect):
        return "equal"
    state_like = isinstance(effect, SetCheck | PutComment | SetLabel | PutBoard)
    state_like = state_like or (isinstance(effect, Reply) and effect.anew)
    if not state_like and (stands is not None or waits is not None):
        return "said"
    if stands is not None and stands[1] == digest and waits is not None and waits[2] == "pending":
        # Nothing of the other wish has left, and what it would have replaced stands.
        tx.execute("DELETE FROM outbox WHERE key = ?", (effect.key,))
        return "equal"
    newest = waits if waits is not None and waits[2] != "dead" else stands
    unsure = stands is not None and stands[2] == "unsure"
    same = newest is not None and newest[1] == digest
    if same and not (unsure and newest is stands):
        return "equal"
    gen = max(stands[0] if stands else 0, waits[0] if waits else 0) + (not same)
    tx.execute(
        "INSERT INTO outbox AS o (key, kind, class, installation_id, pr, gen, digest, payload, "
        "state, due_at, planned_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (key) DO UPDATE SET gen = excluded.gen, digest = excluded.digest, "
        "payload = excluded.payload, pr = excluded.pr, attempts = 0, error = NULL, "
        # What may be on its way is waited for, and looked for before this is sent.
        "due_at = CASE WHEN o.state = 'uncertain' THEN max(o.due_at, excluded.due_at) "
        "ELSE excluded.due_at END, "
        "state = CASE WHEN o.state IN ('uncertain', 'sending') THEN o.state "
        "ELSE excluded.state END",
        (
            effect.key,
            kind_of(effect),
            int(effect.order),
            claim.installation_id,
            claim.subject.key,
            gen,
            digest,
            canonical(effect).decode(),
            "uncertain" if unsure else "pending",
            max(now, _not_before(effect, stands)),
            now,
        ),
    )
    return ""


def drop_older_checks(tx: Tx, subject: Subject) -> None:
    """Of a head that is left nothing more is said."""
    here = {"pr": subject.key, "repo": subject.repo_id, "number": subject.number}
    tx.execute(_OLDER, here)


def drop_settled(tx: Tx, subject: Subject, asks: Sequence[str]) -> None:
    """Who was to be asked need not be any more: what has not left stays here."""
    for ask in asks:
        about = f"%:{subject.key}:{ask}"
        tx.execute(_SETTLED, {"pr": subject.key, "ask": about, "to": f"{about}:%"})


def doubt(tx: Tx, effect: Effect, opened: int, since: int) -> None:
    """Have it looked for before it is sent, where what it is about is older than the store, which
    is whole `since`."""
    if opened >= since or (isinstance(effect, Send) and effect.message.kind == "alarm"):
        # What operators hear is of this very day.
        return
    tx.execute(
        "UPDATE outbox SET state = 'uncertain' WHERE key = ? AND state = 'pending' "
        "AND NOT EXISTS (SELECT 1 FROM published p WHERE p.key = outbox.key)",
        (effect.key,),
    )


def due_effects(tx: Tx, claim: Claim, now: int) -> Sequence[PlannedEffect]:
    """The subject's due effects, checks first."""
    about = {"pr": claim.subject.key, "now": now, "repeat": REPEAT_MS, "doubt": DOUBT_MS}
    rows = tx.execute(_DUE, about).fetchall()
    return [_planned(row) for row in rows]


class Wanted(NamedTuple):
    """What is asked before an effect leaves."""

    silent: Rows
    gen: Rows
    head: Rows


def ask_wanted(tx: Tx, claim: Claim, key: str, now: int) -> Wanted:
    """Whether the claim holds and may speak, which wish may go, and what the newest head is."""
    subject = claim.subject
    head = "SELECT sha FROM head_index WHERE repo_id = ? AND number = ? AND current = 1"
    return Wanted(
        silent=ask_silent(tx, claim),
        gen=tx.execute(_GEN, {"key": key, "now": now}),
        head=tx.execute(head, (subject.repo_id, subject.number)),
    )


def take_effect(tx: Tx, planned: PlannedEffect, now: int, asked: Wanted) -> bool:
    """Mark the row as on its way; False when it has to wait, or is no longer wanted (then it is
    dropped)."""
    gen = asked.gen.fetchone()
    if not heard(asked.silent) or gen is None:
        return False
    effect, head = planned.effect, asked.head.fetchone()
    if head is not None and isinstance(effect, SetCheck) and head[0] != effect.head_sha:
        tx.execute("DELETE FROM outbox WHERE key = ?", (effect.key,))
        return False
    if isinstance(effect, Send) and planned.uncertain and _said_again(tx, planned, now):
        return False
    tx.execute(
        "UPDATE outbox SET state = 'sending', sending_at = ?, attempts = attempts + 1 "
        "WHERE key = ? AND gen = ?",
        (now, effect.key, planned.gen),
    )
    return bool(gen == (planned.gen,))


def _said_again(tx: Tx, planned: PlannedEffect, now: int) -> bool:
    """Whether a run died while it said the message again: then nobody does. Otherwise this does."""
    row = (planned.effect.key, planned.gen)
    died = "UPDATE outbox SET state = 'dead', due_at = ? WHERE key = ? AND gen = ?"
    died += " AND state = 'sending' AND error = ?"
    if tx.execute(died, (now, *row, _AGAIN)).rowcount:
        return True
    tx.execute("UPDATE outbox SET error = ? WHERE key = ? AND gen = ?", (_AGAIN, *row))
    return False


def ask_silent(tx: Tx, claim: Claim) -> Rows:
    """Whether the subject is still the claim's, and since when nothing may be said there."""
    return tx.execute(_SILENT, (claim.subject.key, claim.epoch))


def heard(silent: Rows) -> bool:
    """Whether it is, and anything may."""
    row = silent.fetchone()
    return row is not None and row[0] is None


def pass_on(tx: Tx, planned: PlannedEffect, state: str, due: int) -> None:
    """While this was on its way a newer wish took its row: that one may go now."""
    tx.execute(
        "UPDATE outbox SET state = ?, due_at = ? WHERE key = ? AND state = 'sending'",
        (state, due, planned.effect.key),
    )


def _reacted(tx: Tx, effect: React) -> bool:
    """Whether the reaction that is to go stands or may; one that is not on its way stays here."""
    here = (effect.key.removesuffix(":gone"),)
    unsent = "DELETE FROM outbox WHERE key = ? AND state != 'sending' RETURNING state"
    stands = "SELECT 1 FROM published WHERE key = ? UNION SELECT 1 FROM outbox WHERE key = ?"
    dropped, standing = tx.execute(unsent, here), tx.execute(stands, here * 2)
    left = {state for (state,) in dropped.fetchall()} - {"pending"}
    return bool(left) or standing.fetchone() is not None


def _not_before(effect: Effect, stands: tuple[Any, ...] | None) -> int:
    """A check that only goes on waiting in other words can wait itself; a verdict never does."""
    waits = isinstance(effect, SetCheck) and effect.status != "completed"
    if not waits or stands is None or not stands[1]:
        return 0
    running = json.loads(stands[3]).get("status") == "in_progress"
    return int(stands[4]) + WAITING_EVERY_MS if running else 0


def _planned(row: tuple[Any, ...]) -> PlannedEffect:
    kind, payload, gen, digest, state, attempts, error = row
    effect: Effect = Decoder().decode(_KINDS[kind], json.loads(payload))
    uncertain = state in {"uncertain", "sending"}
    return PlannedEffect(
        effect=effect, gen=gen, digest=digest, uncertain=uncertain, attempts=attempts, error=error
    )


def kind_of(effect: Effect) -> str:
    """The word under which effects of its kind are stored."""
    return _NAMES[type(effect)]
