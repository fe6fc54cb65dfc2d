"""A table of what the rule on syntax says of real source text."""

from __future__ import annotations

import json
from typing import Any

from bot.model.area import Area
from bot.model.facts import Facts
from bot.rules.syntax_is_allowed import RULE, Options
from tests.rules.tables import CODE, GENERATED, UNREAD, F, P, S, U, case, table, verdicts, words
from tests.support.pulls import changed, pull
from tests.support.sources import written

GO = (Area("code", ("**/*.go",)),)


def form(language: str = "python", **rule: Any) -> dict[str, Any]:
    return {"language": language, "rule": json.dumps({"language": language, "rule": rule})}


EVAL = form(pattern="eval($X)")
SILENT = form(kind="except_clause", has={"kind": "block", "has": {"kind": "pass_statement"}})
DISCARDED = form("go", pattern="_ = $X")
COMMON: dict[str, Any] = {"areas": CODE, "generated": GENERATED, **EVAL}
PATH = "app/a.py"


def change(*files: tuple[str, str, str], options: dict[str, Any] = COMMON, **known: Any) -> Facts:
    """A pull request of (path, before, after), with all that the rule wants read."""
    needs = RULE.needs(Options(**{**COMMON, **options}), ())
    return written(needs, {path: (before, after) for path, before, after in files}, **known)


def added(code: str, path: str = PATH, **more: Any) -> Facts:
    return change((path, "", code), **more)


TRY = "try:\n    go()\nexcept OSError:\n    {}\n"
LONG = "# " + "x" * 200_000
OLD = "def f(x):\n    y = 1\n    return eval(x)\n"
DEFINED = form(kind="function_definition", regex="eval")
ON_FILES: dict[str, Any] = {"on": "changed-files"}
WANTED: dict[str, Any] = {"must": "match"}

TABLE = table(
    RULE.id,
    case("forbidden", added("x = eval(y)\n"), F, at=("app/a.py:1",)),
    case("over several lines", added("x = eval(\n    y\n)\n"), F, at=("app/a.py:1",)),
    case("in the policy's words", added("eval(y)\n"), F, at=("app/a.py:1",), say="no eval here"),
    case("something else", added("x = evaluate(y)\n"), P),
    case("a method of that name", added("x = frame.eval(y)\n"), P),
    case("one argument more", added("x = eval(y, z)\n"), P),
    case("in a comment", added("x = 1  # eval(y)\n"), P),
    case("in a string", added("x = 'eval(y)'\n"), P),
    case("in a string that computes", added("x = f'{eval(y)}'\n"), F, at=("app/a.py:1",)),
    case("old code", change((PATH, "eval(y)\n", "eval(y)\nx = 1\n")), P),
    case("twice where it was once", change((PATH, "eval(y)\n", "eval(y)\neval(y)\n")), F,
         at=("app/a.py:2",)),
    case("moved within the file", change((PATH, "eval(y)\nx = 1\n", "x = 1\neval(y)\n")), P),
    case("moved to another file",
         change((PATH, "eval(y)\n", ""), ("app/b.py", "", "eval(y)\n")), P),
    case("moved with a rename",
         change((PATH, "eval(y)\n", "x = 1\neval(y)\n"), renamed={PATH: "app/b.py"}), P),
    case("moved here from elsewhere",
         change(("lib/a.py", "eval(y)\n", ""), (PATH, "", "eval(y)\n")), F, at=("app/a.py:1",)),
    case("indented", change((PATH, "eval(y)\n", "if z:\n    eval(y)\n")), P),
    case("laid out anew", change((PATH, "f(eval(y),\n  1)\n", "f(\n  eval(y),\n  1)\n")), P),
    case("old code around a new line", change((PATH, OLD, OLD.replace("1", "2"))), P),
    case("an old form with a new part", change((PATH, "eval(a(\n1))\n", "eval(a(\n2))\n")), P),
    case("old around new", change((PATH, OLD, OLD.replace("1", "2")), options=DEFINED), P,
         **DEFINED),
    case("becomes it by its inside",
         change((PATH, TRY.format("raise"), TRY.format("pass")), options=SILENT), F,
         at=("app/a.py:3",), **SILENT),
    case("no longer it", change((PATH, TRY.format("pass"), TRY.format("raise")), options=SILENT),
         P, **SILENT),
    case("renamed alone", change((PATH, "eval(y)\n", "eval(y)\n"), renamed={PATH: "app/b.py"}), S),
    case("removed", change((PATH, "eval(y)\n", "")), S),
    case("only taken away", change((PATH, "eval(y)\nx = 1\n", "x = 1\n")), S),
    case("other area", added("eval(y)\n", "lib/a.py"), S),
    case("other language", added("eval(y)\n", "app/a.js"), S),
    case("no program", added("eval(y)\n", "app/a.md"), S),
    case("generated", added("eval(y)\n", "app/a_pb2.py"), S),
    case("nothing changed", pull(), S),
    case("does not parse", added("def (:\neval(y)\n"), U),
    case("did not parse before", change((PATH, "def (:\n", "eval(y)\n")), U),
    case("did not parse before, nothing found", change((PATH, "def (:\n", "x = 1\n")), P),
    case("not text", added("\0eval(y)\n"), U),
    case("larger than is read", added(LONG + "\neval(y)\n"), U),
    case("found too often", added("eval(y)\n" * 1_001), U),
    case("lines not visible", pull(changed(PATH, "", "x\n", added=UNREAD)), U),
    case("files not known", pull(changes=UNREAD), U),
    case("beside what does not parse",
         change((PATH, "", "def (:\n"), ("app/b.py", "", "eval(y)\n")), F, at=("app/b.py:1",)),
    case("more places than anybody reads", added("eval(y)\n" * 25), F,
         at=tuple(f"app/a.py:{at}" for at in range(1, 21))),
    case("a byte order mark, and CR", added("\ufeffx = 1\r\neval(y)\r\n"), F, at=("app/a.py:2",)),
    case("in Go", added("package a\nfunc f() {\n\t_ = g()\n}\n", "a.go",
                        options={**DISCARDED, "areas": GO}), F, at=("a.go:3",),
         areas=GO, **DISCARDED),
    case("none in Go", added("package a\nfunc f() {\n\tx := g()\n\tuse(x)\n}\n", "a.go",
                             options={**DISCARDED, "areas": GO}), P, areas=GO, **DISCARDED),
    case("old, and all is judged", change((PATH, "eval(y)\n", "eval(y)\nx = 1\n")), F,
         at=("app/a.py:1",), **ON_FILES),
    case("nowhere, and all is judged", added("x = 1\n"), P, **ON_FILES),
    case("wanted and there", added("eval(y)\n"), P, **WANTED),
    case("wanted, not there", added("x = 1\n"), F, **WANTED),
    case("wanted, not there, in the policy's words", added("x = 1\n"), F, say="evaluate", **WANTED),
    case("wanted, only in old code", change((PATH, "eval(y)\n", "eval(y)\nx = 1\n")), F, **WANTED),
    case("wanted, only in a comment", added("# eval(y)\n"), F, **WANTED),
    case("wanted, does not parse", added("def (:\n"), U, **WANTED),
    case("wanted, no line added", added("x = 1\n", "lib/a.py"), S, **WANTED),
    case("wanted, old, and all is judged", change((PATH, "eval(y)\n", "eval(y)\nx = 1\n")), P,
         **WANTED, **ON_FILES),
    **COMMON,
)  # fmt: skip

test_verdict = verdicts(TABLE)
test_golden_words = words(TABLE)


def test_rules_that_differ_are_read_apart() -> None:
    areas: dict[str, Any] = {"areas": CODE}
    needs = [RULE.needs(Options(**areas, **one), ()) for one in (EVAL, SILENT, EVAL)]

    assert needs[0] == needs[2]
    assert {one.reading for one in needs[0]}.isdisjoint(one.reading for one in needs[1])  # type: ignore[union-attr]
