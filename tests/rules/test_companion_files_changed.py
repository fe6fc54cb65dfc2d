"""What `companion-files-changed` answers, one row per reason that a person could argue with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.model.facts import Change, Facts
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
from tests.support.routes import ITEM, MAIN, MODELS, app, change, handles

PAGE = changed("docs/a.md", "", "one\ntwo\nthree\n")
UNSHOWN = Unknown("GitHub shows no patch", by_content=True)
PICTURE = changed("docs/a.png", "", "x", added=UNSHOWN, removed=UNSHOWN)

NAMED: dict[str, Any] = {"mentions": "changed-endpoints"}


def told(page: str, more: str = "") -> Facts:
    """An endpoint is new, and so is a page."""
    code = more or app(handles("get", "/items", "list_items"))
    return change({MAIN: (app(), code), "docs/a.md": ("", page)})


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
    # ── what must be named ──
    case("names the changed endpoint", told("Lists\n`GET /items`\nby name.\n"), P, **NAMED),
    case(
        "names an endpoint whose model changed",
        change(
            {MODELS: (ITEM, ITEM + "    note: str\n"), "docs/a.md": ("", "a\nb\n/items\n")},
            {MAIN: app(handles("post", "/items", "make", "item: Item"))},
        ),
        P,
        **NAMED,
    ),
    case("names another endpoint", told("Lists\n`GET /users`\nby name.\n"), U, **NAMED),
    case("names nothing, and nothing is asked", told("a\nb\nc\n"), P),
    case("names it in too few lines", told("`GET /items`\n"), F, **NAMED),
    case("no endpoint changed", pull(PAGE), U, **NAMED),
    case("routes cannot be read", told("a\nb\nc\n", "def f(:\n"), U, **NAMED),
    areas=DOCS,
)

test_verdict = verdicts(TABLE)
test_golden_words = words(TABLE)
