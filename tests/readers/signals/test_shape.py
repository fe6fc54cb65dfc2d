"""What a reading says of a whole file: its functions, imports, names, holes; and no secret."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model.codec import canonical
from bot.model.known import Unknown
from bot.model.signal import Function, Sign
from bot.readers.signals import read
from bot.sandbox.frame import Job
from tests.readers.signals.test_places import FILES, signals


def _joined(pieces: list[str]) -> bytes:
    return " ".join(pieces).encode()


def functions(language: str, text: str) -> dict[str, Function]:
    return {one.name: one for one in signals(language, text).functions}


TWINS = [
    ("py", "def f(a):\n    return a\n", "def f(a: int) -> int:  # why\n\n    return a\n"),
    (
        "py",
        "def f(a):\n    return g(a, 1)\n",
        "def f(a):\n    return g(\n        a,\n        1,\n    )\n",
    ),
    ("py", "def f():\n  return 1\n", 'def f():\n  """Says so."""\n  return 1\n'),
    (
        "ts",
        "function f(a) { return a }",
        "function f(a: string): string {\n  // why\n  return a\n}",
    ),
    ("go", "package a\nfunc f() { a() }\n", "package a\n\nfunc f() {\n\ta() // why\n}\n"),
    ("rb", "def f\n  a\nend\n", "  def f\n    # why\n    a\n  end\n"),
]


@pytest.mark.parametrize(("language", "one", "other"), TWINS)
def test_white_space_comments_and_types_change_no_digest(
    language: str, one: str, other: str
) -> None:
    assert functions(language, one)["f"].digest == functions(language, other)["f"].digest


CHANGES = [
    ("py", "def f():\n  return 1\n", "def f():\n  return 2\n"),
    ("py", "@post('/a')\ndef f(a: int):\n  a\n", "@post('/a')\ndef f(a: str):\n  a\n"),
    ("java", "class A { void f() { a(1); } }", "class A { void f() { a(2); } }"),
    ("kt", "class A { fun f() { a(1) } }", "class A { fun f() { a(2) } }"),
]


@pytest.mark.parametrize(("language", "one", "other"), CHANGES)
def test_other_code_has_another_digest(language: str, one: str, other: str) -> None:
    before, after = functions(language, one), functions(language, other)

    assert [before[name].digest != after[name].digest for name in before if name != "A"] == [True]


NAMED = [
    ("py", "class A:\n  def f(self): ...\ndef g(): ...\n", ["A", "A.f", "g"]),
    ("ts", "class A { f() {} }\nconst g = () => 1\n", ["A", "A.f", "g"]),
    ("ts", "it('adds', () => {})", ["adds"]),
    ("java", "class A { class B { void f() {} } }", ["A", "B", "A.B.f"]),
    ("kt", "class A { fun f() {} }", ["A", "A.f"]),
    ("go", "package a\ntype A struct {}\nfunc (a A) F() {}\n", ["A", "F"]),
    ("rb", "module M\n  class A\n    def f; end\n  end\nend\n", ["M", "A", "M.A.f"]),
]


@pytest.mark.parametrize(("language", "text", "names"), NAMED)
def test_functions_are_named_with_the_class_around_them(
    language: str, text: str, names: list[str]
) -> None:
    assert [one.name for one in signals(language, text).functions] == names


def test_a_class_is_known_without_its_methods() -> None:
    one, other = (functions("py", f"class A:\n  x = 1\n  def f(self): return {n}\n") for n in "12")

    assert one["A"].digest == other["A"].digest
    assert one["A.f"].digest != other["A.f"].digest


WRITES = [
    ("py", "def f():\n  db.session.commit()\n", True),
    ("py", "def f():\n  names.update(x)\n", False),
    ("py", "def f():\n  commit()\n", False),
    ("ts", "function f() { prisma.user.create({}) }", True),
    ("ts", "function f() { items.add(1) }", False),
    ("java", "class A { void f() { userRepository.save(u); } }", True),
    ("go", "package a\nfunc f() { db.Create(&u) }\n", True),
    ("rb", "def f\n  user.save!\nend\n", True),
]


@pytest.mark.parametrize(("language", "text", "writes"), WRITES)
def test_a_function_that_stores_something_is_known(language: str, text: str, writes: bool) -> None:
    assert [one.writes for one in signals(language, text).functions][-1] is writes


IMPORTS = [
    ("py", "import a.b\nfrom c import d\n", ["a.b", "c", "c.d"]),
    ("py", "from ..x import y\n", ["x", "x.y"]),
    ("ts", "import a from '../x/y'\nconst q = require('m')\n", ["x/y", "m"]),
    ("java", "import a.b.C;\nimport static d.E.f;\n", ["a.b.C", "d.E.f"]),
    ("kt", "import a.b.C as D\n", ["a.b.C"]),
    ("go", 'package a\nimport (\n x "a/b"\n "c"\n)\n', ["a/b", "c"]),
    ("rb", "require 'a/b'\n", ["a/b"]),
    ("py", "x = 'import a'\n# import b\n", []),
]


@pytest.mark.parametrize(("language", "text", "modules"), IMPORTS)
def test_imports_are_modules_counted_from_the_root(
    language: str, text: str, modules: list[str]
) -> None:
    paths = {"py": "x/app/a.py", "ts": "src/a.ts"}

    found = signals(language, text, {"py": "app/a.py"}.get(language, paths.get(language, "")))

    assert sorted(module for _, module in found.imports) == sorted(modules)


def test_imports_for_types_are_apart() -> None:
    python = "if TYPE_CHECKING:\n    from a import b\n"

    assert signals("py", python).imports == ()
    assert [one for _, one in signals("py", python).type_imports] == ["a", "a.b"]
    assert [one for _, one in signals("ts", "import type { A } from 'a'").type_imports] == ["a"]


def test_what_is_not_understood_is_a_hole_and_nothing_is_found_in_it() -> None:
    broken = signals("ts", "function f() { sleep(1) }\nfunction g( { Math.random() )\n")

    assert broken.holes != ()
    assert all(
        not first <= one.line <= last for one in broken.signals for first, last in broken.holes
    )


def test_python_that_does_not_parse_is_unknown_by_its_content() -> None:
    value = read(Job(reading="signals", path="a.py", head=b"def f(:\n"))

    assert isinstance(value, Unknown)
    assert value.reason.startswith("a.py:1 is not valid Python 3.")
    assert value.by_content


def test_bytes_that_are_no_text_are_unknown() -> None:
    value = read(Job(reading="signals", path="a.ts", head="x = 1".encode("utf-16")))

    assert value == Unknown("a.ts is not UTF-8 text", by_content=True)


def test_a_text_is_known_by_its_capital_words() -> None:
    assert signals("md", "Set `RATE_URL` and PORT, not Rate_Url.").names == {"RATE_URL", "PORT"}


def test_only_a_test_file_says_which_names_it_mentions() -> None:
    text = "from app.pay import charge\n\ndef test_a():\n    charge(1)  # refund\n"

    assert "charge" in signals("py", text, "tests/test_pay.py").names
    assert "refund" not in signals("py", text, "tests/test_pay.py").names
    assert signals("py", text, "app/pay.py").names == frozenset()


def test_a_file_that_says_it_is_generated_is_believed_to_say_so() -> None:
    assert signals("go", "// Code generated by x. DO NOT EDIT.\npackage a\n").generated
    assert not signals("go", "package a\n// nothing generated here\n").generated


def test_windows_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    text = "import time\ntime.sleep(1)\n"

    odd = read(
        Job(
            reading="signals",
            path="app/a.py",
            head=b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(),
        )
    )

    assert not isinstance(odd, Unknown)
    assert odd.signals == signals("py", text).signals


def test_no_value_of_a_secret_is_in_a_reading() -> None:
    text = (
        "API_KEY = 'hunter2hunter2'\n"
        "URL = 'https://ben:hunter2hunter2@db.acme.io/x'\n"
        "log.info('hunter2hunter2 %s', token)\n"
        "def f(a='hunter2hunter2'):\n  '''hunter2hunter2'''\n"
    )

    value = signals("py", text)

    assert {one.sign for one in value.signals} >= {Sign.SECRET_NAME, Sign.LITERAL}
    assert b"hunter2" not in canonical(value)


PIECES = [
    "try",
    "{",
    "}",
    "catch",
    "(",
    ")",
    ":",
    "except",
    "pass",
    "def",
    "f",
    "class",
    "A",
    "@",
    "=",
    "=>",
    '"',
    "'",
    "#",
    "//",
    "\n",
    "if",
    "err",
    "!=",
    "nil",
    "log.info",
]


@pytest.mark.parametrize("language", list(FILES))
@settings(max_examples=60, deadline=None)
@given(source=st.binary(max_size=200) | st.lists(st.sampled_from(PIECES)).map(_joined))
def test_no_text_makes_a_reader_fail(language: str, source: bytes) -> None:
    value = read(Job(reading="signals", path=FILES[language], head=source))

    assert isinstance(value, Unknown) or canonical(value)


PUBLIC = [
    ("py", "def f():\n  def g(): ...\nclass A:\n  def h(self): ...\n", {"f", "A.h"}),
    (
        "ts",
        "export class A { f() {} private g() {} }\nfunction h() {}\nclass B { f() {} }\n"
        "export const k = () => { function inner() {} }\nexport default function m() {}\n",
        {"A.f", "k", "m"},
    ),
    (
        "java",
        "class A { public void f() {} void g() {} private void h() {} }\n"
        "interface B { void f(); private void g() {} }\n",
        {"A.f", "B.f"},
    ),
    ("kt", "class A {\n fun f() {}\n private fun g() {}\n internal fun h() {}\n}\n", {"A.f"}),
    (
        "go",
        "package a\nfunc F() {}\nfunc g() {}\nfunc (a *A) H() {}\nfunc (b b) K() {}\n"
        "func (m *Map[K, V]) Get() {}\n",
        {"F", "H", "Get"},
    ),
    (
        "rb",
        "class A\n def f\n end\n private\n def g\n end\nend\nclass B\n def h\n end\nend\n",
        {"A.f", "B.h"},
    ),
]


@pytest.mark.parametrize(("language", "text", "public"), PUBLIC)
def test_a_function_is_public_where_other_files_may_call_it(
    language: str, text: str, public: set[str]
) -> None:
    found = functions(language, text)

    assert {name for name, one in found.items() if one.public} - {"A", "B"} == public


BASES = [
    ("py", "class A(B[C]): ...\n", "?"),
    ("ts", "class A<T> extends B { f() {} }\n", "<T> extends B"),
    ("java", "class A extends B implements C { void f() {} }\n", "extends B implements C"),
    ("kt", "class A : B() {\n fun f() {}\n}\n", ": B()"),
    ("rb", "class A < B\n def f\n end\nend\n", "< B"),
    ("java", "class A { void f() {} }\n", ""),
]


@pytest.mark.parametrize(("language", "text", "bases"), BASES)
def test_a_class_says_what_it_builds_on(language: str, text: str, bases: str) -> None:
    assert functions(language, text)["A"].signature == bases
