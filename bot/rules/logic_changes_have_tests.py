"""Changed logic is named by a changed test.

Why it matters
    Code that changes while its tests stay the same is either covered already or not at all.
What it looks at
    Functions, classes and modules of the area logic (any source file outside tests where the
    policy has none) whose code changed, and the tests that changed beside them: what these import,
    and which functions and classes they name.
How to satisfy it
    Change or add the test that calls the changed code, or have a person say that one exists.
What it cannot see
    Whether the test asserts anything, whether it runs, and tests that were there before and cover
    the change as they are. So it never fails: it passes, or asks.
Examples
    Ready: `charge()` changed and `test_pay.py` calls `charge`. Not ready: `charge()` alone.
"""

import re
from collections import Counter
from dataclasses import dataclass

from bot.linking.news import TESTS, Head, bases, heads, source_needs
from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.rule import Rule
from bot.model.signal import Signals
from bot.model.verdict import Kind, Says, Tier, Verdict, passed, skipped, undecided

UNNAMED = Kind(
    id="logic-without-changed-test",
    tier=Tier.LIKELY,
    says=Says.ABSENT,
    because="A test that was there before may cover it.",
    withholds=True,
)
# Names that every test has for some other reason.
_WORDS = (
    "get post put patch delete list create update main run init call handle execute save test name"
    " setup index show destroy render data value result config settings utils util types models"
    " model base common helpers helper core app api routes views handler handlers schema schemas"
    " service services constructor close open start stop read write load build parse add remove"
    " find new default client server user users item items error errors process validate format"
    " convert filter map each send"
)
_COMMON = frozenset(_WORDS.split())
SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`logic`: what needs tests; none: all source outside `tests`."""

    logic: Area = Area("logic", ())
    tests: Area = TESTS
    generated: Area = Area("generated", ())


def prove(facts: Facts, options: Options) -> Verdict:
    if isinstance(facts.changes, Unknown):
        return undecided(facts.changes)

    def judged(path: str) -> bool:
        inside = not options.logic.globs or options.logic.has(path)
        return inside and not options.tests.has(path)

    logic, unread = heads(facts, options.generated, judged)
    tests, _ = heads(facts, options.generated, options.tests.has)
    before, _ = bases(facts, options.generated)
    known = Counter(one.digest for value in before for one in value.functions)
    outside = {value.code_digest for value in before}
    changed = {head.file.path: _changed(head, known, outside) for head in logic}
    changed = {path: names for path, names in changed.items() if names}
    if not changed:
        return undecided(unread[0]) if unread else skipped("no logic was changed")
    lacking = [path for path, names in changed.items() if not _is_named(path, names, tests)]
    advice = tuple(UNNAMED.at("no changed test names it", path) for path in lacking[:SHOWN])
    if len(lacking) < len(changed):
        return passed(
            f"changed tests name {len(changed) - len(lacking)} of {len(changed)} changed file(s)",
            advice=advice,
        )
    why = f"can't tell: tests of {lacking[0]} - no changed test names it. Add one, or attest"
    beyond = undecided(unread[0]) if unread else passed("changed tests are not asked for")
    return undecided(Unknown(why), *advice, beyond=beyond)


def _changed(head: Head, known: Counter[str], outside: set[str]) -> list[str]:
    """Names of what is new or different in a file, itself first; empty if it only moved."""
    names = []
    for one in head.value.functions:
        known[one.digest] -= 1
        if one.digest and known[one.digest] < 0:
            names.append(one.name)
    apart = head.value.code_digest
    if not names and (not apart or apart in outside or not head.lines):
        return []
    return [_module(head.file.path), *names]


def _module(path: str) -> str:
    """The name that others import a file by: of its folder where it is an index."""
    folders, stem = path.split("/")[:-1], path.rpartition("/")[2].rpartition(".")[0]
    return folders[-1] if folders and stem in {"index", "__init__", "mod", "main"} else stem


def _is_named(path: str, names: list[str], tests: list[Head]) -> bool:
    return any(_names(test.value, path, names) for test in tests if test.lines)


def _names(test: Signals, path: str, names: list[str]) -> bool:
    module, *functions = names
    folder = path.split("/")[-2] if "/" in path else ""
    for _, imported in [*test.imports, *test.type_imports]:
        parts = [part for part in re.split(r"[./]", imported) if part]
        own = [part for part in re.split(r"[./]", module) if part]
        for at in range(len(parts) - len(own) + 1):
            if parts[at : at + len(own)] == own:
                before = parts[at - 1] if at else ""
                if module not in _COMMON or before == folder:
                    return True
    called = {part for name in functions for part in name.split(".")} | {module}
    return any(
        len(name) > 3 and name.lower() not in _COMMON and name in test.names for name in called
    )


RULE = Rule(
    id="logic-changes-have-tests",
    title="Logic changes have tests",
    word=None,
    items=frozenset({"unit-tests"}),
    watch=False,
    kinds=(UNNAMED,),
    version=1,
    options=Options,
    needs=source_needs,
    prove=prove,
)
