/*
 * Proofs and receipts as people bring them.  The input is taken as a proof of one known leaf; the good one is
 * in the seeds.  Besides it only its like with an "extra" line can be right.
 */
#include <stdint.h>

#include "evidence/proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 8 << 20 };

/* The golden log: entry-1 of two. */
#define KEY "evidence.example/log1+f34575c8+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
#define HEAD "c2sp.org/tlog-proof@v1\n"
#define INDEX "index 1\n"

static void
try_proof(struct arena *a, struct str bytes, const struct note_key *key)
{
    struct checkpoint c;
    struct err err;
    int64_t index = -1;

    if (proof_check(a, bytes, STR("entry-1"), key, 1, &index, &c, &err) == RC_OK) {
        CHECK(index == 1 && c.size == 2); /* the log has signed this leaf for nothing else here */
        CHECK(str_starts(bytes, STR(HEAD INDEX)) || str_starts(bytes, STR(HEAD "extra ")));
        CHECK(proof_check(a, bytes, STR("entry-2"), key, 1, NULL, NULL, &err) == RC_INVALID);
    }
}

static void
try_receipt(struct arena *a, struct str bytes, const struct note_key *key)
{
    struct json *receipt;
    struct err err;

    if (json_parse(a, bytes, JSON_ANY, &receipt, &err) == RC_OK) {
        CHECK(receipt_check(a, receipt, key, 1, NULL, &err) != RC_OK);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(ROOM);
    struct str bytes = {(const char *)data, size};
    struct note_key key;
    struct err err;

    CHECK(note_key_parse(a, STR(KEY), &key, &err) == RC_OK);
    try_proof(a, bytes, &key);
    try_receipt(a, bytes, &key);
    arena_free(a);
    return 0;
}
