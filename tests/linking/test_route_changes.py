"""What a change does to routes, from readings made by hand and the lines that differ."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.linking.route_changes import Places, route_changes, route_needs
from bot.model import endpoint
from bot.model.area import Area
from bot.model.endpoint import Endpoints, Guard, Handler, Registration, Router, Where
from bot.model.facts import Change, ChangedFile, Facts
from bot.model.known import Unknown
from bot.model.reading import ENDPOINTS, SIGNALS, Read, Side, reading_key
from bot.model.route import RouteChanges
from bot.model.signal import Function, Signals
from bot.rules.endpoints_are_guarded import Options as Guarded
from tests.support.pulls import changed, pull

API, MODELS, TEST = "app/api.py", "app/models.py", "tests/test_api.py"
TEXT = "@app.get('/a')\ndef a():\n    return 1\n\n\n@app.get('/b')\ndef b():\n    return 2\n"


def api(*paths: str, gap: int = 0, guard: str = "", types: tuple[str, ...] = ()) -> Endpoints:
    """Routes of which each takes three lines and two blank ones, after a gap."""
    guards = (Guard(symbol=guard, where=Where.PARAMETER, line=1),) if guard else ()
    starts = [1 + gap + 5 * at for at in range(len(paths))]
    return Endpoints(
        module="app/api",
        stack="fastapi",
        routers=(Router(name="app", line=1, root=True),),
        registrations=tuple(
            Registration(
                on="#app", method="GET", path=f"/{path}", handler=f"#{path}", line=at, end=at
            )
            for path, at in zip(paths, starts, strict=True)
        ),
        handlers=tuple(
            Handler(name=path, line=at + 1, end=at + 2, guards=guards, types=types)
            for path, at in zip(paths, starts, strict=True)
        ),
    )


def model(line: int = 1, end: int = 2) -> Signals:
    one = Function(name="Item", line=line, end=end, statements=1, signature="", digest="")
    return Signals(language="python", functions=(one,))


TESTED = Endpoints(
    module="tests/test_api",
    calls=(endpoint.TestCall(test="test_a", line=2, method="GET", path="/a"),),
    mentions=frozenset({"a"}),
)


def facts(*files: ChangedFile, **sides: dict[str, Any]) -> Facts:
    readings = {
        reading_key((SIGNALS if isinstance(one, Signals) else ENDPOINTS).id, Side(side), path): one
        for side, some in sides.items()
        for path, one in some.items()
    }
    code = {file.path for file in files} | {file.previous_path or file.path for file in files}
    empty = Signals(language="python")
    for side in Side:
        for path in code:
            readings.setdefault(reading_key(SIGNALS.id, side, path), empty)
    return pull(*files, readings=readings)


def of(found: Any) -> tuple[list[str], list[str], list[str]]:
    assert isinstance(found, RouteChanges)
    names = [[one.name for one in some] for some in (found.added, found.removed)]
    return names[0], names[1], [one.name for _, one in found.altered]


ONE, BOTH = {API: api("a")}, {API: api("a", "b")}
A = TEXT.partition("\n\n\n")[0] + "\n"
MOVED = changed("app/main.py", "", A)
CASES: list[tuple[str, Facts, tuple[list[str], list[str], list[str]]]] = [
    ("added", facts(changed(API, A, TEXT), base=ONE, head=BOTH), (["GET /b"], [], [])),
    ("removed", facts(changed(API, TEXT, A), base=BOTH, head=ONE), ([], ["GET /b"], [])),
    (
        "a line of the handler",
        facts(changed(API, TEXT, TEXT.replace("2", "3")), base=BOTH, head=BOTH),
        ([], [], ["GET /b"]),
    ),
    (
        "a line of the registration",
        facts(changed(API, TEXT, TEXT.replace("'/a'", "'/a', x=1")), base=BOTH, head=BOTH),
        ([], [], ["GET /a"]),
    ),
    (
        "a comment",
        facts(
            changed(API, A, A.replace("    return", "    # one\n    return")), base=ONE, head=ONE
        ),
        ([], [], []),
    ),
    (
        "moved down",
        facts(changed(API, A, "import os\n" + A), base=ONE, head={API: api("a", gap=1)}),
        ([], [], []),
    ),
    (
        "moved to another file",
        facts(
            changed(API, A, ""),
            MOVED,
            base=ONE,
            head={"app/main.py": api("a")},
        ),
        ([], [], []),
    ),
    (
        "renamed",
        facts(
            changed("app/main.py", A, A, change=Change.RENAMED, previous_path=API),
            base=ONE,
            head={"app/main.py": api("a")},
        ),
        ([], [], []),
    ),
    (
        "a guard",
        facts(
            changed("app/deps.py", "x\n", "y\n"),
            base={API: api("a"), "app/deps.py": Endpoints(module="app/deps")},
            head={API: api("a"), "app/deps.py": Endpoints(module="app/deps")},
        ),
        ([], [], []),
    ),
    (
        "another guard",
        facts(
            changed(API, A, A),
            base={API: api("a", guard="app/deps#user")},
            head={API: api("a", guard="app/deps#admin")},
        ),
        ([], [], ["GET /a"]),
    ),
    (
        "a model of its signature",
        facts(
            changed(MODELS, "class Item:\n    a: int\n", "class Item:\n    a: str\n"),
            base={MODELS: model()},
            head={MODELS: model(), API: api("a", types=("app/models#Item",))},
        ),
        ([], [], ["GET /a"]),
    ),
    (
        "a model of another signature",
        facts(
            changed(MODELS, "class Item:\n    a: int\n", "class Item:\n    a: str\n"),
            base={MODELS: model()},
            head={MODELS: model(), API: api("a", types=("app/models#Thing", "other#Item"))},
        ),
        ([], [], []),
    ),
    ("a server of a test", facts(changed(TEST, "", A), head={TEST: api("a")}), ([], [], [])),
    ("generated", facts(changed("app/main.gen.py", "", A), head={}), ([], [], [])),
]


@pytest.mark.parametrize(("why", "given", "expected"), CASES, ids=[one[0] for one in CASES])
def test_routes_are_added_removed_or_altered(
    why: str, given: Facts, expected: tuple[list[str], list[str], list[str]]
) -> None:
    assert of(route_changes(given, Places())) == expected


def test_tests_are_told_with_what_they_call_and_name() -> None:
    given = facts(
        changed(TEST, "a\n", "b\n"), base={TEST: TESTED}, head={TEST: TESTED, API: api("a")}
    )

    found = route_changes(given, Places())

    assert isinstance(found, RouteChanges)
    assert [(one.test, one.route) for one in found.calls] == [("test_a", found.head.routes[0])]
    assert [(one.test, one.route) for one in found.base_calls] == [("test_a", found.base.routes[0])]
    assert (found.mentions, found.tests_changed) == (frozenset({"a"}), (TEST,))


LOST = Unknown("not visible")


def test_lines_that_are_not_visible_hide_routes() -> None:
    given = facts(changed(API, A, TEXT, added=LOST, removed=LOST), base=ONE, head=ONE)

    found = route_changes(given, Places())

    assert isinstance(found, RouteChanges)
    assert [(one.path, one.reason) for one in found.head.holes] == [(API, "not visible")]


@pytest.mark.parametrize("side", [Side.BASE, Side.HEAD])
def test_a_file_whose_classes_are_not_known_hides_routes(side: Side) -> None:
    key = reading_key(SIGNALS.id, side, API)
    given = facts(changed(API, A, A), base=ONE, head=ONE)

    found = route_changes(
        pull(*[changed(API, A, A)], readings={**given.readings, key: LOST}), Places()
    )

    assert isinstance(found, RouteChanges)
    assert [one.reason for one in found.head.holes] == ["not visible"]


def test_nothing_is_known_without_the_files() -> None:
    unlisted = {reading_key(ENDPOINTS.id, Side.HEAD, "*"): LOST}

    assert route_changes(pull(changes=LOST), Places()) == LOST
    assert route_changes(pull(readings=unlisted), Places()) == LOST


def test_files_are_asked_for_once_source_text_changes() -> None:
    def needed(*files: ChangedFile) -> set[str]:
        return {one.reading for one in route_needs(Places(), files) if isinstance(one, Read)}

    assert needed(changed("docs/a.md", "a\n", "b\n")) == set()
    assert needed(changed(API, A, TEXT)) == {"endpoints", "signals"}
    assert route_needs(Places(), LOST) == frozenset()


def test_rules_that_ask_the_same_of_the_same_facts_have_one_answer() -> None:
    file = changed(API, TEXT, TEXT.replace("2", "3"))
    known = facts(file, head={API: api("a", "b")}, base={API: api("a", "b")})
    found = route_changes(known, Places())

    assert of(found) == ([], [], ["GET /b"])
    assert route_changes(replace(known, body="other"), Guarded(guards=("me",))) is found
    assert of(route_changes(replace(known, readings={}), Places())) == ([], [], [])
    assert route_changes(known, Places(tests=Area("tests", ("spec/**",)))) is not found
