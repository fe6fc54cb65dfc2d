"""What `reviewers-approved` answers, one row per reason that a person could argue with."""

from __future__ import annotations

from bot.model.facts import Commits, Person
from tests.rules.tables import UNREAD, F, P, U, case, table, verdicts, words
from tests.support.pulls import ANA, BEN, SAM, pull, review, reviews

TABLE = table(
    "reviewers-approved",
    case("approved", pull(reviews=reviews(review(BEN))), P),
    case("nobody", pull(), F),
    case("by the author", pull(reviews=reviews(review(ANA))), F),
    case("may not write", pull(reviews=reviews(review(BEN, may_write=False))), F),
    case(
        "by a contributor",
        pull(
            reviews=reviews(review(BEN)),
            commits=Commits(shas=(), contributors=frozenset({ANA.id, BEN.id})),
        ),
        F,
    ),
    case(
        "changes requested", pull(reviews=reviews(review(BEN), review(SAM, "changes_requested"))), F
    ),
    case("dismissed", pull(reviews=reviews(review(BEN, "dismissed"))), F),
    case("older commit", pull(reviews=reviews(review(BEN, commit_sha="2" * 40))), U),
    case(
        "older commit, this-commit",
        pull(reviews=reviews(review(BEN, commit_sha="2" * 40))),
        F,
        of="this-commit",
    ),
    case(
        "older commit, any-commit",
        pull(reviews=reviews(review(BEN, commit_sha="2" * 40))),
        P,
        of="any-commit",
    ),
    case("one of two", pull(reviews=reviews(review(BEN))), F, at_least=2),
    case(
        "contributors not known",
        pull(reviews=reviews(review(BEN)), commits=Commits(shas=(), contributors=UNREAD)),
        U,
    ),
    case("standing not known", pull(reviews=reviews(review(BEN, may_write=UNREAD))), U),
    case(
        "approved, and perhaps somebody who may asks for changes",
        pull(reviews=reviews(review(BEN), review(SAM, "changes_requested", may_write=UNREAD))),
        U,
    ),
    case(
        "approved, and perhaps somebody who may approved too",
        pull(reviews=reviews(review(BEN), review(SAM, may_write=UNREAD))),
        P,
    ),
    case("reviews not read", pull(reviews=UNREAD), U),
    case(
        "of a role",
        pull(reviews=reviews(review(BEN)), members={"lead": frozenset({BEN.id})}),
        P,
        from_role="lead",
    ),
    case(
        "of another role",
        pull(reviews=reviews(review(BEN)), members={"lead": frozenset({SAM.id})}),
        F,
        from_role="lead",
    ),
    case(
        "role not known",
        pull(reviews=reviews(review(BEN)), members={"lead": UNREAD}),
        U,
        from_role="lead",
    ),
    case(
        "by the author, whose commits another pushed",
        pull(
            reviews=reviews(review(ANA)),
            commits=Commits(shas=(), contributors=frozenset({SAM.id})),
        ),
        F,
    ),
    case("by a bot", pull(reviews=reviews(review(Person(id=9, login="bot", bot=True)))), F),
    case("only a comment", pull(reviews=reviews(review(BEN, "commented"))), F),
    case("commits not read", pull(reviews=reviews(review(BEN)), commits=UNREAD), U),
    case(
        "may not write, commits not read",
        pull(reviews=reviews(review(BEN, may_write=False)), commits=UNREAD),
        F,
    ),
    case(
        "by an owner of the code",
        pull(reviews=reviews(review(BEN)), members={"codeowner": frozenset({BEN.id})}),
        P,
        from_role="codeowner",
    ),
    case(
        "older commit, one of two",
        pull(reviews=reviews(review(BEN, commit_sha="2" * 40))),
        F,
        at_least=2,
    ),
    case(
        "changes asked for by somebody outside the role",
        pull(
            reviews=reviews(review(BEN), review(SAM, "changes_requested")),
            members={"lead": frozenset({BEN.id})},
        ),
        P,
        from_role="lead",
    ),
)

test_verdict = verdicts(TABLE)
test_golden_words = words(TABLE)
