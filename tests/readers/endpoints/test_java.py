"""Routes, handlers and tests of Spring in Java."""

from __future__ import annotations

import pytest

from bot.model.endpoint import Body, Endpoints, Handler, Mount
from bot.model.endpoint import TestCall as Call
from bot.readers.endpoints import read
from bot.sandbox.frame import Job

HEAD = """package shop.web;
import java.util.*;
import org.springframework.http.*;
import org.springframework.security.access.prepost.*;
import org.springframework.web.bind.annotation.*;
import shop.auth.Access;
import shop.model.Item;
import shop.model.ItemForm;
"""


def endpoints(text: str, path: str = "src/main/java/shop/web/Items.java") -> Endpoints:
    found = read(Job(reading="endpoints", path=path, head=text.encode()))
    assert isinstance(found, Endpoints)
    return found


def said(text: str) -> list[str]:
    """Routes, holes and mounts in a few words each."""
    found = endpoints(HEAD + text)
    routes = [f"{one.method} {one.path} {one.handler}" for one in found.registrations]
    return routes + [one.reason for one in found.holes]


def handler(method: str, inside: str = "") -> Handler:
    found = endpoints(f"{HEAD}@RestController class C {{ {inside}\n@GetMapping {method} }}")
    return found.handlers[0]


ROUTES = [
    (
        "class and method",
        '@RestController @RequestMapping("/items") class C { @GetMapping("/{id}") void one() {} }',
        ["GET /items/{} #C.one"],
    ),
    (
        "arrays, other keys",
        '@RestController @RequestMapping(path = {"/a", "b/"}, produces = "x") class C {'
        ' @PostMapping(value = {"/c", ""}, consumes = "y") void make() {} }',
        ["POST /a/c #C.make", "POST /a #C.make", "POST /b/c #C.make", "POST /b #C.make"],
    ),
    (
        "methods by name, and none",
        '@Controller class C { @RequestMapping(value = "/x", method = {RequestMethod.PUT, PATCH})'
        ' void a() {} @RequestMapping("/y") void b() {} }',
        ["PUT /x #C.a", "PATCH /x #C.a", "ANY /y #C.b"],
    ),
    (
        "constants",
        '@RestController class C { static final String BASE = "/v" + "1"; @GetMapping(BASE + "/x")'
        " void a() {} @GetMapping(Item.PATH) void b() {} @GetMapping(C.BASE) void c() {} }",
        ["GET /v1/x #C.a", "GET /${shop/model/Item#Item.PATH} #C.b", "GET /v1 #C.c"],
    ),
    (
        "a path that is computed",
        '@RestController class C { static final String X = x(); @GetMapping(lower + "/x")'
        ' void a() {} @DeleteMapping("/y") void b() {} }',
        ["DELETE /y #C.b", "the path of a mapping is computed"],
    ),
    (
        "a setting",
        '@RestController class C { @GetMapping("${api.base}/x") void a() {} }',
        ["the path of a mapping is computed"],
    ),
    (
        "a record",
        '@RestController record C(Item i) { @GetMapping("/x") void a() {} }',
        ["GET /x #C.a"],
    ),
    (
        "an interface says routes of whoever implements it",
        'interface Api { @GetMapping("/x") Item one(); }',
        ["GET /x #?.one"],
    ),
    (
        "an abstract class is no controller by itself",
        'abstract class Base { @GetMapping("/x") Item one() {} }',
        ["GET /x #Base.one"],
    ),
    (
        "an annotation of their own",
        '@ApiController class C { @GetMapping("/x") Item one() {} }',
        ["GET /x #C.one", "mappings without a controller"],
    ),
    (
        "a client, a comment, a string",
        '@FeignClient interface F { @GetMapping("/x") Item one(); }\n'
        '// @RestController class C { @GetMapping("/x") void a() {} }\n'
        'class D { String s = "@GetMapping(\\"/x\\") void a()"; }',
        [],
    ),
    (
        "CRLF",
        '@RestController\r\nclass C {\r\n  @GetMapping("/x")\r\n  void a() {}\r\n}\r\n',
        ["GET /x #C.a"],
    ),
    (
        "broken text",
        '@RestController class C { @GetMapping("/x") void a() {} void b() { ] @@ ( }',
        ["GET /x #C.a", "the grammar does not read this"],
    ),
]


@pytest.mark.parametrize(("name", "text", "expected"), ROUTES)
def test_routes(name: str, text: str, expected: list[str]) -> None:
    assert said(text) == expected, name


def test_a_file_without_spring_has_no_routes() -> None:
    found = endpoints('package a; import x.GetMapping; class C { @GetMapping("/x") void a() {} }')

    assert (found.module, found.stack, found.registrations) == ("a/Items", "", ())


def test_router_functions_are_a_hole() -> None:
    text = "import org.springframework.web.servlet.function.RouterFunction; class C { }"

    assert [one.reason for one in endpoints(text).holes] == ["router functions"]


def test_contract_first() -> None:
    text = """@RestController @RequestMapping("/api")
      class C extends Base<Item> implements ItemsApi {
      @PreAuthorize("hasRole('X')") @Override public Item getItem(Integer id) { return null; }
      @Override public String toString() { return ""; }
      @Override protected Item inner() { return null; }
      public Item other() { return null; } }"""

    found = endpoints(HEAD + "import shop.api.ItemsApi;\n" + text)

    assert [one.name for one in found.handlers] == ["C.getItem"]
    assert found.mounts == (
        Mount(parent="#C", child="shop/web/Base#", prefix="/api", line=10),
        Mount(parent="#C", child="shop/api/ItemsApi#", prefix="/api", line=10),
    )


def test_a_controller_of_one_profile_is_not_certain() -> None:
    text = '@RestController @Profile("dev") class C { @GetMapping("/x") void a() {} }'

    assert [one.certain for one in endpoints(HEAD + text).registrations] == [False]


def test_a_class_with_mappings_of_its_own_mounts_nothing() -> None:
    text = '@RestController class C implements Audited { @GetMapping("/x") void a() {} }'

    assert endpoints(HEAD + text).mounts == ()


BODIES = [
    ("Item a(@Valid @RequestBody ItemForm form) {}", Body.TYPED, True),
    ("Item a(@RequestBody ItemForm form) {}", Body.TYPED, False),
    ("Item a(@RequestBody Map<String, Object> form) {}", Body.RAW, False),
    ("Item a(@RequestBody String form) {}", Body.RAW, False),
    ("Item a(@RequestBody List<ItemForm> form) {}", Body.TYPED, False),
    ("Item a(@ModelAttribute ItemForm form) {}", Body.TYPED, False),
    ("Item a(@PathVariable long id) {}", Body.NONE, True),
    ("Item a(@PathVariable UUID id) {}", Body.NONE, True),
    ("Item a(@PathVariable String id) {}", Body.NONE, False),
    ("Item a(@RequestParam @Size(max = 3) String q) {}", Body.NONE, True),
    ("Item a(Map<String, Object> model) {}", Body.NONE, False),
]


@pytest.mark.parametrize(("method", "body", "constrained"), BODIES)
def test_bodies_and_parameters(method: str, body: Body, constrained: bool) -> None:
    found = handler(method)

    assert (found.body, found.constrained) == (body, constrained)
    assert (found.raw is not None) == (body is Body.RAW)


STATUSES: list[tuple[str, set[int], int | None]] = [
    ("Item a() { return new ResponseEntity<>(HttpStatus.NOT_FOUND); }", {404}, None),
    ("Item a() { return ResponseEntity.status(409).build(); }", {409}, None),
    ("Item a() { return ResponseEntity.noContent().build(); }", {204}, None),
    ("Item a() { throw new ResponseStatusException(HttpStatus.GONE); }", {410}, None),
    ("@ResponseStatus(HttpStatus.CREATED) Item a() { }", {201}, 201),
    ("@ResponseStatus(code = HttpStatus.ACCEPTED) Item a() { }", {202}, 202),
    ("Item a() { response.sendError(HttpServletResponse.SC_FORBIDDEN); }", {403}, None),
    ('Item a() { /* HttpStatus.GONE */ log("HttpStatus.GONE"); }', set(), None),
]


@pytest.mark.parametrize(("method", "statuses", "success"), STATUSES)
def test_statuses(method: str, statuses: set[int], success: int | None) -> None:
    found = handler(method)

    assert (set(found.statuses), found.success) == (statuses, success)


MADE_UP = [
    ('return ResponseEntity.badRequest().body("no");', True),
    ('return ResponseEntity.status(HttpStatus.CONFLICT).body(Map.of("error", "no"));', True),
    ('return new ResponseEntity<>("no", HttpStatus.NOT_FOUND);', True),
    ('return ResponseEntity.status(200).body("yes");', False),
    ("return ResponseEntity.badRequest().body(problem);", False),
    ('// return ResponseEntity.badRequest().body("no");', False),
]


@pytest.mark.parametrize(("line", "expected"), MADE_UP)
def test_errors_made_up_on_the_spot(line: str, expected: bool) -> None:
    found = handler(f"Item a() {{\n{line}\n}}")

    assert found.errors == ((found.line + 1,) if expected else ())


GUARDS = [
    (
        '@PreAuthorize("x") Item a() {}',
        ["org/springframework/security/access/prepost/PreAuthorize#"],
    ),
    ("@IsOwner Item a(@CurrentUser Item u) {}", ["shop/web/IsOwner#", "shop/web/CurrentUser#"]),
    ("Item a() { this.access.check(1); }", ["shop/auth/Access#Access.check"]),
    (
        "Item a() { Access.check(1); own(); local.check(); }",
        ["shop/auth/Access#Access.check", "#C.own"],
    ),
    ("Item a() { new Thing().check(); }", []),
    ("Item a() {" + "x = 1;" * 12 + "own(); }", []),
]


@pytest.mark.parametrize(("method", "expected"), GUARDS)
def test_what_runs_before_a_handler(method: str, expected: list[str]) -> None:
    found = handler(method, "private final Access access;")

    assert [one.symbol for one in found.guards] == expected


def test_guards_of_a_class_and_types_of_a_signature() -> None:
    text = """@RestController @Secured("ADMIN") class C {
      @PutMapping ResponseEntity<List<Item>> a(@RequestBody ItemForm form, Other o) { } }"""

    found = endpoints(HEAD + "import static shop.auth.Checks.must;\n" + text)

    assert [one.symbol for one in found.routers[0].guards] == ["shop/web/Secured#"]
    assert found.handlers[0].types == ("shop/model/Item#", "shop/model/ItemForm#")
    assert ("must", "shop/auth/Checks#Checks.must") in found.imports
    assert ("*", "java/util#") in found.imports


CHAINS = [
    ("http.authorizeHttpRequests(a -> a.anyRequest().authenticated());", "", True, 0),
    ('http.authorizeRequests().anyRequest().hasRole("A");', "", True, 0),
    ("http.authorizeRequests().anyRequest().access(own);", "", False, 1),
    ("http.authorizeHttpRequests(a -> a.anyRequest().permitAll());", "@Profile(1)", False, 0),
    ("http.authorizeHttpRequests(a -> a.anyRequest().authenticated());", "@Profile(1)", False, 1),
    (
        'http.authorizeHttpRequests(a -> a.requestMatchers("/x").permitAll()'
        ".anyRequest().authenticated());",
        "",
        False,
        1,
    ),
    ("return http.build();", "", False, 1),
]


@pytest.mark.parametrize(("text", "mark", "guards", "holes"), CHAINS)
def test_chains_of_filters(text: str, mark: str, guards: bool, holes: int) -> None:
    head = "import org.springframework.security.config.HttpSecurity;\n"

    found = endpoints(
        f"{head}{mark} class S {{ @Bean SecurityFilterChain c(HttpSecurity http) {{ {text} }} }}"
    )

    symbols = [guard.symbol for one in found.routers for guard in one.guards]
    chain = "org/springframework/security/config/HttpSecurity#anyRequest.authenticated"
    assert symbols == ([chain] if guards else [])
    assert len(found.holes) == holes
    assert all(one.root for one in found.routers)


def calls(text: str, fields: str = "MockMvc mockMvc;") -> list[Call]:
    head = "package shop; import static org.springframework.test.web.servlet.request"
    head += ".MockMvcRequestBuilders.*;\n"
    whole = f'{head}class ItemsTest {{ static final String BASE = "/api"; {fields}\n{text} }}'
    return list(endpoints(whole, "src/test/java/shop/ItemsTest.java").calls)


CALLS: list[tuple[str, str, set[int] | None]] = [
    ('mockMvc.perform(get("/x/1?a=b")).andExpect(status().isNotFound());', "GET /x/1", {404}),
    (
        'this.mockMvc.perform(post("/x/" + id + "/y")).andExpect(status().is(409));',
        "POST /x/{}/y",
        {409},
    ),
    (
        'mockMvc.perform(get(BASE + "/x")).andExpect(status().is2xxSuccessful());',
        "GET /api/x",
        {200},
    ),
    (
        'mockMvc.perform(delete("/x/{id}", 1)).andExpect(status().isNoContent());',
        "DELETE /x/{}",
        {204},
    ),
    ('mockMvc.perform(get("/x")).andExpect(status().is4xxClientError());', "GET /x", None),
    ("mockMvc.perform(get(Paths.ALL)).andReturn();", "GET /${shop/Paths#Paths.ALL}", None),
    (
        'ResultActions r = mockMvc.perform(put("/x")); r.andExpect(status().isOk());',
        "PUT /x",
        {200},
    ),
    (
        'var q = get("/x").param("a"); mockMvc.perform(q).andExpect(status().isOk());',
        "GET /x",
        {200},
    ),
    (
        'r = mockMvc.perform(get("/x")).andReturn();'
        " assertEquals(200, r.getResponse().getStatus()); r = other();"
        " assertEquals(404, r.getStatus());",
        "GET /x",
        {200},
    ),
    ('mockMvc.perform(get("/x")); assertNotEquals(404, r.status);', "GET /x", None),
    (
        'r = mockMvc.perform(get("/x")).andReturn(); assertThat(r.status()).isNotEqualTo(404);',
        "GET /x",
        None,
    ),
    ('client.get().uri("/x/{id}", 1).exchange().expectStatus().isForbidden();', "GET /x/{}", {403}),
    (
        'client.post().uri("/x").exchange().expectStatus().isEqualTo(HttpStatus.CONFLICT);',
        "POST /x",
        {409},
    ),
    ('given().body(b).when().put("/x").then().statusCode(422);', "PUT /x", {422}),
    ('RestAssured.get("http://localhost:80/x").then().statusCode(200);', "GET /x", {200}),
    (
        'assertThat(rest.getForEntity("/x", String.class).getStatusCode())'
        ".isEqualTo(HttpStatus.UNAUTHORIZED);",
        "GET /x",
        {401},
    ),
]
FIELDS = "MockMvc mockMvc; WebTestClient client; TestRestTemplate rest; Map<String, X> map;"


@pytest.mark.parametrize(("text", "called", "statuses"), CALLS)
def test_calls(text: str, called: str, statuses: set[int] | None) -> None:
    found = calls(f"@Test void works() {{ {text} }}", FIELDS)

    assert [(one.test, f"{one.method} {one.path}", one.statuses) for one in found] == [
        ("works", called, statuses)
    ]


NO_CALLS = [
    'map.get("/x");',
    '// mockMvc.perform(get("/x"));',
    'String s = "mockMvc.perform(get(\\"/x\\"))";',
    "mockMvc.perform(get(path));",
    'mockMvc.perform(get("x"));',
    'stubFor(Stubs.get("/x").willReturn(status(404)));',
    "client.get().exchange();",
]


@pytest.mark.parametrize("text", NO_CALLS)
def test_what_calls_no_route(text: str) -> None:
    assert calls(f"@Test void works() {{ {text} }}", FIELDS) == []


def test_a_package_named_test_is_no_test() -> None:
    text = f'{HEAD} @RestController class C {{ @GetMapping("/x") void a() {{}} }}'

    assert len(endpoints(text, "src/main/java/com/test/web/C.java").registrations) == 1


def test_a_test_file_registers_nothing_and_mentions_names() -> None:
    text = '@RestController class C { @GetMapping("/x") void shown() {} } // hidden'

    found = endpoints(HEAD + text, "src/test/java/shop/CTest.java")

    assert (found.registrations, found.routers, found.stack) == ((), (), "spring")
    assert "shown" in found.mentions
    assert "hidden" not in found.mentions


HOSTILE = [
    "class A { String s = " + '"a" + ' * 30_000 + '"b"; }',
    "@RestController class A { @GetMapping(" + '"a" + ' * 30_000 + '"b") void a() {} }',
    "class A { void a() { " + "f(" * 20_000 + ")" * 20_000 + "; } }",
    "class ATest { void a() { f(" + 'get("/x"), ' * 15_000 + "1); } }",
    "class A {" * 20_000,
    "@RestController class A { " + '@GetMapping("/x") void a() { b(); } ' * 5_000 + "}",
    "\x01\xff{}()" * 30_000,
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("path", ["a/A.java", "a/ATest.java"])
def test_hostile_text_ends_in_a_value(text: str, path: str) -> None:
    assert endpoints(HEAD + text, path).module == "shop/web/" + path[2:-5]
