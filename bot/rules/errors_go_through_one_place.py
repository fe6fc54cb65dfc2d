"""No changed endpoint newly answers an error that is made up on the spot.

Why it matters
    Errors that each handler words for itself drift apart, and clients cannot tell them apart.
What it looks at
    Handlers of routes that are added or altered: a text as `detail=`, `{"error": …}`, a bare
    `abort(…)`, `res.status(500).send("…")` and their like, in added lines, where there are more
    of them than before. `module` names the file, folder or module where errors may be made.
How to satisfy it
    Raise an error of the common module, and let one place turn it into an answer.
What it cannot see
    Errors made below the handler; whether middleware gives the text its form. So it never fails,
    it asks.
Examples
    Ready: `raise NotFound("refund")`. Not ready: `raise HTTPException(404, "no such refund")`.
"""

from dataclasses import dataclass

from bot.linking.route_changes import Places, route_needs
from bot.linking.touched import Touched, added_lines, spot, touched
from bot.model.area import Area
from bot.model.facts import Facts, between
from bot.model.known import Unknown
from bot.model.route import Route
from bot.model.rule import Rule
from bot.model.verdict import Kind, Says, Tier, Verdict, passed, skipped, undecided

AD_HOC = Kind(
    id="error-made-up",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="One place may give every error its form, whoever makes it.",
    withholds=True,
)
SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(Places):
    """`module`: where errors may be made: `app/errors.py`, `app/errors` or `app.errors`."""

    module: str = ""
    generated: Area = Area("generated", ())


def prove(facts: Facts, options: Options) -> Verdict:
    found = touched(facts, options)
    if isinstance(found, Unknown):
        return undecided(found)
    made = [
        AD_HOC.at(f"{head.name} answers an error of its own"[:200], *spot(facts, head.path, line))
        for base, head in found.pairs
        if not _is_in(head.path, options.module)
        for line in _fresh(facts, base, head)
    ]
    beyond = _beyond(found)
    if not made:
        return beyond
    more = f" and {len(made) - 1} more" if len(made) > 1 else ""
    where = f"{made[0].file}:{made[0].line}"
    why = f"can't tell: {made[0].note} ({where}){more}. A reviewer can attest it"
    return undecided(Unknown(why), *made[:SHOWN], beyond=beyond)


def _beyond(found: Touched) -> Verdict:
    unseen = next((head for _, head in found.pairs if head.does is None), None)
    if unseen:
        why = f"can't tell: the errors of {unseen.name} - its handler was not found"
        return undecided(Unknown(f"{why}. Read it there"))
    if found.open:
        return undecided(found.open)
    if not found.pairs:
        return skipped("no endpoint was added or altered")
    return passed(f"{len(found.pairs)} changed endpoint(s), none makes up a new error")


def _fresh(facts: Facts, base: Route | None, head: Route) -> list[int]:
    now = head.does.errors if head.does else ()
    was = base.does.errors if base and base.does else ()
    lines = added_lines(facts, head.path)
    return [line for line in now if between(lines, line, line)][: max(0, len(now) - len(was))]


def _is_in(path: str, module: str) -> bool:
    if not module:
        return False
    plain = module if "/" in module else module.removesuffix(".py").replace(".", "/")
    return path == module or path.startswith(f"{plain}/") or path.rpartition(".")[0] == plain


RULE = Rule(
    id="errors-go-through-one-place",
    title="Errors go through one place",
    word=None,
    items=frozenset({"error-format"}),
    watch=False,
    kinds=(AD_HOC,),
    version=1,
    options=Options,
    needs=route_needs,
    prove=prove,
)
