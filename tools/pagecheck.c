/*
 * pagecheck - the rules for pages that a program can hold.  Usage: pagecheck FILE...
 * One line for each mistake, "file:line: what"; exit 1 if there is any.
 *
 * A small state machine walks HTML and Mustache together: it always knows whether it stands in text, in a tag, or in
 * which attribute's value, and judges each Mustache tag by that place.
 *
 * - Values are always escaped ({{{x}}} and {{&x}} refused), and stand only in text or in a quoted attribute; never in
 *   script, style or a handler; at the start of a link only if the name ends in "url", which the server makes as a
 *   safe local path.
 * - No inline script, style, handler, javascript: link or HTML comment, so that a strict Content-Security-Policy holds.
 * - A section is closed, in order, in the same place of the HTML as it was opened.  A partial stands in text and exists.
 * - img has alt, button has type, label has for or holds its control, a form that posts carries the token.
 * - Words come from lang/: no letters of any language in text or in an attribute that is read out.
 *
 * Limits: names of 63 bytes, 64 open sections, files of 1 MiB.  Element nesting is left to the test of rendered pages.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAME_MAX_BYTES = 64, SECTIONS_MAX = 64, ATTRS_MAX = 48, FILE_MAX_BYTES = 1 << 20 };

enum place {
    TEXT,       /* between tags */
    TAG_NAME,   /* behind < */
    IN_TAG,     /* between attributes */
    ATTR_NAME,
    AFTER_NAME, /* behind = */
    QUOTED,     /* "value" or 'value' */
    BARE,       /* value without quotes */
};

struct section {
    char name[NAME_MAX_BYTES];
    int line;
    enum place place;
    bool value_is_empty;
};

struct page {
    const char *path;
    char *text;
    size_t len, at;
    int line;
    int mistakes;

    enum place place;
    char quote;
    char tag[NAME_MAX_BYTES]; /* with '/' first if it closes */
    char attr[NAME_MAX_BYTES];
    char attrs[ATTRS_MAX][NAME_MAX_BYTES]; /* of this tag */
    size_t attr_count;
    bool value_is_empty; /* nothing that is always there has come yet */
    char value[NAME_MAX_BYTES]; /* how the value begins */

    struct section section[SECTIONS_MAX];
    size_t section_count;

    char raw_element[NAME_MAX_BYTES]; /* "script" or "style" while inside */
    bool script_has_src;
    int label_line; /* of an open label without for and without a control, else 0 */
    int post_line;  /* of an open form that posts and has no token yet, else 0 */
    bool letter_before; /* in text: the byte before was a Latin letter */
    bool in_entity;     /* behind & until ; */
    int told_line; /* of the last complaint about words: one a line is enough */
};

static void
complain(struct page *p, const char *fmt, ...)
{
    va_list args;

    (void)printf("%s:%d: ", p->path, p->line);
    va_start(args, fmt);
    (void)vprintf(fmt, args);
    va_end(args);
    (void)putchar('\n');
    p->mistakes++;
}

static bool
starts(const struct page *p, const char *with)
{
    size_t len = strlen(with);

    return p->len - p->at >= len && strncasecmp(p->text + p->at, with, len) == 0;
}

static void
step(struct page *p, size_t count)
{
    while (count-- > 0 && p->at < p->len) {
        if (p->text[p->at++] == '\n') {
            p->line++;
        }
    }
}

static void
append(char name[NAME_MAX_BYTES], char c)
{
    size_t len = strlen(name);

    if (len + 1 < NAME_MAX_BYTES) {
        name[len] = (char)tolower((unsigned char)c);
        name[len + 1] = '\0';
    }
}

static bool
one_of(const char *name, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (strcmp(name, *list) == 0) {
            return true;
        }
    }
    return false;
}

static bool
is_link(const char *attr)
{
    static const char *const links[] = {"href", "src", "action", "formaction", "xlink:href", "srcset",
                                        "poster", "data", "cite", "ping", "manifest", NULL};

    return one_of(attr, links);
}

static bool
is_read_out(const char *attr)
{
    static const char *const read[] = {"alt", "title", "placeholder", "aria-label", "label",
                                       "data-th", "content", NULL};

    return one_of(attr, read);
}

static bool
has_attr(const struct page *p, const char *name)
{
    for (size_t i = 0; i < p->attr_count; i++) {
        if (strcmp(p->attrs[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* --- Mustache ------------------------------------------------------------------------------ */

static void
check_value(struct page *p, const char *name)
{
    const char *dot = strrchr(name, '.');
    const char *last = dot != NULL && dot[1] != '\0' ? dot + 1 : name;
    size_t len = strlen(last);

    if (p->raw_element[0] != '\0') {
        complain(p, "{{%s}} in <%s>", name, p->raw_element);
    } else if (p->place == BARE || p->place == AFTER_NAME) {
        complain(p, "{{%s}} in an attribute without quotes", name);
    } else if (p->place == TAG_NAME || p->place == IN_TAG || p->place == ATTR_NAME) {
        complain(p, "{{%s}} as part of a tag", name);
    } else if (p->place == QUOTED) {
        if (strncmp(p->attr, "on", 2) == 0 || strcmp(p->attr, "style") == 0) {
            complain(p, "{{%s}} in %s", name, p->attr);
        } else if (is_link(p->attr) && p->value_is_empty &&
                   (len < 3 || strcmp(last + len - 3, "url") != 0 ||
                    (len > 3 && last[len - 4] != '_'))) {
            complain(p, "{{%s}} begins %s: only a name that ends in url may", name, p->attr);
        }
        p->value_is_empty = false;
    }
    if (strcmp(name, "csrf") == 0) {
        p->post_line = 0;
    }
}

static void
open_section(struct page *p, const char *name)
{
    if (p->section_count == SECTIONS_MAX) {
        complain(p, "{{#%s}} is nested too deep", name);
        return;
    }
    if (p->place == TAG_NAME && p->tag[0] != '\0') {
        p->place = IN_TAG; /* <option{{#chosen}} selected{{/chosen}}> */
    }
    if (p->place == BARE || p->place == AFTER_NAME || p->place == TAG_NAME) {
        complain(p, "{{#%s}} in an attribute without quotes, or in a name", name);
    }

    struct section *s = &p->section[p->section_count++];
    (void)snprintf(s->name, sizeof(s->name), "%s", name);
    s->line = p->line;
    s->place = p->place == ATTR_NAME ? IN_TAG : p->place;
    s->value_is_empty = p->value_is_empty;
}

static void
close_section(struct page *p, const char *name)
{
    enum place place = p->place == ATTR_NAME ? IN_TAG : p->place;

    if (p->section_count == 0) {
        complain(p, "{{/%s}} closes nothing", name);
        return;
    }

    const struct section *s = &p->section[--p->section_count];
    if (strcmp(s->name, name) != 0) {
        complain(p, "{{/%s}} closes {{#%s}} of line %d", name, s->name, s->line);
    }
    if (s->place != place) {
        complain(p, "{{/%s}} stands elsewhere in the HTML than its beginning, line %d", name, s->line);
    }
    /* What stands in a section may be missing from the page. */
    p->value_is_empty = p->value_is_empty || s->value_is_empty;
}

static void
check_partial(struct page *p, const char *name)
{
    char path[1024];
    const char *slash = strrchr(p->path, '/');
    int folder = slash == NULL ? 0 : (int)(slash - p->path) + 1;

    if (p->place != TEXT || p->raw_element[0] != '\0') {
        complain(p, "{{> %s}} does not stand in text", name);
    }
    (void)snprintf(path, sizeof(path), "%.*s%s.html", folder, p->path, name);

    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        complain(p, "no partial %s", path);
    } else {
        (void)fclose(f);
    }
    if (strcmp(name, "_token") == 0) {
        p->post_line = 0;
    }
}

static void
mustache(struct page *p)
{
    size_t start = p->at + 2;
    const char *end = NULL;
    char name[NAME_MAX_BYTES] = "";

    for (size_t i = start; i + 1 < p->len && end == NULL; i++) {
        end = p->text[i] == '}' && p->text[i + 1] == '}' ? p->text + i : NULL;
    }
    if (end == NULL) {
        complain(p, "{{ is not closed");
        p->at = p->len;
        return;
    }

    char mark = start < p->len ? p->text[start] : '\0';
    bool marked = mark != '\0' && strchr("#^/>!=&{", mark) != NULL;
    for (const char *c = p->text + start + (marked ? 1 : 0); c < end; c++) {
        if (!isspace((unsigned char)*c)) {
            append(name, *c);
        }
    }
    switch (mark) {
    case '!': break;
    case '{':
    case '&': complain(p, "unescaped value %s", name); break;
    case '=': complain(p, "other delimiters are not understood here"); break;
    case '#':
    case '^': open_section(p, name); break;
    case '/': close_section(p, name); break;
    case '>': check_partial(p, name); break;
    default: check_value(p, name); break;
    }
    if (mark != '!' && p->place == ATTR_NAME) {
        p->place = IN_TAG;
    }
    p->letter_before = false;
    step(p, (size_t)(end + 2 - (p->text + p->at)));
}

/* --- HTML ---------------------------------------------------------------------------------- */

static void
tell_words(struct page *p)
{
    if (p->told_line != p->line) {
        complain(p, "words belong in lang/");
        p->told_line = p->line;
    }
}

/* Two Latin letters together, or any letter of a script beyond Latin, are a word. */
static void
check_word(struct page *p)
{
    unsigned char c = (unsigned char)p->text[p->at];
    bool letter = isalpha(c) != 0;

    if (c == '&' || (p->in_entity && (isalnum(c) || c == '#'))) {
        p->in_entity = true;
        return;
    }
    p->in_entity = false;

    /* U+2E80 and up begin with E2 BA or more: below are dots, dashes, arrows. */
    if ((c > 0xE2 && c < 0xF8) || (letter && p->letter_before)) {
        tell_words(p);
    }
    p->letter_before = letter;
}

static void
begin_tag(struct page *p)
{
    p->place = TAG_NAME;
    p->tag[0] = '\0';
    p->attr_count = 0;
    p->script_has_src = false;
}

static void
end_attr_name(struct page *p)
{
    if (p->attr[0] == '\0') {
        return;
    }
    if (p->attr_count < ATTRS_MAX) {
        memcpy(p->attrs[p->attr_count++], p->attr, NAME_MAX_BYTES);
    }
    if (strncmp(p->attr, "on", 2) == 0) {
        complain(p, "handler %s", p->attr);
    } else if (strcmp(p->attr, "style") == 0) {
        complain(p, "inline style");
    } else if (strcmp(p->attr, "http-equiv") == 0) {
        complain(p, "http-equiv belongs in a header");
    } else if (strcmp(p->attr, "srcdoc") == 0) {
        complain(p, "a page inside an attribute");
    }
}

static void
end_value(struct page *p)
{
    if (is_link(p->attr) && (strncmp(p->value, "javascript:", 11) == 0 ||
                             strncmp(p->value, "data:", 5) == 0)) {
        complain(p, "%s with %s", p->attr, p->value);
    }
    if (strcmp(p->attr, "method") == 0 && strcmp(p->value, "post") == 0 &&
        strcmp(p->tag, "form") == 0) {
        p->post_line = p->line;
    }
    if (strcmp(p->attr, "src") == 0 && strcmp(p->tag, "script") == 0) {
        p->script_has_src = true;
    }
    p->place = IN_TAG;
    p->attr[0] = '\0';
}

static void
end_tag(struct page *p)
{
    static const char *const controls[] = {"input", "select", "textarea", NULL};

    p->place = TEXT;
    p->letter_before = false;
    if (strcmp(p->tag, "img") == 0 && !has_attr(p, "alt")) {
        complain(p, "img without alt");
    } else if (strcmp(p->tag, "button") == 0 && !has_attr(p, "type")) {
        complain(p, "button without type");
    } else if (strcmp(p->tag, "label") == 0 && !has_attr(p, "for")) {
        p->label_line = p->line;
    } else if (strcmp(p->tag, "/label") == 0 && p->label_line != 0) {
        complain(p, "label without for and without a control");
        p->label_line = 0;
    } else if (strcmp(p->tag, "/form") == 0 && p->post_line != 0) {
        complain(p, "the form of line %d posts without {{csrf}}", p->post_line);
        p->post_line = 0;
    } else if (one_of(p->tag, controls)) {
        p->label_line = 0;
    } else if (strcmp(p->tag, "style") == 0) {
        complain(p, "inline style");
        (void)snprintf(p->raw_element, sizeof(p->raw_element), "style");
    } else if (strcmp(p->tag, "script") == 0) {
        if (!p->script_has_src) {
            complain(p, "inline script");
        }
        (void)snprintf(p->raw_element, sizeof(p->raw_element), "script");
    }
}

static void
in_text(struct page *p, char c)
{
    if (c != '<') {
        if (p->raw_element[0] == '\0') {
            check_word(p);
        } else if (p->script_has_src && !isspace((unsigned char)c)) {
            complain(p, "inline script");
            p->script_has_src = false; /* told once */
        }
        return;
    }
    if (p->raw_element[0] != '\0' && !starts(p, "</script") && !starts(p, "</style")) {
        return;
    }
    p->raw_element[0] = '\0';
    if (starts(p, "<!--")) {
        complain(p, "HTML comment: everyone would receive it");
    }
    begin_tag(p);
}

static void
in_tag(struct page *p, char c)
{
    if (c == '>') {
        end_tag(p);
    } else if (!isspace((unsigned char)c) && c != '/') {
        p->place = ATTR_NAME;
        p->attr[0] = '\0';
        append(p->attr, c);
    }
}

static void
in_attr_name(struct page *p, char c)
{
    if (c == '=') {
        end_attr_name(p);
        p->place = AFTER_NAME;
    } else if (c == '>' || isspace((unsigned char)c)) {
        end_attr_name(p);
        p->place = IN_TAG;
        if (c == '>') {
            end_tag(p);
        }
    } else {
        append(p->attr, c);
    }
}

static void
begin_value(struct page *p, char c)
{
    if (isspace((unsigned char)c)) {
        return;
    }
    p->quote = c;
    p->place = c == '"' || c == '\'' ? QUOTED : BARE;
    p->value[0] = '\0';
    p->value_is_empty = true;
    p->letter_before = false;
    if (p->place == BARE) {
        append(p->value, c);
    }
}

static void
in_value(struct page *p, char c)
{
    if (p->place == QUOTED ? c == p->quote : c == '>' || isspace((unsigned char)c)) {
        bool closes_tag = p->place == BARE && c == '>';
        end_value(p);
        if (closes_tag) {
            end_tag(p);
        }
        return;
    }
    append(p->value, c);
    if (!isspace((unsigned char)c)) {
        p->value_is_empty = false;
    }
    if (is_read_out(p->attr) && strcmp(p->tag, "meta") != 0) {
        check_word(p);
    }
}

static void
walk(struct page *p)
{
    while (p->at < p->len) {
        char c = p->text[p->at];
        if (c == '{' && starts(p, "{{")) {
            mustache(p);
            continue;
        }
        if (c == '}' && starts(p, "}}")) {
            complain(p, "}} without {{: a comment that ended too early?");
            step(p, 1);
        }
        switch (p->place) {
        case TEXT: in_text(p, c); break;
        case TAG_NAME:
            if (c == '>') {
                end_tag(p);
            } else if (isspace((unsigned char)c)) {
                p->place = IN_TAG;
            } else {
                append(p->tag, c);
            }
            break;
        case IN_TAG: in_tag(p, c); break;
        case ATTR_NAME: in_attr_name(p, c); break;
        case AFTER_NAME: begin_value(p, c); break;
        case QUOTED:
        case BARE: in_value(p, c); break;
        }
        step(p, 1);
    }
    for (size_t i = 0; i < p->section_count; i++) {
        p->line = p->section[i].line;
        complain(p, "{{#%s}} is not closed", p->section[i].name);
    }
    if (p->place != TEXT) {
        complain(p, "the file ends inside a tag");
    }
    if (p->post_line != 0) {
        complain(p, "the form of line %d is not closed", p->post_line);
    }
}

static int
check_file(const char *path)
{
    struct page *p = calloc(1, sizeof(*p));
    FILE *f = fopen(path, "rb");
    int mistakes;

    if (p == NULL || f == NULL || (p->text = malloc(FILE_MAX_BYTES)) == NULL) {
        perror(path);
        exit(2);
    }
    p->path = path;
    p->line = 1;
    p->len = fread(p->text, 1, FILE_MAX_BYTES, f);
    if (p->len == FILE_MAX_BYTES) {
        complain(p, "longer than %d bytes", FILE_MAX_BYTES);
    }
    (void)fclose(f);
    walk(p);
    mistakes = p->mistakes;
    free(p->text);
    free(p);
    return mistakes;
}

int
main(int argc, char **argv)
{
    int mistakes = 0;

    if (argc < 2) {
        (void)fprintf(stderr, "usage: pagecheck FILE...\n");
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        mistakes += check_file(argv[i]);
    }
    return mistakes == 0 ? 0 : 1;
}
