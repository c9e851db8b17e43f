/*
 * A line is built on the stack and written with one call.  Up to PIPE_BUF bytes a pipe takes all or nothing
 * and a file is written under its own lock, so threads and processes that share the descriptor
 * never mix their lines, and no lock is needed here.
 *
 * Not waiting depends on what is behind the descriptor.  A socket is asked with a flag per call.
 * A pipe or terminal is opened a second time without waiting, because the flag of the caller's
 * own descriptor is shared with other processes that may not expect it.  Where that cannot be done, poll
 * answers whether there is room just before the write.  A regular file never makes a writer wait
 * for a reader.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/utf8.h"

enum { LINE_MAX_BYTES = 2048, NUMBER_MAX = 12 };

/* What a line that was cut ends with; room for it is kept until the end. */
static const char cut_end[] = ",\"cut\":true}\n";

_Static_assert(LINE_MAX_BYTES <= PIPE_BUF, "a pipe takes a line whole");

struct log {
    int fd;
    int own_fd; /* opened here, or -1 */
    bool is_socket;
    bool ask_first; /* poll before each write */
    enum log_level least;
    const char *name;
    const struct clock *clock;
    _Atomic uint64_t lost;
    atomic_bool torn; /* the last write ended inside a line */
};

/* The first byte is a line end, written only after a line that was torn off by a full disk. */
struct line {
    char text[1 + LINE_MAX_BYTES];
    size_t len;
    bool cut;
};

/* --- opening --------------------------------------------------------------------------------- */

static int
open_again(int fd)
{
    char path[40];

    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

struct log *
log_new(int fd, enum log_level least, const char *name, const struct clock *clock)
{
    struct log *l = mem_new(1, sizeof(*l));
    struct stat about;

    CHECK(fd >= 0 && name != NULL && clock != NULL);
    l->fd = fd;
    l->own_fd = -1;
    l->least = least;
    l->name = name;
    l->clock = clock;
    if (fstat(fd, &about) == 0 && !S_ISREG(about.st_mode)) {
        l->is_socket = S_ISSOCK(about.st_mode);
        if (!l->is_socket) {
            l->own_fd = open_again(fd);
            l->ask_first = l->own_fd < 0;
        }
    }
    if (l->own_fd >= 0) {
        l->fd = l->own_fd;
    }
    return l;
}

void
log_free(struct log *l)
{
    if (l == NULL) {
        return;
    }
    if (l->own_fd >= 0) {
        (void)close(l->own_fd);
    }
    mem_free(l);
}

uint64_t
log_lost(const struct log *l)
{
    return atomic_load(&l->lost);
}

/* --- building a line ------------------------------------------------------------------------- */

static size_t
room(const struct line *line)
{
    return sizeof(line->text) - (sizeof(cut_end) - 1) - line->len;
}

/* All of it or nothing; after the first nothing the line takes no more. */
static bool
put(struct line *line, struct str s)
{
    if (line->cut || s.len > room(line)) {
        line->cut = true;
        return false;
    }
    memcpy(line->text + line->len, s.ptr, s.len);
    line->len += s.len;
    return true;
}

/* The escape of one byte as JSON wants it, or "" if it may stand as it is. */
static struct str
escape_of(unsigned char c, char room6[7])
{
    switch (c) {
    case '"': return STR("\\\"");
    case '\\': return STR("\\\\");
    case '\n': return STR("\\n");
    case '\r': return STR("\\r");
    case '\t': return STR("\\t");
    default: break;
    }
    if (c >= 0x20 && c != 0x7f) {
        return STR("");
    }
    (void)snprintf(room6, 7, "\\u%04x", c);
    return (struct str){room6, 6};
}

/* How many bytes the character at the front takes; 0 if they are no UTF-8. */
static size_t
character_len(struct str s)
{
    unsigned char c = (unsigned char)s.ptr[0];
    size_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

    return len <= s.len && utf8_is_valid(str_sub(s, 0, len)) ? len : 0;
}

/*
 * A JSON string, always closed: what does not fit is left out at the end, between two characters.
 * The closing quote has its room because the cut end keeps more than that.
 */
static void
put_string(struct line *line, struct str s)
{
    char room6[7];

    if (line->cut || room(line) < 2) {
        line->cut = true;
        return;
    }
    (void)put(line, STR("\""));
    while (s.len > 0) {
        size_t len = character_len(s);
        struct str piece = len == 0   ? STR("\xef\xbf\xbd")
                           : len == 1 ? escape_of((unsigned char)s.ptr[0], room6)
                                      : str_sub(s, 0, len);
        if (piece.len == 0) {
            piece = str_sub(s, 0, 1);
        }
        if (piece.len + 1 > room(line)) {
            line->cut = true;
            break;
        }
        (void)put(line, piece);
        s = str_from(s, len == 0 ? 1 : len);
    }
    line->text[line->len++] = '"';
}

/* One member; key is a name of ours.  Before a value is begun its key has gone in whole, or nothing has. */
static void
put_member(struct line *line, const char *key, struct str value)
{
    size_t before = line->len;

    if (line->cut) {
        return;
    }
    (void)put(line, STR(","));
    put_string(line, str_of(key));
    if (!put(line, STR(":")) || room(line) < 2) {
        line->len = before;
        line->cut = true;
        return;
    }
    put_string(line, value);
}

static struct str
level_name(enum log_level level)
{
    switch (level) {
    case LOG_DEBUG: return STR("debug");
    case LOG_INFO: return STR("info");
    case LOG_WARN: return STR("warn");
    case LOG_ERROR: return STR("error");
    default: return STR("unknown");
    }
}

/* 2026-11-23T09:40:00.123+08:00: RFC 3339 with thousandths, which one request may need to be read. */
static size_t
write_time(char text[48], int64_t now_us)
{
    int32_t day = instant_day(now_us, CLOCK_OFFSET_CHINA_MINUTES);
    int64_t since_us = now_us - day_start_us(day, CLOCK_OFFSET_CHINA_MINUTES);
    struct date d = day_to_date(day);
    int n = snprintf(text, 48, "%04d-%02d-%02dT%02d:%02d:%02d.%03d+08:00", d.year, d.month, d.day,
                     (int)(since_us / 3600000000), (int)(since_us / 60000000 % 60),
                     (int)(since_us / 1000000 % 60), (int)(since_us / 1000 % 1000));

    return n > 0 && n < 48 ? (size_t)n : 0;
}

static void
begin(struct line *line, const struct log *l, enum log_level level, const char *event)
{
    char time[48];
    size_t len = write_time(time, clock_now_us(l->clock));

    line->text[0] = '\n';
    line->len = 1;
    line->cut = false;
    (void)put(line, STR("{\"time\":"));
    put_string(line, (struct str){time, len});
    put_member(line, "level", level_name(level));
    put_member(line, "process", str_of(l->name));
    put_member(line, "event", str_of(event));
}

/* --- writing --------------------------------------------------------------------------------- */

static bool
has_room(const struct log *l)
{
    struct pollfd ask = {.fd = l->fd, .events = POLLOUT};

    return !l->ask_first || (poll(&ask, 1, 0) == 1 && (ask.revents & POLLOUT) != 0);
}

static ssize_t
write_once(struct log *l, struct str s)
{
    ssize_t n;

    do {
        n = l->is_socket ? send(l->fd, s.ptr, s.len, MSG_DONTWAIT | MSG_NOSIGNAL)
                         : write(l->fd, s.ptr, s.len);
    } while (n < 0 && errno == EINTR);
    return n;
}

static void
finish(struct log *l, struct line *line)
{
    struct str end = line->cut ? (struct str){cut_end, sizeof(cut_end) - 1} : STR("}\n");
    bool torn = atomic_exchange(&l->torn, false);
    size_t start = torn ? 0 : 1;

    CHECK(line->len + end.len <= sizeof(line->text));
    memcpy(line->text + line->len, end.ptr, end.len);
    line->len += end.len;

    struct str out = {line->text + start, line->len - start};
    ssize_t n = has_room(l) ? write_once(l, out) : -1;
    if (n != (ssize_t)out.len) {
        atomic_fetch_add(&l->lost, 1);
        atomic_store(&l->torn, n > 0 || torn);
    }
}

void
log_event(struct log *l, enum log_level level, const char *event, ...)
{
    struct line line;
    const char *key;
    va_list args;

    if (level < l->least) {
        return;
    }
    begin(&line, l, level, event);
    va_start(args, event);
    while ((key = va_arg(args, const char *)) != NULL) {
        put_member(&line, key, str_of(va_arg(args, const char *)));
    }
    va_end(args);
    finish(l, &line);
}

void
log_failure(struct log *l, const char *event, enum rc rc, const struct err *err)
{
    struct line line;
    char number[NUMBER_MAX];

    if (LOG_ERROR < l->least) {
        return;
    }
    (void)snprintf(number, sizeof(number), "%d", err->line);
    begin(&line, l, LOG_ERROR, event);
    put_member(&line, "rc", str_of(rc_name(rc)));
    put_member(&line, "type", str_of(err->type));
    put_member(&line, "text", str_of(err->text));
    put_member(&line, "file", str_of(err->file));
    put_member(&line, "line", str_of(number));
    finish(l, &line);
}
