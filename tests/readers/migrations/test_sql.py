"""Statements of SQL in its dialects: where one ends, what it does, what is left open."""

from __future__ import annotations

import pytest

from bot.readers.migrations.sql import read_script
from bot.readers.migrations.statements import Unreadable


def done(text: str) -> list[str]:
    script = read_script(text)
    said = [
        f"{one.line} {one.name} {one.target}".strip() + "!" * bool(one.destroys)
        for one in script.operations
    ]
    return said + [f"{line} ?" for line in script.opaque]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('CREATE TABLE IF NOT EXISTS "public"."Orders" (a int);', ["1 create_table orders"]),
        ("ALTER TABLE ONLY a.b ADD c int, DROP d;", ["1 add_column b.c", "1 drop_column b.d!"]),
        ("ALTER TABLE a ADD CONSTRAINT u UNIQUE (b, c);", ["1 create_unique a.b, c!"]),
        ("ALTER TABLE a ADD CONSTRAINT u UNIQUE USING INDEX i;", ["1 add_constraint a"]),
        ("ALTER TABLE a ADD b int CHECK (b IS NOT NULL);", ["1 add_column a.b"]),
        ("ALTER TABLE a ADD b serial NOT NULL;", ["1 add_column a.b"]),
        ("ALTER TABLE `a` CHANGE `b` `c` int;", ["1 change_column a.b!"]),
        ("ALTER TABLE a CHANGE b b bigint;", ["1 change_column a.b"]),
        ("ALTER TABLE a MODIFY b int NOT NULL;", ["1 alter_column a.b"]),
        (
            "ALTER TABLE [dbo].[A] ADD [b] int NULL\nGO\nDROP TABLE c",
            ["1 add_column a.b", "3 drop_table c!"],
        ),
        (
            "SET ANSI_NULLS ON\nALTER TABLE a ADD b int\nALTER TABLE a DROP COLUMN c\nEXEC d",
            ["2 add_column a.b", "3 drop_column a.c!", "4 ?"],
        ),
        ("SET NOCOUNT ON\nDELETE FROM a", ["1 ?"]),
        (
            "CREATE TABLE #a (b int)\nDROP TABLE #a\nDROP TABLE [##c]\nDROP TABLE d",
            ["4 drop_table d!"],
        ),
        ("ALTER PROCEDURE p AS\nBEGIN\nDROP TABLE a;\nDROP TABLE b\nEND", ["1 alter_procedure"]),
        (
            "ALTER TABLE a DISABLE TRIGGER t\nDROP TABLE b",
            ["1 alter_table a", "2 drop_table b!"],
        ),
        ("ALTER PUBLICATION p\nDROP TABLE a;", ["1 alter_publication"]),
        ("IF OBJECT_ID('a') IS NULL\nCREATE TABLE a (b int)", ["1 ?"]),
        (
            "ALTER TABLE a\nDROP COLUMN b,\nDROP INDEX c;",
            ["2 drop_column a.b!", "3 drop_constraint a"],
        ),
        ("ALTER TABLE a RENAME CONSTRAINT b TO c;", ["1 alter_table a"]),
        ("ALTER TABLE a_id_seq RENAME TO b_id_seq;", ["1 rename_table a_id_seq"]),
        ("RENAME TABLE a TO b;", ["1 rename_table a!"]),
        ("DROP TABLE IF EXISTS a, b CASCADE;", ["1 drop_table a!", "1 drop_table b!"]),
        ("DROP INDEX CONCURRENTLY a;", ["1 drop_index concurrently"]),
        ("CREATE UNIQUE INDEX i ON a (lower(b), c DESC);", ["1 create_unique a.c!"]),
        ("DELETE FROM a USING b WHERE a.c = b.c;", ["1 delete a!"]),
        ("DELETE FROM a -- WHERE b\n;", ["1 delete_all a!"]),
        ("WITH x AS (SELECT 1) UPDATE a SET b = 1;", ["1 update a!"]),
        ("INSERT INTO a VALUES ('SELECT');", ["1 insert a"]),
        ("INSERT INTO a SELECT * FROM b;", ["1 insert a!"]),
        (
            "CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW BEGIN DELETE FROM b; IF c THEN DELETE "
            "FROM d; END IF; END; DROP TABLE e;",
            ["1 create_trigger", "1 drop_table e!"],
        ),
        ("DO $x$ BEGIN DROP TABLE a; END $x$;", ["1 ?"]),
        ("BEGIN UPDATE a SET b = 1; END;", ["1 ?"]),
        ("CALL f();", ["1 ?"]),
        ("/* a /* b */ ; */ TRUNCATE TABLE c;", ["1 truncate c!"]),
        ("# MySQL's comment\nTRUNCATE a;", ["2 truncate a!"]),
        ("SELECT E'it\\'s; DROP TABLE a;';", []),
        ("\\connect shop\nTRUNCATE a;", ["2 truncate a!"]),
        ("", []),
    ],
)
def test_a_statement_is_read_as_what_it_does(text: str, says: list[str]) -> None:
    assert done(text) == says


def test_a_table_that_is_built_anew_is_not_dropped_but_left_open() -> None:
    rebuilt = (
        'CREATE TABLE "new_A" (b int);\nINSERT INTO "new_A" SELECT b FROM "A";\n'
        'DROP TABLE "A";\nALTER TABLE "new_A" RENAME TO "A";\n'
    )

    assert done(rebuilt) == [
        "1 create_table new_a",
        "2 insert new_a",
        "3 drop_table a",
        "4 rename_table new_a",
        "3 ?",
    ]


@pytest.mark.parametrize(
    "text", ["SELECT 'x;", 'SELECT "x;', "SELECT $$x;", "/* x", "DELIMITER //\nSELECT 1//"]
)
def test_text_without_an_end_is_not_read(text: str) -> None:
    with pytest.raises(Unreadable):
        read_script(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SET a = 1;",
        "BEGIN; COMMIT;",
        "VACUUM a;",
        "CREATE EXTENSION x;",
        "ALTER TABLE a VALIDATE CONSTRAINT b;",
        "-- DROP TABLE a;",
    ],
)
def test_what_sets_a_session_up_changes_nothing(text: str) -> None:
    assert not read_script(text).effective
