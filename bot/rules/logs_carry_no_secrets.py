"""No added log call shows a variable or field that is named like a secret.

Why it matters
    Logs are copied to many places and read by many people; a token in them is a leaked token.
What it looks at
    Arguments of added log calls outside tests: variables, fields and keywords named password,
    token, secret, authorization, card, ssn and the like, also within templates and formats. Names
    that end in dir, path, file, name, id, count, type, url, ttl, expiry, field or policy are about
    a secret and do not count.
How to satisfy it
    Leave it out, or show what identifies it: its id, its length, its last digits.
What it cannot see
    What a variable of another name holds, what the text of an exception says, and what a call
    makes of its argument: `mask(token)` and `describe(user)` both count as harmless.
Examples
    Ready: `log.info("token %s expired", token_id)`. Not ready: `log.info("token %s", token)`.
"""

from bot.linking.news import SourceOptions, answer, news, source_needs
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.rule import Rule
from bot.model.signal import Sign
from bot.model.verdict import Kind, Says, Tier, Verdict

LOGGED = Kind(
    id="secret-logged",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="The name says that it is a secret; what it holds cannot be seen.",
)


def prove(facts: Facts, options: SourceOptions) -> Verdict:
    found = news(
        facts, (Sign.LOGS_SECRET,), options.generated, lambda path: not options.tests.has(path)
    )
    places = () if isinstance(found, Unknown) else found.places
    return answer(
        found,
        [LOGGED.at(f"logs {one.signal.name}", one.path, one.signal.line) for one in places],
        "no log call shows a secret",
        "{n} log call(s) show what is named like a secret: leave it out",
    )


RULE = Rule(
    id="logs-carry-no-secrets",
    title="Logs carry no secrets",
    word=None,
    items=frozenset({"logging"}),
    watch=True,
    kinds=(LOGGED,),
    version=1,
    options=SourceOptions,
    needs=source_needs,
    prove=prove,
)
