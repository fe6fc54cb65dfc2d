"""A pull request that is handed over: told, answered and changed again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

from bot.judge.evaluate import evaluate, needs_of
from bot.judge.handover import due_tells
from bot.model.act import Act, ActKind
from bot.model.facts import Facts, Person
from bot.model.handover import Handover
from bot.model.known import Unknown
from bot.model.report import Matter, Report
from bot.model.scope import fingerprint
from bot.wiring.catalogue import registry
from tests.support.judging import policy
from tests.support.pulls import ANA, BEN, HEAD, NOW, check, review, reviews
from tests.support.sources import written

JO, LI = Person(id=5, login="jo"), Person(id=6, login="li")
POLICY = """
version: 1
areas: { code: ["app/**"], docs: ["docs/**"], contract: ["openapi.yaml"] }
roles:
  frontend: { people: [jo] }
  qa: { people: [li] }
  operations: { people: [kim] }
hours: { days: mon-fri, from: "09:00", to: "17:00", zone: UTC }
checklist:
  tests: { title: Tests pass, when: { changed: [code] }, proof: { check: ci } }
  docs: { title: Docs, when: { changed: [docs] }, proof: { check: ci } }
lists: { handoff: [tests, docs], quality: [tests, docs] }
handoff:
  after: [approved, list handoff]
  frontend:
    to: frontend
    tell:
      authentication: { from: contract security }
      deviations: { from: contract changes, confirmed-by: author }
  qa:
    to: qa
    answer: before-merge
    tell: { seed-data: { from: section, required: false }, known-limitations: { from: section } }
  operations:
    to: operations
    tell: { rollback: { from: section } }
"""
BODY = """
## Frontend handoff
Deviations: none
## QA handoff
Known limitations: none
## Operations handoff
Rollback: the image before
"""


def contract(*more: str) -> str:
    head = "openapi: 3.0.0\ninfo: { title: t, version: '1' }\npaths:\n"
    return head + "".join(more)


REFUNDS = "  /refunds:\n    post: { responses: { '200': { description: ok } } }\n"
STRICTER = REFUNDS.replace("{ '200'", "{ '422': { description: no }, '200'")
FILES = {"app/a.py": ("", "x = 1\n"), "openapi.yaml": (contract(), contract(REFUNDS))}
APPROVED = reviews(review(BEN))


def facts_of(
    files: dict[str, tuple[str, str]] | None = None, text: str = POLICY, **known: Any
) -> Facts:
    """Approved and green, with every field said; a file's blob is its text."""
    files = FILES if files is None else files
    rules = policy(text)
    needs = needs_of(written(frozenset(), files), rules, registry())
    usual: dict[str, Any] = {"checks": (check("ci"),), "reviews": APPROVED, "body": BODY}
    facts = written(needs, files, **usual | known)
    assert not isinstance(facts.changes, Unknown)
    blobs = tuple(
        replace(one, head_blob=sha256(files[one.path][1].encode()).hexdigest()[:40])
        for one in facts.changes
    )
    return replace(facts, changes=blobs)


def matter_of(facts: Facts | None = None, *acts: Act, text: str = POLICY) -> Matter:
    return Matter(facts=facts or facts_of(), policy=policy(text), acts=acts)


def judged(matter: Matter) -> Report:
    return evaluate(matter, registry(), "1")


def told_in(matter: Matter) -> dict[str, Handover]:
    return {one.notice: one for one in judged(matter).told}


def telling(matter: Matter, **asked: str) -> Matter:
    """The matter with everything told that is due now."""
    acts = due_tells(matter, judged(matter), asked)
    return replace(matter, acts=(*matter.acts, *acts))


def later(matter: Matter, facts: Facts | None = None, **time: float) -> Matter:
    """The same as it stands after some time, with other facts where they are given."""
    since = matter.facts.taken_at
    return replace(matter, facts=replace(facts or matter.facts, taken_at=since + timedelta(**time)))


def says(
    kind: ActKind, notice: str, matter: Matter, by: Person = LI, minutes: int = 1, **more: Any
) -> Matter:
    """The matter with an answer."""
    everything = fingerprint(matter.facts.changes, (), matter.policy.generated)
    assert isinstance(everything, str)
    items = more.pop("items", ())
    act = Act(
        key=f"{kind}:{notice}:{len(matter.acts)}",
        kind=kind,
        by=by,
        subjects=(notice, *items),
        head_sha=HEAD,
        said_at=matter.facts.taken_at + timedelta(minutes=minutes),
        scopes=more.pop("scopes", {"*": everything} if kind is ActKind.RETURN else {}),
        **more,
    )
    return replace(later(matter, minutes=minutes + 1), acts=(*matter.acts, act))


TOLD = telling(matter_of(), qa="li", frontend="jo")
READY = Act(key="r", kind=ActKind.READY, by=ANA, subjects=(), head_sha=HEAD, said_at=NOW, reason="")
HOLD = replace(READY, key="h", kind=ActKind.HOLD, subjects=("h1",), reason="not yet")
ACCEPTED = says(ActKind.ACCEPT, "qa", TOLD)
RETURNED = says(
    ActKind.RETURN, "qa", TOLD, items=("tests",), reason="a refund of 0 answers 500", detail="bug"
)
PUSHED = facts_of({**FILES, "app/a.py": ("", "x = 2\n")})
BOTH = says(ActKind.ACCEPT, "qa", says(ActKind.ACCEPT, "frontend", TOLD, JO))


def steps(matter: Matter) -> tuple[Matter, list[str]]:
    """The matter after the App's own acts, and the keys of those."""
    acts = due_tells(matter, judged(matter))
    return replace(matter, acts=(*matter.acts, *acts)), [one.key for one in acts]
