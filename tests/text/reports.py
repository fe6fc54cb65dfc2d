"""One report of each state and conclusion, and of each thing that a check may have to say."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.model.act import EDITED, NOWHERE, Act, ActKind
from bot.model.facts import Facts, Person
from bot.model.known import Known, Unknown
from bot.model.manifest import Adds, Manifest, Name
from bot.model.policy import Layer, LeftOut
from bot.model.problem import Problem, Severity, Where
from bot.model.reading import BOTH, MANIFEST, SIGNALS, Read, ReadValue, Side, reading_key
from bot.model.report import Report
from bot.model.signal import SOURCE
from tests.judge.test_questions import raised
from tests.support import handed
from tests.support.judging import BASIC, CODE, PAGE, judged, word
from tests.support.pulls import ANA, BEN, NOW, SAM, changed, check, pull
from tests.support.sources import written

CI = check("ci")
RED = check("ci", "failure")
HIDDEN = Unknown("can't tell: deployments - not granted")
LATER = NOW + timedelta(hours=2)
WORDS = BASIC.replace("{ check: ci }", "{ attested-by: reviewer }")
PROMPTED = BASIC.replace(
    "{ check: ci }",
    "{ attested-by: { role: reviewer, prompted-by: [errors-are-not-swallowed] } }",
)
SWALLOWED = written(
    frozenset({Read(reading=SIGNALS.id, area=SOURCE, sides=BOTH)}),
    {
        "app/a.py": ("", "try:\n    f()\nexcept Exception:\n    pass\n"),
        "docs/a.md": ("", "a\nb\nc\n"),
    },
)
UNSURE = BASIC.replace("proof: { check: ci }", "proof: { deployment: x }, if-unsure: ask reviewer")
ADVISED = BASIC.replace("title: Docs\n", "title: Docs\n    level: advise\n")
TRIGGER = "escalate: { new-dependency: { when: { adds: [package] } } }\n"
NEVER = TRIGGER.replace("} } }", "}, block: never } }")
NOTICE = """
handoff:
  after: [approved]
  qa: { when: { changed: [code] }, to: qa, answer: before-merge }
"""
TELLING = (
    BASIC
    + """
handoff:
  operations:
    to: operations
    when: { changed: [code] }
    tell:
      environment-variables: { from: diff }
      feature-flags: { from: diff }
      known-limitations: { from: [waived items, section] }
      rollback: { from: section }
      base-url: { from: deployment staging, confirmed-by: lead }
"""
)
TOLD = """
## Operations handoff
Environment variables: set RATE_URL
Rollback: the image before
"""
NAMES = "".join(f'x = os.environ["<b>_{at}"]\n' for at in range(12))
READ = written(
    frozenset({Read(reading=SIGNALS.id, area=SOURCE, sides=BOTH)}),
    {
        "app/a.py": ("", 'import os\nx = os.environ["RATE_URL"]\ny = os.getenv("@acme", "1")\n'),
        "docs/a.md": ("", "a\nb\nc\n"),
    },
    body=TOLD,
    checks=(CI,),
    deployments=HIDDEN,
)
MANY = replace(
    written(
        frozenset({Read(reading=SIGNALS.id, area=SOURCE, sides=BOTH)}),
        {"app/a.py": ("", "import os\n" + NAMES), "docs/a.md": ("", "a\nb\nc\n")},
        checks=(CI,),
    ),
    body=Unknown("not visible"),
)
LINES = BASIC.replace(
    "proof: { check: ci }",
    "proof: { added-lines: { in: [code], pattern: print, must: not-match, say: Use the logger. } }",
)
HOSTILE = (
    "<b>@acme/all</b> | `x` [a](http://evil) #1 \u202eoops\x1b[31m\n1. GH-2 &#64;ben --> ![](y)"
)


def act(kind: ActKind, facts: Facts, by: Person = BEN, text: str = BASIC, **known: Any) -> Act:
    return word(kind, "tests", facts, by, text=text, **known)


def _with(kind: ActKind, facts: Facts, text: str = BASIC, by: Person = BEN) -> Report:
    return judged(text, facts, acts=(act(kind, facts, by, text),))


def _problem(line: int, severity: Severity = Severity.ERROR) -> Problem:
    where = Where(file=".github/handoff.yml", line=line, column=3, key="checklist.docs")
    return Problem(
        where=where, what="unknown key", code="E201", hint="leave it out", severity=severity
    )


ALL_GOOD = pull(CODE, PAGE, checks=(CI,))
FAILING = pull(CODE, PAGE, checks=(RED,))
LACKING = pull(CODE, checks=(CI,))


def names(*, runtime: bool = True) -> dict[str, Known[ReadValue]]:
    """What a reader makes of a manifest with one package."""
    redis = Name(adds=Adds.PACKAGE, name="redis", line=1, runtime=runtime)
    key = reading_key(MANIFEST.id, Side.HEAD, "requirements.txt")
    return {key: Manifest(names=(redis,))}


NEEDY = pull(CODE, PAGE, changed("requirements.txt", "", "redis\n"), checks=(CI,), readings=names())
STALE = act(ActKind.ATTEST, pull(CODE, PAGE), text=WORDS)
ONE_HOLD = Act(
    key="hold",
    kind=ActKind.HOLD,
    by=BEN,
    subjects=("h1",),
    head_sha="1" * 40,
    said_at=NOW,
    reason="pricing is not decided",
)


def _taken() -> Report:
    room = raised()
    room.types("sam", "/handoff ack")
    room.types("sam", "/handoff decide redirect because use the cache that is there")
    return room.report


REPORTS: dict[str, Report] = {
    "proved": judged(BASIC, ALL_GOOD),
    "attested": _with(ActKind.ATTEST, pull(CODE, PAGE), WORDS),
    "attested, machine disagrees": _with(
        ActKind.ATTEST,
        FAILING,
        BASIC.replace("{ check: ci }", "{ any: [{ check: ci }, { attested-by: reviewer }] }"),
    ),
    "waived": _with(ActKind.WAIVE, FAILING),
    "not needed, nothing of the kind": judged(BASIC, pull(PAGE)),
    "not needed, exempt": judged(BASIC + "exempt: { only-changed: [docs] }\n", pull(PAGE)),
    "waiting": judged(BASIC, pull(CODE, PAGE)),
    "waiting for many": judged(
        BASIC.replace(
            "{ check: ci }",
            "{ all: [{ check: ci / a-long-name }, { check: lint-all }, { check: x }] }",
        ),
        pull(CODE, PAGE),
    ),
    "missing, broken": judged(BASIC, FAILING),
    "missing, absent": judged(BASIC, LACKING),
    "missing, a word": judged(WORDS, pull(CODE, PAGE)),
    "missing, a word, prompted": judged(PROMPTED, SWALLOWED),
    "missing, with places": judged(
        LINES, pull(changed("app/a.py", "", "x\nprint(1)\nprint(2)\n"), PAGE)
    ),
    "missing, CI never came": judged(BASIC, pull(CODE, PAGE, taken_at=LATER)),
    "missing at level advise": judged(ADVISED, LACKING),
    "missing at level note": judged(ADVISED.replace("advise", "note"), LACKING),
    "a word that lapsed": judged(
        WORDS,
        pull(changed("app/a.py", "", "x = 2\n", head_blob="c" * 40), PAGE),
        acts=(STALE,),
    ),
    "a loss of data": judged(
        WORDS,
        pull(CODE, PAGE),
        acts=(
            replace(STALE, key="a", rebuilt=True, head_sha=NOWHERE, scopes={}),
            replace(STALE, key="b", rebuilt=True),
            replace(
                STALE,
                key="lost:comment:9:1",
                kind=ActKind.REMARK,
                subjects=(),
                head_sha=NOWHERE,
                data={"line": "/handoff decide `approve`", "verb": "decide"},
                rebuilt=True,
            ),
        ),
    ),
    "contradicted": _with(ActKind.ATTEST, FAILING),
    "undecided": judged(BASIC, pull(changes=Unknown("too many files"), checks=(CI,))),
    "undecided, for somebody": judged(UNSURE, pull(CODE, PAGE, deployments=HIDDEN)),
    "a word whose comment was edited": judged(
        WORDS,
        pull(CODE, PAGE),
        acts=(
            replace(STALE, key="comment:9:1-aa/tests"),
            replace(STALE, kind=ActKind.REMARK, subjects=("comment:9",), detail=EDITED, by=ANA),
        ),
    ),
    "held": judged(BASIC, ALL_GOOD, acts=(ONE_HOLD,)),
    "a question that blocks": judged(BASIC + TRIGGER, NEEDY),
    "a question that does not": judged(BASIC + NEVER, NEEDY),
    "a question that could not be put": judged(BASIC + TRIGGER, replace(NEEDY, readings={})),
    "a suggestion": judged(BASIC + TRIGGER, replace(NEEDY, readings=names(runtime=False))),
    "an answer is due": replace(
        judged(BASIC, ALL_GOOD), told=judged(BASIC + NOTICE, ALL_GOOD).told
    ),
    "a notice, half answered": judged(TELLING, READ),
    "a notice with many names": judged(TELLING, MANY),
    "returned": handed.judged(handed.RETURNED),
    "an answer before the merge is awaited": handed.judged(handed.TOLD),
    "handed over": handed.judged(
        handed.says(ActKind.ACCEPT, "frontend", handed.ACCEPTED, by=handed.JO)
    ),
    "a question that was asked": raised().report,
    "a question that was taken and decided": _taken(),
    "draft": judged(BASIC, replace(LACKING, draft=True)),
    "observed": judged(BASIC + "mode: observe\n", LACKING),
    "advised": judged(BASIC + "mode: advise\n", ALL_GOOD),
    "a policy that was broken": replace(
        judged(BASIC, ALL_GOOD), broken="the policy of 9e1c2d0 is used: the newest has an error"
    ),
    "nothing good": judged(BASIC, pull(CODE, checks=(RED,))),
    "layers, a preset, one left out": replace(
        judged(BASIC, ALL_GOOD),
        preset="backend-dev@1",
        layers=(
            Layer(origin="repository", path=".github/handoff.yml", commit="9e1c2d0" + "0" * 33),
            Layer(origin="organisation", path="handoff.yml", commit="77ab" + "0" * 36),
        ),
        left_out=(LeftOut(origin="organisation", why="cannot be <read>"),),
    ),
    "a policy change with errors": judged(
        BASIC, ALL_GOOD, proposed=(_problem(9, Severity.WARNING), _problem(4))
    ),
    "a policy change with a warning": judged(
        BASIC, ALL_GOOD, proposed=(_problem(9, Severity.WARNING),)
    ),
    "parts unread": replace(
        judged(BASIC, ALL_GOOD),
        unread=("commit statuses: GitHub does not show them",),
    ),
    "written by an enemy": judged(
        BASIC.replace("check: ci", "check: '*'").replace("tests: {", "tests: { help: x,"),
        replace(
            pull(CODE, PAGE, checks=(check(HOSTILE, "failure"),)),
            author=Person(id=ANA.id, login=SAM.login),
        ),
    ),
}
