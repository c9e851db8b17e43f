/*
 * sqlgen - named SQL statements and numbered migrations into C tables.
 *
 *     sqlgen OUT-FOLDER src/<folder>/<noun>.sql... -- migrations/NNNN-name.sql...
 *
 * writes OUT/<folder>/<noun>_sql.h (declarations) and OUT/stmts.c (stmt_table, migration_table).
 * A statement is
 *
 *     -- stmt: NAME
 *     -- sqlite:      (only where the two databases differ; for the lines up to the next marker)
 *     -- postgres:
 *     -- both:
 *     SQL text ending in a semicolon;
 *
 * For PostgreSQL ?N becomes $N, INTEGER BIGINT and BLOB BYTEA (in a statement: inside CAST); in migrations INTEGER
 * PRIMARY KEY becomes an identity column, and STRICT and WITHOUT ROWID go.  Text in quotes is left alone;
 * comments go.  Keywords are written in capitals.
 *
 * What would be found only by one of the databases, or only when the statement runs, stops the build here, as
 * file:line: NAME: what is wrong.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1 << 20, NAMES_MAX = 4096, NAME_MAX_BYTES = 64, PARAMS_MAX = 32 };

static char names[NAMES_MAX][NAME_MAX_BYTES];
static int name_count;

/* Where we are, for messages; a name once there is one. */
struct place {
    const char *file;
    int line;
    const char *name;
};

static _Noreturn void __attribute__((format(printf, 2, 3)))
die(const struct place *at, const char *fmt, ...)
{
    va_list args;

    (void)fprintf(stderr, "%s:%d: %s%s", at->file, at->line, at->name != NULL ? at->name : "",
                  at->name != NULL ? ": " : "");
    va_start(args, fmt);
    (void)vfprintf(stderr, fmt, args);
    va_end(args);
    (void)fputc('\n', stderr);
    exit(1);
}

static FILE *
open_out(const char *folder, const char *name)
{
    char path[512];
    FILE *f;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    if ((f = fopen(path, "w")) == NULL) {
        perror(path);
        exit(1);
    }
    return f;
}

/* --- SQL text -------------------------------------------------------------------------------- */

/* One statement or migration being gathered: text for both, or one of the two. */
struct body {
    char sqlite[TEXT_MAX];
    char postgres[TEXT_MAX];
    bool to_sqlite;
    bool to_postgres;
};

static void
begin_body(struct body *b)
{
    b->sqlite[0] = b->postgres[0] = '\0';
    b->to_sqlite = b->to_postgres = true;
}

static bool
is_word(int c)
{
    return isalnum(c) || c == '_';
}

/* The end of what begins at p: a text or name in quotes, a comment, a word, or one character. */
static const char *
skip(const char *p)
{
    if (*p == '\'' || *p == '"') {
        const char *end = strchr(p + 1, *p);
        return end != NULL ? end + 1 : p + strlen(p);
    }
    if (p[0] == '-' && p[1] == '-') {
        return p + strcspn(p, "\n");
    }
    if (is_word((unsigned char)*p)) {
        while (is_word((unsigned char)*p)) {
            p++;
        }
        return p;
    }
    return p + 1;
}

static bool
word_is(const char *p, const char *word)
{
    size_t n = strlen(word);

    return strncmp(p, word, n) == 0 && !is_word((unsigned char)p[n]);
}

/* The first place of a whole word outside quotes and comments, up to end; NULL if there is none. */
static const char *
find_word(const char *text, const char *end, const char *word)
{
    for (const char *p = text; p < end; p = skip(p)) {
        if (word_is(p, word)) {
            return p;
        }
    }
    return NULL;
}

/* After the semicolon that ends the statement at text, or the end of all. */
static const char *
end_of_statement(const char *text)
{
    const char *p = text;

    while (*p != '\0' && *p != ';') {
        p = skip(p);
    }
    return *p == ';' ? p + 1 : p;
}

static const char *
skip_blank(const char *p)
{
    while (isspace((unsigned char)*p) || (p[0] == '-' && p[1] == '-')) {
        p = isspace((unsigned char)*p) ? p + 1 : skip(p);
    }
    return p;
}

static void
append(struct place *at, char *text, const char *line)
{
    size_t used = strlen(text);

    if (used + strlen(line) + 1 > TEXT_MAX) {
        die(at, "the text is too long");
    }
    memcpy(text + used, line, strlen(line) + 1);
}

/* --- checks ---------------------------------------------------------------------------------- */

/* True if the text is closed everywhere: a quote that stays open would swallow the next statement. */
static bool
quotes_close(const char *text)
{
    for (const char *p = text; *p != '\0';) {
        const char *next = skip(p);
        if ((*p == '\'' || *p == '"') && (next[-1] != *p || next == p + 1)) {
            return false;
        }
        p = next;
    }
    return true;
}

/* The highest ?N; every number up to it must occur, because PostgreSQL cannot type one that does not. */
static int
count_params(const struct place *at, const char *text)
{
    bool seen[PARAMS_MAX + 1] = {false};
    int highest = 0;

    for (const char *p = text; *p != '\0'; p = skip(p)) {
        if (*p != '?') {
            continue;
        }
        long n = strtol(p + 1, NULL, 10);
        if (!isdigit((unsigned char)p[1]) || n < 1 || n > PARAMS_MAX) {
            die(at, "placeholders are ?1 to ?%d", PARAMS_MAX);
        }
        seen[n] = true;
        highest = n > highest ? (int)n : highest;
    }
    for (int n = 1; n < highest; n++) {
        if (!seen[n]) {
            die(at, "?%d is missing", n);
        }
    }
    return highest;
}

static const char *const verbs[] = {"SELECT", "VALUES", "WITH", "INSERT", "UPDATE", "DELETE"};

static bool
begins_statement(const char *text)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (word_is(text, verbs[i])) {
            return true;
        }
    }
    return false;
}

/* Reading only: SELECT or VALUES, or WITH in front of one of them, and no writing verb after it. */
static bool
is_writing(const struct place *at, const char *text)
{
    const char *end = text + strlen(text);
    const char *start = skip_blank(text);

    if (!begins_statement(start)) {
        die(at, "begins with %.*s, not SELECT, VALUES, WITH, INSERT, UPDATE or DELETE",
            (int)(skip(start) - start), start);
    }
    if (!word_is(start, "WITH")) {
        return !word_is(start, "SELECT") && !word_is(start, "VALUES");
    }
    return find_word(text, end, "INSERT") != NULL || find_word(text, end, "UPDATE") != NULL ||
           find_word(text, end, "DELETE") != NULL;
}

/* Exactly one statement, closed, with its semicolon. */
static void
check_statement(const struct place *at, const char *text, const char *database)
{
    if (*skip_blank(text) == '\0') {
        die(at, "no text for %s", database);
    }
    if (!quotes_close(text)) {
        die(at, "a quote is not closed");
    }
    const char *end = end_of_statement(text);
    if (end[-1] != ';') {
        die(at, "does not end in a semicolon");
    }
    if (*skip_blank(end) != '\0') {
        die(at, "more than one statement");
    }
}

static void
check_type(const struct place *at, const char *text, const char *end)
{
    static const char *const wrong[] = {
        "REAL",    "FLOAT",     "DOUBLE", "NUMERIC", "DECIMAL",       "BOOLEAN", "VARCHAR", "CHAR", "INT",
        "BIGINT",  "SMALLINT",  "DATE",   "TIME",    "DATETIME",      "BYTEA",   "JSON",    "ANY",
        "SERIAL",  "TIMESTAMP", "CLOB",   "JSONB",   "AUTOINCREMENT",
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (find_word(text, end, wrong[i]) != NULL) {
            die(at, "%s: columns are INTEGER, TEXT or BLOB", wrong[i]);
        }
    }
}

/* Every CREATE TABLE for SQLite is STRICT, every statement has its end. */
static void
check_migration(const struct place *at, const char *text, const char *database, bool sqlite)
{
    if (*skip_blank(text) == '\0') {
        die(at, "no text for %s", database);
    }
    if (!quotes_close(text)) {
        die(at, "a quote is not closed");
    }
    for (const char *p = skip_blank(text); *p != '\0';) {
        const char *end = end_of_statement(p);
        if (end[-1] != ';') {
            die(at, "the last statement does not end in a semicolon");
        }
        if (find_word(p, end, "BEGIN") == p || find_word(p, end, "COMMIT") == p) {
            die(at, "a migration runs in a transaction already");
        }
        if (sqlite && word_is(p, "CREATE") && word_is(skip_blank(p + 6), "TABLE")) {
            check_type(at, p, end);
            if (find_word(p, end, "STRICT") == NULL) {
                const char *name = skip_blank(skip_blank(p + 6) + 5);
                die(at, "table %.*s is not STRICT", (int)(skip(name) - name), name);
            }
        }
        p = skip_blank(end);
    }
}

/* --- writing C ------------------------------------------------------------------------------- */

static const struct {
    const char *from;
    const char *to;
    bool in_statements; /* too */
} words[] = {
    {"INTEGER PRIMARY KEY", "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY", false},
    {"INTEGER", "BIGINT", true},
    {"BLOB", "BYTEA", true},
    {"WITHOUT ROWID, STRICT", "", false},
    {"STRICT, WITHOUT ROWID", "", false},
    {"WITHOUT ROWID", "", false},
    {"STRICT", "", false},
};

static void
put_char(FILE *out, char c)
{
    if (c == '\n') {
        (void)fputs("\\n\"\n    \"", out);
    } else if (c == '"' || c == '\\') {
        (void)fprintf(out, "\\%c", c);
    } else {
        (void)fputc(c, out);
    }
}

/* What PostgreSQL reads instead of what stands at p; the end of that, or NULL if it stays. */
static const char *
put_word(FILE *out, const char *p, bool migration)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if ((migration || words[i].in_statements) && word_is(p, words[i].from)) {
            (void)fputs(words[i].to, out);
            return p + strlen(words[i].from);
        }
    }
    return NULL;
}

/* As a C literal, without comments; for PostgreSQL with its words and placeholders. */
static void
put_literal(FILE *out, const char *text, bool postgres, bool migration)
{
    (void)fputs("\"", out);
    for (const char *p = text; *p != '\0';) {
        const char *end = skip(p);
        const char *replaced = postgres ? put_word(out, p, migration) : NULL;
        if (replaced != NULL) {
            p = replaced;
            continue;
        }
        if (p[0] == '-' && p[1] == '-') {
            bool whole_line = p == text || p[-1] == '\n';
            p = whole_line && *end == '\n' ? end + 1 : end;
            continue;
        }
        if (postgres && *p == '?') {
            put_char(out, '$');
            p++;
            continue;
        }
        for (; p < end; p++) {
            put_char(out, *p);
        }
    }
    (void)fputs("\"", out);
}

static void
finish_statement(FILE *header, FILE *table, struct body *b, const struct place *at)
{
    int params;
    bool writing;

    check_statement(at, b->sqlite, "SQLite");
    check_statement(at, b->postgres, "PostgreSQL");
    params = count_params(at, b->sqlite);
    if (params != count_params(at, b->postgres)) {
        die(at, "the two texts have different parameters");
    }
    writing = is_writing(at, b->sqlite);
    if (writing != is_writing(at, b->postgres)) {
        die(at, "one of the two texts writes and the other does not");
    }
    (void)fprintf(header, "extern const struct stmt %s;\n", at->name);
    (void)fprintf(table, "const struct stmt %s = {\n    \"%s\",\n    ", at->name, at->name);
    put_literal(table, b->sqlite, false, false);
    (void)fputs(",\n    ", table);
    put_literal(table, b->postgres, true, false);
    (void)fprintf(table, ",\n    %d, %d, %s};\n\n", name_count - 1, params, writing ? "true" : "false");
}

/* --- reading --------------------------------------------------------------------------------- */

static void
take_name(const char *line, const struct place *at)
{
    size_t n = 0;

    line += strspn(line, " ");
    while (isupper((unsigned char)line[n]) || isdigit((unsigned char)line[n]) || line[n] == '_') {
        n++;
    }
    if (n == 0 || n >= NAME_MAX_BYTES || !isupper((unsigned char)line[0]) ||
        line[n + strspn(line + n, " \n")] != '\0') {
        die(at, "a statement's name is CAPITALS_AND_DIGITS, at most %d", NAME_MAX_BYTES - 1);
    }
    if (name_count == NAMES_MAX) {
        die(at, "more than %d statements", NAMES_MAX);
    }
    for (int i = 0; i < name_count; i++) {
        if (strlen(names[i]) == n && strncmp(names[i], line, n) == 0) {
            die(at, "the name %s is taken", names[i]);
        }
    }
    (void)snprintf(names[name_count++], NAME_MAX_BYTES, "%.*s", (int)n, line);
}

/*
 * "-- sqlite:" and its like choose where the next lines go.  True if line is such a marker; a line that
 * only looks like one is an error, or its text would go to the wrong database.
 */
static bool
is_marker(struct body *b, const char *line, const struct place *at)
{
    const char *word = line + 2 + strspn(line + 2, " ");
    size_t n = strcspn(word, " :\n");
    bool alone = word[n] == ':' && word[n + 1 + strspn(word + n + 1, " \n")] == '\0';

    if (line[0] != '-' || line[1] != '-') {
        return false;
    }
    if (strncmp(line, "-- sqlite:", 10) == 0 && alone) {
        b->to_sqlite = true;
        b->to_postgres = false;
    } else if (strncmp(line, "-- postgres:", 12) == 0 && alone) {
        b->to_sqlite = false;
        b->to_postgres = true;
    } else if (strncmp(line, "-- both:", 8) == 0 && alone) {
        b->to_sqlite = b->to_postgres = true;
    } else if (alone || (n >= 4 && strncmp(word, "stmt", 4) == 0)) {
        die(at, "a marker is -- stmt: NAME, -- sqlite:, -- postgres: or -- both:");
    } else {
        return false;
    }
    return true;
}

/* The next line; a file whose last line does not end, or a line too long to be read at once, is an error. */
static bool
next_line(FILE *in, char line[4096], struct place *at)
{
    if (fgets(line, 4096, in) == NULL) {
        return false;
    }
    at->line++;
    if (strchr(line, '\n') == NULL) {
        die(at, "the line is too long or does not end");
    }
    return true;
}

static void
take_line(struct body *b, const char *line, struct place *at)
{
    if (b->to_sqlite) {
        append(at, b->sqlite, line);
    }
    if (b->to_postgres) {
        append(at, b->postgres, line);
    }
}

static void
read_statements(const char *path, FILE *header, FILE *table, struct body *b)
{
    struct place now = {.file = path}, begun = now;
    FILE *in = fopen(path, "r");
    char line[4096];

    if (in == NULL) {
        die(&now, "cannot be read");
    }
    while (next_line(in, line, &now)) {
        if (strncmp(line, "-- stmt:", 8) == 0) {
            if (begun.name != NULL) {
                finish_statement(header, table, b, &begun);
            }
            take_name(line + 8, &now);
            begin_body(b);
            begun.line = now.line;
            begun.name = names[name_count - 1];
        } else if (is_marker(b, line, &now) || strncmp(line, "--", 2) == 0 ||
                   line[strspn(line, " \t\n")] == '\0') {
            continue; /* prose between statements */
        } else if (begun.name == NULL && begins_statement(line)) {
            die(&now, "SQL before the first -- stmt:");
        } else if (begun.name != NULL) {
            take_line(b, line, &now);
        }
    }
    if (begun.name != NULL) {
        finish_statement(header, table, b, &begun);
    }
    (void)fclose(in);
}

/* src/case/case.sql -> OUT/case/case_sql.h; the folder is there already. */
static FILE *
open_header(const char *out, const char *path, FILE *table)
{
    struct place at = {.file = path};
    char copy[512], name[256], guard[128];
    char *file, *dir, *dot;
    FILE *header;

    (void)snprintf(copy, sizeof(copy), "%s", path);
    if ((file = strrchr(copy, '/')) == NULL || (dot = strrchr(file, '.')) == NULL) {
        die(&at, "statements live in src/<folder>/<noun>.sql");
    }
    *file++ = '\0';
    *dot = '\0';
    dir = strrchr(copy, '/') != NULL ? strrchr(copy, '/') + 1 : copy;
    (void)snprintf(name, sizeof(name), "%.100s/%.100s_sql.h", dir, file);
    (void)fprintf(table, "#include \"%s\"\n\n", name);
    (void)snprintf(guard, sizeof(guard), "%.50s_%.50s_SQL_H", dir, file);
    for (char *p = guard; *p != '\0'; p++) {
        *p = (char)(is_word((unsigned char)*p) ? toupper((unsigned char)*p) : '_');
    }
    header = open_out(out, name);
    (void)fprintf(header, "/* Made by tools/sqlgen from %s. */\n#ifndef %s\n#define %s\n\n"
                          "#include \"store/stmt.h\"\n\n",
                  path, guard, guard);
    return header;
}

/* NNNN-name.sql, and higher than the last. */
static int
migration_number(const struct place *at, const char *name, int last)
{
    int number = 0, i;

    for (i = 0; i < 4 && isdigit((unsigned char)name[i]); i++) {
        number = number * 10 + name[i] - '0';
    }
    if (i < 4 || name[4] != '-' || number == 0 || strlen(name) < 10 || strchr(name, '"') != NULL ||
        strcmp(name + strlen(name) - 4, ".sql") != 0) {
        die(at, "a migration is called NNNN-name.sql");
    }
    if (number <= last) {
        die(at, "number %04d does not come after %04d", number, last);
    }
    return number;
}

static int
read_migration(const char *path, FILE *table, struct body *b, int last)
{
    struct place at = {.file = path};
    const char *name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
    int number = migration_number(&at, name, last);
    FILE *in = fopen(path, "r");
    char line[4096];

    if (in == NULL) {
        die(&at, "cannot be read");
    }
    begin_body(b);
    while (next_line(in, line, &at)) {
        if (!is_marker(b, line, &at)) {
            take_line(b, line, &at);
        }
    }
    (void)fclose(in);
    check_migration(&at, b->sqlite, "SQLite", true);
    check_migration(&at, b->postgres, "PostgreSQL", false);
    (void)fprintf(table, "    {%d, \"%s\",\n    ", number, name);
    put_literal(table, b->sqlite, false, true);
    (void)fputs(",\n    ", table);
    put_literal(table, b->postgres, true, true);
    (void)fputs("},\n", table);
    return number;
}

int
main(int argc, char **argv)
{
    static struct body b;
    FILE *table;
    int i, count = 0, last = 0;

    if (argc < 2) {
        (void)fprintf(stderr, "usage: sqlgen OUT SQL... -- MIGRATION...\n");
        return 2;
    }
    table = open_out(argv[1], "stmts.c");
    (void)fputs("/* Made by tools/sqlgen from src/<folder>/<noun>.sql and migrations/. */\n#include "
                "\"store/stmt.h\"\n\n",
                table);
    for (i = 2; i < argc && strcmp(argv[i], "--") != 0; i++) {
        FILE *header = open_header(argv[1], argv[i], table);
        read_statements(argv[i], header, table, &b);
        (void)fputs("\n#endif\n", header);
        (void)fclose(header);
    }
    (void)fputs("const struct stmt *const stmt_table[] = {\n", table);
    for (int n = 0; n < name_count; n++) {
        (void)fprintf(table, "    &%s,\n", names[n]);
    }
    (void)fprintf(table, "    0,\n};\nconst uint16_t stmt_table_count = %d;\n\n", name_count);
    (void)fputs("const struct migration migration_table[] = {\n", table);
    for (i++; i < argc; i++, count++) {
        last = read_migration(argv[i], table, &b, last);
    }
    (void)fprintf(table, "    {0, 0, 0, 0},\n};\nconst int migration_table_count = %d;\n", count);
    return fclose(table) == 0 ? 0 : 1;
}
