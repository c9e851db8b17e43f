/*
 * plain_int - a value in plain words, for sentences that people read: 2026年11月28日, 3个月, 是; 28 November 2026, 3 months, yes.
 *
 * What is long is cut, and says that it was.  No markup.
 */
#ifndef RULE_PLAIN_INT_H
#define RULE_PLAIN_INT_H

#include "rule/program.h"

enum { PLAIN_TEXT_MAX = 240, PLAIN_ITEMS_MAX = 12, PLAIN_DEPTH_MAX = 4, PLAIN_VALUE_MAX = 2000 };

/* A string in quotes, “云城” or "Yuncheng". */
void plain_put(struct buf *b, struct value v, bool is_chinese);
/* The same after a word: in Chinese with a blank before figures, and quotes around yes and no, which are words themselves. */
void plain_put_after(struct buf *b, struct value v, bool is_chinese);
/* A name in quotes, cut to PLAIN_TEXT_MAX bytes and whole characters. */
void plain_put_quoted(struct buf *b, struct str name, bool is_chinese);
/* As it is, but cut to so many bytes and whole characters. */
void plain_put_text(struct buf *b, struct str text, size_t most);
/* "a number", 数字: what a value of that kind is. */
struct str plain_kind(enum value_kind kind, bool is_chinese);
/* 3、4、5 or 3, 4 and 5. */
void plain_put_numbers(struct buf *b, const uint32_t *number, size_t count, bool is_chinese);
/* The same of count numbers of which only the first kept are at hand: all, or at least PLAIN_ITEMS_MAX. */
void plain_put_count(struct buf *b, const uint32_t *number, size_t kept, size_t count, bool is_chinese);

/*
 * plain_cell.c: what stands in a cell of a decision table: 小于 80, 有, 甲或乙.  False, and nothing is put: it is more than constants and
 * ranges, or more than a few, and its FEEL says it best.  p may be NULL.
 */
bool plain_put_tests(struct buf *b, const struct program *p, bool is_chinese);
bool plain_put_output(struct buf *b, const struct program *p, bool is_chinese);

#endif
