/*
 * test_office - what tests with a town (service/office.h) share: each has one of its own, and a group runs on both databases.
 */
#ifndef SERVICE_TEST_OFFICE_H
#define SERVICE_TEST_OFFICE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "service/office.h"

static enum fixture_kind office_kind;

static int
open_office(void **state)
{
    struct office *o = mem_new(1, sizeof(*o));

    office_open(o, office_kind);
    *state = o;
    return 0;
}

static int
close_office(void **state)
{
    office_close(*state);
    mem_free(*state);
    return 0;
}

#define OFFICE_TEST(name) cmocka_unit_test_setup_teardown(name, open_office, close_office)

/* The group on SQLite, and on PostgreSQL where there is one; how many failed. */
#define OFFICE_RUN(tests, name)                                                                                                   \
    (office_kind = FIXTURE_SQLITE, cmocka_run_group_tests_name(name " on SQLite", tests, NULL, NULL) +                            \
                                       (fixture_has_postgres() ? (office_kind = FIXTURE_POSTGRES,                                 \
                                                                  cmocka_run_group_tests_name(name " on PostgreSQL", tests, NULL, NULL)) \
                                                               : 0))

#endif
