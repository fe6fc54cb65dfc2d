"""A table of what the rule on databases that stand in says of real source text."""

from __future__ import annotations

from typing import Any

from bot.model.area import Area
from bot.model.facts import Facts
from bot.rules.integration_tests_meet_the_real_database import RULE
from tests.rules.tables import GENERATED, UNREAD, P, S, U, case, table, verdicts, words
from tests.support.pulls import pull
from tests.support.sources import written

DATA = Area("data", ("**/models*.py",))
TEST, MORE = "tests/integration/test_orders.py", "tests/integration/conftest.py"
URL = 'engine = create_engine("sqlite+aiosqlite://")\n'
REAL = 'engine = create_engine(os.environ["DATABASE_URL"])\n'
DOUBLE = "session = MagicMock(spec=AsyncSession)\n"
MAVEN = (
    "<project><dependencies><dependency><groupId>org.postgresql</groupId>"
    "<artifactId>postgresql</artifactId></dependency></dependencies></project>"
)


def uses(driver: str) -> dict[str, str]:
    return {"pyproject.toml": f'[project]\nname = "shop"\ndependencies = ["{driver}"]\n'}


def change(
    after: str,
    before: str = "",
    path: str = TEST,
    around: dict[str, str] | None = None,
    **known: Any,
) -> Facts:
    """A test is written or altered in a project that uses Postgres, or what is `around`."""
    files = {path: (before, after)}
    rows = written(frozenset(), files, **known).changes
    unchanged = uses("psycopg[binary]>=3") if around is None else around
    return written(RULE.needs(RULE.options(), rows), files, unchanged=unchanged, **known)


def java(line: str) -> Facts:
    text = f"class OrdersIntegrationTest {{ void f() {{ {line} }} }}"
    return change(text, path="src/test/java/OrdersIntegrationTest.java", around={"pom.xml": MAVEN})


MODEL = "app/models.py"
NOTE = "    note: Mapped[str] = mapped_column(String(9))\n"
ITEM = "class Item(Base):\n    __tablename__ = 'item'\n    id: Mapped[int] = mapped_column()\n"


def column(*more: str, before: str = ITEM, after: str = ITEM + NOTE, path: str = MODEL) -> Facts:
    """A model is changed, and other files with it."""
    files = {path: (before, after)} | dict.fromkeys(more, ("", "x = 1\n"))
    rows = written(frozenset(), files).changes
    return written(RULE.needs(RULE.options(data=DATA), rows), files, unchanged={})


TABLE = table(
    RULE.id,
    case("SQLite", change(URL), P),
    case("in memory", change('connect(":memory:")\n'), P),
    case("a double of the session", change(DOUBLE), P),
    case("H2", java('connect("jdbc:h2:mem:shop");'), P),
    case("a double of the entity manager", java("em = Mockito.mock(EntityManager.class);"), P),
    case("the real one", change(REAL), P),
    case("a double of something else", change("mail = MagicMock(spec=Mailer)\n"), P),
    case("the project uses SQLite", change(URL, around=uses("flask")), P),
    case("no manifest", change(URL, around={}), P),
    case("there before", change(URL + "x = 1\n", URL), P),
    case("moved down", change("x = 1\n" + URL, URL), P),
    case("a comment", change("# " + URL), P),
    case("inside of a text", change('x = "not sqlite:"\n'), P),
    case("in another case", change('x = "SQLITE://"\n'), P),
    case("lines end otherwise", change(REAL.replace("\n", "\r\n")), P),
    case("a unit test", change(URL, path="tests/unit/test_orders.py"), S),
    case("no test", change(URL, path="app/integration/shop.py"), S),
    case("generated", change(URL, path="tests/integration/a_pb2.py"), S),
    case("removed", change("", URL), S),
    case("renamed", change(URL, URL, renamed={TEST: "tests/integration/old.py"}), S),
    case("no file", pull(), S),
    case("the manifest cannot be read", change(URL, around={"pyproject.toml": "["}), U),
    case(
        "another manifest cannot be read",
        change(URL, around={**uses("psycopg2"), "requirements.txt": "\0", "sub/Pipfile": "["}),
        P,
    ),
    case("not Python", change("def f(:\n"), U),
    case("larger than is read", change(URL + "#" * 200_000), U),
    case("a column and no test", column(), P, data=DATA),
    case("another type", column(before=ITEM + NOTE.replace("9", "8")), P, data=DATA),
    case("a column with a test", column("tests/test_items.py"), S, data=DATA),
    case("a column with an integration test", column(TEST), P, data=DATA),
    case("a column of no mapped class", column(path="app/forms.py"), S, data=DATA),
    case("a column is gone", column(before=ITEM + NOTE, after=ITEM), S, data=DATA),
    case("a method", column(after=ITEM + "    def f(self): pass\n"), S, data=DATA),
    case("a model that cannot be read", column(before="class A(:\n"), U, data=DATA),
    case("a model of a test", column(path="tests/app/models.py"), S, data=DATA),
    case("a generated model", column(path="app/models_pb2.py"), S, data=DATA),
    case("files not known", pull(changes=UNREAD), U),
    generated=GENERATED,
)
test_it_says = verdicts(TABLE)
test_its_words = words(TABLE)
