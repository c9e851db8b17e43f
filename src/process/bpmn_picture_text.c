/*
 * Texts of a picture.  How wide a letter is depends on the reader's fonts; what is known is that Chinese characters are as wide as they are high and
 * others about half of that.  So lines are broken a little early.
 */
#include <math.h>

#include "base/utf8.h"
#include "process/bpmn_picture_int.h"

enum { LETTER = 12, LINE_HEIGHT = 15, LINES_MAX = 12, LABEL_WIDTH = 90, HEAD_WIDTH = 30 };

static double
width_of(uint32_t c)
{
    if (c >= 0x2e80) {
        return LETTER;
    }
    if (c == ' ' || c == 'i' || c == 'l' || c == '.' || c == ',' || c == ':' || c == '\'') {
        return LETTER * 0.34;
    }
    return (c >= 'A' && c <= 'Z') || c == 'm' || c == 'w' ? LETTER * 0.75 : LETTER * 0.58;
}

/* A line may end behind a blank, and behind or before a Chinese character. */
static bool
may_break(uint32_t before, uint32_t c)
{
    if (c >= 0x2e80) {
        struct str rest = STR("，。、；：）》」』！？");
        while (rest.len > 0) {
            if (utf8_next(&rest) == c) {
                return false;
            }
        }
    }
    if (before == 0xff08 || before == 0x300a || before == 0x300c) { /* （《「 */
        return false;
    }
    return before == ' ' || before == '-' || before >= 0x2e80 || c >= 0x2e80;
}

/* The longest beginning of *rest that fits; *rest moves on. */
static struct str
next_line(struct str *rest, double width)
{
    struct str all = *rest, left = all;
    size_t fits = 0, end = 0;
    uint32_t before = 0;
    double used = 0;

    while (left.len > 0) {
        struct str here = left;
        uint32_t c = utf8_next(&left);
        if (c == '\n') {
            end = fits = all.len - here.len;
            *rest = left;
            return str_trim(str_sub(all, 0, end));
        }
        if (before != 0 && may_break(before, c)) {
            fits = all.len - here.len;
        }
        used += width_of(c);
        if (used > width && before != 0) {
            end = fits > 0 ? fits : all.len - here.len;
            *rest = str_from(all, end);
            return str_trim(str_sub(all, 0, end));
        }
        before = c;
    }
    *rest = STR("");
    return str_trim(all);
}

static size_t
break_lines(struct str text, double width, size_t most, struct str line[LINES_MAX], bool *is_cut)
{
    size_t count = 0;

    most = most < LINES_MAX ? most : LINES_MAX;
    text = str_trim(text);
    while (text.len > 0 && count < most) {
        line[count++] = next_line(&text, width);
    }
    *is_cut = text.len > 0;
    return count;
}

static void
put_text(struct painting *p, const char *class_name, double x, double y, struct str text, struct str turn)
{
    struct json *d = json_object(p->arena);

    json_set_text(p->arena, d, "class", str_of(class_name));
    json_set_int(p->arena, d, "x", lround(x));
    json_set_int(p->arena, d, "y", lround(y));
    json_set_text(p->arena, d, "text", text);
    json_set_text(p->arena, d, "turn", turn);
    json_push(p->texts, d);
}

void
paint_label(struct painting *p, const char *class_name, struct bounds box, struct str text, bool is_centred)
{
    struct str line[LINES_MAX];
    double width = is_centred ? box.width - 10 : box.width > LABEL_WIDTH ? box.width + LETTER : LABEL_WIDTH;
    size_t most = is_centred ? (size_t)(box.height / LINE_HEIGHT) : LINES_MAX;
    bool is_cut;
    size_t count = break_lines(text, width, most > 0 ? most : 1, line, &is_cut);
    double top = is_centred ? box.y + (box.height - (double)count * LINE_HEIGHT) / 2 : box.y;

    for (size_t i = 0; i < count; i++) {
        struct str said = is_cut && i + 1 == count ? str_fmt(p->arena, "%.*s…", STR_ARG(line[i])) : line[i];
        put_text(p, class_name, box.x + box.width / 2, top + LINE_HEIGHT * ((double)i + 0.8), said, STR(""));
    }
}

void
paint_head(struct painting *p, struct bounds box, struct str text)
{
    struct str line[LINES_MAX];
    bool is_cut;
    double x = box.x + HEAD_WIDTH / 2.0 + 4, y = box.y + box.height / 2;

    if (break_lines(text, box.height - 10, 1, line, &is_cut) > 0) {
        put_text(p, "bp-label", x, y, is_cut ? str_fmt(p->arena, "%.*s…", STR_ARG(line[0])) : line[0],
                 str_fmt(p->arena, "rotate(-90 %ld %ld)", lround(x), lround(y)));
    }
}
