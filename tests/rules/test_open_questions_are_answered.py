"""What the rule on open questions answers, one row per reason to argue."""

from __future__ import annotations

from bot.model.area import Area
from tests.rules.tables import UNREAD, P, U, case, table, verdicts, words
from tests.support.pulls import changed, pull

OPEN = "## Open questions\n- [ ] Which currency?\n- [x] Which day?\n"
MARK = "x = 1  # TODO(architect): which currency?\n"
TABLE = table(
    "open-questions-are-answered",
    case("a question is open", pull(body=OPEN), P),
    case("the code asks", pull(changed("a.py", "x = 0\n", "x = 0\n" + MARK)), P),
    case("numbered", pull(body="## Open questions\n1. [ ] Which currency?\n"), P),
    case("answered", pull(body=OPEN.replace("[ ]", "[x]")), P),
    case("no section", pull(body="## Why\n- [ ] Which currency?\n"), P),
    case("another section follows", pull(body="## Open questions\n\n## To do\n- [ ] it\n"), P),
    case("commented out", pull(body=f"<!--\n{OPEN}-->\n"), P),
    case("asked in words", pull(body="## Open questions\nNone are left.\n"), P),
    case("asked before", pull(changed("a.py", MARK, MARK + "x = 0\n")), P),
    case("the mark is gone", pull(changed("a.py", MARK, "x = 1\n")), P),
    case("for somebody else", pull(changed("a.py", "", "# TODO(ana): x\n")), P),
    case(
        "nobody wrote it",
        pull(changed("a.gen.py", "", MARK)),
        P,
        generated=Area("generated", ("*.gen.py",)),
    ),
    case("lines not visible", pull(changed("a.py", "", MARK, added=UNREAD), body=OPEN), U),
    case("files not known", pull(changes=UNREAD), U),
    case("not read", pull(body=UNREAD), U),
    case("too long", pull(body="x" * 80_000), U),
)

test_verdicts = verdicts(TABLE)
test_golden_words = words(TABLE)
