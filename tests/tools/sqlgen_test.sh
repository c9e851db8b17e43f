#!/bin/sh
# sqlgen must find each planted mistake, say file, line and name, and make right tables of right files.
# Usage: tests/tools/sqlgen_test.sh [SQLGEN]   Ends with "N passed, N failed".
sqlgen=${1:-build/tools/sqlgen}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/src/shop" "$folder/out/shop" "$folder/migrations"
sql=$folder/src/shop/till.sql
passed=0 failed=0

report() { # what, right (0 or 1), said
    if [ "$2" -eq 1 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED %s\n  %s\n' "$1" "$3"
    fi
}

# A file of statements that must be refused with exactly this, after the file's name.
wrong() { # text, line and message
    printf '%b' "$1" >"$sql"
    said=$("$sqlgen" "$folder/out" "$sql" -- 2>&1)
    status=$?
    ok=0
    [ "$status" -eq 1 ] && [ "$said" = "$sql:$2" ] && ok=1
    report "$1 -> $2" "$ok" "$said"
}

# The same for migrations; the text goes to the file that is named.
wrong_migration() { # name, text, line and message
    rm -f "$folder"/migrations/*
    printf '%b' "$2" >"$folder/migrations/$1"
    said=$("$sqlgen" "$folder/out" -- "$folder/migrations/$1" 2>&1)
    status=$?
    ok=0
    [ "$status" -eq 1 ] && [ "$said" = "$folder/migrations/$1:$3" ] && ok=1
    report "$1: $2 -> $3" "$ok" "$said"
}

# What was made of a statement: "name" "sqlite" "postgres" and the numbers, on one line.
made() { # text, expected
    printf '%b' "$1" >"$sql"
    said=$("$sqlgen" "$folder/out" "$sql" -- 2>&1) || said="refused: $said"
    got=$(sed -n '/^const struct stmt [A-Z]/,/};/p' "$folder/out/stmts.c" | tr -d '\n' | sed 's/  */ /g; s/\\n" "//g')
    ok=0
    [ "$got" = "$2" ] && ok=1
    report "$1" "$ok" "$said $got"
}

made_migration() { # text, expected line for PostgreSQL
    rm -f "$folder"/migrations/*
    printf '%b' "$1" >"$folder/migrations/0007-a.sql"
    said=$("$sqlgen" "$folder/out" -- "$folder/migrations/0007-a.sql" 2>&1) || said="refused: $said"
    got=$(sed -n '/^    {7,/,/}/p' "$folder/out/stmts.c" | tr -d '\n' |
        sed 's/.*",    "\(.*\)"},*$/\1/; s/\\n"    "/ /g; s/  */ /g; s/ $//')
    ok=0
    [ "$got" = "$2" ] && ok=1
    report "$1" "$ok" "$said $got"
}

wrong '-- stmt: A\nSELECT 1;\n-- stmt: A\nSELECT 2;\n' '3: the name A is taken'
wrong '-- stmt: a\nSELECT 1;\n' "1: a statement's name is CAPITALS_AND_DIGITS, at most 63"
wrong '-- stmt: 1A\nSELECT 1;\n' "1: a statement's name is CAPITALS_AND_DIGITS, at most 63"
wrong '-- stmt: A B\nSELECT 1;\n' "1: a statement's name is CAPITALS_AND_DIGITS, at most 63"
wrong '\n-- stmt: A\nSELECT 1\n' '2: A: does not end in a semicolon'
wrong '-- stmt: A\nSELECT 1; SELECT 2;\n' '1: A: more than one statement'
wrong '-- stmt: A\nSELECT 1;\nprose without dashes\n' '1: A: more than one statement'
wrong '-- stmt: A\n-- stmt: B\nSELECT 1;\n' '1: A: no text for SQLite'
wrong '-- stmt: A\n-- sqlite:\nSELECT 1;\n' '1: A: no text for PostgreSQL'
wrong '-- stmt: A\n-- postgres:\nSELECT 1;\n' '1: A: no text for SQLite'
wrong "-- stmt: A\nSELECT 'a;\n" '1: A: a quote is not closed'
wrong '-- stmt: A\nSELECT ?;\n' '1: A: placeholders are ?1 to ?32'
wrong '-- stmt: A\nSELECT ?0;\n' '1: A: placeholders are ?1 to ?32'
wrong '-- stmt: A\nSELECT ?33;\n' '1: A: placeholders are ?1 to ?32'
wrong '-- stmt: A\nSELECT ?1, ?3;\n' '1: A: ?2 is missing'
wrong '-- stmt: A\n-- sqlite:\nSELECT ?1;\n-- postgres:\nSELECT ?1, ?2;\n' '1: A: the two texts have different parameters'
wrong '-- stmt: A\n-- sqlite:\nSELECT 1;\n-- postgres:\nDELETE FROM t;\n' '1: A: one of the two texts writes and the other does not'
wrong '-- stmt: A\nselect 1;\n' '1: A: begins with select, not SELECT, VALUES, WITH, INSERT, UPDATE or DELETE'
wrong '-- stmt: A\nPRAGMA user_version;\n' '1: A: begins with PRAGMA, not SELECT, VALUES, WITH, INSERT, UPDATE or DELETE'
wrong '-- stmt: A\nDROP TABLE t;\n' '1: A: begins with DROP, not SELECT, VALUES, WITH, INSERT, UPDATE or DELETE'
wrong 'SELECT 1;\n-- stmt: A\nSELECT 1;\n' '1: SQL before the first -- stmt:'
wrong '-- stmt: A\nSELECT 1;\n-- stmt B\nSELECT 2;\n' '3: a marker is -- stmt: NAME, -- sqlite:, -- postgres: or -- both:'
wrong '-- stmt: A\n-- postgresql:\nSELECT 1;\n' '2: a marker is -- stmt: NAME, -- sqlite:, -- postgres: or -- both:'
wrong '-- stmt: A\n--sqlite:\nSELECT 1;\n' '2: a marker is -- stmt: NAME, -- sqlite:, -- postgres: or -- both:'
wrong '-- stmt: A\nSELECT 1;' '2: the line is too long or does not end'
wrong "-- stmt: A\nSELECT '$(printf '%5000s' x)';\n" '2: the line is too long or does not end'

made '-- stmt: A\nSELECT b FROM t WHERE a = ?1; -- why, it says\n' \
    'const struct stmt A = { "A", "SELECT b FROM t WHERE a = ?1; ", "SELECT b FROM t WHERE a = $1; ", 0, 1, false};'
made "-- stmt: A\nSELECT '?1; -- BLOB', CAST(?1 AS INTEGER), CAST(?2 AS BLOB), integer_code FROM t;\n" \
    "const struct stmt A = { \"A\", \"SELECT '?1; -- BLOB', CAST(?1 AS INTEGER), CAST(?2 AS BLOB), integer_code FROM t;\", \"SELECT '?1; -- BLOB', CAST(\$1 AS BIGINT), CAST(\$2 AS BYTEA), integer_code FROM t;\", 0, 2, false};"
made '-- stmt: A\nINSERT INTO t (a) VALUES (?1)\n-- sqlite:\nON CONFLICT DO NOTHING;\n-- postgres:\nRETURNING a;\n' \
    'const struct stmt A = { "A", "INSERT INTO t (a) VALUES (?1)ON CONFLICT DO NOTHING;", "INSERT INTO t (a) VALUES ($1)RETURNING a;", 0, 1, true};'
made '-- stmt: A\nWITH n AS (SELECT 1) SELECT * FROM n;\n' \
    'const struct stmt A = { "A", "WITH n AS (SELECT 1) SELECT * FROM n;", "WITH n AS (SELECT 1) SELECT * FROM n;", 0, 0, false};'
made "-- stmt: A\nWITH n AS (SELECT 'INSERT', deleted, \"UPDATE\" FROM t) SELECT * FROM n;\n" \
    "const struct stmt A = { \"A\", \"WITH n AS (SELECT 'INSERT', deleted, \\\"UPDATE\\\" FROM t) SELECT * FROM n;\", \"WITH n AS (SELECT 'INSERT', deleted, \\\"UPDATE\\\" FROM t) SELECT * FROM n;\", 0, 0, false};"
made '-- stmt: A\nWITH n AS (SELECT 1) DELETE FROM t WHERE a IN (SELECT * FROM n);\n' \
    'const struct stmt A = { "A", "WITH n AS (SELECT 1) DELETE FROM t WHERE a IN (SELECT * FROM n);", "WITH n AS (SELECT 1) DELETE FROM t WHERE a IN (SELECT * FROM n);", 0, 0, true};'
made 'Prose, as people write it: it may stand before the first.\n-- more: prose\n-- stmt: A\nSELECT 1;\n\n-- between\n-- stmt: B_2\nSELECT 2;\n' \
    'const struct stmt A = { "A", "SELECT 1;", "SELECT 1;", 0, 0, false};const struct stmt B_2 = { "B_2", "SELECT 2;", "SELECT 2;", 1, 0, false};'

wrong_migration 7-a.sql 'SELECT 1;\n' '0: a migration is called NNNN-name.sql'
wrong_migration 0000-a.sql 'SELECT 1;\n' '0: a migration is called NNNN-name.sql'
wrong_migration 0007-a.txt 'SELECT 1;\n' '0: a migration is called NNNN-name.sql'
wrong_migration 0007-a.sql '-- nothing\n' '1: no text for SQLite'
wrong_migration 0007-a.sql '-- sqlite:\nDROP TABLE t;\n' '2: no text for PostgreSQL'
wrong_migration 0007-a.sql 'CREATE TABLE t (a INTEGER);\n' '1: table t is not STRICT'
wrong_migration 0007-a.sql 'CREATE TABLE t (a VARCHAR(3)) STRICT;\n' '1: VARCHAR: columns are INTEGER, TEXT or BLOB'
wrong_migration 0007-a.sql 'CREATE TABLE t (a REAL) STRICT;\n' '1: REAL: columns are INTEGER, TEXT or BLOB'
wrong_migration 0007-a.sql 'CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT) STRICT;\n' '1: AUTOINCREMENT: columns are INTEGER, TEXT or BLOB'
wrong_migration 0007-a.sql 'CREATE TABLE t (a INTEGER) STRICT\n' '1: the last statement does not end in a semicolon'
wrong_migration 0007-a.sql "INSERT INTO t VALUES ('a);\n" '1: a quote is not closed'
wrong_migration 0007-a.sql 'BEGIN;\nDROP TABLE t;\nCOMMIT;\n' '3: a migration runs in a transaction already'

made_migration "-- it's a till\nCREATE TABLE t (\n    id INTEGER PRIMARY KEY NOT NULL, -- it's counted\n    n INTEGER DEFAULT 0,\n    b BLOB,\n    s TEXT DEFAULT 'INTEGER'\n) STRICT;\n" \
    "CREATE TABLE t ( id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY NOT NULL, n BIGINT DEFAULT 0, b BYTEA, s TEXT DEFAULT 'INTEGER' ) ;"
made_migration 'CREATE TABLE t (a INTEGER, PRIMARY KEY (a)) WITHOUT ROWID, STRICT;\n' 'CREATE TABLE t (a BIGINT, PRIMARY KEY (a)) ;'
made_migration 'CREATE TABLE t (a INTEGER, PRIMARY KEY (a)) STRICT, WITHOUT ROWID;\n' 'CREATE TABLE t (a BIGINT, PRIMARY KEY (a)) ;'

# Two migrations with one number, and one out of its order.
for pair in '0002-a 0002-b' '0003-a 0002-b'; do
    rm -f "$folder"/migrations/*
    for name in $pair; do echo 'SELECT 1;' >"$folder/migrations/$name.sql"; done
    # shellcheck disable=SC2086
    set -- $pair
    said=$("$sqlgen" "$folder/out" -- "$folder/migrations/$1.sql" "$folder/migrations/$2.sql" 2>&1)
    ok=0
    [ "$said" = "$folder/migrations/$2.sql:0: number 0002 does not come after ${1%-a}" ] && ok=1
    report "$pair" "$ok" "$said"
done

# The header: its guard, and a name to use.
printf -- '-- stmt: A\nSELECT 1;\n' >"$sql"
"$sqlgen" "$folder/out" "$sql" --
ok=0
grep -q '^#ifndef SHOP_TILL_SQL_H$' "$folder/out/shop/till_sql.h" &&
    grep -q '^extern const struct stmt A;$' "$folder/out/shop/till_sql.h" &&
    grep -q '^#include "shop/till_sql.h"$' "$folder/out/stmts.c" && ok=1
report "the header declares what the table defines" "$ok" "$(cat "$folder/out/shop/till_sql.h")"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
