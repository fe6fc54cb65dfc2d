"""What `section-is-filled` answers, one row per reason that a person could argue with."""

from __future__ import annotations

from tests.rules.tables import UNREAD, F, P, U, case, table, verdicts, words
from tests.support.pulls import pull

TABLE = table(
    "section-is-filled",
    case("filled", pull(body="## Rollback\nDrop the column.\n"), P),
    case("any level and case", pull(body="#### ROLLBACK ###\nDrop it.\n"), P),
    case("absent", pull(body="## Other\nText.\n"), F),
    case("empty", pull(body="## Rollback\n\n## Next\nText.\n"), F),
    case("comment only", pull(body="## Rollback\n<!-- how to go back -->\n"), F),
    case("placeholder", pull(body="## Rollback\nTBD\n"), F),
    case("too few words", pull(body="## Rollback\nDrop it.\n"), F, words_at_least=5),
    case("none where not accepted", pull(body="## Rollback\nNone\n"), F),
    case("none where accepted", pull(body="## Rollback\nNone\n"), P, accept_none=True),
    case("in a code fence", pull(body="```\n## Rollback\nDrop it.\n```\n"), F),
    case("key filled", pull(body="## Rollback\nSeed data: three orders\n"), P, keys=("Seed data",)),
    case("key empty", pull(body="## Rollback\nSeed data:\nText here.\n"), F, keys=("Seed data",)),
    case("too long", pull(body="x" * 80000), U),
    case("not read", pull(body=UNREAD), U),
    case("heading commented out", pull(body="<!--\n## Rollback\nDrop it.\n-->\n"), F),
    case("in the middle of a line", pull(body="See ## Rollback\nDrop it.\n"), F),
    case("another heading that begins alike", pull(body="## Rollback plan\nDrop it.\n"), F),
    case("an unticked box only", pull(body="## Rollback\n- [ ] tested\n"), F),
    case(
        "enough words over lines",
        pull(body="## Rollback\nDrop the\nnew column.\n"),
        P,
        words_at_least=4,
    ),
    case(
        "key in another case",
        pull(body="## Rollback\n- **seed data**: three\n"),
        P,
        keys=("Seed data",),
    ),
    case("key absent", pull(body="## Rollback\nThree orders.\n"), F, keys=("Seed data", "Limits")),
    heading="Rollback",
)

test_verdict = verdicts(TABLE)
test_golden_words = words(TABLE)
