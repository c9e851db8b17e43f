/*
 * A request is
 *
 *     kind 1 | length of the name 1 | length of the message 4, big end first | name | message
 *
 * with kind 1 "sign" or 2 "public key" (and no message).  The answer to "sign" is status, a
 * zero byte, 64 bytes of signature; to "public key" status, algorithm, 65 bytes of key filled
 * up with zeros.  Status 0 is good, 1 no such key, 2 a key for messages that begin otherwise;
 * then the rest is zeros.
 *
 * Answers carry no number: they come in the order of the requests, and their size follows from
 * the kind, so whoever asks knows what to read.
 */
#include "crypto/signer.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "crypto/signer_int.h"

static bool
name_fits(struct str name)
{
    return name.len > 0 && name.len <= SIGNER_NAME_MAX;
}

static void
put_head(unsigned char head[SIGNER_HEAD_BYTES], enum signer_kind kind, size_t name_len,
         size_t message_len)
{
    head[0] = (unsigned char)kind;
    head[1] = (unsigned char)name_len;
    head[2] = (unsigned char)(message_len >> 24 & 0xff);
    head[3] = (unsigned char)(message_len >> 16 & 0xff);
    head[4] = (unsigned char)(message_len >> 8 & 0xff);
    head[5] = (unsigned char)(message_len & 0xff);
}

enum signer_parse
signer_frame_parse(struct str bytes, struct signer_frame *out)
{
    const unsigned char *p = (const unsigned char *)bytes.ptr;

    /* Each byte is judged as soon as it is there: what is wrong is not waited for. */
    if (bytes.len >= 1 && p[0] != SIGNER_SIGN && p[0] != SIGNER_PUBLIC) {
        return SIGNER_PARSE_BAD;
    }
    if (bytes.len >= 2 && (p[1] == 0 || p[1] > SIGNER_NAME_MAX)) {
        return SIGNER_PARSE_BAD;
    }
    if (bytes.len < SIGNER_HEAD_BYTES) {
        return SIGNER_PARSE_MORE;
    }
    size_t name_len = p[1];
    size_t message_len = (size_t)p[2] << 24 | (size_t)p[3] << 16 | (size_t)p[4] << 8 | p[5];
    if (message_len > (p[0] == SIGNER_SIGN ? SIGNER_MESSAGE_MAX : 0)) {
        return SIGNER_PARSE_BAD;
    }
    if (bytes.len - SIGNER_HEAD_BYTES < name_len + message_len) {
        return SIGNER_PARSE_MORE;
    }
    *out = (struct signer_frame){
        .kind = p[0] == SIGNER_SIGN ? SIGNER_SIGN : SIGNER_PUBLIC,
        .name = str_sub(bytes, SIGNER_HEAD_BYTES, name_len),
        .message = str_sub(bytes, SIGNER_HEAD_BYTES + name_len, message_len),
        .bytes = SIGNER_HEAD_BYTES + name_len + message_len,
    };
    return SIGNER_PARSE_WHOLE;
}

bool
signer_put_request(struct buf *out, struct str name, struct str message)
{
    if (!name_fits(name) || message.len > SIGNER_MESSAGE_MAX) {
        return false;
    }
    /* Room for all of it or nothing: half a frame would swallow the beginning of the next. */
    char *room = buf_room(out, SIGNER_HEAD_BYTES + name.len + message.len);
    if (room == NULL) {
        return false;
    }
    put_head((unsigned char *)room, SIGNER_SIGN, name.len, message.len);
    memcpy(room + SIGNER_HEAD_BYTES, name.ptr, name.len);
    if (message.len > 0) {
        memcpy(room + SIGNER_HEAD_BYTES + name.len, message.ptr, message.len);
    }
    return true;
}

static enum rc
read_status(unsigned char status, struct err *err)
{
    switch (status) {
    case SIGNER_GOOD: return RC_OK;
    case SIGNER_NO_KEY: return err_set(err, RC_NOT_FOUND, "the signer has no key of that name");
    case SIGNER_OTHER_START:
        return err_set(err, RC_DENIED, "that key does not sign messages that begin so");
    default: return err_set(err, RC_IO, "the signer answered with status %d", status);
    }
}

enum rc
signer_read_answer(struct str answer, unsigned char out[SIG_BYTES], struct err *err)
{
    CHECK(answer.len == SIGNER_ANSWER_BYTES);

    enum rc rc = read_status((unsigned char)answer.ptr[0], err);
    if (rc == RC_OK) {
        memcpy(out, answer.ptr + 2, SIG_BYTES);
    }
    return rc;
}

/* All of the parts, in as few calls as the kernel likes; false if the other side is gone. */
static bool
send_parts(int fd, struct iovec *parts, size_t count)
{
    while (count > 0) {
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
        ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR) {
            return false;
        }
        size_t left = sent > 0 ? (size_t)sent : 0;
        while (count > 0 && left >= parts[0].iov_len) {
            left -= parts[0].iov_len;
            parts++;
            count--;
        }
        if (count > 0) {
            parts[0].iov_base = (char *)parts[0].iov_base + left;
            parts[0].iov_len -= left;
        }
    }
    return true;
}

static bool
receive_all(int fd, unsigned char *out, size_t len)
{
    while (len > 0) {
        ssize_t got = read(fd, out, len);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return false;
        }
        if (got > 0) {
            out += got;
            len -= (size_t)got;
        }
    }
    return true;
}

/* sendmsg only reads, but its parts are declared for both directions. */
static struct iovec
part_of(struct str s)
{
    return (struct iovec){.iov_base = (void *)(uintptr_t)s.ptr, .iov_len = s.len};
}

static enum rc
ask(int fd, enum signer_kind kind, struct str name, struct str message, unsigned char *answer,
    size_t answer_len, struct err *err)
{
    unsigned char head[SIGNER_HEAD_BYTES];

    if (!name_fits(name)) {
        return err_set(err, RC_NOT_FOUND, "no key has a name of %zu bytes", name.len);
    }
    if (message.len > SIGNER_MESSAGE_MAX) {
        return err_set(err, RC_LIMIT, "a message of %zu bytes is too long to sign", message.len);
    }
    put_head(head, kind, name.len, message.len);
    struct iovec parts[] = {
        {.iov_base = head, .iov_len = sizeof(head)}, part_of(name), part_of(message)};
    if (!send_parts(fd, parts, 3) || !receive_all(fd, answer, answer_len)) {
        return err_set(err, RC_IO, "the signer is gone");
    }
    return RC_OK;
}

enum rc
signer_sign(int fd, struct str name, struct str message, unsigned char out[SIG_BYTES],
            struct err *err)
{
    unsigned char answer[SIGNER_ANSWER_BYTES];
    enum rc rc = ask(fd, SIGNER_SIGN, name, message, answer, sizeof(answer), err);

    if (rc != RC_OK) {
        return rc;
    }
    return signer_read_answer((struct str){(const char *)answer, sizeof(answer)}, out, err);
}

enum rc
signer_public(int fd, struct arena *a, struct str name, struct sig_public *out, struct err *err)
{
    unsigned char answer[SIGNER_PUBLIC_ANSWER_BYTES];
    struct sig_public key;
    enum rc rc = ask(fd, SIGNER_PUBLIC, name, (struct str){NULL, 0}, answer, sizeof(answer), err);

    if (rc != RC_OK || (rc = read_status(answer[0], err)) != RC_OK) {
        return rc;
    }
    if (answer[1] != SIG_ED25519 && answer[1] != SIG_SM2) {
        return err_set(err, RC_IO, "the signer answered with algorithm %d", answer[1]);
    }
    key.algorithm = answer[1] == SIG_SM2 ? SIG_SM2 : SIG_ED25519;
    struct str bytes = {(const char *)answer + 2, key.algorithm == SIG_SM2 ? 65 : 32};
    rc = str_copy(a, bytes, &key.key, err);
    if (rc == RC_OK) {
        *out = key;
    }
    return rc;
}
