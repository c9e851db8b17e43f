/*
 * web - what every page and every door of a node is made of: routes, the request as handlers see it, the answer.
 *
 * One handler makes one JSON document; the same address answers HTML (a template over that document) or JSON
 * (Accept: application/json).  A handler never writes to the wire: it fills `page->document`, or sets `page->location` after a change,
 * or takes the call over (stream routes).  Who may come in stands in the route table and is checked before the handler runs.
 */
#ifndef WEB_WEB_H
#define WEB_WEB_H

#include "evidence/publisher.h"
#include "exchange/exchange.h"
#include "identity/region.h"
#include "process/modelbook.h"
#include "service/casework.h"
#include "service/guide.h"
#include "service/material.h"
#include "service/proactive.h"
#include "web/budget.h"
#include "web/template.h"

/* What the whole node shares.  Made by main/node.c, read-only while serving. */
struct web {
    struct str node;           /* name in the directory: "yunxi" */
    struct str title_zh, title_en; /* 云溪市 */
    struct str origin;         /* of the log */
    struct str log_folder, backup_folder;
    struct store *store;
    const struct vault *vault;
    struct materials materials;
    const struct clock *clock;
    int offset_minutes;
    const struct calendar *calendar;
    const struct timekeeper *keeper;  /* clocks of cases; NULL in tests that have none */
    const struct case_states *states;
    struct rulings *rulings; struct modelbook *modelbook; struct runtime *runtime; struct conduct *conduct; struct handovers *handovers; struct chores *chores; /* rules of law, processes, those that run, also elsewhere, what is done for them; NULL: there are none */
    const struct item_table *items;
    const struct guide_table *guides; /* NULL: there are none */
    const struct counsel *counsel;    /* rules of law; NULL: none are kept */
    const struct proactive *proactive; /* services that look for people; NULL: none */
    const struct region_table *regions;
    const struct org_table *orgs;
    struct publisher *publisher;
    struct idempotency *idempotency; /* requests at work under a key */
    const struct template_set *pages_zh, *pages_en; /* the same pages, each with its language's words filled in */
    const struct json *words_zh, *words_en;
    const struct json *city;   /* what pages say of this place (demo/city.json): hall, quick searches, life's stages */
    struct session_policy sessions;
    struct sig_public seal_key; /* certificates */
    struct str seal_key_id;
    int draft_keep_days, rule_keep_days; /* the second: what rules decided, and on what */
    int prefill_ms;                /* longest wait for one source while a person waits */
    int receipt_ms;                /* longest wait for the checkpoint after a submission */
    bool is_portal; /* has pages for citizens and officers */
    bool is_demo;   /* invented people, one-click sign-ins */
    struct str demo_key;           /* what one-click sign-ins must know */
    bool behind_tls;               /* a proxy stands in front: cookies get Secure, it says who asks */
    int64_t body_bytes;        /* most of an upload */
    struct throttle *guesses;  /* of query codes; web/throttle.h */
    struct budget *rule_bodies; /* texts of rules while they are at work; NULL: as many as come */
    const struct facts *facts; /* figures.h: what the node knows of itself; NULL in tests */
    struct log *log;
};

/* One for each loop thread. */
struct web_loop {
    const struct web *web;
    struct loop *loop;
    const struct directory *directory; /* may be a newer one after any wait; each lives as long as the node */
    struct gate *gate;
    struct client *client;
    struct signing *signing;
    struct server *public_server, *exchange_server; /* NULL: there is none */
};
enum { PAGE_PARAMS_MAX = 4 };
/* A request on its way through a handler; lives on the call's arena. */
struct page {
    struct http_call *call;
    struct arena *arena;
    const struct web *web;
    struct web_loop *loop;
    const struct route *route;
    struct db db;              /* waits as this task */
    struct store_wait wait;
    int64_t now_us;
    int32_t today;
    struct identity who;
    struct str lang, theme;    /* "zh" or "en"; "", "elder", "contrast" */
    bool by_cookie, wants_json; /* the first: the session came by cookie, changes need the form's token */
    struct str param[PAGE_PARAMS_MAX]; /* what {x} stood for in the path, decoded */
    struct str allow;          /* "GET, POST": of an address that has not this method */
    const struct json *query;  /* name → text */
    const struct json *input;  /* body: form fields (text or array of text) or a JSON object; never NULL after routing */
    struct json *document;     /* the answer; an empty object at the start */
    const char *template_name; /* from the route; may be changed */
    struct str nonce;          /* set: the page runs our own scripts (the designer), whose styles carry it */
    int status;                /* 200 */
    struct str location;       /* set: 303 for browsers, and a member of the document for programs */
    struct str cookie[3];      /* Set-Cookie values */
    size_t cookie_count;
    struct budget_share share; /* of what this request holds; given back when it has been answered */
    struct json *acts;         /* [{"kind","index"}] that this request wrote */
};

enum route_flag {
    ROUTE_FORM = 1,       /* body: urlencoded or JSON, up to body_bytes */
    ROUTE_STREAM = 2,     /* the handler reads the body itself: page_read_form, or a gate */
    ROUTE_CREATES = 4,    /* Idempotency-Key (header or field) is kept and honoured */
    ROUTE_NO_CSRF = 8,    /* no token: before sign-in; the origin is checked all the same */
    ROUTE_CACHE = 16, ROUTE_OFFICERS = 32 /* immutable content; of ROLE_SYSTEM: officers may as well, the handler asks for their power */
};

struct route {
    const char *method;
    const char *path;          /* "/cases/{case_no}" ; a last "{rest*}" takes all that is left */
    enum role role;            /* least that is needed: ROLE_PUBLIC lets anyone in */
    const char *power;         /* for officers: "own-organisation" and the like are checked by the handler's module; NULL none */
    unsigned flags;
    size_t body_bytes;
    enum rc (*handler)(struct page *p, struct err *err);
    const char *template_name; /* NULL: JSON only */
    const char *says;          /* one line, for /openapi.json */
};

extern const struct route route_table[];
extern const size_t route_table_count;
/* The http_handler of a node's public port; ctx is the struct web, loop_state the struct web_loop. */
void web_handle(struct http_call *call, void *ctx);
/* And of its port for nodes, behind mutual TLS: POST /exchange/<resource>, POST /handover and nothing else. */
void web_handle_exchange(struct http_call *call);

/* --- for handlers ---------------------------------------------------------------------------- */
struct str page_input(const struct page *p, const char *name); /* text field, trimmed; "" if none */
struct str page_query(const struct page *p, const char *name);
struct str page_word(const struct page *p, const char *key); /* the language's, "w" of the templates; the key if there is none */
/* zh or en text by language, for short facts that are not in lang/. */
struct str page_either(const struct page *p, struct str zh, struct str en);
struct casework page_casework(const struct page *p);
void page_set_cookie(struct page *p, const char *name, struct str value, int64_t max_age_s);
/* The session's cookie; max_age_s 0 takes it away. */
void page_set_session(struct page *p, struct str token, int64_t max_age_s);
/* The address that asks: of the connection, or behind a TLS proxy what that says (the last of X-Forwarded-For). */
struct str page_peer(const struct page *p);
/* {"leaf_index",…,"proof"} once the checkpoint covers it, waiting up to receipt_ms; without proof if it does not yet. */
MUST_USE enum rc page_receipt(struct page *p, int64_t index, struct json **out, struct err *err);
/* One act in a transaction of its own: a look at a case, a refusal. */
MUST_USE enum rc page_act(struct page *p, enum act_kind kind, struct str case_no, struct str subject, struct str resource,
                          const struct json *detail, struct err *err);

#endif
