/*
 * taskform - what a task asks besides its outcome (gov:form): JSON Schemas by their key, compiled once when the program starts.
 */
#ifndef PROCESS_TASKFORM_H
#define PROCESS_TASKFORM_H

#include "rule/schema.h"

enum { TASK_FORMS_MAX = 200 };

struct task_form {
    struct str key;
    const struct json *document; /* the schema as it is written, for pages */
    const struct schema *schema;
};
struct task_forms {
    size_t count;
    struct task_form form[TASK_FORMS_MAX];
};
/* Those of a folder of the binary, "demo/forms/"; a file of the same name in folder (may be NULL) wins. */
MUST_USE enum rc task_forms_load(struct arena *a, const char *assets, const char *folder, struct task_forms **out, struct err *err);
/* NULL: there is none. */
const struct task_form *task_form_find(const struct task_forms *t, struct str key);
/*
 * What is wrong with the data of a task, NULL counting as nothing said: [{"field" (a JSON Pointer),"zh","en"}]; empty if they fit.
 */
MUST_USE enum rc task_form_check(const struct task_form *form, struct arena *a, const struct json *data, int32_t today, struct json **out,
                                 struct err *err);

#endif
