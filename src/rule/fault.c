#include "rule/fault.h"

static const struct {
    bool expected;
    const char *text[2];
} table[FAULTS] = {
#define X(name, expected, en, zh) [FAULT_##name] = {expected, {en, zh}},
    FAULT_TABLE(X)
#undef X
};

void
fault_say(struct buf *b, const struct feel_fault *f, enum fault_language language)
{
    CHECK(f->kind < FAULTS);
    const char *text = table[f->kind].text[language];
    const char *stood = f->stood;

    if (language == FAULT_EN) {
        buf_put_fmt(b, "line %u, character %u: ", f->place.line, f->place.column);
        if (!table[f->kind].expected) {
            buf_put_fmt(b, "%s", text);
        } else {
            buf_put_fmt(b, "expected %s, found %s", text, stood[0] == '\0' ? "the end" : stood);
        }
        return;
    }
    if (f->place.line > 1) {
        buf_put_fmt(b, "第 %u 行", f->place.line);
    }
    buf_put_fmt(b, "第 %u 个字附近：", f->place.column);
    if (!table[f->kind].expected) {
        buf_put_fmt(b, "%s", text);
    } else {
        buf_put_fmt(b, "此处应为 %s，看到的是 %s", text, stood[0] == '\0' ? "结尾" : stood);
    }
}
