"""Routes of Django and of its REST framework, as one file shows them."""

from __future__ import annotations

import pytest

from bot.linking.linked import Linked
from bot.linking.routes import link
from bot.model.area import Area
from bot.model.endpoint import Body, Endpoints, Where
from bot.model.known import Unknown
from bot.readers.endpoints.python import read

URLS = "shop/urls.py"
VIEWS = "shop/views.py"
HEAD = "from django.urls import include, path, re_path\nfrom . import views\n"
DRF = (
    "from rest_framework import generics, mixins, viewsets\n"
    "from rest_framework.decorators import action, api_view, permission_classes\n"
    "from rest_framework.permissions import IsAdminUser, IsAuthenticated\n"
    "from rest_framework.views import APIView\n"
)


def _read(path: str, source: str) -> Endpoints:
    found = read(path, source.encode())
    assert isinstance(found, Endpoints)
    return found


def _mounts(found: Endpoints) -> list[str]:
    return [f"{one.parent} {one.prefix or '/'} {one.child}" for one in found.mounts]


U = "#urlpatterns"
PATTERNS = [
    ("a function", "urlpatterns = [path('a/<int:pk>/', views.f)]", [f"{U} /a/{{}} shop#views.f"]),
    ("a class", "urlpatterns = [path('', views.V.as_view())]", [f"{U} / shop#views.V"]),
    ("by name", "urlpatterns = [path(route='a', view=views.f)]", [f"{U} /a shop#views.f"]),
    ("a regular expression", "urlpatterns = [re_path(r'^a/(?P<x>[0-9]+(b)?)/$', views.f)]",
     [f"{U} /a/{{}} shop#views.f"]),
    ("an escaped one", r"urlpatterns = [re_path(r'^a\.b/(\d+)$', views.f)]",
     [f"{U} /a.b/{{}} shop#views.f"]),
    ("another module", "urlpatterns = [path('a/', include('b.urls'))]",
     [f"{U} /a b/urls#urlpatterns"]),
    ("a namespace", "urlpatterns = [path('a/', include(('b.urls', 'x'), namespace='y'))]",
     [f"{U} /a b/urls#urlpatterns"]),
    ("an imported module", "import b.urls as u\nurlpatterns = [path('a/', include(u))]",
     [f"{U} /a b/urls#"]),
    ("a list", "urlpatterns = [path('a/', include([path('b', views.f)]))]",
     [f"{U} /a/b shop#views.f"]),
    ("a variable", "more = [path('b', views.f)]\nurlpatterns = [path('a/', include(more))]",
     ["#more /b shop#views.f", f"{U} /a #more"]),
    ("two lists", "more = [path('b', views.f)]\nurlpatterns = [path('a', views.g)] + more",
     ["#more /b shop#views.f", f"{U} /a shop#views.g", f"{U} / #more"]),
    ("unpacked", "more = [path('b', views.f)]\nurlpatterns = [*more]",
     ["#more /b shop#views.f", f"{U} / #more"]),
    ("added later", "urlpatterns = []\nurlpatterns += [path('a', views.f)]",
     [f"{U} /a shop#views.f"]),
    ("appended", "urlpatterns = []\nurlpatterns.append(path('a', views.f))",
     [f"{U} /a shop#views.f"]),
    ("extended", "urlpatterns = []\nurlpatterns.extend(views.more)",
     [f"{U} / shop#views.more"]),
    ("under a condition", "urlpatterns = []\nif X:\n    urlpatterns += [path('a', views.f)]",
     [f"{U} /a shop#views.f"]),
    ("a router", "router = R()\nrouter.register('a', views.S)\nurlpatterns = router.urls",
     ["#router /a shop#views.S", f"{U} / #router"]),
    ("a router below", "router = R()\nrouter.register(r'^a', views.S)\n"
     "urlpatterns = [path('v1/', include(router.urls))]",
     ["#router /a shop#views.S", f"{U} /v1 #router"]),
    ("a made list", "urlpatterns = [path('a/', include(views.make(1)))]",
     [f"{U} /a shop#views.make"]),
    ("the administration", "from django.contrib import admin\n"
     "urlpatterns = [path('admin/', admin.site.urls)]",
     [f"{U} /admin django/contrib#admin.site.urls"]),
    ("files", "urlpatterns = [] + static('/m', x)", []),
    ("a constant", "A = 'a/'\nurlpatterns = [path(A + 'b', views.f)]", [f"{U} /a/b shop#views.f"]),
    ("a model of the administration",
     "from django.contrib import admin\nadmin.site.register(M, A)", []),
    ("another path", "from os import path\nurlpatterns = []\nx = [path('a', views.f)]", []),
    ("commented out", "# urlpatterns = [path('a', views.f)]", []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "expected"), [row[1:] for row in PATTERNS], ids=[row[0] for row in PATTERNS]
)
def test_patterns_mount_their_views(source: str, expected: list[str]) -> None:
    found = _read(URLS, HEAD + source)
    assert (_mounts(found), found.holes, found.stack) == (expected, (), "django")


HOLES = [
    ("a loop", "urlpatterns = []\nfor x in y:\n    urlpatterns.append(path(x, views.f))"),
    ("a comprehension of no list", "urlpatterns = make(path('a', views.f))"),
    ("a computed path", "urlpatterns = [path(make(), views.f)]"),
    ("an odd expression", "urlpatterns = [re_path('a+', views.f)]"),
    ("a view on the spot", "urlpatterns = [path('a', lambda request: 1)]"),
    ("a mapped set", "urlpatterns = [path('a', views.S.as_view({'get': 'list'}))]"),
    ("a computed list", "urlpatterns = {}['a']"),
]


@pytest.mark.parametrize("source", [row[1] for row in HOLES], ids=[row[0] for row in HOLES])
def test_what_is_not_followed_is_told(source: str) -> None:
    found = _read(URLS, HEAD + source)
    assert found.holes or found.mounts
    assert found.registrations == ()


def test_what_is_wrapped_around_a_view_guards_it() -> None:
    source = f"{HEAD}from a import signed\nurlpatterns = [path('a', signed(views.V.as_view()))]"
    (mount,) = _read(URLS, source).mounts
    assert [(one.symbol, one.where) for one in mount.guards] == [("a#signed", Where.DECORATOR)]


def test_names_of_patterns_lead_to_what_is_below_the_file() -> None:
    source = (
        "app_name = 'shop'\nrouter = R()\nrouter.register('as', views.OrderViewSet)\n"
        "router.register('bs', views.B, basename='b')\n"
        "urlpatterns = [path('c/<int:pk>/', views.f, name='c'), path('d', views.f)]"
    )
    assert dict(_read(URLS, HEAD + source).routes) == {
        "shop:order-list": "{}/as",
        "shop:order-detail": "{}/as/{}",
        "shop:b-list": "{}/bs",
        "shop:b-detail": "{}/bs/{}",
        "shop:c": "{}/c/{}",
    }


ALL = ["GET /", "POST /", "GET /{}", "PUT /{}", "PATCH /{}", "DELETE /{}"]
SETS = [
    ("all", "class S(viewsets.ModelViewSet):\n    pass", ALL),
    ("of the project", "class S(OwnModelViewSet):\n    pass", ALL),
    ("reading", "class S(viewsets.ReadOnlyModelViewSet):\n    pass", ["GET /", "GET /{}"]),
    ("mixed", "class S(mixins.CreateModelMixin, viewsets.GenericViewSet):\n    pass", ["POST /"]),
    ("by hand", "class S(viewsets.ViewSet):\n    def list(self, request): ...", ["GET /"]),
    ("an action", "class S(viewsets.GenericViewSet):\n    @action(detail=True)\n"
     "    def pay(self, request, pk): ...", ["GET /{}/pay"]),
    ("of all", "class S(viewsets.GenericViewSet):\n"
     "    @action(detail=False, methods=['post', 'put'], url_path='p/(?P<x>a)')\n"
     "    def pay(self, request): ...", ["POST /p/{}", "PUT /p/{}"]),
    ("a view",
     "class V(APIView):\n    def get(self, request): ...\n    def post(self, request): ...",
     ["GET /", "POST /"]),
    ("generic", "class V(generics.ListCreateAPIView):\n    pass", ["GET /", "POST /"]),
    ("of one", "class V(generics.RetrieveUpdateDestroyAPIView):\n    pass",
     ["DELETE /", "GET /", "PATCH /", "PUT /"]),
    ("a page", "from django.views.generic import TemplateView\nclass V(TemplateView):\n    pass",
     ["GET / !"]),
    ("a page with a form", "class V(FormView):\n    pass", ["GET / !", "POST / !"]),
    ("of a base elsewhere", "class V(BaseView):\n    def get(self, request): ...",
     ["GET /", "ANY / ?"]),
    ("a function", "@api_view(['GET', 'post'])\ndef f(request): ...", ["GET /", "POST /"]),
    ("a function by default", "@api_view()\ndef f(request): ...", ["GET /"]),
    ("a plain function", "def f(request, pk): ...", ["ANY /"]),
    ("a required method", "@require_POST\ndef f(request): ...", ["POST /"]),
    ("required methods", "@require_http_methods(['GET'])\ndef f(request): ...", ["GET /"]),
    ("no view", "class Reader(Base):\n    def get(self): ...\ndef f(a): ...", []),
    ("in a string", "X = 'class S(viewsets.ModelViewSet): pass'", []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "expected"), [row[1:] for row in SETS], ids=[r[0] for r in SETS]
)
def test_views_say_what_they_answer(source: str, expected: list[str]) -> None:
    assert [
        f"{one.method} {one.path or '/'}{' !' * one.shown}{' ?' * (not one.certain)}"
        for one in _read(VIEWS, DRF + source).registrations
    ] == expected


def test_a_computed_action_is_a_hole() -> None:
    source = "class S(viewsets.ViewSet):\n    @action(detail=X)\n    def a(self, request): ...\n"
    found = _read(VIEWS, DRF + source)
    assert (found.registrations, [one.reason for one in found.holes]) == ((), ["a computed action"])


def _guards(source: str, name: str) -> list[str]:
    found = {one.name: one for one in _read(VIEWS, DRF + source).handlers}
    return [one.symbol for one in found[name].guards]


P = "rest_framework/permissions"
DEFAULT = "rest_framework/settings#DEFAULT_PERMISSION_CLASSES"
GUARDED = [
    ("class V(APIView):\n    permission_classes = [IsAuthenticated]", "V",
     ["rest_framework/views#APIView", f"{P}#IsAuthenticated"]),
    ("class V(APIView):\n    permission_classes = (IsAuthenticated | IsAdminUser,)", "V",
     ["rest_framework/views#APIView", f"{P}#IsAuthenticated", f"{P}#IsAdminUser"]),
    ("class V(APIView):\n    permission_classes = []", "V", ["rest_framework/views#APIView"]),
    ("class V(APIView):\n    pass", "V", ["rest_framework/views#APIView", DEFAULT]),
    ("class V(APIView):\n    permission_classes = []\n    def get_permissions(self): ...", "V",
     ["rest_framework/views#APIView", "#V.get_permissions"]),
    ("class V(APIView):\n    permission_classes = []\n    def get_permissions(self):\n"
     "        return [IsOwner()]", "V",
     ["rest_framework/views#APIView", "#V.get_permissions", "#V.get_permissions_IsOwner"]),
    ("class V(GenericViewSet):\n    @action(permission_classes=[IsOwner], detail=True)\n"
     "    def x(self, request): ...", "V.x",
     ["#IsOwner", "rest_framework/decorators#action", "#V"]),
    ("from a import L, signed\n@method_decorator(signed, name='dispatch')\nclass V(L, View):\n"
     "    pass", "V", ["a#L", "#View", "#method_decorator", "a#signed"]),
    ("@api_view()\n@permission_classes([IsAdminUser])\ndef f(request): ...", "f",
     [f"{P}#IsAdminUser", "rest_framework/decorators#api_view",
      "rest_framework/decorators#permission_classes"]),
]  # fmt: skip


@pytest.mark.parametrize(("source", "name", "expected"), GUARDED)
def test_views_name_what_guards_them(source: str, name: str, expected: list[str]) -> None:
    assert _guards(source, name) == expected


HANDLED = """class S(viewsets.ModelViewSet):
    serializer_class = OrderSerializer

    def create(self, request):
        x = request.data["x"]
        return Response({}, status=status.HTTP_201_CREATED)

    def update(self, request, pk):
        OrderSerializer(data=request.data).is_valid()
        return Response({"error": 1}, 409)
"""


def test_actions_say_how_they_take_a_body() -> None:
    found = {one.name: one for one in _read(VIEWS, DRF + HANDLED).handlers}
    assert {
        name.partition(".")[2]: (one.body, one.raw, one.success, sorted(one.statuses), one.types)
        for name, one in found.items()
        if "." in name
    } == {
        "create": (Body.RAW, 9, None, [201], ()),
        "update": (Body.TYPED, None, None, [409], ()),
        "list": (Body.NONE, None, None, [], ("#OrderSerializer",)),
        "retrieve": (Body.NONE, None, None, [], ("#OrderSerializer",)),
        "partial_update": (Body.TYPED, None, None, [], ("#OrderSerializer",)),
        "destroy": (Body.NONE, None, 204, [], ("#OrderSerializer",)),
    }


def test_a_view_serves_where_a_pattern_names_it_and_nowhere_else() -> None:
    get = "(APIView):\n    def get(self, request): ...\n"
    views = f"class Base{get}class V{get}"
    files = {
        "site/urls.py": _read(
            "site/urls.py", HEAD + "urlpatterns = [path('a/', include('shop.urls'))]"
        ),
        URLS: _read(URLS, HEAD + "urlpatterns = [path('b/', views.V.as_view())]"),
        VIEWS: _read(VIEWS, DRF + views),
    }
    found = link(files)[0]
    assert [(one.name, one.handler) for one in found.routes] == [
        ("GET /a/b", "shop/views.py#V.get")
    ]
    assert found.holes == ()


def test_tests_of_django_are_only_calls() -> None:
    source = (
        "from django.urls import path, reverse\n"
        "def test_a(client):\n"
        "    assert client.get(reverse('a')).status_code == 200\n"
        "    url = reverse('b', args=[1])\n"
        "    assert client.post(url).status_code == 201\n"
    )
    found = _read("shop/tests/test_a.py", source)
    assert [(one.method, one.path, one.statuses) for one in found.calls] == [
        ("GET", "@a", frozenset({200})),
        ("POST", "@b", frozenset({201})),
    ]
    assert (found.registrations, found.mounts, found.handlers) == ((), (), ())


def test_a_path_that_is_not_known_is_no_call_of_a_route_below_an_unknown_prefix() -> None:
    urls = "urlpatterns = [path(settings.BASE, include([path('', views.f), path('a', views.f)]))]"
    test = "def test_a(client):\n    client.get(reverse_of('x'))\n    client.get('/x')\n"
    files = {
        URLS: _read(URLS, f"{HEAD}from django.conf import settings\n{urls}"),
        VIEWS: _read(VIEWS, "def f(request): ...\n"),
        "tests/test_a.py": _read("tests/test_a.py", f"from a import reverse_of\n{test}"),
    }
    found = Linked(files, Area("tests", ()))
    assert [one.template for one in found.routes.routes] == ["/${BASE}", "/${BASE}/a"]
    assert [one.route for one in found.calls.found] == [None, None]


def test_broken_text_is_unknown() -> None:
    assert isinstance(read(URLS, (HEAD + "urlpatterns = [").encode()), Unknown)


HOSTILE = [
    "urlpatterns = " + "[" * 80 + "]" * 80,
    "urlpatterns = [" + "path('a', views.f)," * 8_000 + "]",
    "urlpatterns = [re_path(r'" + "(" * 50_000 + "', views.f)]",
    "if x:\n" + "".join(" " * depth + "if x:\n" for depth in range(1, 60)) + " " * 60 + "y = 1",
    "class S(viewsets.ModelViewSet):\n" + "    x = 1\n" * 15_000,
]


@pytest.mark.parametrize("source", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_ends_in_a_value(source: str) -> None:
    assert isinstance(read(URLS, (HEAD + source).encode()), Endpoints | Unknown)
