"""What `self-review-is-noted` answers, one row per reason that a person could argue with."""

from __future__ import annotations

from tests.rules.tables import UNREAD, P, U, case, table, verdicts, words
from tests.support.pulls import pull

GOOD = "Read it twice, ran the suite.\n"
TABLE = table(
    "self-review-is-noted",
    case("said", pull(body="## Self-review\n" + GOOD), P),
    case("in any level and case", pull(body="#### SELF-REVIEW ###\n" + GOOD), P),
    case("under another heading", pull(body="## Why\n" + GOOD), P),
    case("under the policy's heading", pull(body="## Why\n" + GOOD), P, heading="Why"),
    case("nothing below", pull(body="## Self-review\n\n## Next\nText.\n"), P),
    case("a comment", pull(body="## Self-review\n<!-- write here -->\n"), P),
    case("the template's words", pull(body="## Self-review\nTBD\n"), P),
    case("a box without a tick", pull(body="## Self-review\n- [ ] done\n"), P),
    case("one word", pull(body="## Self-review\nDone.\n"), P),
    case("too long", pull(body="x" * 80_000), U),
    case("not read", pull(body=UNREAD), U),
    case("more below", pull(body="## Self-review\n" + GOOD + "\n## Why\nText.\n"), P),
    case("Windows line ends", pull(body="## Self-review\r\n" + GOOD), P),
    case("with markup", pull(body="## **Self-review**\n- " + GOOD), P),
    case("after a code fence", pull(body="```\n# x\n```\n## Self-review\n" + GOOD), P),
)

test_verdicts = verdicts(TABLE)
test_golden_words = words(TABLE)
