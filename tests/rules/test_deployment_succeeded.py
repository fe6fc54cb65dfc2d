"""What `deployment-succeeded` answers, one row per reason that a person could argue with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.model.facts import Deployment, Facts
from tests.rules.tables import LATER, UNREAD, F, P, U, W, case, table, verdicts, words
from tests.support.pulls import HEAD, NOW, pull

MERGE = "3" * 40
URL = "https://staging.acme.dev/118"


def to(environment: str, state: str, **known: Any) -> Deployment:
    """A deployment of the head."""
    about = {"environment": environment, "sha": HEAD, "state": state, "updated_at": NOW}
    return Deployment(**{**about, **known})


def at(*deployments: Deployment, **known: Any) -> Facts:
    return pull(deployments=deployments, **known)


def merged(*deployments: Deployment, **known: Any) -> Facts:
    return at(*deployments, open=False, merged=True, merge_sha=MERGE, **known)


TABLE = table(
    "deployment-succeeded",
    case("deployed", at(to("staging", "success")), P),
    case("deployed, its name in another case", at(to("Staging", "success")), P),
    case("deployed to another place", at(to("production", "success")), W),
    case("another commit is", at(to("staging", "success", sha=MERGE)), W),
    case("it failed", at(to("staging", "failure")), F),
    case("it could not be made", at(to("staging", "error")), F),
    case("failed after a success", at(to("staging", "success"), to("staging", "failure")), F),
    case("a success after it failed", at(to("staging", "failure"), to("staging", "success")), P),
    case("under way", at(to("staging", "in_progress")), W),
    case("begun a while ago", at(to("staging", "queued"), taken_at=LATER), U),
    case(
        "begun long after the push",
        at(to("staging", "pending", updated_at=LATER - timedelta(minutes=1)), taken_at=LATER),
        W,
    ),
    case("none yet", at(), W),
    case("none for two hours", at(taken_at=LATER), U),
    case("replaced by another one", at(to("staging", "inactive")), U),
    case("not read", pull(deployments=UNREAD), U),
    case(
        "the merge failed where the head did not",
        merged(to("staging", "success"), to("staging", "failure", sha=MERGE)),
        F,
    ),
    case("the merge is not deployed yet, the head was", merged(to("staging", "success")), P),
    case("only the merge counts", merged(to("staging", "success")), W, of="merge"),
    case("the merge is deployed", merged(to("staging", "success", sha=MERGE)), P, of="merge"),
    case(
        "only the merge counts, and nothing is merged", at(to("staging", "success")), W, of="merge"
    ),
    case("only the head counts", merged(to("staging", "success", sha=MERGE)), W, of="head"),
    case("its address is as asked", at(to("staging", "success", url=URL)), P, url="required"),
    case("without the address that is asked for", at(to("staging", "success")), F, url="required"),
    case(
        "at an address of one's own machine",
        at(to("staging", "success", url="https://localhost:8080/")),
        F,
        url="required",
    ),
    case(
        "at an address that nobody asks for",
        at(to("staging", "success", url="http://localhost:8080/")),
        P,
    ),
    environment="staging",
)

test_verdict = verdicts(TABLE)
test_golden_words = words(TABLE)
