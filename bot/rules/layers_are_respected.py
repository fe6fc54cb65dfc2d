"""No layer gains an import that its policy forbids.

Why it matters
    A layer that knows the one above it can no longer be tested, moved or read without it.
What it looks at
    Imports that are new in the files of an area for which the policy forbids modules: `forbid:
    { services: [fastapi, app.api] }`. A module is matched by whole parts of its name: `flask` is
    not `flask_sqlalchemy`. Relative imports are counted from the repository's root. An import that
    was there before, or only moved within the area, is not new.
How to satisfy it
    Pass in what is needed from outside, or move the code to the layer that may know it.
What it cannot see
    Imports by a computed name, and what is reached through a third module. Imports for types alone
    are advice.
Examples
    Ready: `services/pay.py` imports `app.models`. Not ready: it imports `fastapi`.
"""

from dataclasses import dataclass

from bot.linking.imports import Fence, fenced
from bot.linking.news import source_needs
from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.rule import Rule
from bot.model.verdict import Kind, Says, Tier, Verdict

CROSSED = Kind(
    id="layer-crossed",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="The policy forbids the module there, and an import is a fact.",
)
PERHAPS = Kind(
    id="layer-crossed-in-part",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="The import serves types alone, or the file says that a program wrote it.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`forbid`: the modules that an area must not import."""

    forbid: tuple[tuple[Area, tuple[str, ...]], ...]
    generated: Area = Area("generated", ())


def prove(facts: Facts, options: Options) -> Verdict:
    fence = Fence(forbid=options.forbid, generated=options.generated, plain=CROSSED, partly=PERHAPS)
    return fenced(facts, fence)


RULE = Rule(
    id="layers-are-respected",
    title="Layers are respected",
    word=None,
    items=frozenset({"conventions"}),
    watch=True,
    kinds=(CROSSED, PERHAPS),
    version=1,
    options=Options,
    needs=source_needs,
    prove=prove,
)
