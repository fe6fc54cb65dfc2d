"""Rails' migrations: what they change, and what `change` cannot turn round."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from hashlib import sha256

from bot.model.migration import Destroys, Finding, Migration, Operation, Reference, Undo
from bot.readers.migrations.ruby import Token, begins_statement, block_end, opens, tokens_of
from bot.readers.migrations.sql import read_script
from bot.readers.migrations.statements import Unreadable, words

_FILE = re.compile(r"^(\d{3,})_\w+\.rb$")
# What Active Record does to rows; called on a model or on a record.
_ROWS = words(
    "update_all delete_all destroy_all update_columns update_column insert_all upsert_all save! "
    "update! find_each destroy!"
)
_LOOKING = frozenset({"say", "say_with_time", "nil", "return", "puts", "true", "end", "do"})


@dataclass(slots=True, kw_only=True)
class _Call:
    """A command: its arguments outside of parentheses and options, and what it opens."""

    name: str
    line: int
    words: list[Token]
    options: dict[str, Token]
    block: bool

    def name_at(self, place: int) -> str:
        if place >= len(self.words) or self.words[place].kind not in {"symbol", "string"}:
            return ""
        name = self.words[place].text.strip(":\"'").lower()
        return "" if "#{" in name else name

    def says(self, option: str, value: str) -> bool:
        return option in self.options and self.options[option].text == value


@dataclass(slots=True)
class _Way:
    operations: list[Operation] = field(default_factory=list)
    opaque: list[int] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def read(text: str, path: str) -> Migration | None:
    """The migration; None for a file that is none. Raises NotRuby."""
    tokens = tokens_of(text)
    start = _class_of(tokens)
    if start is None:
        return None
    methods = _methods(tokens, start)
    number = _FILE.match(path.rpartition("/")[2])
    bodies = {name: body for name, (body, _) in methods.items()}
    up, down, findings = _ways(bodies, {name: line for name, (_, line) in methods.items()})
    forward = bodies.get("up", bodies.get("change", []))
    empty = not _effective(forward)
    asks = _asks(forward)
    return Migration(
        tool="rails",
        revision=number.group(1) if number else "",
        operations=tuple(up.operations),
        undoing=tuple(down.operations),
        findings=() if empty or asks else tuple(findings),
        opaque=tuple(up.opaque),
        unsure="its change asks whether it is being reverted" if asks else "",
        undo=Undo.NOT_NEEDED if empty else Undo.HERE,
        up_line=methods.get("up", methods.get("change", ([], tokens[start].line)))[1],
        empty=empty,
        digest=_digest(tokens),
        up_digest=_digest([one for name, body in bodies.items() if name != "down" for one in body]),
    )


def _class_of(tokens: list[Token]) -> int | None:
    """Where the class begins that Rails would run."""
    for at, token in enumerate(tokens):
        if token.text == "class" and opens(tokens, at):
            head = "".join(one.text for one in tokens[at + 1 : at + 9] if one.kind != "line")
            if re.match(r"[\w:]+<(::)?ActiveRecord::Migration", head):
                return at
    return None


def _methods(tokens: list[Token], start: int) -> dict[str, tuple[list[Token], int]]:
    """The bodies of `up`, `down` and `change` with their lines."""
    found: dict[str, tuple[list[Token], int]] = {}
    last = block_end(tokens, start)
    for at in range(start + 1, last):
        if tokens[at].text != "def" or not opens(tokens, at):
            continue
        named = at + 3 if tokens[at + 1].text == "self" else at + 1
        if tokens[named].text in {"up", "down", "change"}:
            body = tokens[named + 1 : block_end(tokens, at)]
            found[tokens[named].text] = (body, tokens[at].line)
    return found


def _ways(
    bodies: dict[str, list[Token]], lines: dict[str, int]
) -> tuple[_Way, _Way, list[Finding]]:
    up, down = _Way(), _Way()
    if "change" in bodies and "up" not in bodies:
        _walk(bodies["change"], up, down, in_change=True)
        return up, down, [*up.findings, *_declared(bodies["change"])]
    _walk(bodies.get("up", []), up, down, in_change=False)
    _walk(bodies.get("down", []), down, _Way(), in_change=False)
    if "up" not in bodies:
        return up, down, []
    if "down" not in bodies:
        note = "up without down: Rails rolls it back by doing nothing"
        return up, down, [Finding(kind="downgrade-missing", note=note, line=lines["up"])]
    declared = _declared(bodies["down"])
    if declared or _effective(bodies["down"]):
        return up, down, declared
    note = "down does nothing, up does"
    return up, down, [Finding(kind="downgrade-empty", note=note, line=lines["down"])]


def _declared(body: list[Token]) -> list[Finding]:
    """The raise that says there is no way back, where nothing stands before it."""
    code = [one for one in body if one.kind != "line"]
    texts = [one.text for one in code[:4]]
    if texts[:1] != ["raise"] or "IrreversibleMigration" not in texts:
        return []
    note = "it raises IrreversibleMigration: it says that there is no way back"
    return [Finding(kind="irreversible-declared", note=note, line=code[0].line)]


def _effective(body: list[Token]) -> bool:
    return any(one.kind == "word" and one.text not in _LOOKING for one in body)


def _asks(body: list[Token]) -> bool:
    return any(one.kind == "word" and one.text == "reverting?" for one in body)


def _digest(tokens: list[Token]) -> str:
    """Of what is said, however: `:a => 1` is `a: 1`, and parentheses round arguments are free."""
    said = [one.text for one in tokens if one.kind != "line" and one.text not in {"(", ")"}]
    code = re.sub(r"\0:(\w+)\0=>\0", r"\0\1:\0", "\0".join(said))
    return sha256(code.encode("utf-8", "surrogatepass")).hexdigest()[:16]


# ── commands ──────────────────────────────────────────────────────────────────────────────────


def _walk(body: list[Token], up: _Way, down: _Way, *, in_change: bool) -> None:
    """Each command of a body, those in `dir.up` and `dir.down` on their own ways."""
    labels: list[str] = []
    table = ""
    for at, token in enumerate(body):
        if opens(body, at) or token.text == "{":
            labels.append(_label(body, at))
        elif token.text in {"end", "}"} and labels and token.kind != "string":
            labels.pop()
        if token.kind != "word":
            continue
        before = body[at - 1] if at else Token("line", "\n", 0)
        call = _call(body, at)
        if call.name in {"change_table", "create_table"}:
            table = call.name_at(0)
        way = down if "down" in labels else up
        if token.text == "execute":
            _execute(call, way)
        elif before.text in {".", "&."}:
            _method(body, at, call, way, table)
        elif begins_statement(before) and token.text in _COMMANDS:
            way.operations.append(_operation(call))
        guarded = {"reversible", "up_only", "revert"} & set(labels)
        on_table = [one.text for one in body[max(at - 2, 0) : at]] == ["t", "."]
        if in_change and not guarded and (on_table or begins_statement(before)):
            way.findings += _stuck(call, on_table)


def _label(body: list[Token], at: int) -> str:
    """The name of the call that a block belongs to: `up` for `dir.up do`."""
    words: list[Token] = []
    while at and body[at - 1].kind != "line" and body[at - 1].text not in {";", "|"}:
        at -= 1
        words.insert(0, body[at])
    if len(words) > 2 and words[-2].text in {".", "&."} and words[-1].kind == "word":
        return words[-1].text
    return words[0].text if words else ""


def _call(body: list[Token], at: int) -> _Call:
    call = _Call(name=body[at].text, line=body[at].line, words=[], options={}, block=False)
    depth = 0
    for place in range(at + 1, len(body)):
        token, before = body[place], body[place - 1]
        opening = {"(", "[", "{"} if before.kind == "label" else {"(", "["}
        if token.text in opening and token.kind == "mark":
            depth += 1
        elif token.text in {")", "]", "}"} and token.kind == "mark":
            depth -= 1
        elif _ends_call(token, before, depth):
            break
        elif token.text in {"do", "{"} and token.kind in {"word", "mark"}:
            call.block = True
            break
        elif token.kind == "label" and place + 1 < len(body):
            call.options[token.text.rstrip(":").strip('"')] = body[place + 1]
        elif token.kind == "symbol" and place + 2 < len(body) and body[place + 1].text == "=>":
            call.options[token.text.strip(":")] = body[place + 2]
        elif token.kind != "line" and _is_argument(before, place == at + 1) and depth <= 2:
            call.words.append(token)
        if depth < 0:
            break
    return call


def _ends_call(token: Token, before: Token, depth: int) -> bool:
    if token.kind == "line":
        return depth <= 0 and before.text != ","
    return token.kind == "word" and token.text in {"if", "unless"} and before.kind != "line"


def _is_argument(before: Token, first: bool) -> bool:  # noqa: FBT001  a fact of the place
    return (
        first or (before.kind == "mark" and before.text in {",", "(", "["}) or before.kind == "line"
    )


def _execute(call: _Call, way: _Way) -> None:
    sql = next((one for one in call.words if one.kind == "string"), None)
    if sql is None:
        way.opaque.append(call.line)
        return
    computed = "#{" in sql.text
    try:
        script = read_script(re.sub(r"#\{[^}]*\}", " x ", sql.text), sql.line)
    except Unreadable:
        way.opaque.append(call.line)
        return
    made = script.operations
    way.operations += [replace(one, table="", columns=()) for one in made] if computed else made
    way.opaque += [*script.opaque, *([call.line] if computed else [])]


def _method(body: list[Token], at: int, call: _Call, way: _Way, table: str) -> None:
    if call.name in _ROWS:
        way.operations.append(
            Operation(name=call.name.strip("!"), line=call.line, destroys=Destroys.BACKFILLS)
        )
    elif table and at > 1 and body[at - 2].text == "t" and call.name in {"remove", "rename"}:
        destroys = Destroys.DROPS if call.name == "remove" else Destroys.RENAMES
        way.operations.append(
            Operation(
                name="drop_column" if call.name == "remove" else "rename_column",
                table=table,
                columns=(call.name_at(0),),
                line=call.line,
                destroys=destroys,
            )
        )

    elif table and at > 1 and body[at - 2].text == "t":
        keys, leads = _keys(call)
        way.operations.append(
            Operation(name="alter_table", table=table, line=call.line, references=keys, leads=leads)
        )


def _keys(call: _Call) -> tuple[tuple[Reference, ...], tuple[str, ...]]:
    """The foreign key that a command makes, and the column that it gives an index."""
    refers = call.name in _REFERENCES
    column = call.name_at(call.name.startswith("add_")) + "_id" * refers
    if call.name == "add_foreign_key":
        column = call.options.get("column", Token("symbol", "", 0)).text.strip(":\"'")
    keyed = refers and "foreign_key" in call.options and not call.says("foreign_key", "false")
    says = "on_delete" in call.options
    key = Reference(column=column, line=call.line, says=says)
    indexed = refers or call.name == "index" or "index" in call.options
    return (
        (key,) if keyed or call.name == "add_foreign_key" else (),
        (column,) if indexed and not call.says("index", "false") else (),
    )


def _operation(call: _Call) -> Operation:
    kind, places, destroys = _COMMANDS[call.name]
    columns = tuple(name for place in range(1, places + 1) if (name := call.name_at(place)))
    references, leads = _keys(call)
    return Operation(
        name=kind,
        table=call.name_at(0),
        columns=columns,
        line=call.line,
        destroys=_narrowing(call) if destroys is None else destroys,
        creates=kind in {"create_table", "add_column"},
        references=references,
        leads=leads,
    )


def _narrowing(call: _Call) -> Destroys | None:
    """Commands that demand of the rows that are there what they may not have."""
    if call.name in {"add_column", "add_reference", "add_belongs_to"}:
        narrows = call.says("null", "false") and "default" not in call.options
    elif call.name == "change_column_null":
        given = [one.text for one in call.words[2:]]
        narrows = given == ["false"]
    elif call.name == "add_index":
        narrows = call.says("unique", "true")
    else:
        narrows = False
    return Destroys.NARROWS if narrows else None


def _stuck(call: _Call, on_table: bool) -> list[Finding]:  # noqa: FBT001  a fact of the place
    """What Rails documents it cannot reverse when it stands in `change`; `t` is the table."""
    why = ""
    name = _OF_TABLE.get(call.name, call.name) if on_table else call.name
    least, option, what = _REVERSED_WITH.get(name, (0, "", ""))
    # What is handed on by * or ** may be what is asked for.
    lacks = option not in call.options and "*" not in [one.text for one in call.words]
    if name in {"execute", "change_column"}:
        why = f"{call.name} in change cannot be reversed"
    elif len(call.words) + on_table < least and lacks:
        why = f"{call.name} in change is reversed only with {what}"
    elif call.name == "drop_table" and not call.block and not call.options.keys() - {"if_exists"}:
        why = "drop_table in change is reversed only with a block"
    if why:
        return [Finding(kind="change-not-reversible", note=why, line=call.line)]
    if call.name == "change_column_default" and not {"from", "to"} <= call.options.keys():
        note = "change_column_default in change is reversed only with from: and to:"
        return [Finding(kind="default-not-reversible", note=note, line=call.line)]
    return []


_OF_TABLE = {"change": "change_column", "remove": "remove_columns"}
# What a command must say to be reversed: so many arguments, or the option.
_REVERSED_WITH = {
    "remove_column": (3, "type", "the column's type"),
    "remove_columns": (99, "type", "type:"),
    "remove_index": (2, "column", "its columns"),
    "remove_foreign_key": (2, "to_table", "the second table"),
    "remove_check_constraint": (2, "expression", "its expression"),
}
_REFERENCES = words("references belongs_to add_reference add_belongs_to")
# Each command as an operation, how many columns it names, and what it always destroys.
_COMMANDS: dict[str, tuple[str, int, Destroys | None]] = {
    "create_table": ("create_table", 0, None),
    "create_join_table": ("create_table", 0, None),
    "add_column": ("add_column", 1, None),
    "add_reference": ("add_column", 1, None),
    "add_belongs_to": ("add_column", 1, None),
    "add_foreign_key": ("add_constraint", 0, None),
    "add_timestamps": ("add_column", 0, None),
    "add_index": ("create_index", 9, None),
    "change_column": ("change_type", 1, None),
    "change_column_null": ("set_not_null", 1, None),
    "drop_table": ("drop_table", 0, Destroys.DROPS),
    "drop_join_table": ("drop_table", 0, Destroys.DROPS),
    "remove_column": ("drop_column", 1, Destroys.DROPS),
    "remove_columns": ("drop_column", 9, Destroys.DROPS),
    "remove_reference": ("drop_column", 1, Destroys.DROPS),
    "remove_belongs_to": ("drop_column", 1, Destroys.DROPS),
    "remove_timestamps": ("drop_column", 0, Destroys.DROPS),
    "rename_table": ("rename_table", 0, Destroys.RENAMES),
    "rename_column": ("rename_column", 1, Destroys.RENAMES),
}
