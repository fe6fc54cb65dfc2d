"""What `review-threads-are-answered` answers, one row per reason that a person could argue with."""

from __future__ import annotations

from dataclasses import replace

from bot.model.facts import Facts, Person, Thread
from tests.rules.tables import UNREAD, P, U, case, table, verdicts, words
from tests.support.pulls import ANA, BEN, SAM, changed, pull

FILE = changed("app/a.py", "", "x = 1\n")
ASKED = Thread(path="app/a.py", last_by=BEN)
ANSWERED = replace(ASKED, last_by=ANA)
RESOLVED = replace(ASKED, resolved=True)


def talk(*threads: Thread) -> Facts:
    """A pull request by ana with these threads."""
    return pull(FILE, threads=threads)


TABLE = table(
    "review-threads-are-answered",
    case("a question stands alone", talk(ASKED), P),
    case("several", talk(ANSWERED, ASKED, replace(ASKED, last_by=SAM)), P),
    case("below a file that is changed no more", talk(replace(ASKED, path="b.py")), P),
    case("many", talk(*[ASKED] * 30), P),
    case("answered", talk(ANSWERED), P),
    case("resolved", talk(RESOLVED), P),
    case("answered and resolved", talk(ANSWERED, RESOLVED), P),
    case("the author under another name", talk(replace(ASKED, last_by=Person(id=1, login="a"))), P),
    case("no thread", talk(), P),
    case("not read", pull(FILE, threads=UNREAD), U),
)

test_verdicts = verdicts(TABLE)
test_golden_words = words(TABLE)
