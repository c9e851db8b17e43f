/*
 * pages - the pages of the portal in one language: pages/<name>.html with the words of lang/<zh|en>.json filled in.
 *
 * pages/_*.html are partials.  The words are one flat object, {{w.key}} in pages, the same keys in both languages; handlers use them too.
 * A page is rendered over its own document (what the same address answers as JSON) and over what all pages share;
 * each page and partial says in a comment on top what it expects.  Shared by all (answer.c makes it):
 *
 *   lang "zh-Hans" or "en"; theme "", "elder" or "contrast"; today "11月23日 周一"; as_of "2026-11-23 09:42"
 *   csrf, idempotency_key: for forms; the key is fresh in each answer
 *   site {place, hall, hall_address, hall_hours, agency, is_demo}
 *   nav {serve|mine|open|data|rules|processes|trail: true}: where this page belongs; is_desk: true for officers
 *   desks [{url, text, is_current}]: those that whoever is signed in may open
 *   user {name, org} or nothing
 *   switch {language_url, elder_url, contrast_url, plain_url}: this address again, with the other choice; the one in use is left out
 */
#ifndef WEB_PAGES_H
#define WEB_PAGES_H

#include "web/template.h"

/*
 * From the embedded assets, on the arena.  flags: more for the templates, TEMPLATE_NAMES_EXIST in tests.  *words: the flat object.
 * RC_INVALID: a mistake in a page, or a word that the language lacks; RC_NOT_FOUND: no such language.
 */
MUST_USE enum rc pages_load(struct arena *a, const char *lang, unsigned flags,
                            struct template_set **set, const struct json **words,
                            struct err *err);

#endif
