"""Routes, handlers and tests of net/http, gin and chi."""

from __future__ import annotations

import pytest

from bot.model.endpoint import Body, Endpoints, Handler
from bot.readers.endpoints import read
from bot.sandbox.frame import Job

HEAD = """package shop
import (
    "net/http"
    "github.com/gin-gonic/gin"
    "github.com/go-chi/chi/v5"
    "shop.test/x/v2/api"
    guard "shop.test/x/v2/auth"
)
const base = "/v1"
type Server struct { router chi.Router; users *api.Users; db DB }
func (s *Server) list(w http.ResponseWriter, r *http.Request) {}
"""


def endpoints(text: str, path: str = "shop/routes.go") -> Endpoints:
    found = read(Job(reading="endpoints", path=path, head=text.encode()))
    assert isinstance(found, Endpoints)
    return found


def told(text: str) -> list[str]:
    """Routes, mounts and holes in a few words each; routers below others are written out."""
    found = endpoints(HEAD + text)
    names = {
        one.child: (one.parent, one.prefix, [guard.symbol for guard in one.guards])
        for one in found.mounts
    }
    own = {f"#{one.name}" for one in found.routers}
    guards = {f"#{one.name}": [guard.symbol for guard in one.guards] for one in found.routers}
    routes = []
    for one in found.registrations:
        at, path, before = one.on, one.path, [guard.symbol for guard in one.guards]
        before = guards.get(at, []) + before
        while at in names:
            path, before = names[at][1] + path, names[at][2] + before
            at = names[at][0]
        words = [at, one.method, path, one.handler, *before, *([] if one.certain else ["?"])]
        routes.append(" ".join(word for word in words if word))
    outside = [one for one in found.mounts if one.child not in own]
    mounts = [f"{one.parent} {one.prefix} {one.child}" for one in outside]
    return routes + mounts + [one.reason for one in found.holes]


ROUTES = [
    (
        "patterns of net/http",
        'func Run() { mux := http.NewServeMux(); mux.HandleFunc("GET /x/{id}", list)\n'
        'mux.Handle("/y/{$}", &Thing{}); mux.HandleFunc("POST host.test/z", api.Make)\n'
        'http.HandleFunc("/w", func(w http.ResponseWriter, r *http.Request) {}) }',
        [
            "#Run.mux GET /x/{} #list",
            "#Run.mux ANY /y #Thing.ServeHTTP",
            "#Run.mux POST /z shop.test/x/v2/api#Make",
            "ANY /w #Run.func0",
        ],
    ),
    (
        "groups of gin",
        "func Run() *gin.Engine { g := gin.New(); g.Use(guard.Log())\n"
        ' a := g.Group("/a", guard.Must)\n'
        ' a.GET("/:id", mid, api.Get); b := a.Group(base); b.Use(own); b.Any("", api.All)\n'
        ' g.Group("/c").Use(guard.May).POST("d", api.Post)\n'
        ' g.Match([]string{"GET", http.MethodHead}, "/m", api.M); g.Handle("PUT", "/h", api.H)\n'
        " return g }",
        [
            "#Run GET /a/{} shop.test/x/v2/api#Get shop.test/x/v2/auth#Must #mid",
            "#Run ANY /a/v1 shop.test/x/v2/api#All shop.test/x/v2/auth#Must #own",
            "#Run POST /c/d shop.test/x/v2/api#Post shop.test/x/v2/auth#May",
            "#Run GET /m shop.test/x/v2/api#M shop.test/x/v2/auth#Log",
            "#Run HEAD /m shop.test/x/v2/api#M shop.test/x/v2/auth#Log",
            "#Run PUT /h shop.test/x/v2/api#H shop.test/x/v2/auth#Log",
        ],
    ),
    (
        "chi",
        "func (s *Server) Routes() http.Handler { r := chi.NewRouter()\n"
        ' r.Route("/a", func(r chi.Router) { r.Use(guard.Must); r.Get("/{id:[0-9]+}", s.list)\n'
        '   r.Route("/", func(r chi.Router) { r.With(guard.May).Put("/p", s.users.Put) }) })\n'
        ' r.Method("DELETE", "/d", http.HandlerFunc(s.list)); r.Mount("/in", inner())\n'
        ' r.Mount("/api", api.Router(s.db)); r.Get("/r", guard.Wrap(s.list)); return r }\n'
        'func inner() chi.Router { r := chi.NewRouter(); r.Get("/", one); return r }',
        [
            "#Server.Routes GET /a/{} #Server.list shop.test/x/v2/auth#Must",
            "#Server.Routes PUT /a/p shop.test/x/v2/api#Users.Put shop.test/x/v2/auth#May",
            "#Server.Routes DELETE /d #Server.list",
            "#Server.Routes GET /r #Server.list shop.test/x/v2/auth#Wrap",
            "#Server.Routes GET /in #one",
            "#Server.Routes /api shop.test/x/v2/api#Router",
        ],
    ),
    (
        "middlewares that are put on elsewhere",
        "func Use(g *gin.Engine) { g.Use(guard.Must) }\nfunc Run(g *gin.Engine) { Use(g) }",
        ["middlewares are put on in a function of its own"],
    ),
    (
        "what cannot be told",
        'func Run(r chi.Router, p string) { r.Mount(p, one()); r.Mount("/x", thing)\n'
        'r.Get("/z", api.Wrap(http.HandlerFunc(one))) }',
        [
            "#Run GET /z #one shop.test/x/v2/api#Wrap",
            "#Run /x thing",
            "the path of a mount is computed",
        ],
    ),
    (
        "chi's groups that are functions elsewhere",
        'func (s *Server) Run(r chi.Router) { r.Route("/a", s.inner); r.Route("/b", api.Inner) }\n'
        'func (s *Server) inner(r chi.Router) { r.Get("/x", s.list) }',
        ["#Server.Run GET /a/x #Server.list", "#Server.Run.2  shop.test/x/v2/api#Inner"],
    ),
    (
        "a middleware on a condition",
        'func Run(g *gin.Engine) { if x { g.Use(guard.Must) }\ng.GET("/x", one) }',
        ["#Run GET /x #one", "a middleware on a condition"],
    ),
    (
        "a name that means something else inside",
        'func Run(r chi.Router) { r.Get("/x", func(w http.ResponseWriter, r *http.Request) {'
        ' guard.All(r) })\n r.Mount("/t", things{}.Routes()); doc := other.Walk(r, 1) }',
        ["#Run GET /x #Run.func0", "#Run /t #things.Routes"],
    ),
    (
        "owners of handlers",
        "func Run(g *gin.RouterGroup) { u := api.Users{DB: db}; v := &api.Vets{}; w := new(Wets)\n"
        'n := api.NewPets(db); g.GET("/u", u.Get); g.GET("/v", v.Get); g.GET("/w", w.Get)\n'
        'g.GET("/n", n.Get); g.GET("/f", n.Make()); g.GET("/g", global.Get) }',
        [
            "#Run GET /u shop.test/x/v2/api#Users.Get",
            "#Run GET /v shop.test/x/v2/api#Vets.Get",
            "#Run GET /w #Wets.Get",
            "#Run GET /n shop.test/x/v2/api#?.Get",
            "#Run GET /f shop.test/x/v2/api#?.Make",
            "#Run GET /g #?.Get",
        ],
    ),
    (
        "fields",
        "func New(m *http.ServeMux) *Server { s := &Server{router: chi.NewRouter()}; s.paths()\n"
        "return s }\nfunc (s *Server) paths() { s.router.Get(base, s.list) }\n"
        "type T struct { mux *http.ServeMux }\n"
        'func (t *T) set() { t.mux = http.NewServeMux(); t.mux.Handle("/t", api.H) }',
        ["#Server.router GET /v1 #Server.list", "#T.mux ANY /t shop.test/x/v2/api#H"],
    ),
    (
        "routers that are handed on",
        "func Run() { mux := http.NewServeMux(); sub := http.NewServeMux(); api.Register(mux, 1)\n"
        'sub.HandleFunc("GET /s", one)\n'
        'mux.Handle("/in/", http.StripPrefix("/in", guard.Must(sub))); x := guard.All(mux)\n'
        'http.ListenAndServe(":80", x) }',
        [
            "#Run.mux GET /in/s #one shop.test/x/v2/auth#Must",
            "#Run.mux  shop.test/x/v2/api#Register",
        ],
    ),
    (
        "conditions, computed paths, unknown routers",
        'func Run(g *gin.Engine, p string) { if p != "" { g.GET("/x", one) }\n'
        "for _, r := range rs { g.GET(r.path, one) }; g.Group(p).GET(x, one)\n"
        'g.GET(api.Path+"/y", one); other.GET("/z", one); g.GET("/alone")\n'
        'h.Handle("/h", Admin(one)) }',
        [
            "#Run GET /x #one ?",
            "#Run GET /${shop.test/x/v2/api#Path}/y #one",
            "the path of a route is computed",
            "the path of a group is computed",
            "a router that is not known here",
            "a router that is not known here",
        ],
    ),
    (
        "what is no route",
        'func Run(c *http.Client) { c.Get("/x", one); cache.Get("/y", one)\n'
        '// mux := http.NewServeMux(); mux.HandleFunc("/x", one)\n'
        's := "mux.HandleFunc(/x)"; g := other.New(); g.Get("/x", one) }',
        [],
    ),
    (
        "CRLF",
        'func Run() {\r\n\tg := gin.Default()\r\n\tg.GET("/x", one)\r\n}\r\n',
        ["#Run.g GET /x #one"],
    ),
    (
        "broken text",
        'func Run() { g := gin.Default(); g.GET("/x", one) }\nfunc ) {',
        ["#Run.g GET /x #one", "the grammar does not read this"],
    ),
]


@pytest.mark.parametrize(("name", "text", "expected"), ROUTES)
def test_routes(name: str, text: str, expected: list[str]) -> None:
    assert told(text) == expected, name


def test_a_group_of_chi_has_no_path() -> None:
    text = (
        'package shop; import "github.com/go-chi/chi/v5"\n'
        'func Run(r chi.Router) { r.Group(func(p chi.Router) { p.Use(m); p.Get("/x", one) })'
        "; r.Group(inner) }"
    )

    found = endpoints(text)

    assert [(one.parent, one.child, one.prefix) for one in found.mounts] == [
        ("#Run", "#Run.1", ""),
        ("#Run", "#Run.2", ""),
        ("#Run.2", "#inner", ""),
    ]
    assert [(one.on, one.path) for one in found.registrations] == [("#Run.1", "/x")]


def test_the_order_of_middlewares_is_kept_by_their_lines() -> None:
    text = 'func Run(g *gin.Engine) {\ng.GET("/x", a)\ng.Use(m, func(c *gin.Context) {})\n}'

    found = endpoints(HEAD + text)

    assert [(one.symbol, one.line) for one in found.routers[0].guards] == [("#m", 14)]
    assert found.registrations[0].line == 13


def test_a_wrapped_router_is_guarded_before_all() -> None:
    text = "func Run() { mux := http.NewServeMux(); h := guard.All(mux) }"

    found = endpoints(HEAD + text)

    assert [(one.symbol, one.line) for one in found.routers[0].guards] == [
        ("shop.test/x/v2/auth#All", 0)
    ]


def test_a_middleware_that_is_made_is_known_by_its_maker() -> None:
    text = "func Run(r chi.Router) { r.Use(cors(1).Handler); r.Use(guard.New(x)(y)) }"

    found = endpoints(HEAD + text)

    symbols = [one.symbol for one in found.routers[0].guards]
    assert symbols == ["#cors.Handler", "shop.test/x/v2/auth#New"]


def test_roots_stacks_and_names() -> None:
    text = "func Run(r chi.Router) { a := chi.NewRouter() }\nfunc Other() { g := gin.New() }"

    found = endpoints(HEAD + text)

    assert [(one.name, one.root) for one in found.routers] == [
        ("Run", False),
        ("Run.a", True),
        ("Other.g", True),
    ]
    assert (found.module, found.stack, found.constants) == ("shop", "gin", (("base", "/v1"),))
    assert ("guard", "shop.test/x/v2/auth#") in found.imports
    assert ("chi", "github.com/go-chi/chi/v5#") in found.imports


def handler(body: str) -> Handler:
    text = f"func (s *Server) h(c *gin.Context) {{ {body} }}"
    return endpoints(HEAD + text).handlers[-1]


BODIES: list[tuple[str, Body, bool, tuple[str, ...]]] = [
    ("var f api.Form; c.ShouldBindJSON(&f)", Body.TYPED, False, ("shop.test/x/v2/api#Form",)),
    ("f := &Form{}; c.Bind(f)", Body.TYPED, False, ("#Form",)),
    ("f := new(Form); c.ShouldBindWith(f, binding.Query)", Body.NONE, True, ()),
    ("var f map[string]any; c.BindJSON(&f)", Body.RAW, False, ()),
    ("f := make(map[string]string); c.BindJSON(&f)", Body.RAW, False, ()),
    ("f := gin.H{}; json.NewDecoder(c.Request.Body).Decode(&f)", Body.RAW, False, ()),
    ("var f Form; json.NewDecoder(c.Request.Body).Decode(&f)", Body.TYPED, False, ("#Form",)),
    ("b, _ := io.ReadAll(c.Request.Body); json.Unmarshal(b, &f)", Body.TYPED, False, ()),
    ("b, _ := io.ReadAll(c.Request.Body)", Body.RAW, False, ()),
    ("b, _ := c.GetRawData()", Body.RAW, False, ()),
    ("json.Unmarshal(cached, &f)", Body.NONE, False, ()),
    ('id, err := strconv.Atoi(c.Param("id"))', Body.NONE, True, ()),
    ("c.ShouldBindQuery(&q)", Body.NONE, True, ()),
    ('// c.Bind(&f)\n log("c.Bind(&f)")', Body.NONE, False, ()),
]


@pytest.mark.parametrize(("text", "body", "constrained", "types"), BODIES)
def test_bodies_and_parameters(
    text: str, body: Body, constrained: bool, types: tuple[str, ...]
) -> None:
    found = handler(text)

    assert (found.name, found.body, found.constrained, found.types) == (
        "Server.h",
        body,
        constrained,
        types,
    )
    assert (found.raw is not None) == (body is Body.RAW)


STATUSES: list[tuple[str, set[int], int]] = [
    ("c.JSON(200, x)", {200}, 0),
    ('c.JSON(http.StatusNotFound, gin.H{"error": 1})', {404}, 1),
    ("c.AbortWithError(409, err)", {409}, 0),
    ('c.String(400, "no")', {400}, 1),
    ("c.AbortWithStatusJSON(403, problem)", {403}, 0),
    ("fail(c, 500, err)", {500}, 0),
    ("status := http.StatusTeapot; c.Status(status)", set(), 0),
    ("status := http.StatusGone; c.Status(status)", {410}, 0),
    ("retry(300); c.SetCookie(a, b, 300)", set(), 0),
    ('// c.JSON(404)\n log("http.StatusGone")', set(), 0),
]


@pytest.mark.parametrize(("text", "statuses", "errors"), STATUSES)
def test_statuses(text: str, statuses: set[int], errors: int) -> None:
    found = handler(text)

    assert (set(found.statuses), len(found.errors)) == (statuses, errors)


def test_handlers_of_the_package_are_the_ones_that_answer() -> None:
    text = """func plain(c *gin.Context, id int) {}
func make() gin.HandlerFunc { return func(c *gin.Context) { c.JSON(201, nil) } }
func serve(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", 404); w.WriteHeader(409) }
func Run(g *gin.Engine) { g.GET("/", func(x *gin.Context) { x.JSON(202, nil) }) }"""

    found = endpoints(HEAD + text).handlers

    assert [(one.name, set(one.statuses), len(one.errors)) for one in found] == [
        ("Server.list", set(), 0),
        ("make", {201}, 0),
        ("serve", {404, 409}, 1),
        ("Run.func0", {202}, 0),
    ]


def test_what_a_handler_calls_first() -> None:
    found = handler("guard.User(c); s.users.Must(c); own(c); n := f(); n.x(); len(a)")

    assert [one.symbol for one in found.guards] == [
        "shop.test/x/v2/auth#User",
        "shop.test/x/v2/api#Users.Must",
        "#own",
        "#f",
    ]
    assert handler("x = 1;" * 12 + "own(c)").guards == ()


SUITE = """package shop
import ("net/http"; "net/http/httptest"; "shop.test/x/v2/api")
type Suite struct { a *Users; ctx *gin.Context; recorder *httptest.ResponseRecorder }
"""
CALLS: list[tuple[str, list[tuple[str, set[int] | None]]]] = [
    (
        "s.a.Get(s.ctx); assert.Equal(s.T(), 404, s.recorder.Code); s.a.Put(s.ctx)",
        [("#Users.Get", {404}), ("#Users.Put", None)],
    ),
    (
        's.ctx.Request = httptest.NewRequest("POST", "/u", nil); s.a.Add(s.ctx)\n'
        "require.Equal(t, http.StatusCreated, s.recorder.Code)",
        [("#Users.Add", {201})],
    ),
    (
        "s.a.Get(s.ctx); assert.NotEqual(t, 404, s.recorder.Code)\n"
        "if s.recorder.Code == 500 { t.Fatal() }",
        [("#Users.Get", None)],
    ),
    ("api.Make()(s.ctx)", [("shop.test/x/v2/api#Make", None)]),
    (
        'w := httptest.NewRecorder(); req := httptest.NewRequest("GET", "/u?x=1", nil)\n'
        "router.ServeHTTP(w, req); if w.Code != http.StatusOK { t.Fatal() }",
        [("GET /u", {200})],
    ),
    (
        'w := httptest.NewRecorder(); req, err := http.NewRequest(http.MethodPut, "/u/"+id, nil)\n'
        "listUsers(w, req); if got := w.Result().StatusCode; got != 1 { t.Fatal() }\n"
        "assert.Equal(t, w.Result().StatusCode, 204)",
        [("#listUsers", {204})],
    ),
    (
        'req, _ := http.NewRequest("GET", fmt.Sprintf("%s/u/%d", server.URL, 3), nil)\n'
        "resp, err := client.Do(req); assert.Equal(t, 200, resp.StatusCode)",
        [("GET /u/{}", {200})],
    ),
    (
        'resp, err := http.Get(server.URL + "/u"); other.StatusCode == 404\n'
        'resp, err = client.Post(server.URL + "/v", a, b); assert.Equal(t, 409, resp.StatusCode)',
        [("GET /u", None), ("POST /v", {409})],
    ),
    ('expect(t, s.newRequest("GET", "u", ""), 401)', [("GET /u", None)]),
    ('req := s.newRequest("GET", "u", ""); expect(t, req, 401)', [("GET /u", {401})]),
    ('req := httptest.NewRequest("GET", "http://x.test:80/u", nil)', [("GET /u", None)]),
    (
        '// s.a.Get(s.ctx)\n log("s.a.Get(s.ctx)"); f(x); m.Get("/u"); help(s.ctx, 5)\n'
        "httptest.NewRequest(method, path, nil)\n"
        's.ctx.Request = httptest.NewRequest("GET", "/", a)',
        [],
    ),
]


@pytest.mark.parametrize(("text", "expected"), CALLS)
def test_calls(text: str, expected: list[tuple[str, set[int] | None]]) -> None:
    found = endpoints(f"{SUITE}func (s *Suite) TestIt() {{ {text} }}", "shop/users_test.go")

    assert [(one.handler or f"{one.method} {one.path}", one.statuses) for one in found.calls] == (
        expected
    )
    assert {one.test for one in found.calls} <= {"TestIt"}


def test_a_test_file_registers_nothing_and_mentions_names() -> None:
    text = 'func TestIt(t *testing.T) { g := gin.New(); g.GET("/x", shown) } // hidden'

    found = endpoints(HEAD + text, "shop/a_test.go")

    assert (found.registrations, found.routers) == ((), ())
    assert "shown" in found.mentions
    assert "hidden" not in found.mentions


HOSTILE = [
    "var s = " + '"a" + ' * 30_000 + '"b"',
    'func F(g *gin.Engine) { g.GET("/x", ' + "f(" * 20_000 + ")" * 20_000 + ") }",
    "func F(g *gin.Engine) { g" + '.Group("/a")' * 15_000 + " }",
    "func F(g *gin.Engine) { " + 'g.GET("/x", f); ' * 10_000 + "}",
    "func F(g *gin.Engine) { " + 'a := g.Group("/x"); ' * 9_000 + "}",
    "func F() { " + 'r := New("GET", "/x"); f(r, 200); ' * 5_000 + "}",
    "func F() { " + "{" * 5_000,
    "\x01{}()" * 30_000,
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("path", ["shop/a.go", "shop/a_test.go"])
def test_hostile_text_ends_in_a_value(text: str, path: str) -> None:
    assert endpoints(HEAD + text, path).module == "shop"
