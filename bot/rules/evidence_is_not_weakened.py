"""What proves this pull request is not made weaker by it.

Why it matters
    A green check says little when the same change told it to look away.
What it looks at
    Workflows, parsed: jobs and steps that run tests, linters or builds and may now fail unseen
    (`continue-on-error`, `|| true`, `--exit-zero`), run under a condition, leave part out, or are
    gone. Thresholds and exclusions of coverage, ignore lists of linters and of secret scanners.
    Tests that are switched off or taken out. Only the difference counts: what moved with its file,
    a bumped action, formatting and the order of keys do not.
How to satisfy it
    Keep the check as it was, or have a reviewer approve this very commit: a passed check that the
    finding concerns counts again then.
What it cannot see
    Scripts and Makefiles that a workflow calls, CI other than GitHub Actions, settings written in
    code, and whether a test still asserts anything.
Examples
    Ready: `uses: actions/checkout@v5` instead of v4. Not ready: `run: pytest || true`.
"""

from dataclasses import dataclass, replace

from bot.linking.evidence import Weakened, Weakening, evidence_needs, weakenings
from bot.linking.news import TESTS
from bot.model.area import Area
from bot.model.evidence import SETTINGS
from bot.model.facts import Changes, Facts
from bot.model.known import Unknown
from bot.model.need import Need
from bot.model.rule import Rule
from bot.model.verdict import (
    Evidence,
    Kind,
    Says,
    Tier,
    Verdict,
    clip,
    failed,
    passed,
    skipped,
    undecided,
)


def _kind(name: str, because: str, tier: Tier = Tier.SURE) -> Kind:
    return Kind(id=name, tier=tier, says=Says.BROKEN, because=because)


KINDS = {
    "continues-on-error": _kind(
        "continues-on-error", "GitHub documents that the job then passes when the step fails."
    ),
    "failure-masked": _kind("failure-masked", "The shell gives success whatever came before."),
    "runs-only-if": _kind("runs-only-if", "A step whose condition is false is passed over."),
    "checks-left-out": _kind("checks-left-out", "The option takes part of the checks out."),
    "paths-ignored": _kind("paths-ignored", "GitHub does not run it for changes of these paths."),
    "check-removed": _kind("check-removed", "All workflows were read, and none runs it any more."),
    "threshold-lowered": _kind("threshold-lowered", "The same figure is smaller than before."),
    "exclusions-lengthened": _kind("exclusions-lengthened", "The list has one entry more."),
    "test-switched-off": _kind("test-switched-off", "The test was there before and runs no more."),
    "test-removed": _kind("test-removed", "Nothing that it tests was changed or taken out."),
}
PERHAPS = _kind("evidence-perhaps-weakened", "It may have been replaced, or be right.", Tier.LIKELY)
SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`evidence`: what else proves something. `tests`: where tests are."""

    evidence: Area = Area("evidence", ())
    tests: Area = TESTS
    generated: Area = Area("generated", ())


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    return evidence_needs(changes, options.tests, options.generated)


def prove(facts: Facts, options: Options) -> Verdict:
    found = weakenings(facts, options.tests, options.generated)
    if isinstance(found, Unknown):
        return undecided(found)
    foreign = _not_read(facts, options)
    return _said(replace(found, open=(*found.open, foreign)) if foreign else found)


def _not_read(facts: Facts, options: Options) -> Unknown | None:
    """A file that the policy calls evidence and that has no form that is read."""
    files = facts.changed_in(options.evidence)
    for file in () if isinstance(files, Unknown) else files:
        if not SETTINGS.has(file.path) and not file.path.endswith("ignore"):
            why = "Handoff does not read its form. A person compares and attests"
            return Unknown(f"can't tell: {file.path} - {why}")
    return None


def _said(found: Weakened) -> Verdict:
    sure = [_evidence(one) for one in found.found if one.sure]
    advice = tuple(_evidence(one) for one in found.found if not one.sure)[:SHOWN]
    if found.open:
        beyond = undecided(found.open[0], *advice)
    elif not found.files:
        beyond = skipped("no file of CI, coverage, linters or tests was changed")
    else:
        what = f"{found.files} file(s) read, nothing proves less than before"
        beyond = passed(what, advice=advice)
    if sure:
        return failed(sure[0].note, *sure[:SHOWN], advice=advice, beyond=beyond)
    return beyond


def _evidence(one: Weakening) -> Evidence:
    kind = KINDS[one.kind] if one.sure else PERHAPS
    return kind.at(clip(one.note, 200), one.file or None, one.line)


RULE = Rule(
    id="evidence-is-not-weakened",
    title="Evidence is not weakened",
    word=None,
    items=frozenset({"unit-tests", "integration-tests", "api-tests", "conventions"}),
    watch=True,
    kinds=(*KINDS.values(), PERHAPS),
    version=1,
    options=Options,
    needs=needs,
    prove=prove,
)
