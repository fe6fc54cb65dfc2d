"""Controllers whose interface is generated from the contract, as the real readers show them."""

from __future__ import annotations

import pytest

from bot.linking.guards import guards_of
from bot.linking.route_changes import Places, route_changes, route_needs
from bot.model.endpoint import Body
from bot.model.facts import Facts
from bot.model.reading import Read
from bot.model.route import Route, RouteChanges
from tests.support.contract_first import (
    ALL,
    CONTRACT,
    CONTROLLER,
    EVERY,
    LIST,
    MAKE,
    PLACES,
    READ,
    TEST,
    contract,
    controller,
    pull,
)
from tests.support.pulls import changed


def linked(facts: Facts) -> RouteChanges:
    found = route_changes(facts, PLACES)
    assert isinstance(found, RouteChanges)
    return found


def said(found: RouteChanges) -> list[str]:
    return [f"{one.name}{'' if one.certain else ' ?'}" for one in found.head.routes]


def route(found: RouteChanges, name: str) -> Route:
    return next(one for one in found.head.routes if one.name == name)


TWO = controller("listBooks", "getBook")
NAMES = ["GET /api/books", "GET /api/books/{}", "POST /api/books/{}/pages"]
KOTLIN = """package shop
import org.springframework.web.bind.annotation.*
@RestController
@RequestMapping("/api")
class PagesController : PagesApi {
    override fun addPage(id: Int, page: PageFields): ResponseEntity<Page> = TODO()
}
"""
FINDS = "Optional<NativeWebRequest> getRequest()"
UNSERVED = {CONTRACT: contract(LIST, READ, MAKE)}
CASES: list[tuple[str, Facts, list[str], int]] = [
    ("below the prefix of the class", pull(EVERY), NAMES, 0),
    (
        "no prefix, no path of a server",
        pull(controller("getBook", prefix=""), UNSERVED),
        ["GET /books/{}"],
        0,
    ),
    (
        "the server has a path, the class none",
        pull(controller("getBook", prefix="")),
        ["GET /books/{} ?"],
        0,
    ),
    ("in Kotlin", pull(TWO, {"src/main/kotlin/shop/PagesController.kt": KOTLIN}), NAMES, 0),
    ("how the request is got", pull(controller("getBook", FINDS)), NAMES[1:2], 0),
    (
        "a method that no operation is called by",
        pull(controller("getBook", "Book find(Integer id)")),
        NAMES[1:2],
        1,
    ),
    ("another case", pull(controller("Book getbook(Integer id)")), [], 1),
    ("no method", pull(controller()), [], 1),
    ("no contract", pull(EVERY, {CONTRACT: "a: b\n"}), [], 1),
    (
        "the same id twice",
        pull(EVERY, {"other/openapi.yml": contract(READ)}),
        [NAMES[0], NAMES[2]],
        1,
    ),
    (
        "a contract for tests",
        pull(EVERY, {"src/test/resources/openapi.yml": contract(READ)}),
        NAMES,
        0,
    ),
    (
        "the interface is there",
        pull(
            EVERY,
            {
                "src/main/java/shop/generated/BooksApi.java": "package shop.generated;\nimport org"
                ".springframework.web.bind.annotation.*;\npublic interface BooksApi {\n"
                '  @GetMapping("/all") Object listBooks(String author);\n}\n'
            },
        ),
        ["GET /api/all"],
        0,
    ),
    (
        "another framework",
        pull(EVERY.replace("org.springframework.web.bind.annotation", "io.micronaut.http")),
        [],
        0,
    ),
]


@pytest.mark.parametrize(("why", "facts", "names", "holes"), CASES, ids=[one[0] for one in CASES])
def test_routes_of_a_generated_interface(
    why: str, facts: Facts, names: list[str], holes: int
) -> None:
    found = linked(facts)

    assert said(found) == names
    assert [hole.prefix for hole in found.head.holes] == ["/api"] * holes


def test_they_are_added_with_their_controller() -> None:
    assert [one.name for one in linked(pull(EVERY)).added] == NAMES


def test_what_the_contract_says_of_each() -> None:
    found = linked(pull(EVERY))
    does = [route(found, name).does for name in NAMES]

    assert [one and one.body for one in does] == [Body.NONE, Body.NONE, Body.TYPED]
    assert [one and one.constrained for one in does] == [False, True, False]
    assert [bool(route(found, one).stated) for one in NAMES] == [True] * 3
    assert [one.stated.asks for one in found.head.routes if one.stated] == ["", "", "login"]
    assert {one.path for one in found.head.routes} == {CONTROLLER}


def test_a_change_of_the_handler_alters_its_route_alone() -> None:
    base = EVERY.replace("Integer id) { return null", "Integer id) { return one")

    found = linked(pull(EVERY, base=base))

    assert [one.name for one, _ in found.altered] == [NAMES[1]]
    assert (found.added, found.removed) == ((), ())


def test_the_base_has_the_contract_of_the_base() -> None:
    old = ALL.replace("/books/{id}:", "/book/{id}:")

    found = linked(pull(EVERY, base=EVERY, old=old))

    assert [one.name for one in found.added] == [NAMES[1]]
    assert [one.name for one in found.removed] == ["GET /api/book/{}"]


CALLS = """package shop;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.*;
class BooksControllerTests {
    MockMvc mockMvc;
    @Test void reads() throws Exception {
        mockMvc.perform(get("/api/books/1")).andExpect(status().isOk());
        mockMvc.perform(get("/api/books/2")).andExpect(status().isNotFound());
    }
    @Test void adds() throws Exception {
        mockMvc.perform(post("/api/books/1/pages").content("{}")).andExpect(status().isOk());
    }
}
"""


def test_tests_call_them() -> None:
    found = linked(pull(EVERY, {TEST: CALLS}))

    assert [one.route.name for one in found.calls if one.route] == [NAMES[1]] * 2 + [NAMES[2]]
    assert [sorted(one.statuses or ()) for one in found.calls if one.route] == [[200], [404], [200]]


def test_contracts_are_asked_for_where_code_may_be_made_from_them() -> None:
    def asked(path: str, where: Places = PLACES) -> bool:
        needs = route_needs(where, (changed(path, "a\n", "b\n"),))
        return any(isinstance(one, Read) and one.reading == "operations" for one in needs)

    assert asked(CONTROLLER)
    assert asked("src/main/kotlin/A.kt")
    assert not asked("app/main.py")
    assert not asked(CONTRACT)
    assert not asked(CONTROLLER, Places())


SECURITY = "src/main/java/shop/SecurityConfig.java"
CHAIN = """package shop;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
class SecurityConfig {{
    @Bean SecurityFilterChain chain(HttpSecurity http) {{
        return http.authorizeHttpRequests(a -> a.{}).build();
    }}
}}
"""
LOCKED, OPEN = (
    CHAIN.format("anyRequest().authenticated()"),
    CHAIN.format("anyRequest().permitAll()"),
)
CHAINS = [
    ("all of them", {SECURITY: LOCKED}, 3),
    ("none", {SECURITY: OPEN}, 0),
    ("several chains", {SECURITY: LOCKED, "src/main/java/shop/OtherConfig.java": OPEN}, 0),
    ("another module's", {f"other/{SECURITY}": LOCKED}, 0),
    ("a chain of tests", {"src/test/java/shop/SecurityConfig.java": LOCKED}, 0),
    ("some paths", {SECURITY: LOCKED.replace("anyR", 'requestMatchers("/a").permitAll().anyR')}, 0),
]


@pytest.mark.parametrize(("why", "files", "count"), CHAINS, ids=[one[0] for one in CHAINS])
def test_a_chain_of_filters_guards_what_its_module_serves(
    why: str, files: dict[str, str], count: int
) -> None:
    found = linked(pull(EVERY, files))

    assert sum(bool(guards_of(one)) for one in found.head.routes) == count
    assert len(found.head.routes) == 3
