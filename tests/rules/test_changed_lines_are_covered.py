"""What `changed-lines-are-covered` answers, written as the reports that CI uploads."""

from __future__ import annotations

from typing import Any

from bot.model.area import Area
from bot.model.facts import Change, ChangedFile
from bot.model.known import Unknown
from bot.model.reading import Side
from bot.rules.changed_lines_are_covered import Options, needs
from tests.rules.tables import LATER, UNREAD, Case, F, P, S, U, W, case, table, verdicts, words
from tests.support.pulls import changed, check, pull
from tests.support.reports import Shelf, filled, packed

NAME, PATH = "coverage", "app/pay.py"
CODE = "".join(f"call({at})\n" for at in range(1, 11))
NEW = changed(PATH, "", CODE)


def lcov(path: str, *hits: int, branches: str = "") -> str:
    """One file with a line for each number of hits."""
    rows = "".join(f"DA:{at},{times}\n" for at, times in enumerate(hits, 1))
    return f"TN:\nSF:{path}\n{rows}{branches}LF:{len(hits)}\nend_of_record\n"


ALL, NONE = lcov(PATH, *[3] * 10), lcov(PATH, *[0] * 10)
HALF, REST = lcov(PATH, *[1] * 5, *[0] * 5), lcov(PATH, *[0] * 5, *[1] * 5)
UNTAKEN = lcov(PATH, *[1] * 10, branches="BRDA:2,0,0,4\nBRDA:2,0,1,-\n")


def shelf(*texts: str, tree: Any = (PATH,), **about: Any) -> Shelf:
    """Each text as one artifact."""
    made = Shelf(tree=tree)
    for run, text in enumerate(texts):
        made.put(NAME, packed({"lcov.info": text}), **{"run": run, **about})
    return made


def row(
    why: str,
    made: Shelf,
    outcome: Any,
    *files: ChangedFile,
    at: tuple[str, ...] = (),
    known: Any = (),
    **options: Any,
) -> Case:
    """A row about one new file, or those that are named."""
    asked = needs(Options(**{"artifact": NAME, **options}), ())
    facts = pull(*(files or (NEW,)), **{"checks": (check("ci / unit"),), **dict(known)})
    return case(why, filled(facts, asked, made), outcome, at=at, **options)


def merged(before: bytes, after: bytes | None, text: str = NONE) -> Shelf:
    """A report of a file with these texts at the merge base and on the base branch."""
    made = shelf(text)
    made.texts_of[Side.BASE, PATH] = before
    if after is not None:
        made.texts_of[Side.TIP, PATH] = after
    return made


EDIT = changed(PATH, "call(1)\n", CODE)
REFUSED = Shelf(refused=Unknown("the app may not read artifacts"))
MOVED = changed("app/old.py", CODE, ""), changed(PATH, "", CODE)
BLANK = changed(PATH, "call()\n", "call()\n\n\n")
TEST = changed("tests/test_pay.py", "", CODE)
RENAMED = changed(PATH, CODE, CODE, change=Change.RENAMED, previous_path="app/old.py")
HIDDEN = changed(PATH, "", CODE, added=UNREAD)
DOCS = (Area("docs", ("docs/**",)),)
TWO = ("app/pay.py", "web/app/pay.py")

TABLE = table(
    "changed-lines-are-covered",
    row("all ran", shelf(ALL), P),
    row("none ran", shelf(NONE), F, at=(f"{PATH}:1",)),
    row("five did not", shelf(HALF), P),
    row("four may not", shelf(HALF), F, at=(f"{PATH}:6",), uncovered_lines_at_most=4),
    row("each ran one half", shelf(HALF, REST), P, uncovered_lines_at_most=0),
    row("a branch never taken", shelf(UNTAKEN), P),
    row("counted", shelf(UNTAKEN), F, at=(f"{PATH}:2",), uncovered_branches_at_most=0),
    row("taken elsewhere", shelf(UNTAKEN, ALL), P, uncovered_branches_at_most=0),
    row("total too low", shelf(HALF), F, total_at_least=51),
    row("total as agreed", shelf(HALF), P, total_at_least=50),
    row("no one total", shelf(HALF, REST), U, total_at_least=50),
    row("moved as a block", shelf(NONE), S, *MOVED),
    row("blank lines alone", shelf(NONE), S, BLANK),
    row("comments alone", shelf(lcov(PATH)), S),
    row("a test", shelf(ALL), S, TEST),
    row("removed", shelf(ALL), S, changed(PATH, CODE, "")),
    row("renamed alone", shelf(ALL), S, RENAMED),
    row("another area", shelf(NONE), S, areas=DOCS),
    row("generated", shelf(NONE), S, generated=Area("generated", ("app/**",))),
    row("another file", shelf(lcov("app/other.py", 1)), U, at=(PATH,)),
    row("another file, skip", shelf(lcov("app/other.py", 1)), S, if_absent="skip"),
    row("a file of that name elsewhere", shelf(lcov("lib/pay.py", *[0] * 10)), U, at=(PATH,)),
    row(
        "as the runner sees it",
        shelf(lcov("/home/ci/repo/app/pay.py", *[0] * 10)),
        F,
        at=(f"{PATH}:1",),
    ),
    row("two files may be meant", shelf(NONE, tree=TWO), U, at=(PATH,)),
    row("the other one is meant", shelf(lcov("/ci/web/app/pay.py", 0), tree=TWO), U, at=(PATH,)),
    row("out of the repository", shelf(lcov("../../etc/pay.py", 0)), U, at=(PATH,)),
    row("base branch as it was", merged(b"x", b"x"), F, EDIT, at=(f"{PATH}:2",)),
    row("base branch changed it", merged(b"x", b"y"), U, EDIT, at=(PATH,)),
    row("base branch not known", merged(b"x", None), U, EDIT, at=(PATH,)),
    row("base branch changed it, all ran", merged(b"x", b"y", ALL), P, EDIT),
    row("absent", Shelf(tree=()), W),
    row("never came", Shelf(tree=()), U, known={"taken_at": LATER}),
    row("never came, skip", Shelf(tree=()), S, if_absent="skip"),
    row("the run goes on", shelf(NONE, over=False), W),
    row("never ended", shelf(ALL, over=False), U, known={"taken_at": LATER}),
    row("not whole", shelf("{"), U),
    row("one of two not whole", shelf(NONE, "{"), U),
    row("one of two not whole, skip", shelf(NONE, "{"), S, if_absent="skip"),
    row("no tree", shelf(ALL, tree=UNREAD), U),
    row("lines not visible", shelf(ALL), U, HIDDEN),
    row("files not known", shelf(ALL), U, known={"changes": UNREAD}),
    row("not permitted", REFUSED, U),
    artifact=NAME,
)
test_verdict = verdicts(TABLE)
test_words = words(TABLE)
