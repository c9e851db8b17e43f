/*
 * Rows as structs: reading cases and sub-cases, opening what is sealed in them.
 */
#include "base/utf8.h"
#include "evidence/act.h"
#include "service/casework.h"
#include "service/casework_clock_int.h"
#include "service/casework_sql.h"

struct str
case_place(struct arena *a, const char *column, struct str id)
{
    return str_fmt(a, "case.%s/%.*s", column, STR_ARG(id));
}

enum rc
case_fold(struct arena *a, struct str text, struct str *out, struct err *err)
{
    return utf8_fold(a, text, true, true, out, err);
}

const struct json *
case_part(const struct json *item, struct str part)
{
    const struct json *parts = json_get(item, "parts");

    for (const struct json *p = parts != NULL ? parts->first : NULL; p != NULL; p = p->next) {
        if (str_eq(json_str(p, "id"), part)) {
            return p;
        }
    }
    return NULL;
}

void
case_push_act(struct arena *a, struct json *acts, enum act_kind kind, int64_t index)
{
    struct json *entry = json_object(a);

    json_set_text(a, entry, "kind", str_of(act_kind_name(kind)));
    json_set_int(a, entry, "index", index);
    json_push(acts, entry);
}

/* --- rows -------------------------------------------------------------------------------------------- */

enum rc
case_read_row(const struct row *row, void *ctx, struct err *err)
{
    struct case_reading *r = ctx;
    struct case_row *c = &r->row;
    struct arena *a = r->arena;
    enum rc rc;

    r->is_found = true;
    c->item_version = row_int(row, 4);
    c->submitted_us = row_int(row, 7);
    c->act = row_int(row, 8);
    if ((rc = row_copy_text(row, 0, a, &c->case_no, err)) != RC_OK ||
        (rc = row_copy_text(row, 1, a, &c->query_code, err)) != RC_OK ||
        (rc = row_copy_text(row, 2, a, &c->subject, err)) != RC_OK ||
        (rc = row_copy_text(row, 3, a, &c->item, err)) != RC_OK ||
        (rc = str_copy(a, row_blob(row, 6), &c->content, err)) != RC_OK) {
        return rc;
    }
    return vault_open(r->work->vault, a, case_place(a, "title", c->case_no), row_blob(row, 5),
                      &c->title, err);
}

static enum rc
open_json(const struct sub_case_reading *r, const char *column, struct str id, struct str sealed,
          struct json **out, struct err *err)
{
    struct str text;
    enum rc rc;

    if (sealed.len == 0) {
        *out = NULL;
        return RC_OK;
    }
    if ((rc = vault_open(r->work->vault, r->arena, case_place(r->arena, column, id), sealed, &text,
                         err)) != RC_OK) {
        return rc;
    }
    return json_parse(r->arena, text, JSON_UNIQUE, out, err);
}

enum rc
sub_case_read_row(const struct row *row, void *ctx, struct err *err)
{
    struct sub_case_reading *r = ctx;
    struct arena *a = r->arena;
    struct sub_case s = {.statutory_days = (int)row_int(row, 7),
                         .supplemented = row_int(row, 9) != 0,
                         .decided_us = row_int(row, 11),
                         .decision_act = row_int(row, 12),
                         .clock = row_int(row, 16),
                         .done_us = row_int(row, 19)};
    const struct {
        int column;
        struct str *to;
    } texts[] = {{0, &s.id}, {1, &s.case_no}, {2, &s.part}, {3, &s.org}, {4, &s.state}, {5, &s.view}, {6, &s.officer}, {13, &s.certificate},
                 {14, &s.officer_name}, {15, &s.officer_phone}, {17, &s.state_zh}, {18, &s.state_en}};
    enum rc rc = RC_OK;

    if (r->count == r->most) {
        return err_set(err, RC_CORRUPT, "a case has more parts than there can be");
    }
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && rc == RC_OK; i++) {
        rc = row_copy_text(row, texts[i].column, a, texts[i].to, err);
    }
    if (rc != RC_OK || (rc = open_json(r, "supplement", s.id, row_blob(row, 8), &s.supplement, err)) != RC_OK ||
        (rc = open_json(r, "decision", s.id, row_blob(row, 10), &s.decision, err)) != RC_OK) {
        return rc;
    }
    r->rows[r->count++] = s;
    return RC_OK;
}

struct text_out {
    struct arena *arena;
    struct str text;
};

static enum rc
text_row(const struct row *row, void *ctx, struct err *err)
{
    struct text_out *out = ctx;

    return row_copy_text(row, 0, out->arena, &out->text, err);
}

enum rc
case_read(const struct casework *w, const struct db *db, struct arena *a, struct str case_no,
          struct case_row *out, struct err *err)
{
    struct case_reading r = {.work = w, .arena = a};
    struct text_out by_code = {.arena = a};
    struct str folded;
    enum rc rc;

    if ((rc = case_fold(a, case_no, &folded, err)) != RC_OK) {
        return rc;
    }
    if (folded.len == QUERY_CODE_LEN) {
        if ((rc = store_read(db, &CASE_NO_BY_QUERY_CODE, VALUES(V_TEXT(folded)), text_row,
                             &by_code, err)) != RC_OK) {
            return rc;
        }
        folded = by_code.text;
    }
    rc = store_read(db, &CASE_BY_NO, VALUES(V_TEXT(folded)), case_read_row, &r, err);
    if (rc == RC_OK && !r.is_found) {
        return err_problem(err, RC_NOT_FOUND, "no-such-case", "no case of that number");
    }
    if (rc == RC_OK) {
        *out = r.row;
    }
    return rc;
}

enum rc
case_read_subs(const struct casework *w, const struct db *db, struct arena *a, struct str case_no,
               struct sub_case *out, size_t *count, struct err *err)
{
    struct sub_case_reading r = {.work = w, .arena = a, .rows = out, .most = PARTS_MAX};
    enum rc rc = store_read(db, &SUB_CASES_OF, VALUES(V_TEXT(case_no)), sub_case_read_row, &r, err);

    *count = r.count;
    return rc != RC_OK ? rc : case_read_clocks(db, a, out, r.count, err);
}

enum rc
case_open_content(const struct casework *w, struct arena *a, const struct case_row *row,
                  struct json **out, struct err *err)
{
    struct str text;
    enum rc rc = vault_open(w->vault, a, case_place(a, "content", row->case_no), row->content,
                            &text, err);

    return rc != RC_OK ? rc : json_parse(a, text, JSON_UNIQUE, out, err);
}

enum rc
case_read_item(const struct casework *w, const struct db *db, struct arena *a,
               const struct case_row *file, struct item *out, struct err *err)
{
    const struct item *current = item_by_code(w->items, file->item);

    if (current != NULL && current->version == file->item_version) {
        *out = *current;
        return RC_OK;
    }
    return item_by_version(db, a, file->item, file->item_version, out, err);
}

enum rc
case_seal(const struct casework *w, struct arena *a, const char *column, struct str sub_case, const struct json *value, struct param *out,
          struct err *err)
{
    struct str text, sealed;
    enum rc rc;

    if (value == NULL) {
        *out = V_NULL;
        return RC_OK;
    }
    if ((rc = json_whole(value, err)) != RC_OK || (rc = json_print(a, value, &text, err)) != RC_OK ||
        (rc = vault_seal(w->vault, a, case_place(a, column, sub_case), text, &sealed, err)) != RC_OK) {
        return rc;
    }
    *out = V_BLOB(sealed);
    return RC_OK;
}
