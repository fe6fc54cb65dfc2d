"""No answer of the API newly holds a password or another secret.

Why it matters
    What is answered is cached, logged and shown on the way; a secret that was sent once is known.
What it looks at
    Texts in the good answers of the API contract whose name is that of a secret, such as
    `password` or `password_hash`, unless they are `writeOnly`. A named schema counts once, and not
    at all where it was answered before.
How to satisfy it
    Answer another schema than the one that is sent in, or mark the property `writeOnly`.
What it cannot see
    Secrets under a harmless name, and whether the code ever fills the property. A token may be
    what the endpoint is there for: those are hints.
Examples
    Ready: `User` with `id` and `name`. Not ready: `User` with `password`, answered by `GET /me`.
"""

import re
from collections.abc import Iterator

from bot.linking.operations import ContractOptions, Promises, advised, contract_needs
from bot.model.facts import Facts
from bot.model.rule import Rule
from bot.model.verdict import Evidence, Kind, Says, Tier, Verdict

PASSWORD = Kind(
    id="password-in-response",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="Nobody needs a password back, but the code may leave the property empty.",
)
TOKEN = Kind(
    id="token-in-response",
    tier=Tier.HINT,
    says=Says.BROKEN,
    because="Endpoints that hand out a token or a key are there to answer it.",
)
_NEVER = re.compile(r"(?i)passw|passphrase|pwd|ssn|cvv|cvc")


def prove(facts: Facts, options: ContractOptions) -> Verdict:
    clean = "no answer newly holds a secret"
    what = "{n} secret(s) newly stand in an answer: leave them out, or mark them writeOnly"
    return advised(facts, options, _told, (clean, what))


def _told(found: Promises) -> Iterator[Evidence]:
    known = {one.name for _, held in found.bases for one in held.exposed}
    for path, held in found.heads:
        for one in held.exposed:
            if one.name not in known:
                kind = PASSWORD if _NEVER.search(one.name.rpartition(".")[2]) else TOKEN
                yield kind.at(f"{one.name.strip()} is answered"[:200], path, one.line or None)


RULE = Rule(
    id="responses-expose-no-secrets",
    title="Answers hold no secrets",
    watch=True,
    kinds=(PASSWORD, TOKEN),
    options=ContractOptions,
    needs=contract_needs,
    prove=prove,
    guide="api-implementation",
)
