"""Routes, controllers and tests of Rails, as one file shows them."""

from __future__ import annotations

import pytest

from bot.model.endpoint import Body, Endpoints, Where
from bot.readers.endpoints.ruby import read

ROUTES = "config/routes.rb"
USERS = "app/controllers/users_controller.rb"
SPEC = "spec/requests/users_spec.rb"


def _read(path: str, source: str) -> Endpoints:
    found = read(path, source.encode())
    assert isinstance(found, Endpoints)
    return found


def _drawn(body: str) -> Endpoints:
    return _read(ROUTES, f"Rails.application.routes.draw do\n{body}\nend\n")


def _routes(found: Endpoints) -> list[str]:
    """`GET /users users#index`, with `?` where it is not certain and `!` where it is shown."""
    return [
        f"{one.method} {one.path or '/'} "
        + one.handler.removeprefix("app/controllers/").replace("_controller#", "#")
        + ("" if one.certain else " ?")
        + (" !" if one.shown else "")
        for one in found.registrations
    ]


MANY = [
    "GET /users users#index",
    "POST /users users#create",
    "GET /users/new users#new !",
    "GET /users/{}/edit users#edit !",
    "GET /users/{} users#show",
    "PATCH /users/{} users#update",
    "PUT /users/{} users#update ?",
    "DELETE /users/{} users#destroy",
]
DRAWN = [
    ("resources", "resources :users", MANY),
    ("only", "resources :users, only: [:show]", MANY[4:5]),
    ("except as words", "resources :users, except: %i[index create new edit update]",
     [MANY[4], MANY[7]]),
    ("two at once", "resources :a, :b, only: :index", ["GET /a a#index", "GET /b b#index"]),
    ("one", "resource :key, only: %w[show create]",
     ["POST /key keys#create", "GET /key keys#show"]),
    ("path", "resources :users, path: 'people', only: :show", ["GET /people/{} users#show"]),
    ("param", "resources :users, param: :slug, only: :show", MANY[4:5]),
    ("controller", "resources :a, controller: 'b', only: :index", ["GET /a b#index"]),
    ("nested", "resources :users, only: [] do\n resources :keys, only: :show\nend",
     ["GET /users/{}/keys/{} keys#show"]),
    ("member", "resources :users, only: [] do\n member do\n post :ban\n end\nend",
     ["POST /users/{}/ban users#ban"]),
    ("collection", "resources :users, only: [] do\n get :top, on: :collection\nend",
     ["GET /users/top users#top"]),
    ("bare in a resource", "resources :users, only: [] do\n post 'ban'\nend",
     ["POST /users/{}/ban users#ban"]),
    ("namespace", "namespace :admin do\n resources :users, only: :index\nend",
     ["GET /admin/users admin/users#index"]),
    ("scope", "scope '/v1/:org', module: 'v1' do\n get 'x', to: 'a#b'\nend",
     ["GET /v1/{}/x v1/a#b"]),
    ("scope of a controller", "scope controller: :a do\n get 'x', action: :b\nend", ["GET /x a#b"]),
    ("arrow", 'get "/x/:id" => "a#b", :as => "x"', ["GET /x/{} a#b"]),
    ("to", "post 'x', to: 'a#b'", ["POST /x a#b"]),
    ("short", "get 'a/b-c'", ["GET /a/b-c a#b_c"]),
    ("root", "root 'a#b'", ["GET / a#b"]),
    ("root to", "root to: 'a#b'", ["GET / a#b"]),
    ("match", "match 'x' => 'a#b', via: [:get, :post]", ["GET /x a#b", "POST /x a#b"]),
    ("match all", "match 'x', to: 'a#b', via: :all", ["ANY /x a#b"]),
    ("optional", "get 'x(/:id(/:y))(.:format)' => 'a#b'",
     ["GET /x a#b", "GET /x/{} a#b ?", "GET /x/{}/{} a#b ?"]),
    ("part of a segment", "get '/~:name' => 'a#b'", ["GET /~{} a#b"]),
    ("redirect", "get '/x', to: redirect('/y')", ["GET /x #redirect !"]),
    ("inline", "get '/x', to: ->(env) { [200, {}, []] }", ["GET /x #inline"]),
    ("health", "get 'up' => 'rails/health#show'", ["GET /up rails/health#show"]),
    ("condition", "get 'x' => 'a#b' if Rails.env.test?", ["GET /x a#b ?"]),
    ("branch", "unless ENV['X']\n get 'x' => 'a#b'\nend", ["GET /x a#b ?"]),
    ("constraints", "constraints id: /x/ do\n get 'x' => 'a#b'\nend", ["GET /x a#b"]),
    ("from the top", "namespace :x do\n get 'y' => '/a#b'\nend", ["GET /x/y a#b"]),
    ("commented out", "# resources :users", []),
    ("in a string", "x = 'resources :users'", []),
    ("a concern alone", "concern :c do\n resources :users\nend", []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "expected"), [row[1:] for row in DRAWN], ids=[r[0] for r in DRAWN]
)
def test_routes_are_read(source: str, expected: list[str]) -> None:
    found = _drawn(source)
    assert (_routes(found), found.holes) == (expected, ())


HOLES = [
    ("devise", "devise_for :users"),
    ("draw", "draw :admin"),
    ("a loop", "%w[a b].each do |x|\n get x => 'a#b'\nend"),
    ("computed path", 'get "x/#{Y}" => "a#b"'),
    ("computed name", "get X, to: 'a#b'"),
    ("computed handler", "get 'x', to: \"#{a}#b\""),
    ("no handler", "get 'x'"),
    ("computed actions", "resources :users, only: ACTIONS"),
    ("computed resource", "resources name"),
    ("computed resource path", "resources :users, only: [], path: path"),
    ("computed scope", "scope prefix do\n get 'x' => 'a#b'\nend"),
    ("computed methods", "match 'x', to: 'a#b', via: methods"),
    ("used concern", "concerns :c"),
    ("concern of a resource", "resources :users, only: [], concerns: :c"),
    ("mounted at a computed path", "mount X::Engine, at: path"),
    ("case", "case x\nwhen 1 then get 'x' => 'a#b'\nend"),
    ("too many optional parts", "get '(a)(b)(c)(d)(e)' => 'a#b'"),
    ("nested too deeply", "namespace :a do\n" * 40 + "get 'x' => 'a#b'\n" + "end\n" * 40),
]


@pytest.mark.parametrize("source", [row[1] for row in HOLES], ids=[row[0] for row in HOLES])
def test_what_is_not_followed_is_a_hole(source: str) -> None:
    found = _drawn(source)
    assert (found.registrations, len(found.holes)) == ((), 1)


def test_an_engine_that_draws_is_a_hole() -> None:
    found = _read(ROUTES, "Blog::Engine.routes.draw do\n get 'x' => 'a#b'\nend\n")
    assert (found.registrations, [one.reason for one in found.holes]) == (
        (),
        ["routes of an engine"],
    )


def test_a_drawn_file_is_not_certain() -> None:
    found = _read("config/routes/admin.rb", "get 'x' => 'a#b'\r\n")
    assert _routes(found) == ["GET /x a#b ?"]


def test_a_broken_file_shows_what_is_left() -> None:
    found = _read(ROUTES, "Rails.application.routes.draw do\n get 'x' => 'a#b'\n get )(\nend\n")
    assert "GET /x a#b" in _routes(found)
    assert "not readable as Ruby" in {one.reason for one in found.holes}


def test_a_mounted_application_stands_below_its_path() -> None:
    found = _drawn("scope 'x' do\n mount Sidekiq::Web => '/jobs'\nend\nmount A.new(1), at: 'b'")
    assert [(one.child, one.prefix) for one in found.mounts] == [
        ("Sidekiq/Web#", "/x/jobs"),
        ("A.new#", "/b"),
    ]


def test_a_route_stands_at_the_router_of_its_controller() -> None:
    (found,) = _drawn("namespace :admin do\n get 'x',\n  to: 'a#b'\nend").registrations
    on = "app/controllers/admin/a_controller#a_controller"
    assert (found.on, found.handler, found.line, found.end) == (
        on, "app/controllers/admin/a_controller#b", 3, 4)  # fmt: skip


def test_conditions_on_a_request_guard_the_routes_below() -> None:
    source = "constraints Staff do\n authenticate :user do\n get 'x' => 'a#b'\n end\nend"
    (found,) = _drawn(source).registrations
    assert [(one.symbol, one.where) for one in found.guards] == [
        ("#Staff", Where.ROUTER),
        ("#authenticate", Where.ROUTER),
    ]


NAMES = [
    ("resources :stories", {"stories": "/stories", "story": "/stories/{}",
                            "new_story": "/stories/new", "edit_story": "/stories/{}/edit"}),
    ("resources :news, only: :index", {"news_index": "/news"}),
    ("resources :boxes, only: :show", {"box": "/boxes/{}"}),
    ("resources :people, only: :show, as: 'folks'", {"folk": "/people/{}"}),
    ("resource :key, only: :show", {"key": "/key"}),
    ("root 'a#b'", {"root": "/"}),
    ("get 'a/b-c'", {"a_b_c": "/a/b-c"}),
    ("get 'x/:y' => 'a#b'", {}),
    ("get 'x/:y' => 'a#b', as: :z", {"z": "/x/{}"}),
    ("namespace :m do\n get 'x' => 'a#b'\nend", {"m_x": "/m/x"}),
    ("scope '/s', as: 't' do\n get 'x' => 'a#b'\nend", {"t_x": "/s/x"}),
    ("resources :keys, only: [] do\n post 'on'\n post 'off', on: :member\n"
     " get 'all', on: :collection\nend",
     {"key_on": "/keys/{}/on", "off_key": "/keys/{}/off", "all_keys": "/keys/all"}),
    ("resource :city, only: [] do\n post 'on'\nend", {"on_city": "/city/on"}),
    ("resources :keys, only: [] do\n resources :uses, only: :index\nend",
     {"key_uses": "/keys/{}/uses"}),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), NAMES)
def test_routes_have_the_names_of_their_helpers(source: str, expected: dict[str, str]) -> None:
    assert dict(_drawn(source).routes) == expected


CONTROLLER = """class UsersController < ApplicationController
  include Paging
  layout "wide"
  before_action :sign_in, :count
  before_action :load, only: %i[show update]
  around_action :trace, except: :index
  skip_before_action :sign_in, only: :index
  before_action { check_quota }
  before_action -> { authorize!(:x) }
  load_and_authorize_resource

  def index
    require_admin
    Audit.log(1)
    return head :no_content if params[:x]
    redirect_to "/", status: 303
  end

  def show
    render json: {error: "no"}, status: :not_found
  end

  def update
    User.update(user_params)
    render json: @user.errors, status: 422
    x.render plain: "y", status: 500
  end

  def create
    x = 1
    User.create(params[:user][:name])
  end

  def import = User.create(params.permit!)
  def hidden; end
  private :hidden
  private def also; end

  private

  def user_params
    params.require(:user).permit(:name)
  end
end
"""


def _actions(source: str) -> dict[str, list[str]]:
    """The guards that stand before each action, without those of its body."""
    return {
        one.name: [guard.symbol for guard in one.guards if guard.where is Where.MIDDLEWARE]
        for one in _read(USERS, source).handlers
    }


def test_filters_of_all_actions_stand_on_the_router() -> None:
    (router,) = _read(USERS, CONTROLLER).routers
    assert (router.name, [one.symbol for one in router.guards]) == (
        "users_controller",
        ["#Paging", "app/controllers/concerns/paging#paging", "#sign_in", "#count", "#check_quota",
         "#authorize!", "#load_and_authorize_resource"],
    )  # fmt: skip


def test_filters_of_some_actions_stand_on_these() -> None:
    assert _actions(CONTROLLER) == {
        "index": ["-#sign_in"],
        "show": ["#load", "#trace"],
        "update": ["#load", "#trace"],
        "create": ["#trace"],
        "import": ["#trace"],
    }


def test_actions_say_statuses_bodies_errors() -> None:
    found = {one.name: one for one in _read(USERS, CONTROLLER).handlers}
    assert {name: (sorted(one.statuses), one.body, one.raw, one.errors)
            for name, one in found.items()} == {
        "index": ([204, 303], Body.NONE, None, ()),
        "show": ([404], Body.NONE, None, (20,)),
        "update": ([422], Body.TYPED, None, ()),
        "create": ([], Body.RAW, 31, ()),
        "import": ([], Body.RAW, 34, ()),
    }  # fmt: skip
    assert [one.symbol for one in found["index"].guards if one.where is Where.BODY] == [
        "#require_admin", "#Audit.log", "#head", "#redirect_to"]  # fmt: skip


PARENTS = [
    ("class UsersController < ApplicationController\nend", "application_controller", False),
    ("class UsersController < Admin::BaseController\nend", "admin/base_controller", False),
    ("module Api\n class UsersController < BaseController\n end\nend",
     "api/base_controller", False),
    ("class Ledger\n class UsersController < ApplicationController\n end\nend",
     "application_controller", False),
    ("module Api\n class UsersController < ApplicationController\n end\nend",
     "application_controller", False),
    ("class UsersController < ActionController::API\nend", None, True),
]  # fmt: skip


@pytest.mark.parametrize(("source", "parent", "root"), PARENTS)
def test_a_controller_is_mounted_on_its_parent(source: str, parent: str | None, root: bool) -> None:
    found = _read(USERS, source)
    above = [] if parent is None else [
        f"app/controllers/{parent}#{parent.rpartition('/')[2]}"]  # fmt: skip
    assert [one.parent for one in found.mounts] == above
    assert [(one.name, one.root) for one in found.routers] == [("users_controller", root)]


def test_a_concern_keeps_what_it_puts_into_controllers() -> None:
    source = "module Signed\n included do\n  before_action :sign_in\n end\n def sign_in; end\nend"
    found = _read("app/controllers/concerns/signed.rb", source)
    assert [(one.name, [each.symbol for each in one.guards]) for one in found.routers] == [
        ("signed", ["#sign_in"])
    ]


def test_of_very_many_exceptions_the_rest_count_for_all() -> None:
    many = "\n".join(f"before_action :f{number}, except: :b" for number in range(120))
    found = _read(USERS, f"class UsersController\n{many}\ndef a; end\nend")
    assert (len(found.handlers[0].guards), len(found.routers[0].guards)) == (100, 20)


CALLS = [
    ("path", 'it "x" do\n get "/users"\n expect(response).to have_http_status(:ok)\nend',
     ["GET /users [200] x"]),
    ("words", 'describe "a" do\n context "b" do\n it("c") { get "/x" }\n end\nend',
     ["GET /x - a b c"]),
    ("parts", 'it "x" do\n get "/u/#{u.id}/y?z=1"\n expect(response.status).to eq(404)\nend',
     ["GET /u/{}/y [404] x"]),
    ("joined", 'it("x") { get "/u/" + id }', ["GET /u/{} - x"]),
    ("format", 'it("x") { get "/u.json" }', ["GET /u - x"]),
    ("host", 'it("x") { get "http://a.test/u" }', ["GET /u - x"]),
    ("root", 'it("x") { get "/" }', ["GET / - x"]),
    ("name", 'it("x") { get users_path(1) }', ["GET @users - x"]),
    ("name without arguments", "it('x') { get api.users_url }", ["GET @users - x"]),
    ("variable", 'it("x") { get url }', ["GET ${#url} - x"]),
    ("before", 'describe "a" do\n before { get "/x" }\n it("b") { expect(response).to be_ok }\nend',
     ["GET /x [200] a"]),
    ("two tests", 'it("a") { get "/x" }\nit("b") { expect(response).to be_ok }', ["GET /x - a"]),
    ("let", 'let(:t) { post "/x" }\nit("b") { expect(response).to be_ok }', ["POST /x - "]),
    ("two calls", 'it "a" do\n get "/x"\n get "/y"\n assert_response :created\nend',
     ["GET /x - a", "GET /y [201] a"]),
    ("followed", 'it "a" do\n get "/x"\n follow_redirect!\n expect(response).to be_ok\nend',
     ["GET /x - a"]),
    ("range", 'it "a" do\n get "/x"\n expect(response).to be_successful\nend', ["GET /x [200] a"]),
    ("redirect", 'it("a") { expect(get("/x")).to redirect_to("/y") }', ["GET /x [302] a"]),
    ("negated", 'it "a" do\n get "/x"\n expect(response).not_to have_http_status(404)\nend',
     ["GET /x - a"]),
    ("other subject", 'it "a" do\n get "/x"\n expect(user.age).to eq(200)\nend', ["GET /x - a"]),
    ("inside a block", 'it "a" do\n expect { post "/x"\n expect(response.status).to eq(400)\n }'
     '.to change { u }\nend', ["POST /x [400] a"]),
    ("minitest", 'class UsersTest < X\n test "a" do\n get "/x"\n assert_response 404\n end\nend',
     ["GET /x [404] a"]),
    ("method", 'def test_a\n get "/x"\n assert_equal 201, last_response.status\nend',
     ["GET /x [201] test_a"]),
    ("set up", 'class A\n def setup\n get "/x"\n end\n def test_a\n'
     ' assert_redirected_to "/"\n end\nend',
     ["GET /x [302] "]),
    ("action", 'describe Admin::UsersController do\n it("a") { get :index }\nend',
     ["GET app/controllers/admin/users_controller#index - Admin::UsersController a"]),
    ("action of a test case", 'class UsersControllerTest\n def test_a\n get :index\n end\nend',
     ["GET app/controllers/users_controller#index - test_a"]),
    ("action of none", 'it("a") { get :index }', []),
    ("of another object", 'it("a") { client.get "/x" }', []),
    ("without arguments", 'it("a") { get }', []),
    ("commented out", '# get "/x"', []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "expected"), [row[1:] for row in CALLS], ids=[r[0] for r in CALLS]
)
def test_calls_of_tests_are_read(source: str, expected: list[str]) -> None:
    found = _read(SPEC, source)
    assert [
        f"{one.method} {one.path or one.handler} "
        f"{'-' if one.statuses is None else sorted(one.statuses)} {one.test}"
        for one in found.calls
    ] == expected
    assert (found.stack, found.registrations, found.routers) == (
        "rails" if expected else "",
        (),
        (),
    )


def test_a_test_file_mentions_its_names() -> None:
    assert _read(SPEC, "# Not\nUser.find(id)").mentions == {"User", "find", "id"}


def test_other_files_have_none() -> None:
    assert _read("app/models/user.rb", CONTROLLER) == Endpoints(module="app/models/user")


HOSTILE = [
    (ROUTES, "Rails.application.routes.draw do\n" + "namespace :a do\n" * 5_000),
    (
        ROUTES,
        "Rails.application.routes.draw do\nget '" + "(" * 50_000 + ")" * 50_000 + "' => 'a#b'\nend",
    ),
    (USERS, "module A\n" * 9_000),
    (USERS, "class UsersController\ndef a\nx" + ".b(1)" * 20_000 + "\nend\nend"),
    (SPEC, "describe 'x' do\n" * 5_000 + "get '/x'\n"),
    (SPEC, "get '" + "a" * 200_000),
    (SPEC, "x" + ".to(1)" * 20_000),
    (ROUTES, "\x01\x7f\u2028(" * 20_000),
]


@pytest.mark.parametrize(("path", "source"), HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_ends_in_a_value(path: str, source: str) -> None:
    assert _read(path, source).module == path.removesuffix(".rb")


def test_an_action_that_leads_elsewhere_names_that_status() -> None:
    text = """class UsersController < ApplicationController
  def index
    redirect_to users_path
  end

  def show
    redirect_to users_path, status: code
  end
end
"""

    assert [sorted(one.statuses) for one in _read(USERS, text).handlers] == [[302], []]
