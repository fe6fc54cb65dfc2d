"""Routes, handlers and tests of Spring in Kotlin."""

from __future__ import annotations

import pytest

from bot.model.endpoint import Body, Endpoints, Handler, Mount
from bot.readers.endpoints import read
from bot.sandbox.frame import Job

HEAD = """package shop.web
import org.springframework.http.HttpStatus
import org.springframework.security.access.prepost.PreAuthorize
import org.springframework.web.bind.annotation.*
import shop.auth.Access
import shop.auth.mayRead
import shop.model.Item as Thing
import shop.Paths.ALL
"""


def endpoints(text: str, path: str = "src/main/kotlin/shop/web/Items.kt") -> Endpoints:
    found = read(Job(reading="endpoints", path=path, head=text.encode()))
    assert isinstance(found, Endpoints)
    return found


def handler(method: str) -> Handler:
    text = f"{HEAD}@RestController\nclass C(private val access: Access) {{\n{method}\n}}\n"
    return endpoints(text).handlers[0]


ROUTES = [
    (
        "class and method",
        '@RestController\n@RequestMapping("/items")\nclass C {\n  @GetMapping("/{id}")\n'
        "  fun one(): Thing = x()\n}\n",
        ["GET /items/{} #C.one"],
    ),
    (
        "arrays",
        '@RestController\nclass C {\n  @PostMapping(value = ["/a", "/b"], consumes = ["y"])\n'
        "  fun a() {}\n"
        '  @RequestMapping(path = arrayOf("/c"), method = [RequestMethod.PUT])\n  fun b() {}\n}\n',
        ["POST /a #C.a", "POST /b #C.a", "PUT /c #C.b"],
    ),
    (
        "constants",
        '@RestController\nclass C {\n  @GetMapping("$BASE/x")\n  fun a() {}\n'
        '  @GetMapping(ALL + "/y")\n  fun b() {}\n  @GetMapping("${C.OTHER}/z")\n  fun c() {}\n'
        '  companion object {\n    const val BASE = "/v1"\n  }\n}\n',
        [
            "GET /v1/x #C.a",
            "GET /${shop/Paths#Paths.ALL}/y #C.b",
            "the path of a mapping is computed",
        ],
    ),
    (
        "constants of each other",
        '@RestController\nclass C {\n  @GetMapping("$A/x")\n  fun a() {}\n'
        '  companion object {\n    const val A = "$B"\n    const val B = "$A"\n  }\n}\n',
        ["the path of a mapping is computed"],
    ),
    (
        "an interface, and a client",
        'interface Api {\n  @GetMapping("/x")\n  fun one(): Thing\n}\n'
        '@FeignClient\ninterface F {\n  @GetMapping("/y")\n  fun two(): Thing\n}\n',
        ["GET /x #?.one"],
    ),
    (
        "a comment and a string",
        '/* @RestController class C { @GetMapping("/x") fun a() {} } */\n'
        'class D {\n  val s = "@GetMapping(x) fun a()"\n}\n',
        [],
    ),
    (
        "CRLF",
        '@RestController\r\nclass C {\r\n  @GetMapping("/x")\r\n  fun a() {}\r\n}\r\n',
        ["GET /x #C.a"],
    ),
    (
        "broken text",
        '@RestController\nclass C {\n  @GetMapping("/x")\n  fun a() {}\n}\nclass D { ] @@ (\n',
        ["GET /x #C.a", "the grammar does not read this"],
    ),
]


@pytest.mark.parametrize(("name", "text", "expected"), ROUTES)
def test_routes(name: str, text: str, expected: list[str]) -> None:
    found = endpoints(HEAD + text)

    routes = [f"{one.method} {one.path} {one.handler}" for one in found.registrations]
    assert routes + [one.reason for one in found.holes] == expected, name


def test_contract_first() -> None:
    text = """@RestController
@RequestMapping("/api")
class C(val access: Access) : Base<Thing>(access), ItemsApi {
  @PreAuthorize("x")
  override fun getItem(id: Int): Thing = x()
  override fun toString() = ""
  internal override fun hidden() = ""
}
"""

    found = endpoints(HEAD + text)

    assert [one.name for one in found.handlers] == ["C.getItem"]
    assert found.mounts == (
        Mount(parent="#C", child="shop/web/Base#", prefix="/api", line=9),
        Mount(parent="#C", child="shop/web/ItemsApi#", prefix="/api", line=9),
    )


def test_an_abstract_class_serves_nothing_by_itself() -> None:
    text = '@RestController\nabstract class Base {\n  @GetMapping("/x")\n  fun a() {}\n}\n'

    assert [one.root for one in endpoints(HEAD + text).routers] == [False]


def test_names_of_the_file() -> None:
    text = 'const val TOP = "/top"\nobject O {\n  val AT = TOP + "/at"\n  var free = "/x"\n}\n'

    found = endpoints(HEAD + text)

    assert found.module == "shop/web/Items"
    assert found.constants == ((".TOP", "/top"), ("O.AT", "/top/at"))
    assert ("Thing", "shop/model/Item#") in found.imports
    assert ("mayRead", "shop/auth#mayRead") in found.imports


PAGES = [
    ("@Controller", "fun a(): String = x()", True),
    ("@RestController", "fun a(): String = x()", False),
    ("@Controller", "@ResponseBody\n  fun a(): Thing = x()", False),
    ("@Controller", "fun a(): ResponseEntity<Thing> = x()", False),
]


@pytest.mark.parametrize(("mark", "method", "shown"), PAGES)
def test_pages_are_shown(mark: str, method: str, shown: bool) -> None:
    text = f'{HEAD}{mark}\nclass C {{\n  @GetMapping("/x")\n  {method}\n}}\n'

    assert [one.shown for one in endpoints(text).registrations] == [shown]


HANDLERS: list[tuple[str, Body, bool, set[int], int | None]] = [
    ("fun a(@Valid @RequestBody form: Form): Thing = x()", Body.TYPED, True, set(), None),
    ("fun a(@RequestBody form: Map<String, Any>?) = x()", Body.RAW, False, set(), None),
    ("fun a(m: Model, @PathVariable id: Int) = x()", Body.NONE, True, set(), None),
    ("fun a(@PathVariable id: String, n: Int) = x()", Body.NONE, False, set(), None),
    ("@ResponseStatus(HttpStatus.CREATED)\nfun a() = x()", Body.NONE, False, {201}, 201),
    ("fun a() { throw Gone(HttpStatus.GONE) }", Body.NONE, False, {410}, None),
    ('fun a() { log("HttpStatus.GONE") } // status(404)', Body.NONE, False, set(), None),
]


@pytest.mark.parametrize(("method", "body", "constrained", "statuses", "success"), HANDLERS)
def test_handlers(
    method: str, body: Body, constrained: bool, statuses: set[int], success: int | None
) -> None:
    found = handler(f"@GetMapping\n{method}")

    assert (found.body, found.constrained) == (body, constrained)
    assert (set(found.statuses), found.success) == (statuses, success)


def test_what_runs_before_a_handler() -> None:
    found = handler(
        '@GetMapping\n@PreAuthorize("x")\nfun a(@Me me: User): List<Thing> {\n'
        "  mayRead()\n  this.access.check(1)\n  own()\n  Thing()\n  local.check()\n}"
    )

    assert [one.symbol for one in found.guards] == [
        "org/springframework/security/access/prepost/PreAuthorize#",
        "shop/web/Me#",
        "shop/auth#mayRead",
        "shop/auth/Access#Access.check",
        "#C.own",
    ]
    assert found.types == ("shop/model/Item#",)


def test_errors_made_up_on_the_spot() -> None:
    found = handler(
        '@GetMapping\nfun a() =\n  ResponseEntity.status(409).body(mapOf("error" to "no"))'
    )

    assert found.errors == (found.line + 2,)


CHAINS = [
    ("http { authorizeHttpRequests { authorize(anyRequest, authenticated) } }", 1, 0),
    (
        "http { authorizeHttpRequests {\nauthorize(anyRequest, authenticated)\n"
        'authorize("/x", permitAll)\n} }',
        0,
        1,
    ),
]


@pytest.mark.parametrize(("text", "guards", "holes"), CHAINS)
def test_chains_of_filters(text: str, guards: int, holes: int) -> None:
    found = endpoints(
        "import org.springframework.security.config.HttpSecurity\nclass S {\n"
        f"  fun chain(http: HttpSecurity): SecurityFilterChain {{\n    {text}\n  }}\n}}\n"
    )

    seen = sum(len(one.guards) for one in found.routers)
    assert (seen, len(found.holes)) == (guards, holes)


CALLS: list[tuple[str, str, set[int] | None]] = [
    ('mockMvc.perform(get("/x/{id}", 1)).andExpect(status().isOk)', "GET /x/{}", {200}),
    (
        'mockMvc.post("/x") { content = b }.andExpect { status { isUnprocessableEntity() } }',
        "POST /x",
        {422},
    ),
    ('mockMvc.get("/x/$id").andExpect { status { isEqualTo(404) } }', "GET /x/{}", {404}),
    ('mockMvc.get("$BASE/x").andDo { print() }', "GET /api/x", None),
    ('client.get().uri("/x").exchange().expectStatus().isNotFound', "GET /x", {404}),
    (
        'val r: Actions = mockMvc.perform(get("/x"))\n    r\n      .andExpect(status().isOk)',
        "GET /x",
        {200},
    ),
    ('val r = rest.getForEntity("/x", A::class.java)\n    s.statusCode(404)', "GET /x", None),
    ('given().`when`().put("/x").then().statusCode(422)', "PUT /x", {422}),
]


@pytest.mark.parametrize(("text", "called", "statuses"), CALLS)
def test_calls(text: str, called: str, statuses: set[int] | None) -> None:
    found = endpoints(
        f"""package shop
import org.springframework.test.web.servlet.request.MockMvcRequestBuilders.*

class ItemsTest(@Autowired val mockMvc: MockMvc, val rest: TestRestTemplate) {{
  @Autowired
  lateinit var client: WebTestClient

  @Test
  fun works() {{
    map.get("/y")
    // mockMvc.get("/z")
    {text}
  }}

  companion object {{
    const val BASE = "/api"
  }}
}}
""",
        "src/test/kotlin/shop/ItemsTest.kt",
    )

    assert [(one.test, f"{one.method} {one.path}", one.statuses) for one in found.calls] == [
        ("works", called, statuses)
    ]
    assert (found.registrations, "mockMvc" in found.mentions) == ((), True)


HOSTILE = [
    "class A { val s = " + '"a" + ' * 20_000 + '"b" }',
    "@RestController\nclass A {\n" + '@GetMapping("/x")\nfun a() { b() }\n' * 4_000 + "}",
    "class A { fun a() { " + "f(" * 20_000 + ")" * 20_000 + " } }",
    "class A { fun a() { f(" + 'get("/x"), ' * 12_000 + "1) } }",
    "class A {" * 20_000,
    "\x01{}()" * 30_000,
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("path", ["a/A.kt", "a/ATest.kt"])
def test_hostile_text_ends_in_a_value(text: str, path: str) -> None:
    assert endpoints(HEAD + text, path).module.endswith("shop/web/" + path[2:-3])
