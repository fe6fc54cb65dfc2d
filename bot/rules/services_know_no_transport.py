"""No service newly imports what carries its requests.

Why it matters
    Logic that knows HTTP or a command line can be called from nowhere else and is tested only
    through it.
What it looks at
    Imports that are new in the area `logic`: of web frameworks (FastAPI, Starlette, Flask, Django's
    `http` and `shortcuts`, REST framework, aiohttp's server, Express, Koa, Fastify, gin, chi, echo,
    fiber, Spring's web layer, servlets, JAX-RS, Action Controller) and of command lines (click,
    typer, argparse, cobra, commander). An import that only moved is not new.
How to satisfy it
    Raise an error of your own and translate it where the request came in; pass in values, not the
    request.
What it cannot see
    Clients of other services and brokers, which a service may need; a transport of your own.
    `layers-are-respected` keeps out whatever the policy names, and may block.
Examples
    Ready: `services/pay.py` raises `NoSuchOrder`. Not ready: it imports `fastapi` to raise a 404.
"""

from dataclasses import dataclass

from bot.linking.imports import Fence, fenced
from bot.linking.news import TESTS, source_needs, without
from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.rule import Rule
from bot.model.verdict import Kind, Says, Tier, Verdict

TRANSPORT = Kind(
    id="service-knows-transport",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="An import is a fact, but the folder may hold more than services.",
)
PARTLY = Kind(
    id="service-knows-transport-in-part",
    tier=Tier.HINT,
    says=Says.BROKEN,
    because="The import serves types alone, or the file says that a program wrote it.",
)
_MODULES = """
    fastapi starlette flask django.http django.shortcuts rest_framework aiohttp.web sanic bottle
    tornado.web click typer argparse express koa fastify commander yargs github.com/gin-gonic/gin
    github.com/go-chi/chi github.com/labstack/echo github.com/gofiber/fiber github.com/spf13/cobra
    org.springframework.web.bind org.springframework.web.servlet jakarta.servlet javax.servlet
    jakarta.ws.rs javax.ws.rs action_controller
"""
# Tools that came along with a framework and speak of no request.
_SPARED = frozenset(
    {"fastapi.encoders", "fastapi.concurrency", "starlette.concurrency", "starlette.config"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`logic`: where services are. `tests`: where tests of them are."""

    logic: Area = Area("logic", ("**/{services,service,domain,usecases}/**",))
    tests: Area = TESTS
    generated: Area = Area("generated", ())


def prove(facts: Facts, options: Options) -> Verdict:
    services = without(options.logic, options.tests)
    return fenced(
        facts,
        Fence(
            forbid=((services, tuple(_MODULES.split())),),
            generated=options.generated,
            plain=TRANSPORT,
            partly=PARTLY,
            spared=_SPARED,
        ),
    )


RULE = Rule(
    id="services-know-no-transport",
    title="Services know no transport",
    watch=True,
    kinds=(TRANSPORT, PARTLY),
    options=Options,
    needs=source_needs,
    prove=prove,
    guide="service-layer",
)
