"""No secret is written into the repository.

Why it matters
    What was pushed once is known to whoever could read it, and stays so when it is taken out.
What it looks at
    Every changed text but lock files, generated ones among them, for the formats of some hundred
    services and for private keys; and literals under names such as `password` or `SECRET_KEY`. A
    value that stood in a changed file before is not new. What an earlier commit of the pull request
    added was pushed too, even if a later one took it out. In tests, docs, examples and files of CI
    it is only pointed at.
How to satisfy it
    Take it out, read it from the environment or a vault, and revoke the one that was pushed. For a
    value that is none, a waiver holds as long as the files stay as they are.
What it cannot see
    Secrets without a format of their own, those in pictures and archives, what a commit before the
    newest fifty added and a later one took out, and what only a merge commit holds. No value is
    shown or kept: eight digits tell whether two places hold the same one.
Examples
    Ready: `os.environ["STRIPE_KEY"]`. Not ready: the live key itself.
"""

from collections import Counter
from dataclasses import dataclass

from bot.linking.news import TESTS
from bot.model.area import Area
from bot.model.facts import Change, ChangedFile, Changes, Facts, between
from bot.model.known import Unknown
from bot.model.need import Need
from bot.model.reading import BOTH, COMMIT_SECRETS, PAST_ONLY, SECRETS, Read, Side
from bot.model.rule import Rule
from bot.model.secret import TEXTS, Secret, Secrets
from bot.model.verdict import (
    Evidence,
    Kind,
    Says,
    Tier,
    Verdict,
    failed,
    passed,
    skipped,
    undecided,
)

ADDED = Kind(
    id="secret-added",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="The format belongs to one service and to nothing else, and it is no placeholder.",
)
LEFT = Kind(
    id="secret-in-earlier-commit",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="The format belongs to one service, and a pushed commit can be read by its id.",
)
PERHAPS = Kind(
    id="secret-like-text-added",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="The format is shared by harmless texts, or the file is not what runs.",
)
NAMED = Kind(
    id="literal-under-secret-name",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="A name is no proof of what the literal is.",
)
ASIDE = Area(
    "examples and CI",
    (
        "**/{example,examples,sample,samples,fixture,fixtures,testdata,demo,mock,mocks}/**",
        "**/*{example,sample,fixture}*",
        "**/{.ci,.github,.circleci,.devcontainer,cypress}/**",
        "**/{docker-compose,compose}*.{yml,yaml}",
        "**/*.{md,mdx,rst,adoc,snap,ipynb}",
        "**/{docs,doc}/**",
        "**/.gitlab-ci.yml",
    ),
)
SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`tests`, `docs`: where a secret is only pointed at."""

    tests: Area = TESTS
    docs: Area = Area("docs", ())


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    return frozenset(
        {
            Read(reading=SECRETS.id, area=TEXTS, sides=BOTH),
            Read(reading=COMMIT_SECRETS.id, area=TEXTS, sides=PAST_ONLY),
        }
    )


def prove(facts: Facts, options: Options) -> Verdict:
    files = facts.changed_in(TEXTS)
    if isinstance(files, Unknown):
        return undecided(files)
    written = [one for one in files if one.change is not Change.REMOVED and one.added != ()]
    found, unread = _added(facts, files, written)
    shown = [
        _evidence(file, one, options)
        for file, one in found
        if one.kind != NAMED.id or not _is_aside(file.path, options)
    ]
    left, unseen = _left(facts, files, options)
    shown, unread = shown + left, unread + unseen
    sure = [one for one in shown if one.kind.tier is Tier.SURE]
    advice = tuple(one for one in shown if one.kind.tier is not Tier.SURE)[:SHOWN]
    if unread:
        beyond = undecided(unread[0], *advice)
    elif not written:
        beyond = skipped("no text was added")
    else:
        beyond = passed(f"{len(written)} file(s) read, no secret was added", advice=advice)
    if not sure:
        return beyond
    first = sure[0]
    place = f" at {first.file}:{first.line}: take it out and revoke it"
    text = first.note + (place if first.file else ": revoke it")
    return failed(text, *sure[:SHOWN], advice=advice, beyond=beyond)


def _added(
    facts: Facts, files: tuple[ChangedFile, ...], written: list[ChangedFile]
) -> tuple[list[tuple[ChangedFile, Secret]], list[Unknown]]:
    """What stands on added lines more often than in all changed files before, and what is open."""
    before: Counter[tuple[str, str]] = Counter()
    unread: list[Unknown] = []
    blurred: list[Unknown] = []
    for file in files:
        if file.change is not Change.ADDED:
            base = facts.read(SECRETS, file.previous_path or file.path, Side.BASE)
            if isinstance(base, Unknown):
                blurred.append(base)
            else:
                before.update((one.kind, one.mark) for one in base.found)
    found: list[tuple[ChangedFile, Secret]] = []
    for file in written:
        head = facts.read(SECRETS, file.path)
        if isinstance(head, Unknown):
            unread.append(head)
            continue
        for one in sorted(head.found, key=lambda each: not _is_added(file, each)):
            before[one.kind, one.mark] -= 1
            if before[one.kind, one.mark] < 0 and _is_added(file, one):
                found.append((file, one))
    if found and blurred:
        return [], [*unread, *blurred]
    return found, unread


def _left(
    facts: Facts, files: tuple[ChangedFile, ...], options: Options
) -> tuple[list[Evidence], list[Unknown]]:
    """What single commits added that neither the base nor the head holds in a changed file."""
    past = facts.read_all(COMMIT_SECRETS, TEXTS, Side.PAST)
    if isinstance(past, Unknown):
        return [], [past]
    sides = [facts.read(SECRETS, file.path) for file in files]
    sides += [facts.read(SECRETS, one.previous_path or one.path, Side.BASE) for one in files]
    known = {(s.kind, s.mark) for one in sides if isinstance(one, Secrets) for s in one.found}
    shown: list[Evidence] = []
    for sha, commit in sorted(past.items()):
        for path, one in () if isinstance(commit, Unknown) else commit.found:
            if one.kind != NAMED.id and (one.kind, one.mark) not in known:
                known.add((one.kind, one.mark))
                sure = one.exact and not _is_aside(path, options)
                note = f"{one.kind} in {path} of commit {sha[:7]} (mark {one.mark})"
                shown.append((LEFT if sure else PERHAPS).at(note[:200]))
    return shown, [one for one in past.values() if isinstance(one, Unknown)]


def _is_added(file: ChangedFile, secret: Secret) -> bool:
    """Whether an added line holds it; where these are not known, that it is new is enough."""
    if isinstance(file.added, Unknown):
        return True
    return bool(between(file.added, secret.line, secret.end))


def _evidence(file: ChangedFile, secret: Secret, options: Options) -> Evidence:
    if secret.kind == NAMED.id:
        kind = NAMED
    else:
        kind = ADDED if secret.exact and not _is_aside(file.path, options) else PERHAPS
    note = f"{secret.name or secret.kind} (mark {secret.mark})"
    return kind.at(note[:200], file.path, secret.line)


def _is_aside(path: str, options: Options) -> bool:
    return any(area.has(path) for area in (options.tests, options.docs, ASIDE))


RULE = Rule(
    id="no-secrets-added",
    title="No secret is added",
    word=None,
    items=frozenset({"no-hardcoded-values"}),
    watch=True,
    kinds=(ADDED, LEFT, PERHAPS, NAMED),
    version=1,
    options=Options,
    needs=needs,
    prove=prove,
)
