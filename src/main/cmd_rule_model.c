/*
 * Models from files: read with what they import, which lies in the folder of the model.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "main/cmd_rule_int.h"

struct beside {
    struct rule_desk *desk;
    struct str folder; /* with its slash */
};

struct str
rule_folder_of(struct str path)
{
    size_t len = path.len;

    while (len > 0 && path.ptr[len - 1] != '/') {
        len--;
    }
    return len == 0 ? STR("./") : str_sub(path, 0, len);
}

static bool
read_beside(const struct beside *b, struct str name, struct str *xml)
{
    struct str path = str_fmt(b->desk->arena, "%.*s%.*s", STR_ARG(b->folder), STR_ARG(name));
    struct err ignored;

    return path.ptr != NULL && rule_read(b->desk, path.ptr, xml, &ignored) == RC_OK;
}

static bool
is_named(const struct beside *b, struct str xml, struct str name_space)
{
    struct dmn_head head;
    struct err ignored;

    return dmn_head(b->desk->arena, xml, &head, NULL, &ignored) == RC_OK && str_eq(head.name_space, name_space);
}

/* By the file that the import names if it is there and is the one, else whatever model of the folder has the namespace. */
static bool
find_beside(void *ctx, struct str name_space, struct str location, struct str *xml)
{
    const struct beside *b = ctx;
    struct str file = str_from(location, location.len > 0 ? rule_folder_of(location).len : 0);
    bool is_found = false;

    if (str_find_byte(location, '/') == location.len) {
        file = location;
    }
    if (file.len > 0 && read_beside(b, file, xml) && is_named(b, *xml, name_space)) {
        return true;
    }
    const char *folder = str_c(b->desk->arena, b->folder);
    DIR *dir = folder == NULL ? NULL : opendir(folder);
    for (struct dirent *entry; dir != NULL && !is_found && (entry = readdir(dir)) != NULL;) {
        is_found = str_ends(str_of(entry->d_name), STR(".dmn")) && read_beside(b, str_of(entry->d_name), xml) &&
                   is_named(b, *xml, name_space);
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return is_found;
}

enum rc
rule_model(struct rule_desk *d, const char *path, const struct dmn **out, struct dmn_fault *fault, struct err *err)
{
    struct beside b = {d, rule_folder_of(str_of(path))};
    struct str xml;
    enum rc rc = rule_read(d, path, &xml, err);

    *fault = (struct dmn_fault){.line = 0};
    return rc == RC_OK ? dmn_read(d->arena, xml, find_beside, &b, d->zones, out, fault, err) : rc;
}

int
rule_model_failed(const struct rule_desk *d, const char *command, const char *path, enum rc rc,
                  const struct dmn_fault *fault, const struct err *err)
{
    const char *says = d->is_chinese ? fault->zh : fault->en;

    if (says[0] == '\0') {
        return command_failed(command, rc, err);
    }
    (void)fprintf(stderr, "zhengtong %s: %s:", command, path);
    if (fault->line > 0) {
        (void)fprintf(stderr, "%u:%u:", fault->line, fault->column);
    }
    (void)fprintf(stderr, "%s%s%s %s\n", fault->element[0] == '\0' ? "" : " ", fault->element,
                  fault->element[0] == '\0' ? "" : ":", says);
    return rc_exit(rc);
}
