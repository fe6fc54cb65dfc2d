"""What `companion-files-changed` answers, one row per reason that a person could argue with."""

from __future__ import annotations

from dataclasses import replace

from bot.model.facts import Change
from bot.model.known import Unknown
from tests.rules.tables import (
    CODE,
    DOCS,
    GENERATED,
    UNREAD,
    F,
    P,
    S,
    U,
    case,
    table,
    verdicts,
    words,
)
from tests.support.pulls import changed, pull

PAGE = changed("docs/a.md", "", "one\ntwo\nthree\n")
UNSHOWN = Unknown("GitHub shows no patch", by_content=True)
PICTURE = changed("docs/a.png", "", "x", added=UNSHOWN, removed=UNSHOWN)

TABLE = table(
    "companion-files-changed",
    case("enough lines", pull(PAGE), P),
    case("too few lines", pull(changed("docs/a.md", "", "one\n")), F),
    case("nothing there", pull(changed("app/a.py", "", "x = 1\n")), F),
    case("only indented", pull(changed("docs/a.md", "a\nb\nc\n", "  a\n  b\n  c\n")), F),
    case(
        "only moved",
        pull(changed("docs/a.md", "a\nb\nc\n", ""), changed("docs/b.md", "", "a\nb\nc\n")),
        F,
    ),
    case("renamed away", pull(changed("x.md", "", "1\n2\n3\n", previous_path="docs/x.md")), P),
    case("generated", pull(changed("docs/a_pb2.py", "", "1\n2\n3\n")), F, generated=GENERATED),
    case("not asked", pull(PAGE), S, of=CODE),
    case("asked and there", pull(PAGE, changed("app/a.py", "", "x\n")), P, of=CODE),
    case("asked and not there", pull(changed("app/a.py", "", "x\n")), F, of=CODE),
    case("missing, unsure", pull(), U, if_missing="unsure"),
    case("lines not visible", pull(changed("docs/a.md", "", "x\n", added=UNREAD)), U),
    case(
        "perhaps only moved, from where GitHub shows nothing",
        pull(PAGE, changed("docs/b.md", "a\nb\nc\n", "", removed=UNREAD)),
        U,
    ),
    case(
        "enough lines beside a picture", pull(PAGE, replace(PICTURE, additions=0, deletions=0)), P
    ),
    case(
        "enough lines beside what is too large to show",
        pull(PAGE, replace(PICTURE, deletions=2000)),
        U,
    ),
    case("files not known", pull(changes=UNREAD), U),
    case("blank lines only", pull(changed("docs/a.md", "", "\n\n\n\n")), F),
    case("path in another case", pull(changed("Docs/a.md", "", "one\ntwo\nthree\n")), F),
    case("taken away", pull(changed("docs/a.md", "one\ntwo\nthree\n", "")), P),
    case("of another kind", pull(PAGE), F, kinds=(Change.MODIFIED,)),
    case("of the kind", pull(PAGE), P, kinds=(Change.ADDED,)),
    case(
        "asked by two files and not there",
        pull(changed("app/a.py", "", "x\n"), changed("app/b.py", "", "x\n")),
        F,
        of=CODE,
    ),
    case("one line is enough, none there", pull(), F, lines_at_least=1),
    areas=DOCS,
)

test_verdict = verdicts(TABLE)
test_golden_words = words(TABLE)
