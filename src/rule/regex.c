/*
 * Compiling and matching.  PCRE2 takes its memory for a pattern from our arena, so a hostile pattern
 * exhausts no more than that; code from its compiler to the machine's is the exception and is given back
 * when the arena is reset.  Where that compiler may not be used, the interpreter matches the same.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <pthread.h>
#include <stdalign.h>

#include "base/mem.h"
#include "rule/regex_int.h"

/*
 * Steps, not time, so that the answer is the same on any machine: some milliseconds.  The heap
 * limit is in KiB and holds for the interpreter.
 */
enum { MATCH_STEPS_MAX = 200000, MATCH_DEPTH_MAX = 5000, MATCH_HEAP_KIB = 4096, GROUPS_DEEP_MAX = 50 };
enum { STACK_LEAST = 16 << 10, STACK_MOST = 512 << 10, WORK_BYTES = 1024 };

static const struct dialect {
    enum rc (*translate)(struct arena *a, struct str pattern, struct str flags,
                         struct regex_translation *out, struct err *err);
    uint32_t options;
} dialects[] = {
    [REGEX_ECMA] = {regex_from_ecma, PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALLOW_EMPTY_CLASS |
                                         PCRE2_MATCH_UNSET_BACKREF | PCRE2_NEVER_BACKSLASH_C},
    [REGEX_XPATH] = {regex_from_xpath, PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALLOW_EMPTY_CLASS |
                                           PCRE2_MATCH_UNSET_BACKREF | PCRE2_NEVER_BACKSLASH_C},
};

struct regex {
    pcre2_code *code;
    pcre2_match_context *limits;
    const struct regex_plain *plain; /* may be NULL */
    uint32_t groups;
    bool may_rescan; /* a search may go over the same text from each of its places */
};

static void *
take(PCRE2_SIZE bytes, void *arena)
{
    return arena_alloc(arena, 1, bytes > 0 ? bytes : 1);
}

/* What an arena gave goes with the arena. */
static void
leave(void *p, void *arena)
{
    (void)p;
    (void)arena;
}

/*
 * Machine code of a pattern keeps its state on a stack, and its 32 KiB are too much for a coroutine's.
 * So each thread has one for that, made when it first matches; no match yields, so no two share it.
 */
static pthread_key_t stack_key;
static pthread_once_t stack_once = PTHREAD_ONCE_INIT;

static void
stack_free(void *stack)
{
    pcre2_jit_stack_free(stack);
}

static void
stack_key_make(void)
{
    CHECK(pthread_key_create(&stack_key, stack_free) == 0);
}

static pcre2_jit_stack *
stack_of_thread(void *unused)
{
    pcre2_jit_stack *stack;

    (void)unused;
    CHECK(pthread_once(&stack_once, stack_key_make) == 0);
    stack = pthread_getspecific(stack_key);
    if (stack == NULL) {
        stack = pcre2_jit_stack_create(STACK_LEAST, STACK_MOST, NULL);
        CHECK(stack != NULL && pthread_setspecific(stack_key, stack) == 0);
    }
    return stack;
}

static void
code_free(void *code)
{
    pcre2_code_free(code);
}

/* Where the token begins whose translation the byte at is in. */
static size_t
place_in_pattern(const struct regex_translation *t, size_t at)
{
    size_t from = 0;

    for (size_t i = 0; i < t->count && t->places[i].to <= at; i++) {
        from = t->places[i].from;
    }
    return from;
}

static enum rc
refused(int code, size_t at, struct err *err)
{
    PCRE2_UCHAR why[128];
    bool is_size = code == PCRE2_ERROR_HEAP_FAILED || code == PCRE2_ERROR_PATTERN_TOO_LARGE;

    if (pcre2_get_error_message(code, why, sizeof(why)) < 0) {
        why[0] = '\0';
    }
    return err_set(err, is_size ? RC_LIMIT : RC_INVALID, "pattern: %s, at byte %zu", (char *)why, at);
}

/*
 * PCRE2 counts the steps from one place of the text at a time, so a search that begins anew at each place, with something that repeats, takes
 * a time with the square of the text in spite of that limit.  Any * + { counts as such, even one that stands for itself.
 */
static bool
may_rescan(const pcre2_code *code, struct str translated)
{
    uint32_t options;

    CHECK(pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &options) == 0);
    return (options & PCRE2_ANCHORED) == 0 && (str_has(translated, STR("*")) || str_has(translated, STR("+")) || str_has(translated, STR("{")));
}

static enum rc
compile(struct arena *a, uint32_t options, const struct regex_translation *t, struct regex *re,
        struct err *err)
{
    pcre2_general_context *memory = pcre2_general_context_create(take, leave, a);
    pcre2_compile_context *context = memory == NULL ? NULL : pcre2_compile_context_create(memory);
    int code;
    size_t at;

    options |= (t->any_case ? PCRE2_CASELESS : 0) | (t->by_line ? PCRE2_MULTILINE : 0);
    re->limits = memory == NULL ? NULL : pcre2_match_context_create(memory);
    if (context == NULL || re->limits == NULL ||
        pcre2_set_newline(context, PCRE2_NEWLINE_LF) != 0 ||
        pcre2_set_parens_nest_limit(context, GROUPS_DEEP_MAX) != 0 ||
        pcre2_set_match_limit(re->limits, MATCH_STEPS_MAX) != 0 ||
        pcre2_set_depth_limit(re->limits, MATCH_DEPTH_MAX) != 0 ||
        pcre2_set_heap_limit(re->limits, MATCH_HEAP_KIB) != 0) {
        return err_set(err, RC_LIMIT, "pattern: past the arena's limit");
    }
    re->code = pcre2_compile((PCRE2_SPTR)t->text.ptr, t->text.len, options, &code, &at, context);
    if (re->code == NULL) {
        /* PCRE2 stops behind what it does not take, but before a lookbehind. */
        bool is_before = code == PCRE2_ERROR_LOOKBEHIND_NOT_FIXED_LENGTH || at == 0;
        return refused(code, place_in_pattern(t, is_before ? at : at - 1), err);
    }
    CHECK(pcre2_pattern_info(re->code, PCRE2_INFO_CAPTURECOUNT, &re->groups) == 0);
    re->may_rescan = may_rescan(re->code, t->text);
    if (pcre2_jit_compile(re->code, PCRE2_JIT_COMPLETE) == 0) {
        pcre2_jit_stack_assign(re->limits, stack_of_thread, NULL);
    }
    arena_defer(a, code_free, re->code);
    return RC_OK;
}

enum rc
regex_compile(struct arena *a, enum regex_dialect dialect, struct str pattern,
              const struct regex **out, struct err *err)
{
    return regex_compile_flags(a, dialect, pattern, STR(""), out, err);
}

enum rc
regex_compile_flags(struct arena *a, enum regex_dialect dialect, struct str pattern,
                    struct str flags, const struct regex **out, struct err *err)
{
    struct regex *re = arena_alloc(a, 1, sizeof(*re));
    struct regex_translation t;

    if (pattern.len > REGEX_PATTERN_MAX) {
        return err_set(err, RC_LIMIT, "pattern: longer than %d bytes", REGEX_PATTERN_MAX);
    }
    enum rc rc = dialects[dialect].translate(a, pattern, flags, &t, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (re == NULL) {
        return err_set(err, RC_LIMIT, "pattern: past the arena's limit");
    }
    rc = compile(a, dialects[dialect].options, &t, re, err);
    if (rc == RC_OK && dialect == REGEX_ECMA) {
        re->plain = regex_plain_of(a, pattern);
    }
    *out = re;
    return rc;
}

static bool
is_ascii(struct str text)
{
    unsigned char all = 0;

    for (size_t i = 0; i < text.len; i++) {
        all |= (unsigned char)text.ptr[i];
    }
    return all < 0x80;
}

size_t
regex_groups(const struct regex *re)
{
    return re->groups;
}

/* What PCRE2 said, as *found or an error. */
static enum rc
answer(int got, struct str text, bool *found, struct err *err)
{
    if (got >= 0 || got == PCRE2_ERROR_NOMATCH) {
        *found = got >= 0;
        return RC_OK;
    }
    if (got <= PCRE2_ERROR_UTF8_ERR1 && got >= PCRE2_ERROR_UTF8_ERR21) {
        return err_set(err, RC_INVALID, "pattern: the text is not UTF-8");
    }
    return err_set(err, RC_LIMIT, "pattern: takes too many steps on a text of %zu bytes", text.len);
}

enum rc
regex_find(const struct regex *re, struct str text, bool *found, struct err *err)
{
    struct regex_span whole;

    if (re->plain != NULL) {
        *found = regex_plain_matches(re->plain, text);
        if (*found || is_ascii(text)) { /* else PCRE2 says whether it is UTF-8 at all */
            return RC_OK;
        }
    }
    return regex_find_from(re, text, 0, &whole, 1, found, err);
}

/* Where one match notes what it found: on the stack as far as it fits there, which is nearly always. */
struct work {
    size_t used;
    alignas(16) unsigned char room[WORK_BYTES];
};

static void *
work_take(PCRE2_SIZE bytes, void *ctx)
{
    struct work *w = ctx;
    size_t rounded = (bytes + 15) & ~(size_t)15;

    if (bytes > WORK_BYTES || rounded > WORK_BYTES - w->used) {
        return mem_new(1, bytes);
    }
    w->used += rounded;
    return w->room + w->used - rounded;
}

static void
work_leave(void *p, void *ctx)
{
    const struct work *w = ctx;
    uintptr_t at = (uintptr_t)p, room = (uintptr_t)w->room;

    if (at < room || at >= room + WORK_BYTES) {
        mem_free(p);
    }
}

enum rc
regex_find_from(const struct regex *re, struct str text, size_t from, struct regex_span *span,
                size_t count, bool *found, struct err *err)
{
    struct work work;

    if (re->may_rescan && text.len > REGEX_RESCAN_MAX) {
        return err_set(err, RC_LIMIT, "pattern: with a repetition it is looked for in at most %d bytes, and this text has %zu", REGEX_RESCAN_MAX, text.len);
    }
    work.used = 0;
    pcre2_general_context *memory = pcre2_general_context_create(work_take, work_leave, &work);
    pcre2_match_data *data = pcre2_match_data_create((uint32_t)(count > 0 ? count : 1), memory);

    CHECK(data != NULL && from <= text.len);
    int got = pcre2_match(re->code, (PCRE2_SPTR)(text.len > 0 ? text.ptr : ""), text.len, from,
                          from > 0 ? PCRE2_NO_UTF_CHECK : 0, data, re->limits);
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(data);
    for (size_t i = 0; got >= 0 && i < count; i++) {
        bool took_part = (got == 0 || i < (size_t)got) && at[2 * i] != PCRE2_UNSET;
        span[i] = took_part ? (struct regex_span){at[2 * i], at[2 * i + 1]} : (struct regex_span){1, 0};
    }
    pcre2_match_data_free(data);
    pcre2_general_context_free(memory);
    return answer(got, text, found, err);
}
