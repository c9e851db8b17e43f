/*
 * Applying: one section a page, saved at every step, then a look at everything, then one submission.
 */
#include "service/prefill.h"
#include "web/handlers.h"
#include "web/upload.h"

struct application {
    struct draft draft;
    struct item item;
};

static enum rc
open_application(struct page *p, struct application *a, struct err *err)
{
    const struct item *current;
    enum rc rc = draft_get(&p->db, p->web->vault, p->arena, p->param[0], p->who.subject, &a->draft,
                           err);

    if (rc != RC_OK) {
        return rc;
    }
    current = item_by_code(p->web->items, a->draft.item);
    if (current != NULL && current->version == a->draft.item_version) {
        a->item = *current;
        return RC_OK;
    }
    return item_by_version(&p->db, p->arena, a->draft.item, a->draft.item_version, &a->item, err);
}

static struct str
section_url(struct page *p, const struct application *a, size_t section)
{
    return section < form_sections(a->item.form)
               ? str_fmt(p->arena, "/apply/%.*s/%.*s", STR_ARG(a->draft.id),
                         STR_ARG(form_section_id(a->item.form, section)))
               : str_fmt(p->arena, "/apply/%.*s/check", STR_ARG(a->draft.id));
}

static struct str
kept_url(struct page *p, const struct application *a)
{
    return str_fmt(p->arena, "/drafts/%.*s/kept", STR_ARG(a->draft.id));
}

/* Since when, until when, and what to say on the telephone. */
static void
put_kept(struct page *p, const struct application *a)
{
    json_set_text(p->arena, p->document, "saved_text", words_moment(p, a->draft.saved_us));
    json_set_text(p->arena, p->document, "kept_until", words_moment(p, a->draft.expires_us));
    json_set_text(p->arena, p->document, "help_code", str_sub(a->draft.id, 2, 8));
}

/* --- where to begin or go on ------------------------------------------------------------------------------ */

/* The first section that still has something missing or wrong. */
static enum rc
first_open(struct page *p, const struct application *a, size_t *out, struct err *err)
{
    size_t count = form_sections(a->item.form);
    struct json *errors;
    enum rc rc;

    for (size_t i = 0; i < count; i++) {
        if ((rc = form_check(a->item.form, p->arena, i, a->draft.values, p->today, p->lang,
                             &errors, err)) != RC_OK) {
            return rc;
        }
        if (errors->count > 0) {
            *out = i;
            return RC_OK;
        }
    }
    *out = count;
    return RC_OK;
}

enum rc
apply_begin(struct page *p, struct err *err)
{
    const struct item *item = item_by_code(p->web->items, p->param[0]);
    struct application a;
    size_t section;
    enum rc rc;

    if (item == NULL || item->form == NULL) {
        return err_problem(err, RC_NOT_FOUND, "no-such-item", "no item to apply for");
    }
    if ((rc = draft_begin(&p->db, p->web->vault, p->arena, p->who.subject, item, p->now_us,
                          p->web->draft_keep_days, &a.draft, err)) != RC_OK) {
        return rc;
    }
    a.item = *item;
    if ((rc = first_open(p, &a, &section, err)) != RC_OK) {
        return rc;
    }
    json_set_text(p->arena, p->document, "draft", a.draft.id);
    p->location = section_url(p, &a, section);
    return RC_OK;
}

/* Something of the section was answered, not only fetched or offered: what is wrong with it may be said. */
static bool
is_begun(const struct application *a, const struct json *section)
{
    const struct json *fields = json_get(section, "fields");

    for (const struct json *f = fields != NULL ? fields->first : NULL; f != NULL; f = f->next) {
        struct str id = json_str(f, "id");
        if (!json_true(f, "is_prefill") &&
            json_str(form_field(a->item.form, id), "known").len == 0 &&
            json_get_key(a->draft.values, id) != NULL) {
            return true;
        }
    }
    return false;
}

/* Who comes back sees what is still wrong where it was left. */
enum rc
apply_resume(struct page *p, struct err *err)
{
    struct application a;
    struct json *shown = NULL;
    size_t section;
    enum rc rc;

    if ((rc = open_application(p, &a, err)) != RC_OK ||
        (rc = first_open(p, &a, &section, err)) != RC_OK) {
        return rc;
    }
    if (section < form_sections(a.item.form) &&
        (rc = form_section_document(a.item.form, p->arena, section, a.draft.values, NULL, p->lang,
                                    &shown, err)) != RC_OK) {
        return rc;
    }
    p->location = section_url(p, &a, section);
    if (is_begun(&a, shown)) {
        p->location = str_fmt(p->arena, "%.*s?errors=1", STR_ARG(p->location));
    }
    return RC_OK;
}

/* After "save and finish later": until when it is kept, and how to go on. */
enum rc
apply_kept(struct page *p, struct err *err)
{
    struct application a;
    struct json *shown;
    size_t section;
    enum rc rc;

    if ((rc = open_application(p, &a, err)) != RC_OK ||
        (rc = first_open(p, &a, &section, err)) != RC_OK) {
        return rc;
    }
    if (a.draft.case_no.len > 0) {
        p->location = str_fmt(p->arena, "/cases/%.*s", STR_ARG(a.draft.case_no));
        return RC_OK;
    }
    json_set_text(p->arena, p->document, "next_title", page_word(p, "check_title"));
    if (section < form_sections(a.item.form)) {
        if ((rc = form_section_document(a.item.form, p->arena, section, a.draft.values, NULL,
                                        p->lang, &shown, err)) != RC_OK) {
            return rc;
        }
        json_set_text(p->arena, p->document, "next_title", json_str(shown, "title"));
    }
    json_set_text(p->arena, p->document, "item_name",
                  item_word(a.item.document, "name", p->lang));
    json_set_text(p->arena, p->document, "draft", a.draft.id);
    json_set_int(p->arena, p->document, "revision", a.draft.revision);
    json_set_text(p->arena, p->document, "go_on_url",
                  str_fmt(p->arena, "/drafts/%.*s", STR_ARG(a.draft.id)));
    put_kept(p, &a);
    return RC_OK;
}

/* --- one section --------------------------------------------------------------------------------------------- */

static enum rc
put_tasks(struct page *p, const struct application *a, size_t current, struct err *err)
{
    struct json *tasks = json_object(p->arena), *list = json_array(p->arena);
    size_t count = form_sections(a->item.form);
    int64_t done = 0;
    enum rc rc;

    for (size_t i = 0; i <= count; i++) {
        struct json *t = json_object(p->arena), *errors = NULL, *section = NULL;
        bool is_done = false;
        if (i < count) {
            if ((rc = form_check(a->item.form, p->arena, i, a->draft.values, p->today, p->lang,
                                 &errors, err)) != RC_OK ||
                (rc = form_section_document(a->item.form, p->arena, i, a->draft.values, NULL,
                                            p->lang, &section, err)) != RC_OK) {
                return rc;
            }
            is_done = errors->count == 0;
        }
        done += is_done && i != current; /* the one at hand is not done before it is saved */
        json_set_text(p->arena, t, "title",
                      section != NULL ? json_str(section, "title")
                                      : page_word(p, "check_title"));
        if (i != current && (is_done || i < current)) {
            json_set_text(p->arena, t, "url", section_url(p, a, i));
        }
        json_set_bool(p->arena, t, "is_current", i == current);
        json_set_text(p->arena, t, "state",
                      i == current ? STR("current") : is_done ? STR("done") : STR("next"));
        json_set_bool(p->arena, t, "is_done", is_done && i != current);
        json_set_text(p->arena, t, "state_text",
                      i == current ? page_either(p, STR("正在填"), STR("You are here"))
                      : is_done    ? page_either(p, STR("已完成"), STR("Done"))
                                   : page_either(p, STR("未开始"), STR("Not started")));
        json_push(list, t);
    }
    json_set_int(p->arena, tasks, "done", done);
    json_set_int(p->arena, tasks, "all", (int64_t)count + 1);
    json_set(p->arena, tasks, "list", list);
    json_set(p->arena, p->document, "tasks", tasks);
    return RC_OK;
}

static enum rc
show_section(struct page *p, const struct application *a, size_t section,
             const struct json *errors, struct err *err)
{
    struct json *shown;
    enum rc rc = form_section_document(a->item.form, p->arena, section, a->draft.values, errors,
                                       p->lang, &shown, err);

    if (rc != RC_OK) {
        return rc;
    }
    json_set_text(p->arena, p->document, "item_name",
                  item_word(a->item.document, "name", p->lang));
    words_back(p,
               section == 0 ? str_fmt(p->arena, "/items/%.*s", STR_ARG(a->item.code))
                            : section_url(p, a, section - 1),
               page_either(p, STR("上一步"), STR("Back")));
    json_set(p->arena, p->document, "section", shown);
    json_set_text(p->arena, p->document, "save_url", section_url(p, a, section));
    json_set_text(p->arena, p->document, "later_url", kept_url(p, a));
    json_set_text(p->arena, p->document, "draft", a->draft.id);
    json_set_int(p->arena, p->document, "revision", a->draft.revision);
    put_kept(p, a);
    words_errors(p, errors);
    if ((rc = checks_tell(p, &a->item, a->draft.values, shown, err)) != RC_OK) {
        return rc;
    }
    return put_tasks(p, a, section, err);
}

/* Fill in what registries hold; each new value is remembered for the program that asked ("prefilled"). */
static enum rc
fetch_values(struct page *p, struct application *a, size_t section, struct str retry, bool *changed,
             struct err *err)
{
    struct json *prefilled = json_array(p->arena);
    struct prefill f = {.gate = p->loop->gate,
                        .task = p->call->task,
                        .db = &p->db,
                        .vault = p->web->vault,
                        .item = &a->item,
                        .draft = &a->draft,
                        .subject = p->who.subject,
                        .now_us = p->now_us,
                        .offset_minutes = p->web->offset_minutes,
                        .timeout_ms = p->web->prefill_ms,
                        .is_urgent = page_input(p, "urgent").len > 0};
    struct str before, after;
    enum rc rc;

    if ((rc = json_print(p->arena, a->draft.values, &before, err)) != RC_OK ||
        (rc = prefill_section(&f, p->arena, section, retry, prefilled, err)) != RC_OK ||
        (rc = json_print(p->arena, a->draft.values, &after, err)) != RC_OK) {
        return rc;
    }
    *changed = !str_eq(before, after);
    json_set(p->arena, p->document, "prefilled", prefilled);
    return RC_OK;
}

/* The field that is to be asked for again: "retry" as usual, "urgent" where the source is open to urgent questions only. */
static struct str
wish_to_ask(const struct page *p)
{
    struct str urgent = page_input(p, "urgent");

    return urgent.len > 0 ? urgent : page_input(p, "retry");
}

static enum rc
find_section(struct page *p, const struct application *a, size_t *out, struct err *err)
{
    *out = form_section_by_id(a->item.form, p->param[1]);
    if (*out == form_sections(a->item.form)) {
        return err_set(err, RC_NOT_FOUND, "the form has no section %.*s", STR_ARG(p->param[1]));
    }
    return RC_OK;
}

enum rc
apply_section(struct page *p, struct err *err)
{
    struct application a;
    struct json *errors = NULL;
    size_t section;
    bool changed;
    enum rc rc;

    if ((rc = open_application(p, &a, err)) != RC_OK ||
        (rc = find_section(p, &a, &section, err)) != RC_OK) {
        return rc;
    }
    if (a.draft.case_no.len > 0) {
        p->location = str_fmt(p->arena, "/cases/%.*s", STR_ARG(a.draft.case_no));
        return RC_OK;
    }
    if ((rc = fetch_values(p, &a, section, page_query(p, "retry"), &changed, err)) != RC_OK) {
        return rc;
    }
    if (changed) {
        rc = draft_save(&p->db, p->web->vault, p->arena, &a.draft, p->now_us, err);
        if (rc == RC_CONFLICT) { /* another tab fetched the same meanwhile: show what is stored */
            rc = open_application(p, &a, err);
        }
        if (rc != RC_OK) {
            return rc;
        }
    }
    if (page_query(p, "errors").len > 0 &&
        (rc = form_check(a.item.form, p->arena, section, a.draft.values, p->today, p->lang,
                         &errors, err)) != RC_OK) {
        return rc;
    }
    return show_section(p, &a, section, errors, err);
}

/* --- saving ----------------------------------------------------------------------------------------------------- */

static bool
rule_of(void *ctx, struct str field, struct upload_rule *out)
{
    const struct form *form = ctx;
    const struct json *upload = json_get(form_field(form, field), "upload");

    if (upload == NULL) {
        return false;
    }
    *out = (struct upload_rule){.most_bytes = json_int_or(upload, "most_bytes", 0),
                                .types = json_get(upload, "types")};
    return true;
}

/* New files join those that are there; the same content is kept once. */
static void
take_files(struct page *p, struct application *a, size_t section, struct json *errors)
{
    struct json *shown = NULL;
    struct err ignored;

    if (form_section_document(a->item.form, p->arena, section, a->draft.values, NULL, p->lang,
                              &shown, &ignored) != RC_OK) {
        return;
    }
    const struct json *fields = json_get(shown, "fields");
    for (const struct json *f = fields->first; f != NULL; f = f->next) {
        struct str id = json_str(f, "id");
        const struct json *rule = json_get(form_field(a->item.form, id), "upload");
        const struct json *given = json_get_key(p->input, id);
        const struct json *old = json_get_key(a->draft.values, id);
        struct json *kept = json_is(old, JSON_ARRAY) ? json_copy(p->arena, old)
                                                     : json_array(p->arena);
        if (rule == NULL || !json_is(given, JSON_ARRAY)) {
            continue;
        }
        for (const struct json *g = given->first; g != NULL; g = g->next) {
            bool is_new = true;
            for (const struct json *k = kept != NULL ? kept->first : NULL; k != NULL; k = k->next) {
                is_new = is_new && !str_eq(json_str(k, "sha256"), json_str(g, "sha256"));
            }
            if (json_str(g, "problem").len > 0) {
                words_file_problem(p, errors, id, rule, g);
            } else if (is_new && kept != NULL &&
                       (int64_t)kept->count >= json_int_or(rule, "most_files", 1)) {
                struct json *full = json_copy(p->arena, g);
                json_set_text(p->arena, full, "problem", STR("too-many"));
                words_file_problem(p, errors, id, rule, full);
            } else if (is_new) {
                json_push(kept, json_copy(p->arena, g));
            }
        }
        json_set_key(p->arena, a->draft.values, id, kept);
    }
}

/* "plan/<sha256>": the button beside a file. */
static void
remove_file(struct page *p, struct application *a, struct str which)
{
    size_t slash = str_find_byte(which, '/');
    struct str field = str_sub(which, 0, slash), sha256 = str_from(which, slash + 1);
    const struct json *old = json_get_key(a->draft.values, field);
    struct json *kept = json_array(p->arena);

    if (!json_is(old, JSON_ARRAY)) {
        return;
    }
    for (const struct json *k = old->first; k != NULL; k = k->next) {
        if (!str_eq(json_str(k, "sha256"), sha256)) {
            json_push(kept, json_copy(p->arena, k));
        }
    }
    json_set_key(p->arena, a->draft.values, field, kept);
}

/* What the applicant says of prefilled values: typed while the source is silent, or disputed. */
static enum rc
take_prefilled(struct page *p, struct application *a, size_t section, struct err *err)
{
    struct json *shown;
    enum rc rc = form_section_document(a->item.form, p->arena, section, a->draft.values, NULL,
                                       p->lang, &shown, err);

    if (rc != RC_OK) {
        return rc;
    }
    const struct json *fields = json_get(shown, "fields");
    for (const struct json *f = fields->first; f != NULL && rc == RC_OK; f = f->next) {
        struct str id = json_str(f, "id");
        const char *dispute = str_c(p->arena, str_fmt(p->arena, "%.*s.dispute", STR_ARG(id)));
        const char *right = str_c(p->arena, str_fmt(p->arena, "%.*s.right", STR_ARG(id)));
        if (!json_true(f, "is_prefill") || dispute == NULL || right == NULL) {
            continue;
        }
        if (json_get_key(p->input, id) != NULL) {
            prefill_typed(p->arena, a->draft.values, id, json_get_key(p->input, id)->text);
        }
        bool says_wrong = str_eq(page_input(p, dispute), STR("yes"));
        if (page_input(p, dispute).len > 0 &&
            prefill_dispute(p->arena, a->draft.values, id,
                            says_wrong ? page_input(p, right) : STR(""))) {
            const struct json *source = json_get(json_get_key(a->draft.values, id), "source");
            struct json *detail = json_object(p->arena);
            json_set_text(p->arena, detail, "field", id);
            json_set_text(p->arena, detail, "node", json_str(source, "node"));
            rc = page_act(p, ACT_DISPUTE, STR(""), p->who.subject, json_str(source, "resource"),
                          detail, err);
        }
    }
    return rc;
}

static enum rc
check_revision(struct page *p, const struct application *a, struct err *err)
{
    const struct json *given = json_get(p->input, "revision");
    int64_t seen = a->draft.revision;

    if (json_is(given, JSON_NUMBER)) {
        (void)json_as_int(given, &seen);
    } else if (json_is(given, JSON_STRING) && given->text.len > 0) {
        (void)str_to_int(given->text, &seen);
    }
    if (seen != a->draft.revision) {
        return err_problem(err, RC_CONFLICT, "other-tab", "revision %lld, but the draft is at %lld",
                           (long long)seen, (long long)a->draft.revision);
    }
    return RC_OK;
}

/* Everything typed is stored, right or wrong.  file_refused: what could not be stored, so that it must be said at once. */
static enum rc
save(struct page *p, struct application *a, size_t section, struct json **errors,
     bool *file_refused, struct err *err)
{
    struct json *file_errors = json_array(p->arena);
    struct str wish = page_input(p, "remove");
    bool changed;
    enum rc rc;

    if ((rc = take_prefilled(p, a, section, err)) != RC_OK ||
        (rc = form_take(a->item.form, p->arena, section, p->input, p->today, p->lang,
                        a->draft.values, errors, err)) != RC_OK) {
        return rc;
    }
    take_files(p, a, section, file_errors); /* once it is known which are asked: an answer beside them may say so */
    if (wish.len > 0) {
        remove_file(p, a, wish);
    }
    if ((rc = form_check(a->item.form, p->arena, section, a->draft.values, p->today, p->lang, errors,
                         err)) != RC_OK) {
        return rc;
    }
    *file_refused = file_errors->count > 0;
    words_join_errors(p, file_errors, *errors);
    *errors = file_errors;
    if (wish_to_ask(p).len > 0 &&
        (rc = fetch_values(p, a, section, wish_to_ask(p), &changed, err)) != RC_OK) {
        return rc;
    }
    return draft_save(&p->db, p->web->vault, p->arena, &a->draft, p->now_us, err);
}

/* A save that came too late is shown again with what was typed, on top of what the other tab stored. */
static enum rc
show_late(struct page *p, struct application *a, size_t section, struct err *err)
{
    struct json *errors, *e = json_object(p->arena);
    enum rc rc;

    p->status = 409;
    if ((rc = form_take(a->item.form, p->arena, section, p->input, p->today, p->lang,
                        a->draft.values, &errors, err)) != RC_OK) {
        return rc;
    }
    json_set_text(p->arena, e, "field", STR("main"));
    json_set_text(p->arena, e, "message",
                  page_either(p,
                              STR("您在另一个窗口也改了这张表。下面是您刚才填的，请看一眼再保存。"),
                              STR("You changed this form in another window too. This is what "
                                  "you just typed; please look and save again.")));
    json_push(errors, e);
    return show_section(p, a, section, errors, err);
}

/* "Save and finish later": what is wrong can wait, and is told to programs all the same. */
static void
leave_for_later(struct page *p, const struct application *a, const struct json *errors)
{
    json_set_text(p->arena, p->document, "draft", a->draft.id);
    put_kept(p, a);
    words_errors(p, errors);
    p->location = kept_url(p, a);
}

enum rc
apply_save(struct page *p, struct err *err)
{
    struct application a;
    struct json *errors = NULL;
    bool file_refused = false;
    size_t section;
    enum rc rc;

    if ((rc = open_application(p, &a, err)) != RC_OK ||
        (rc = find_section(p, &a, &section, err)) != RC_OK ||
        (rc = page_read_form(p, rule_of, (void *)(uintptr_t)a.item.form, err)) != RC_OK) {
        return rc;
    }
    rc = check_revision(p, &a, err);
    if (rc != RC_OK) {
        return rc == RC_CONFLICT ? show_late(p, &a, section, err) : rc;
    }
    if ((rc = save(p, &a, section, &errors, &file_refused, err)) != RC_OK) {
        return rc;
    }
    bool stays = page_input(p, "remove").len > 0 || wish_to_ask(p).len > 0;
    bool is_later = str_eq(page_input(p, "then"), STR("later")) && !file_refused;
    if (errors->count > 0 && !stays && !is_later) {
        p->status = 422;
        return show_section(p, &a, section, errors, err);
    }
    json_set_int(p->arena, p->document, "revision", a.draft.revision);
    if (is_later && !stays) {
        leave_for_later(p, &a, errors);
    } else {
        p->location = section_url(p, &a, stays ? section : section + 1);
    }
    return RC_OK;
}

/* --- looking it over, submitting ---------------------------------------------------------------------------------- */

static void
put_change_urls(struct page *p, const struct application *a, struct json *sections)
{
    size_t i = 0;

    for (struct json *s = sections->first; s != NULL; s = s->next, i++) {
        const struct json *rows = json_get(s, "rows");
        for (struct json *r = rows->first; r != NULL; r = r->next) {
            json_set_text(p->arena, r, "change_url",
                          str_fmt(p->arena, "%.*s#%.*s", STR_ARG(section_url(p, a, i)),
                                  STR_ARG(json_str(r, "field"))));
        }
    }
}

static enum rc
show_check(struct page *p, const struct application *a, const struct json *errors,
           struct err *err)
{
    const struct json *parts = json_get(a->item.document, "parts");
    struct json *sections, *reads = json_object(p->arena);
    size_t count = form_sections(a->item.form);
    int64_t elements = 0;
    enum rc rc = form_summary(a->item.form, p->arena, a->draft.values, p->lang, &sections, err);

    if (rc != RC_OK) {
        return rc;
    }
    put_change_urls(p, a, sections);
    for (const struct json *s = sections->first; s != NULL; s = s->next) {
        elements += json_get(s, "rows")->count;
    }
    json_set_text(p->arena, p->document, "item_name",
                  item_word(a->item.document, "name", p->lang));
    json_set_int(p->arena, p->document, "number", (int64_t)count + 1);
    json_set_int(p->arena, p->document, "count", (int64_t)count + 1);
    words_back(p, section_url(p, a, count - 1), page_either(p, STR("上一步"), STR("Back")));
    json_set(p->arena, p->document, "sections", sections);
    json_set_int(p->arena, reads, "orgs", parts != NULL ? parts->count : 0);
    json_set_int(p->arena, reads, "elements", elements);
    json_set(p->arena, p->document, "reads", reads);
    json_set_text(p->arena, p->document, "declaration",
                  item_word(a->item.document, "declaration", p->lang));
    json_set_text(p->arena, p->document, "submit_url",
                  str_fmt(p->arena, "/apply/%.*s/submit", STR_ARG(a->draft.id)));
    json_set_text(p->arena, p->document, "later_url", kept_url(p, a));
    json_set_int(p->arena, p->document, "revision", a->draft.revision);
    p->template_name = "check";
    words_errors(p, errors);
    return fees_put(p, &a->item, a->draft.values, err);
}

enum rc
apply_check(struct page *p, struct err *err)
{
    struct application a;
    struct json *errors;
    enum rc rc;

    if ((rc = open_application(p, &a, err)) != RC_OK ||
        (rc = form_check(a.item.form, p->arena, form_sections(a.item.form), a.draft.values,
                         p->today, p->lang, &errors, err)) != RC_OK) {
        return rc;
    }
    if (a.draft.case_no.len > 0) {
        p->location = str_fmt(p->arena, "/cases/%.*s", STR_ARG(a.draft.case_no));
        return RC_OK;
    }
    return show_check(p, &a, errors, err);
}

/* Somebody looked this over: not declared, or something is missing. */
static enum rc
refuse_submit(struct page *p, const struct application *a, struct json *errors, struct err *err)
{
    struct json *e = json_object(p->arena);

    if (errors->count == 0) {
        json_set_text(p->arena, e, "field", STR("declare"));
        json_set_text(p->arena, e, "message",
                      page_either(p, STR("请确认您已看过，再提交"),
                                  STR("Please confirm that you have looked it over")));
        json_push(errors, e);
    }
    p->status = 422;
    return show_check(p, a, errors, err);
}

/* What was looked over is not what is stored now: nobody submits what they have not seen. */
static enum rc
refuse_unseen(struct page *p, const struct application *a, struct json *errors, struct err *err)
{
    struct json *e = json_object(p->arena);

    json_set_text(p->arena, e, "field", STR("main"));
    json_set_text(p->arena, e, "message",
                  page_either(p,
                              STR("您在另一个窗口改过这张表，还没有提交。请再看一眼，然后提交。"),
                              STR("You changed this form in another window; it is not submitted "
                                  "yet. Please look it over once more, then submit.")));
    json_push(errors, e);
    p->status = 409;
    return show_check(p, a, errors, err);
}

enum rc
apply_submit(struct page *p, struct err *err)
{
    struct casework work = page_casework(p);
    struct application a;
    struct json *errors;
    struct str case_no;
    enum rc rc;

    if ((rc = open_application(p, &a, err)) != RC_OK ||
        (rc = form_check(a.item.form, p->arena, form_sections(a.item.form), a.draft.values,
                         p->today, p->lang, &errors, err)) != RC_OK) {
        return rc;
    }
    if (a.draft.case_no.len == 0 && check_revision(p, &a, err) != RC_OK) {
        return refuse_unseen(p, &a, errors, err);
    }
    bool declared = str_eq(page_input(p, "declare"), STR("yes")) || json_true(p->input, "declare");
    if (a.draft.case_no.len == 0 && (errors->count > 0 || !declared)) {
        return refuse_submit(p, &a, errors, err);
    }
    if ((rc = case_submit(&work, &p->db, p->arena, &a.draft, &p->who, p->now_us, &case_no, p->acts,
                          err)) != RC_OK) {
        return rc;
    }
    json_set_text(p->arena, p->document, "case_no", case_no);
    p->status = 201;
    p->location = str_fmt(p->arena, "/cases/%.*s/done", STR_ARG(case_no));
    return RC_OK;
}

static void
push_next(struct page *p, struct json *list, int32_t day, struct str title, struct str note,
          bool is_now)
{
    struct json *e = json_object(p->arena);

    json_set_text(p->arena, e, "at", day_text(p->arena, day));
    json_set_text(p->arena, e, "at_text", words_day_of(p, day_text(p->arena, day)));
    json_set_text(p->arena, e, "title", title);
    json_set_text(p->arena, e, "note", note);
    json_set_bool(p->arena, e, is_now ? "is_now" : "is_next", true);
    json_push(list, e);
}

static void
put_receipt(struct page *p, int64_t index, const struct json *receipt)
{
    struct json *r = json_object(p->arena);
    struct hash h = hash_sha256(json_str(receipt, "leaf"));

    json_set_text(p->arena, r, "leaf_index", words_number(p->arena, index));
    json_set_text(p->arena, r, "fingerprint", words_hash(p->arena, hash_str(&h), 16));
    if (json_get(receipt, "proof") != NULL) {
        json_set_text(p->arena, r, "checkpoint_text", words_moment(p, p->now_us));
    }
    json_set_text(p->arena, r, "download_url",
                  str_fmt(p->arena, "/receipts/%lld.json", (long long)index));
    json_set_text(p->arena, r, "check_url", STR("/log#verify"));
    json_set(p->arena, r, "document", json_copy(p->arena, receipt));
    json_set(p->arena, p->document, "receipt", r);
}

enum rc
apply_done(struct page *p, struct err *err)
{
    struct casework work = page_casework(p);
    struct json *found, *receipt, *next = json_array(p->arena);
    const struct item *item;
    bool provisional;
    enum rc rc;

    if ((rc = case_document(&work, &p->db, p->arena, p->param[0], &p->who, p->now_us, p->lang,
                            &found, err)) != RC_OK ||
        (rc = page_receipt(p, json_int_or(found, "act", -1), &receipt, err)) != RC_OK) {
        return rc;
    }
    item = item_by_code(p->web->items, json_str(found, "item"));
    json_set_text(p->arena, p->document, "item_name", json_str(found, "name"));
    json_set_text(p->arena, p->document, "submitted_text", json_str(found, "submitted_text"));
    json_set_text(p->arena, p->document, "query_code", json_str(found, "query_code"));
    struct str code = json_str(found, "query_code"); /* in three groups */
    json_set_text(p->arena, p->document, "progress_url",
                  str_fmt(p->arena, "/progress?code=%.*s%.*s%.*s", STR_ARG(str_sub(code, 0, 4)),
                          STR_ARG(str_sub(code, 5, 4)), STR_ARG(str_from(code, 10))));
    json_set_text(p->arena, p->document, "case_no", json_str(found, "case_no"));
    json_set_text(p->arena, p->document, "case_url", json_str(found, "url"));
    json_set_text(p->arena, p->document, "withdraw_url",
                  str_fmt(p->arena, "%.*s/withdraw", STR_ARG(json_str(found, "url"))));
    if (item != NULL) {
        int told = (int)json_int_or(item->document, "supplement_days", 0);
        int days = (int)json_int_or(item->document, "promised_days", 0);
        push_next(p, next, calendar_add(p->web->calendar, p->today, told, &provisional),
                  page_either(p, STR("告诉您是否受理"), STR("You hear whether it is accepted")),
                  page_either(p, STR("要补材料只通知一次。到这天没有通知，就算已经受理。"),
                              STR("If something is missing you are told once. No word by this day "
                                  "means accepted.")),
                  true);
        push_next(p, next, calendar_add(p->web->calendar, p->today, days, &provisional),
                  page_either(p, STR("出结果"), STR("The decision")),
                  page_either(p, STR("受理当天起算。晚一天，这里会亮红灯并写明原因。"),
                              STR("Counted from acceptance. A day late shows red here, with the "
                                  "reason.")),
                  false);
    }
    json_set(p->arena, p->document, "timeline", next);
    put_receipt(p, json_int_or(found, "act", -1), receipt);
    return RC_OK;
}
