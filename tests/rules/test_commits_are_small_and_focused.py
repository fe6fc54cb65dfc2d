"""What `commits-are-small-and-focused` answers, one row per reason to argue about."""

from __future__ import annotations

from bot.model.facts import Commits, Facts
from tests.rules.tables import UNREAD, P, U, case, table, verdicts, words
from tests.support.pulls import pull


def said(*subjects: str) -> Facts:
    """Commits with these first lines."""
    return pull(commits=Commits(shas=(), contributors=UNREAD, subjects=subjects))


TABLE = table(
    "commits-are-small-and-focused",
    case("goes on", said("WIP", "[wip] refunds", "wip: refunds"), P),
    case("mends another", said("Round totals up", "fixup! Round totals up"), P),
    case("names two deeds", said("Round totals up and rename orders"), P),
    case("names two deeds after a colon", said("fix(orders): totals & adds a column"), P),
    case("both", said("wip: round totals and also fix orders"), P),
    case("names two things", said("Rename search and replace"), P),
    case("two words for one deed", said("Lint and tidy the readers"), P),
    case("part of a word", said("Wipe the cache", "Fix the sand added to it"), P),
    case("a merge", said("Merge branch 'wip' and fix conflicts"), P),
    case("speaks of merging", said("Merge totals once"), P),
    case("empty", said(""), P),
    case("begins with it", said("and fix"), P),
    case("no commit", said(), P),
    case("people alone are known", pull(), U),
    case("not read", pull(commits=UNREAD), U),
)

test_verdicts = verdicts(TABLE)
test_golden_words = words(TABLE)
