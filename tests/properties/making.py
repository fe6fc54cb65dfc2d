"""Small policies and facts, made up: enough names in common for them to meet."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from bot.judge.evaluate import evaluate
from bot.model.act import Act, ActKind
from bot.model.facts import (
    Change,
    ChangedFile,
    CheckRun,
    Commits,
    Deployment,
    Facts,
    Line,
    Person,
    Review,
    Reviews,
)
from bot.model.known import Unknown
from bot.model.policy import Policy
from bot.model.report import Matter, Report
from bot.model.scope import fingerprint
from bot.readers.policy import LoadContext, SourceText, load_policy
from bot.wiring.catalogue import all_rules, registry
from tests.support.pulls import ANA, BEN, HEAD, NOW, SAM, check, pull, review

UNREAD = Unknown("not visible")
HIDDEN = Unknown("too large to read", by_content=True)
PEOPLE = (ANA, BEN, SAM)
PATHS = ("app/a.py", "app/b.py", "docs/a.md", "docs/b.md", "app/x_pb2.py", ".github/handoff.yml")
TEXTS = ("x = 1", "print(1)", "some words here", "  x = 1")
ITEMS = ("one", "two", "three")
AREAS = {"code": ["app/**"], "docs": ["docs/**"], "generated": ["**/*_pb2.py"]}
ROLES = {"lead": {"people": ["ben"]}, "chief": {"people": ["sam"]}}
CONTEXT = LoadContext(rules=all_rules(), presets={}, repo="acme/orders", version="1")

Data = dict[str, Any]


def maybe(strategy: st.SearchStrategy[Any], other: Any = UNREAD) -> st.SearchStrategy[Any]:
    """Mostly the value, sometimes what could not be learnt."""
    return st.one_of(strategy, strategy, strategy, st.just(other))


# ── facts ─────────────────────────────────────────────────────────────────────────────────────


def _lines(texts: list[str]) -> tuple[Line, ...]:
    return tuple(Line(number=at, text=text) for at, text in enumerate(texts, 1))


LINES = st.lists(st.sampled_from(TEXTS), max_size=3).map(_lines)


@st.composite
def changed_files(draw: st.DrawFn) -> ChangedFile:
    change = draw(st.sampled_from(Change))
    added = draw(LINES) if change is not Change.REMOVED else ()
    removed = draw(LINES) if change is not Change.ADDED else ()
    path = draw(st.sampled_from(PATHS))
    renamed = change is Change.RENAMED
    return ChangedFile(
        path=path,
        change=change,
        previous_path=draw(st.sampled_from(PATHS)) if renamed else None,
        base_blob=None if change is Change.ADDED else "b" * 40,
        head_blob=None if change is Change.REMOVED else draw(st.sampled_from(["a", "c"])) * 40,
        additions=len(added),
        deletions=len(removed),
        added=draw(maybe(st.just(added))),
        removed=draw(maybe(st.just(removed))),
    )


CHANGES = st.lists(changed_files(), max_size=4, unique_by=lambda file: file.path).map(tuple)


@st.composite
def check_runs(draw: st.DrawFn) -> CheckRun:
    ends = [None, "success", "success", "failure", "neutral", "skipped", "cancelled"]
    return check(
        draw(st.sampled_from(["ci", "ci / a", "lint", "bench"])),
        draw(st.sampled_from(ends)),
        app_slug=draw(st.sampled_from(["github-actions", "github-actions", "other", None])),
        workflow=draw(maybe(st.sampled_from([".github/workflows/ci.yml", None]))),
    )


@st.composite
def opinions(draw: st.DrawFn, by: Person) -> Review:
    return review(
        by,
        draw(st.sampled_from(["approved", "approved", "changes_requested", "commented"])),
        may_write=draw(maybe(st.booleans())),
        commit_sha=draw(st.sampled_from([HEAD, HEAD, "2" * 40])),
    )


def _reviews(given: tuple[Review | None, ...]) -> Reviews:
    said = tuple(one for one in given if one is not None)
    return Reviews(opinions=said, requested=(), requested_teams=())


REVIEWS = st.tuples(*(st.none() | opinions(person) for person in PEOPLE)).map(_reviews)
IDS = st.frozensets(st.sampled_from([one.id for one in PEOPLE]))
COMMITS = maybe(IDS).map(lambda who: Commits(shas=(HEAD,), contributors=who))
BODIES = st.sampled_from(["", "## Rollback\nDrop it again.\n", "## Rollback\nTBD\n"])
LABELS = st.frozensets(st.sampled_from(["ok", "big", "skip"]))
DEPLOYMENTS = st.lists(
    st.builds(
        Deployment,
        environment=st.sampled_from(["staging", "production"]),
        sha=st.sampled_from([HEAD, "2" * 40]),
        state=st.sampled_from(["success", "success", "failure", "in_progress", "inactive"]),
        updated_at=st.just(NOW),
    ),
    max_size=2,
).map(tuple)
SETTERS = st.dictionaries(st.sampled_from(["ok", "skip"]), st.sampled_from(PEOPLE))


@st.composite
def facts_of(draw: st.DrawFn) -> Facts:
    """A pull request by ana; every part of it may be unknown."""
    return replace(
        pull(),
        changes=draw(maybe(CHANGES)),
        checks=draw(maybe(st.lists(check_runs(), max_size=4).map(tuple))),
        reviews=draw(maybe(REVIEWS)),
        commits=draw(maybe(COMMITS)),
        labels=draw(maybe(LABELS)),
        label_setters=draw(maybe(SETTERS)),
        deployments=draw(maybe(DEPLOYMENTS)),
        body=draw(maybe(BODIES)),
        members={"lead": draw(maybe(IDS)), "chief": draw(maybe(IDS))},
        title=draw(st.sampled_from(["Refunds", "wip: refunds"])),
        base_ref=draw(st.sampled_from(["main", "main", "release/1"])),
        from_fork=draw(st.booleans()),
        opened_at=draw(st.sampled_from([NOW, NOW - timedelta(days=30)])),
        taken_at=draw(st.sampled_from([NOW, NOW + timedelta(hours=2)])),
    )


# ── policies ──────────────────────────────────────────────────────────────────────────────────

AREA = st.sampled_from(["code", "docs"])
ROLE = st.sampled_from(["lead", "chief"])
ENTRIES = st.sampled_from(
    [
        {"changed": ["code"]},
        {"changed": ["docs"]},
        {"labelled": ["big"]},
        {"title": "^wip"},
        {"base": ["default"]},
        {"from-fork": True},
        {"lines-at-least": 2},
        {"files-at-least": 2},
        {"author": ["lead"]},
        {"check-failed": "bench"},
        {"adds": ["package"]},
    ]
)
CONDITIONS = st.recursive(
    ENTRIES,
    lambda inner: (
        st.builds(lambda part: {"not": part}, inner)
        | st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=2))
        | st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=2))
    ),
    max_leaves=3,
)
MACHINE: list[Data] = [
    {"changed": {"areas": ["docs"], "lines-at-least": 1}},
    {"section": "Rollback"},
    {"labels": {"has": ["ok"]}},
    {"labels": {"has": ["ok"], "set-by": ["lead"]}},
    {"labels": {"has-none": ["big"]}},
    {"added-lines": {"in": ["code"], "pattern": "print"}},
    {"added-lines": {"in": ["code"], "pattern": "print", "must": "match"}},
    {"companion": {"of": ["code"], "needs": ["docs"]}},
    {"paths": {"areas": ["docs"], "must": "not-touch"}},
]
REPORTED: list[Data] = [
    {"check": "ci"},
    {"check": "ci*"},
    {"check": {"name": "ci", "if-absent": "skip"}},
    {"check": {"name": "lint", "if-absent": "unsure"}},
    {"check": {"name": "ci", "workflow": ".github/workflows/ci.yml"}},
    {"approvals": 1},
    {"approvals": {"at-least": 1, "of": "this-commit"}},
    {"approvals": {"from": "lead", "at-least": 1, "of": "any-commit"}},
    {"junit": "results"},
    {"deployment": "staging"},
    {"attested-by": "reviewer"},
    {"attested-by": {"role": "lead"}},
]
LEAVES = st.sampled_from(MACHINE + REPORTED)
OPPOSITES = st.sampled_from(MACHINE).map(lambda part: {"not": part})
PROOFS = st.recursive(
    LEAVES | LEAVES | OPPOSITES,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=2))
    ),
    max_leaves=4,
)
LEVELS = st.sampled_from(["block", "block", "advise", "note"])
UNSURE = st.sampled_from(["block", "ask reviewer", "ask lead"])
DATES = st.sampled_from(["2026-11-01", "2027-01-01"])


def _mapping(required: Data, optional: Data) -> st.SearchStrategy[Data]:
    """The keys that must be there and some of the others."""
    return st.fixed_dictionaries(required, optional=optional)


ITEM = _mapping(
    {"title": st.just("It holds"), "proof": PROOFS},
    {
        "when": CONDITIONS,
        "level": LEVELS,
        "if-unsure": UNSURE,
        "waive-by": st.sampled_from([["lead"], ["lead", "chief"], "nobody"]),
        "covers": st.sampled_from([["code"], ["docs"]]),
        "applies-from": DATES,
    },
)
CHECKLIST = st.dictionaries(st.sampled_from(ITEMS), ITEM, min_size=1, max_size=3)
EXEMPT = _mapping(
    {},
    {
        "only-changed": st.sampled_from([["docs"], ["code", "docs"]]),
        "label": st.just({"name": "skip", "set-by": ["lead"]}),
    },
)
OVERRIDE = _mapping({}, {"level": LEVELS, "when": CONDITIONS, "proof": LEAVES, "if-unsure": UNSURE})
HELD = st.sampled_from(["never", "until-acknowledged", "until-decided"])
COMMON: Data = {
    "mode": st.sampled_from(["observe", "advise", "enforce", "enforce"]),
    "applies-from": DATES,
    "exempt": EXEMPT,
    "branches": st.sampled_from([{"judged": ["main"]}, {"judged": ["release/*", "main"]}]),
    "checks": st.just(["handoff", "quality"]),
    "policy-changes": st.just({"approved-by": "lead"}),
}


@st.composite
def organisations(draw: st.DrawFn, /, **more: Any) -> Data:
    """An organisation's file that defines every name it uses."""
    data = draw(_mapping({"checklist": CHECKLIST}, COMMON | more))
    start: Data = {"version": 1, "applies-to": {"repositories": ["*"]}}
    return start | {"areas": AREAS, "roles": ROLES} | data


@st.composite
def repositories(draw: st.DrawFn, /, **more: Any) -> Data:
    """A repository's file, which may try to loosen whatever there is."""
    checklist = draw(CHECKLIST)
    names = sorted(checklist)
    quality = st.just({"handoff": [], "quality": names})
    partial = st.builds(
        lambda name, part: {"checklist": {name: part}}, st.sampled_from(names), OVERRIDE
    )
    known = st.sampled_from(names).map(lambda name: {"checklist": {name: "none"}})
    override = st.just({"checklist": "none"}) | known | partial
    paths = st.dictionaries(st.sampled_from(["**", "app/**", "docs/**"]), override, max_size=2)
    lists = quality | st.just({"handoff": names, "quality": names})
    data = draw(_mapping({}, COMMON | {"paths": paths, "lists": lists} | more))
    generated = draw(st.sampled_from([["**/*_pb2.py"], ["app/**"], ["**"]]))
    names_of = {"areas": AREAS | {"generated": generated}, "roles": ROLES}
    return {"version": 1, "checklist": checklist} | names_of | data


def loaded(repository: Data | None, organisation: Data | None = None) -> Policy:
    """The effective policy of the two files."""
    made = load_policy(
        repository=_source(repository, ".github/handoff.yml"),
        organisation=_source(organisation, "handoff.yml"),
        context=CONTEXT,
    )
    assert made.policy is not None, [one.line() for one in made.problems]
    return made.policy


def _source(data: Data | None, path: str) -> SourceText | None:
    text = json.dumps(data).encode()
    return None if data is None else SourceText(path=path, text=text, blob="a" * 40)


def judged(facts: Facts, policy: Policy, acts: tuple[Act, ...] = ()) -> Report:
    """The report under this version's rules."""
    return evaluate(Matter(facts=facts, policy=policy, acts=acts), registry(), "1")


# ── acts ──────────────────────────────────────────────────────────────────────────────────────


@st.composite
def words(draw: st.DrawFn, *kinds: ActKind) -> Act:
    """Something that somebody said, not yet bound to any files."""
    by = draw(st.sampled_from(PEOPLE))
    return Act(
        key="",
        kind=draw(st.sampled_from(kinds or (ActKind.ATTEST, *ActKind))),
        by=by,
        subjects=(draw(st.sampled_from(ITEMS)),),
        head_sha=HEAD,
        said_at=NOW,
        roles=draw(st.frozensets(st.sampled_from(["reviewer", "lead", "author"]))),
        ends_at=draw(st.sampled_from([None, None, NOW])),
        is_author=by is ANA,
        is_contributor=by is ANA,
    )


def bound(said: list[Act], facts: Facts, policy: Policy) -> tuple[Act, ...]:
    """The acts about the files of these facts, as the strictest layer that has the item covers."""
    every = [*policy.items, *(policy.floor.items if policy.floor else ())]
    scopes = {one.id: fingerprint(facts.changes, one.covers, policy.generated) for one in every}
    known = {name: scope for name, scope in scopes.items() if isinstance(scope, str)}
    return tuple(
        replace(act, key=f"act-{at}", scopes={n: known[n] for n in act.subjects if n in known})
        for at, act in enumerate(said)
    )


# ── the same facts, known less or told otherwise ──────────────────────────────────────────────


def blanked(facts: Facts) -> list[Facts]:
    """The facts with each part that may be unknown made so, one at a time."""
    out = [
        replace(facts, changes=UNREAD),
        replace(facts, checks=UNREAD),
        replace(facts, reviews=UNREAD),
        replace(facts, commits=UNREAD),
        replace(facts, labels=UNREAD),
        replace(facts, label_setters=UNREAD),
        replace(facts, deployments=UNREAD),
        replace(facts, body=UNREAD),
    ]
    out += [replace(facts, members={**facts.members, role: UNREAD}) for role in facts.members]
    if not isinstance(facts.commits, Unknown):
        out.append(replace(facts, commits=replace(facts.commits, contributors=UNREAD)))
    return out + _rows_blanked(facts)


def _rows_blanked(facts: Facts) -> list[Facts]:
    """What may be unknown of a single row: a standing, a workflow, one side of the lines."""
    out: list[Facts] = []
    if not isinstance(facts.reviews, Unknown):
        opinions = facts.reviews.opinions
        for at, one in enumerate(opinions):
            worse = (*opinions[:at], replace(one, may_write=UNREAD), *opinions[at + 1 :])
            out.append(replace(facts, reviews=replace(facts.reviews, opinions=worse)))
    if not isinstance(facts.checks, Unknown):
        for at, run in enumerate(facts.checks):
            unsure = replace(run, workflow=UNREAD)
            out.append(replace(facts, checks=(*facts.checks[:at], unsure, *facts.checks[at + 1 :])))
    if not isinstance(facts.changes, Unknown):
        for at, file in enumerate(facts.changes):
            for half in (replace(file, added=UNREAD), replace(file, removed=UNREAD)):
                rows = (*facts.changes[:at], half, *facts.changes[at + 1 :])
                out.append(replace(facts, changes=rows))
    return out


@st.composite
def shuffled(draw: st.DrawFn, facts: Facts) -> Facts:
    """The same facts with every list in another order."""
    changes, checks, reviews = facts.changes, facts.checks, facts.reviews
    if not isinstance(changes, Unknown):
        changes = tuple(draw(st.permutations(changes)))
    if not isinstance(checks, Unknown):
        checks = tuple(draw(st.permutations(checks)))
    if not isinstance(reviews, Unknown):
        reviews = replace(reviews, opinions=tuple(draw(st.permutations(reviews.opinions))))
    labels = facts.labels if isinstance(facts.labels, Unknown) else frozenset([*facts.labels][::-1])
    return replace(facts, changes=changes, checks=checks, reviews=reviews, labels=labels)


def hiding(facts: Facts) -> Facts:
    """The same facts after the author has made every changed file unreadable."""
    if isinstance(facts.changes, Unknown):
        return facts
    unread = tuple(replace(file, added=HIDDEN, removed=HIDDEN) for file in facts.changes)
    return replace(facts, changes=unread)


def by_author(act: Act) -> bool:
    """Whether the author said it."""
    return act.is_author
