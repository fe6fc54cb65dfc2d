"""The organisation that the demo and the tests play with."""

from __future__ import annotations

from dataclasses import dataclass

from bot.simulator.git import Files
from bot.simulator.things import Account, Installation, Organisation, Repository
from bot.simulator.world import World

ORG_ID = 4_000_001
REPO_ID = 7_000_001

# Login, whole name, role in the repository.
_PEOPLE = (
    ("ana", "Ana Author", "write"),
    ("ben", "Ben Backend", "write"),
    ("sam", "Sam Structure", "maintain"),
    ("maria", "Maria Lead", "admin"),
    ("jo", "Jo Front", "read"),
    ("li", "Li Quality", "read"),
)

_TEAMS = {
    "backend": ("ana", "ben"),
    "architects": ("sam",),
    "leads": ("maria",),
    "frontend": ("jo",),
    "qa": ("li",),
}

_ORDERS = '''"""Orders."""

from fastapi import APIRouter, Depends

from app.auth import current_user
from app.schemas import Order, NewOrder

router = APIRouter(prefix="/orders")


@router.get("", response_model=list[Order])
def list_orders(user=Depends(current_user)):
    return []


@router.post("", response_model=Order, status_code=201)
def create_order(order: NewOrder, user=Depends(current_user)):
    return Order(id=1, **order.model_dump())
'''

_SCHEMAS = '''"""What goes in and out."""

from pydantic import BaseModel, Field


class NewOrder(BaseModel):
    sku: str = Field(min_length=1, max_length=40)
    amount: int = Field(gt=0)


class Order(NewOrder):
    id: int
'''

_AUTH = '''"""Who is calling."""

from fastapi import Header, HTTPException


def current_user(authorization: str = Header()):
    if not authorization.startswith("Bearer "):
        raise HTTPException(status_code=401)
    return authorization.removeprefix("Bearer ")
'''

_MAIN = '''"""The application."""

from fastapi import FastAPI

from app.api import orders

app = FastAPI(title="Orders")
app.include_router(orders.router)
'''

_TEST = """from app.schemas import NewOrder


def test_an_order_needs_an_amount():
    assert NewOrder(sku="a", amount=1).amount == 1
"""

_CONTRACT = """openapi: 3.0.3
info: { title: Orders, version: 1.0.0 }
paths:
  /orders:
    get:
      operationId: listOrders
      responses:
        "200": { description: All orders }
    post:
      operationId: createOrder
      responses:
        "201": { description: The new order }
"""

_MIGRATION = '''"""orders"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("orders")
'''

_CI = """name: ci
on: [pull_request, merge_group]
jobs:
  unit:
    runs-on: ubuntu-latest
    steps: [{ run: pytest }]
"""

TREE: Files = {
    ".github/CODEOWNERS": "* @acme/backend\n/migrations/ @acme/architects\n",
    ".github/workflows/ci.yml": _CI,
    "README.md": "# orders-api\n\nTakes orders.\n",
    "app/__init__.py": "",
    "app/api/__init__.py": "",
    "app/api/orders.py": _ORDERS,
    "app/auth.py": _AUTH,
    "app/main.py": _MAIN,
    "app/schemas.py": _SCHEMAS,
    "docs/openapi.yaml": _CONTRACT,
    "docs/orders.md": "# Orders\n\n`GET /orders` lists them, `POST /orders` adds one.\n",
    "migrations/versions/0001_orders.py": _MIGRATION,
    "pyproject.toml": '[project]\nname = "orders-api"\nversion = "1.0.0"\n'
    'dependencies = ["fastapi", "sqlalchemy"]\n',
    "tests/test_orders.py": _TEST,
}


@dataclass(slots=True, kw_only=True)
class Acme:
    """The organisation, its one repository, and who is there by login."""

    org: Organisation
    repo: Repository
    people: dict[str, Account]
    installation: Installation

    def __getitem__(self, login: str) -> Account:
        return self.people[login]


def acme(world: World, policy: str | None = None, files: Files | None = None) -> Acme:
    """Seed the world; `policy`: text of `.github/handoff.yml`; `files` replace or add to the tree.

    ana, ben: write; sam: maintain; maria: admin; jo, li: read by their teams; kim: an outsider
    with read.
    """
    org = world.organisation("acme", id=ORG_ID)
    tree = {**TREE, **(files or {})}
    if policy is not None:
        tree[".github/handoff.yml"] = policy
    repo = world.repository(org, "orders-api", tree, id=REPO_ID)
    people = {login: world.person(login, name=name) for login, name, _ in _PEOPLE}
    people["kim"] = world.person("kim", name="Kim Outside")
    for login, _, role in _PEOPLE:
        world.join(org, people[login], "admin" if role == "admin" else "member")
        world.grant(repo, people[login], role)
    world.grant(repo, people["kim"], "read")
    for slug, members in _TEAMS.items():
        team = world.team(org, slug, [people[login] for login in members])
        world.grant(repo, team, "write" if slug == "backend" else "read")
    installation = world.install(org)
    return Acme(org=org, repo=repo, people=people, installation=installation)
