"""What the commit of an evaluation goes by, asked for all at once: each way to a server is long."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bot.store.acts import ask_whole
from bot.store.head_index import ask_head
from bot.store.moment import to_ms
from bot.store.outbox import ask_effect
from bot.store.policies import ask_policies

if TYPE_CHECKING:
    from bot.model.claim import Claim
    from bot.model.effect import Effect
    from bot.model.keeping import Judged
    from bot.store.port import Rows, Tx

# Whose judgement was stored while ours was made: neither check knows of the other one.
_BESIDE = """
SELECT 1 FROM head_index h INDEXED BY head_open JOIN report r ON r.pr = h.repo_id || '#' || h.number
WHERE h.repo_id = :repo AND h.sha = :sha AND h.open = 1 AND h.current = 1 AND h.number != :number
  AND r.head_sha = h.sha AND r.confirmed_at >= :since LIMIT 1
"""


class Ahead(NamedTuple):
    """What an evaluation's commit goes by; `own`: how often the row that is still the claim's was
    marked by now."""

    own: Rows
    head: Rows
    same: Rows
    beside: Rows
    policies: Rows
    whole: Rows
    effects: list[tuple[tuple[Effect, str], tuple[Rows, Rows]]]


def ask_ahead(tx: Tx, claim: Claim, judged: Judged, planned: list[tuple[Effect, str]]) -> Ahead:
    """Ask for all of it."""
    subject, report = claim.subject, judged.report
    beside = {"repo": subject.repo_id, "number": subject.number, "since": to_ms(claim.started_at)}
    newest = (
        "SELECT id, verdict_digest, head_sha FROM report WHERE pr = ? "
        "ORDER BY judged_at DESC, seq DESC LIMIT 1"
    )
    return Ahead(
        own=tx.execute(
            "SELECT seq FROM dirty WHERE pr = ? AND run_epoch = ? AND run_owner IS NOT NULL",
            (subject.key, claim.epoch),
        ),
        head=ask_head(tx, subject.repo_id, subject.number),
        same=tx.execute(newest, (subject.key,)),
        beside=tx.execute(_BESIDE, beside | {"sha": report.head_sha if report else ""}),
        policies=ask_policies(tx, subject.repo_id, judged),
        whole=ask_whole(tx),
        effects=[(wish, ask_effect(tx, wish[0].key)) for wish in planned],
    )
