"""A table of what the rule on databases that stand in says of real source text."""

from __future__ import annotations

from typing import Any

from bot.model.facts import Facts
from bot.rules.integration_tests_meet_the_real_database import RULE
from tests.rules.tables import GENERATED, UNREAD, P, S, U, case, table, verdicts, words
from tests.support.pulls import pull
from tests.support.sources import written

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
    case("files not known", pull(changes=UNREAD), U),
    generated=GENERATED,
)
test_it_says = verdicts(TABLE)
test_its_words = words(TABLE)
