"""Which places of a source file are noted, per language, and which near misses are not."""

from __future__ import annotations

import pytest

from bot.model.known import Unknown
from bot.model.signal import Sign, Signals
from bot.readers.signals import read
from bot.sandbox.frame import Job

FILES = {
    "py": "app/a.py",
    "ts": "src/a.ts",
    "js": "src/a.js",
    "tsx": "src/a.tsx",
    "java": "src/A.java",
    "kt": "src/A.kt",
    "go": "pkg/a.go",
    "rb": "app/a.rb",
    "yml": "application.yml",
    "md": "docs/a.md",
}


def signals(language: str, text: str, path: str = "") -> Signals:
    value = read(Job(reading="signals", path=path or FILES[language], head=text.encode()))
    assert not isinstance(value, Unknown), value.reason
    return value


def places(language: str, text: str, *signs: Sign) -> list[str]:
    """`sign name` of every place, of these signs only."""
    found = signals(language, text).signals
    return [f"{one.sign} {one.name}".strip() for one in found if one.sign in (signs or Sign)]


JAVA = "class A {{ void f() {{ {} }} }}"
KOTLIN = "class A {{ fun f() {{ {} }} }}"
GO = "package a\nfunc f() {{ {} }}\n"


def inside(language: str, code: str) -> str:
    frame = {"java": JAVA, "kt": KOTLIN, "go": GO}.get(language, "{}")
    return frame.replace("{}", code).replace("{{", "{").replace("}}", "}")


SWALLOWED = [
    ("py", "try:\n  a()\nexcept:\n  pass\n", 1),
    ("py", "try:\n  a()\nexcept Exception as e:\n  ...\n", 1),
    ("py", "def f():\n  try:\n    a()\n  except (KeyError, BaseException):\n    return None\n", 1),
    ("py", "for x in y:\n  try:\n    a()\n  except Exception:\n    continue\n", 1),
    ("py", "def f():\n  try:\n    a()\n  except Exception:\n    return {}\n", 1),
    ("py", "def f(b):\n  try:\n    a()\n  except Exception:\n    return b\n", 0),
    ("py", "try:\n  a()\nexcept KeyError:\n  pass\n", 0),
    ("py", "try:\n  a()\nexcept Exception:\n  log.exception('x')\n", 0),
    ("py", "try:\n  a()\nexcept Exception:\n  raise\n", 0),
    ("py", "x = 'try: a()\\nexcept: pass'\n", 0),
    ("py", "# try:\n#   a()\n# except:\n#   pass\n", 0),
    ("py", "try:\n  import x\nexcept Exception:\n  x = None\n", 0),
    ("ts", "try { a() } catch {}", 1),
    ("js", "function f() { try { a() } catch (e) { return null } }", 1),
    ("js", "try { a() } catch (e) { report(e) }", 0),
    ("js", "const s = 'try { a() } catch {}'", 0),
    ("java", "try { a(); } catch (IOException e) { }", 1),
    ("java", "try { a(); } catch (Exception e) { return null; }", 1),
    ("java", "try { a(); } catch (NumberFormatException e) { return null; }", 0),
    ("java", "try { a(); } catch (Exception e) { throw new B(e); }", 0),
    ("kt", "try { a() } catch (e: Exception) { }", 1),
    ("kt", "val x = try { a() } catch (e: Exception) { null }", 1),
    ("kt", "val x = try { a() } catch (e: IllegalArgumentException) { null }", 0),
    ("kt", "try { a() } catch (e: Exception) { log.warn(e) }", 0),
    ("go", "if err != nil { }", 1),
    ("go", "if err := a(); err != nil { }", 1),
    ("go", "if err != nil { return err }", 0),
    ("go", "if x != nil { }", 0),
    ("rb", "begin\n  a\nrescue\nend\n", 1),
    ("rb", "begin\n  a\nrescue StandardError => e\n  nil\nend\n", 1),
    ("rb", "x = a rescue nil\n", 1),
    ("rb", "begin\n  a\nrescue KeyError\n  nil\nend\n", 0),
    ("rb", "begin\n  a\nrescue => e\n  raise B, e\nend\n", 0),
    ("rb", "x = a rescue b\n", 0),
]


@pytest.mark.parametrize(("language", "code", "number"), SWALLOWED)
def test_a_swallowed_error_is_one_that_is_caught_broadly_and_not_answered(
    language: str, code: str, number: int
) -> None:
    assert len(places(language, inside(language, code), Sign.SWALLOWED)) == number


def test_a_comment_excuses_a_swallowed_error() -> None:
    text = "try:\n  a()\nexcept Exception:\n  pass  # best effort\n"

    (place,) = signals("py", text).signals

    assert (place.excused, place.line, place.end) == (True, 3, 4)


LOGS = [
    ("py", "logger.info('x %s', token)", ["token"]),
    ("py", "self.log.warning(f'{user.password}')", ["password"]),
    ("py", "print('x {}'.format(api_key))", ["api_key"]),
    ("py", "log.info('x', secret=secret)", ["secret"]),
    ("py", "log.info('x', extra={'token': token})", ["token"]),
    ("py", "log.info('x ' + request.headers['authorization'])", ["authorization"]),
    ("py", "logging.getLogger(__name__).error(password)", ["password"]),
    ("py", "log.info('the password is wrong')", []),
    ("py", "log.info('x', mask(token))", []),
    ("py", "log.info(get_token())", []),
    ("py", "log.info('x %s', token_count, password_file, secret_name, token_expires)", []),
    ("py", "log.info('%d tokens', tokens)", []),
    ("py", "send(token)", []),
    ("py", "catalog.info(token)", []),
    ("py", "# log.info(token)", []),
    ("ts", "logger.info(`t ${token}`)", ["token"]),
    ("ts", "this.logger.warn({ password })", ["password"]),
    ("js", "console.log('x', user.apiKey)", ["apiKey"]),
    ("js", "console.log('token')", []),
    ("js", "console.log(await hash(password))", []),
    ("js", "dialog.info(token)", []),
    ("java", 'log.info("x {}", password);', ["password"]),
    ("java", 'LOGGER.debug("x" + user.token);', ["token"]),
    ("java", 'log.info("password");', []),
    ("java", "log.info(user.getPassword());", []),
    ("kt", 'log.info("x $token")', ["token"]),
    ("kt", 'log.info("x ${user.password}")', ["password"]),
    ("kt", 'log.info("x $tokenCount")', []),
    ("go", 'slog.Info("x", "token", token)', ["token"]),
    ("go", 'logger.Info("x", zap.String("p", u.Password))', ["Password"]),
    ("go", 'log.Printf("x %s", tokenPath)', []),
    ("rb", 'Rails.logger.info "x #{token}"', ["token"]),
    ("rb", "logger.warn(user.password_hash)", []),
    ("rb", 'puts "password"', []),
]


@pytest.mark.parametrize(("language", "code", "names"), LOGS)
def test_a_log_call_shows_a_secret_by_the_name_of_what_it_is_given(
    language: str, code: str, names: list[str]
) -> None:
    found = places(language, inside(language, code), Sign.LOGS_SECRET)

    assert found == [f"logs-secret {name}" for name in names]


UNSTEADY = [
    ("py", "import time\ntime.sleep(1)", ["sleep time.sleep"]),
    ("py", "from time import sleep as wait\nwait(1)", ["sleep time.sleep"]),
    ("py", "import asyncio\nasyncio.sleep(0)", []),
    ("py", "clock.sleep(1)", []),
    ("py", "import random\nrandom.choice(x)", ["random random.choice"]),
    ("py", "import numpy as np\nnp.random.rand()", ["random numpy.random.rand"]),
    ("py", "rng.choice(x)", []),
    ("py", "import requests\nrequests.get('https://api.real.com/x')", ["network api.real.com"]),
    ("py", "import httpx\nhttpx.post(f'https://api.real.com/{x}')", ["network api.real.com"]),
    ("py", "import requests\nrequests.get('http://localhost:8000')", []),
    ("py", "import requests\nrequests.get('https://orders.example.com')", []),
    ("py", "import requests\nrequests.get('https://orders.test/x')", []),
    ("py", "import requests\nrequests.get(server.url)", []),
    ("py", "client.get('https://api.real.com/x')", []),
    ("py", "from datetime import datetime\ndatetime.now()", ["now datetime.datetime.now"]),
    ("py", "import uuid\nuuid.uuid4()", ["now uuid.uuid4"]),
    ("py", "@pytest.mark.order(1)\ndef test_a(): ...", ["order pytest.mark.order"]),
    ("ts", "await new Promise(r => setTimeout(r, 10))", ["sleep setTimeout"]),
    ("ts", "setTimeout.mock()", []),
    ("ts", "Math.random()", ["random Math.random"]),
    ("ts", "fetch('https://api.real.com')", ["network api.real.com"]),
    ("ts", "fetch('/orders')", []),
    ("ts", "new Date()", ["now new Date()"]),
    ("ts", "new Date(1)", []),
    ("java", "Thread.sleep(10);", ["sleep Thread.sleep"]),
    ("java", "Instant.now();", ["now Instant.now"]),
    ("java", "Instant.now(clock).x();", ["now Instant.now"]),
    ("kt", "Thread.sleep(10)", ["sleep Thread.sleep"]),
    ("go", "time.Sleep(time.Second)", ["sleep time.Sleep"]),
    ("go", "rand.Intn(3)", ["random rand.Intn"]),
    ("go", 'http.Get("https://api.real.com")', ["network api.real.com"]),
    ("go", "http.Get(server.URL)", []),
    ("rb", "sleep 1", ["sleep sleep"]),
    ("rb", "x = rand", ["random rand"]),
    ("rb", "Time.now", ["now Time.now"]),
    ("rb", "thing.sleep", []),
]


@pytest.mark.parametrize(("language", "code", "found"), UNSTEADY)
def test_what_may_differ_from_run_to_run_is_known_by_its_exact_name(
    language: str, code: str, found: list[str]
) -> None:
    signs = (Sign.SLEEP, Sign.RANDOM, Sign.NETWORK, Sign.NOW, Sign.ORDER)

    assert places(language, inside(language, code), *signs) == found


EXCUSED = [
    ("py", "import random\nrandom.seed(1)\nrandom.random()", True),
    ("py", "import time\nfrom freezegun import freeze_time\ntime.time()", True),
    ("py", "import responses, requests\nrequests.get('https://api.real.com')", True),
    ("ts", "jest.useFakeTimers(); Date.now()", True),
    ("ts", "import nock from 'nock'; fetch('https://api.real.com')", True),
    ("rb", "Timecop.freeze(x)\nTime.now", True),
    ("py", "import random\nrandom.random()", False),
]


@pytest.mark.parametrize(("language", "code", "excused"), EXCUSED)
def test_a_seed_a_frozen_clock_and_a_double_excuse(language: str, code: str, excused: bool) -> None:
    unsteady = (Sign.NOW, Sign.RANDOM, Sign.NETWORK)

    found = [one for one in signals(language, code).signals if one.sign in unsteady]

    assert [one.excused for one in found] == [excused]


ENVIRONMENT = [
    ("py", "import os\nos.environ['A_B']", ["A_B"]),
    ("py", "import os\nos.getenv('A_B', 'x')", ["A_B"]),
    ("py", "from os import environ\nenviron.get('A_B')", ["A_B"]),
    ("py", "import os\nos.environ['A_B'] = 'x'", []),
    ("py", "import os\nos.getenv(name)", []),
    ("py", "import environ\nenv = environ.Env()\nenv.str('A_B')", ["A_B"]),
    ("py", "env.str('A_B')", []),
    ("py", "class S(BaseSettings):\n  rate_url: str\n", ["RATE_URL"]),
    (
        "py",
        "class S(BaseSettings):\n  model_config = C(env_prefix='PAY_')\n  url: str = ''\n",
        ["PAY_URL"],
    ),
    ("py", "class S(BaseModel):\n  rate_url: str\n", []),
    ("ts", "process.env.A_B", ["A_B"]),
    ("ts", "process.env['A_B']", ["A_B"]),
    ("ts", "const { A_B, C: d } = process.env", ["A_B", "C"]),
    ("ts", "import.meta.env.VITE_X", ["VITE_X"]),
    ("ts", "process.env[name]", []),
    ("java", 'System.getenv("A_B");', ["A_B"]),
    ("kt", 'val x = System.getenv("A_B") ?: "c"', ["A_B"]),
    ("go", 'os.Getenv("A_B"); os.LookupEnv("C")', ["A_B", "C"]),
    ("rb", "ENV['A_B'] || ENV.fetch('C')", ["A_B", "C"]),
    ("rb", "ENV['A_B'] = '1'", []),
    ("yml", "a: ${A_B:c}\n# ${D_E}\n", ["A_B"]),
]


@pytest.mark.parametrize(("language", "code", "names"), ENVIRONMENT)
def test_a_variable_is_read_by_its_literal_name(language: str, code: str, names: list[str]) -> None:
    found = places(language, inside(language, code), Sign.ENVIRONMENT)

    assert found == [f"environment {name}" for name in names]


def test_an_annotation_of_spring_reads_a_variable() -> None:
    text = 'class A { @Value("${A_B:c}") String a; @Value("${a.b}") String b; }'

    assert places("java", text, Sign.ENVIRONMENT) == ["environment A_B"]


LITERALS = [
    ("py", "x = 'http://localhost:3000/login'", ["localhost"]),
    ("py", "x = 'postgresql://u@10.1.2.3/x'", ["10.1.2.3"]),
    ("py", "x = 'https://orders.staging.acme.com'", ["orders.staging.acme.com"]),
    ("py", "x = 'https://db.corp/x'", ["db.corp"]),
    ("py", "x = 'main.abc.rds.amazonaws.com'", ["main.abc.rds.amazonaws.com"]),
    ("py", "x = 'arn:aws:sns:eu-west-1:481234567890:topic'", ["an ARN with its account"]),
    ("py", "x = 'postgresql://u:hunter22@db.acme.io/x'", ["db.acme.io"]),
    ("py", "x = 'https://api.acme.io'", ["api.acme.io"]),
    ("py", "x = '10.0.0.0/8'", []),
    ("py", "x = '0.0.0.0'", []),
    ("py", "x = 'http://0.0.0.0:80'", []),
    ("py", "x = 'https://orders.example.com'", []),
    ("py", "x = 'http://www.w3.org/2000/svg'", []),
    ("py", "x = 'https://{host}/x'", []),
    ("py", "x = 'localhost'", []),
    ("py", "# http://localhost:3000", []),
    ("py", '"""See http://localhost:3000."""', []),
    ("py", "import os\nx = os.getenv('A', 'http://localhost:3000')", []),
    ("py", "import os\nx = os.getenv('A') or 'http://localhost:3000'", []),
    ("py", "class S(BaseSettings):\n  a: str = 'http://localhost:3000'\n", []),
    ("py", "log.info('see http://localhost:3000')", []),
    ("py", "x = Field(description='http://localhost:3000')", []),
    ("py", "x = url.startswith('http://localhost:3000')", []),
    ("py", "if x == 'http://localhost:3000': ...", []),
    ("ts", "const x = 'http://localhost:3000'", ["localhost"]),
    ("ts", "const x = process.env.A || 'http://localhost:3000'", []),
    ("tsx", "const x = <a href='https://acme.io'>x</a>", []),
    ("ts", "logger.info('http://localhost:3000')", []),
    ("java", 'String x = "http://localhost:3000";', ["localhost"]),
    ("java", 'throw new A("http://localhost:3000");', []),
    ("kt", 'val x = "http://localhost:3000"', ["localhost"]),
    ("go", 'x := "http://db.internal:80"', ["db.internal"]),
    ("rb", "x = 'http://localhost:3000'", ["localhost"]),
    ("rb", "x = ENV.fetch('A', 'http://localhost:3000')", []),
]


@pytest.mark.parametrize(("language", "code", "names"), LITERALS)
def test_a_literal_of_one_environment_is_told_from_words_and_defaults(
    language: str, code: str, names: list[str]
) -> None:
    found = places(language, inside(language, code), Sign.LITERAL)

    assert found == [f"literal {name}" for name in names]


OTHERS = [
    ("py", "x = 1  # noqa: E501", ["suppressed noqa"]),
    ("py", "x = 1  # type:ignore[x]", ["suppressed type:ignore"]),
    ("py", "x = '# noqa'", []),
    ("py", "x = 1  # we need no noqa here", []),
    ("ts", "// eslint-disable-next-line no-x\na()", ["suppressed eslint-disable"]),
    ("go", "a() //nolint:errcheck", ["suppressed nolint"]),
    ("rb", "a # rubocop:disable X", ["suppressed rubocop:disable"]),
    ("py", "@pytest.mark.skip\ndef test_a(): ...", ["switched-off pytest.mark.skip"]),
    ("py", "pytestmark = pytest.mark.skipif(x)", ["switched-off pytest.mark.skipif"]),
    ("ts", "it.only('x', () => {})", ["switched-off it.only"]),
    ("ts", "git.only('x')", []),
    ("go", 't.Skip("x")', ["switched-off t.Skip"]),
    ("rb", "xit('x') { a }", ["switched-off xit"]),
    ("rb", "it('x') { skip }", ["switched-off skip"]),
    ("py", "API_KEY = 'abcdef123'", ["secret-name API_KEY"]),
    ("py", "connect(password='hunter22')", ["secret-name password"]),
    ("py", "API_KEY = 'changeme'", []),
    ("py", "API_KEY = os.environ['X']", ["environment X"]),
    ("py", "token_url = '/auth/token'", []),
    ("js", "const o = { apiKey: 'abcdef123' }", ["secret-name apiKey"]),
    ("go", 'secretKey := "abcdef123"', ["secret-name secretKey"]),
    ("py", "import requests\nrequests.get(url)", ["no-timeout requests.get"]),
    ("py", "import requests\nrequests.get(url, timeout=3)", []),
    ("py", "flag_is_active(request, 'new-pay')", ["flag new-pay"]),
    ("js", "client.boolVariation('new-pay', user, false)", ["flag new-pay"]),
    ("go", "_ = f()", ["discarded"]),
    ("go", "_ = x", []),
]


@pytest.mark.parametrize(("language", "code", "found"), OTHERS)
def test_other_places(language: str, code: str, found: list[str]) -> None:
    assert places(language, inside(language, code)) == found


VALIDATION = [
    ("py", "class A(BaseModel):\n  a: str = Field(max_length=3)\n", ["A.a max_length"]),
    (
        "py",
        "class A(BaseModel):\n  @field_validator('a')\n  def f(cls, v): return v\n",
        ["A.a validator"],
    ),
    ("py", "class A(S):\n  def validate_a(self, v): return v\n", ["A.a validator"]),
    ("py", "class A(BaseModel):\n  a: str = Field(title='x')\n", []),
    ("ts", "class A { @IsEmail() @MaxLength(3) a: string }", ["A.a IsEmail", "A.a MaxLength"]),
    ("java", "class A { @NotNull String a; }", ["A.a @NotNull"]),
    ("java", "class A { void f(@Valid B b) { } }", ["A.f(b) @Valid"]),
    ("java", "class A { @Override void f(@Valid B b) { } }", ["A.f(b) inherited"]),
    ("kt", "class A { override fun f(@Valid b: B) {} }", []),
    ("kt", "class A { fun f(@Valid b: B) {} }", ["A.f(b) @Valid"]),
    ("kt", "class A(@field:NotBlank val a: String)", ["A.a @NotBlank"]),
    (
        "go",
        'package a\ntype A struct { A string `binding:"required,max=3"` }',
        ["A.A required", "A.A max"],
    ),
    ("rb", "class A\n  validates :a, presence: true\nend\n", ["A.a presence"]),
]


@pytest.mark.parametrize(("language", "text", "found"), VALIDATION)
def test_constraints_and_validators_are_known_with_what_they_check(
    language: str, text: str, found: list[str]
) -> None:
    every = signals(language, text).signals

    assert [f"{one.name} {one.detail}" for one in every if one.sign is Sign.VALIDATION] == found
