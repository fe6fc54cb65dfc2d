"""The policies that were judged by: their last good copies, and what matters under them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model.codec import canonical
from bot.model.effect import TimerKind
from bot.store.marking import arm

if TYPE_CHECKING:
    from bot.model.keeping import Judged
    from bot.store.port import Rows, Tx


def ask_policies(tx: Tx, repo_id: int, judged: Judged) -> Rows:
    """What is known of those that an evaluation was judged by."""
    scopes = (f"repo:{repo_id}", *(one.scope for one in judged.policies))
    marks = ",".join("?" * len(scopes))
    query = f"SELECT scope, blob_id, digest FROM policy WHERE scope IN ({marks})"
    return tx.execute(query, scopes)


def keep_policies(tx: Tx, repo_id: int, judged: Judged, now: int, asked: Rows) -> None:
    """Write what is new: to write what stands there already is to wait for all who do the same."""
    known = {scope: (blob, digest) for scope, blob, digest in asked}
    unknown, scope = (None, None), f"repo:{repo_id}"
    for policy in judged.policies:
        if known.get(policy.scope, unknown)[0] != policy.blob:
            tx.execute(
                "INSERT INTO policy AS p (scope, blob_id, body, loaded_at) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (scope) DO UPDATE SET blob_id = excluded.blob_id, "
                "body = excluded.body, loaded_at = excluded.loaded_at",
                (policy.scope, policy.blob, policy.text, now),
            )
    before = known.get(scope, unknown)[1]
    if judged.relevance is None or before == judged.policy_digest:
        return
    if before is not None:
        # What was of no matter under the old one may matter to the others under this one.
        arm(tx, f"{TimerKind.POLICY}:{repo_id}", now, now)
    tx.execute(
        "INSERT INTO policy AS p (scope, digest, relevance, loaded_at) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (scope) DO UPDATE SET digest = excluded.digest, "
        "relevance = excluded.relevance",
        (scope, judged.policy_digest, canonical(judged.relevance).decode(), now),
    )
