"""What `added-lines-are-allowed` answers, one row per reason that a person could argue with."""

from __future__ import annotations

from tests.rules.tables import CODE, GENERATED, UNREAD, F, P, S, U, case, table, verdicts, words
from tests.support.pulls import changed, pull

TABLE = table(
    "added-lines-are-allowed",
    case("forbidden line", pull(changed("app/a.py", "", "print(1)\n")), F, at=("app/a.py:1",)),
    case("already at base", pull(changed("app/a.py", "print(1)\n", "print(1)\nx = 1\n")), P),
    case("other area", pull(changed("lib/a.py", "", "print(1)\n")), S),
    case("removed file", pull(changed("app/a.py", "print(1)\n", "")), S),
    case("excused", pull(changed("app/a.py", "", "print(1)  # ok\n")), P, except_pattern="# ok"),
    case("generated", pull(changed("app/a_pb2.py", "", "print(1)\n")), S, generated=GENERATED),
    case("not visible", pull(changed("app/a.py", "", "x\n", added=UNREAD)), U),
    case("wanted and there", pull(changed("app/a.py", "", "print(1)\n")), P, must="match"),
    case("wanted, not there", pull(changed("app/a.py", "", "x = 1\n")), F, must="match"),
    case("not known", pull(changes=UNREAD), U),
    case("name in another case", pull(changed("app/a.py", "", "Print(1)\n")), P),
    case("part of a longer name", pull(changed("app/a.py", "", "sprint(1)\n")), P),
    case("commented out", pull(changed("app/a.py", "", "# print(1)\n")), F, at=("app/a.py:1",)),
    case("in a string", pull(changed("app/a.py", "", "x = 'print(1)'\n")), F, at=("app/a.py:1",)),
    case("over two lines", pull(changed("app/a.py", "", "print\n(1)\n")), P),
    case("only taken away", pull(changed("app/a.py", "print(1)\nx\n", "x\n")), S),
    case(
        "moved here",
        pull(changed("lib/a.py", "print(1)\n", ""), changed("app/b.py", "", "print(1)\n")),
        F,
        at=("app/b.py:1",),
    ),
    case(
        "renamed here, lines kept",
        pull(changed("app/b.py", "print(1)\n", "print(1)\n", previous_path="lib/b.py")),
        S,
    ),
    case(
        "forbidden beside what is not visible",
        pull(changed("app/a.py", "", "x\n", added=UNREAD), changed("app/b.py", "", "print(1)\n")),
        F,
        at=("app/b.py:1",),
    ),
    case(
        "more places than anybody reads",
        pull(changed("app/a.py", "", "print(1)\n" * 25)),
        F,
        at=tuple(f"app/a.py:{at}" for at in range(1, 21)),
        say="print is for scripts",
    ),
    case(
        "wanted, not visible", pull(changed("app/a.py", "", "x\n", added=UNREAD)), U, must="match"
    ),
    case("wanted, no line added", pull(changed("lib/a.py", "", "x\n")), S, must="match"),
    case(
        "wanted, not there, in the policy's words",
        pull(changed("app/a.py", "", "x = 1\n")),
        F,
        must="match",
        say="a handler prints its name",
    ),
    areas=CODE,
    pattern=r"\bprint\(",
)

test_verdict = verdicts(TABLE)
test_golden_words = words(TABLE)
