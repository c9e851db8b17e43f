/*
 * test_rules - for tests: an organisation whose officers ann and ben lay down one rule, a fee by the number of tables, with two cases.
 */
#ifndef PROCESS_TEST_RULES_H
#define PROCESS_TEST_RULES_H

#include "identity/region.h"
#include "identity/test_house.h"
#include "process/rulebook.h"

#define RULES_ORG "11990100000000027A"
#define RULES_KEY "restaurant-fee"

static const char *const rules_land =
    "{\"levels\":[{\"code\":\"city\",\"rank\":2,\"digits\":6,\"stem\":4,\"name_zh\":\"市\"}],"
    "\"regions\":[{\"code\":\"990100\",\"parent\":\"\",\"level\":\"city\",\"name_zh\":\"云溪市\"}],"
    "\"orgs\":[{\"uscc\":\"" RULES_ORG "\",\"region\":\"990100\",\"name_zh\":\"市场监管局\",\"short_zh\":\"市场监管局\","
    "\"name_en\":\"Market\"},{\"uscc\":\"119901000000000355\",\"region\":\"990100\",\"name_zh\":\"消防\","
    "\"short_zh\":\"消防\",\"name_en\":\"Fire\"}],"
    "\"powers\":[{\"code\":\"P1\",\"org\":\"" RULES_ORG "\",\"name_zh\":\"定规则\",\"name_en\":\"Rules\",\"basis\":\"法\"},"
    "{\"code\":\"P2\",\"org\":\"" RULES_ORG "\",\"name_zh\":\"许可\",\"name_en\":\"Permits\",\"basis\":\"法\"}]}";
static const char *const rules_given =
    "{\"key\":\"" RULES_KEY "\",\"owner\":\"" RULES_ORG "\",\"power\":\"P1\",\"name_zh\":\"餐饮费用\",\"name_en\":\"Fees\","
    "\"basis\":\"条例第一条\",\"holds_from\":\"2024-01-01\"}";

/* Up to `small` tables cost 100, more cost 200. */
#define RULES_MODEL(small)                                                                                             \
    "<definitions xmlns=\"https://www.omg.org/spec/DMN/20230324/MODEL/\" id=\"d\" name=\"费用\" namespace=\"urn:fee\">" \
    "<inputData id=\"i\" name=\"桌数\"><variable name=\"桌数\" typeRef=\"number\"/></inputData>"                        \
    "<decision id=\"fee\" name=\"费用\"><question>要交多少？</question><variable name=\"费用\" typeRef=\"number\"/>"      \
    "<informationRequirement id=\"n\"><requiredInput href=\"#i\"/></informationRequirement>"                           \
    "<decisionTable id=\"t\" hitPolicy=\"UNIQUE\"><input id=\"c\" label=\"桌数\"><inputExpression typeRef=\"number\">"    \
    "<text>桌数</text></inputExpression></input><output id=\"o\" name=\"费用\" typeRef=\"number\"/>"                     \
    "<annotation name=\"依据\"/>"                                                                                      \
    "<rule id=\"r1\"><inputEntry id=\"e1\"><text>&lt;= " small "</text></inputEntry><outputEntry id=\"o1\"><text>100</text>" \
    "</outputEntry><annotationEntry><text>小&lt;店&gt;</text></annotationEntry></rule>"                                \
    "<rule id=\"r2\"><inputEntry id=\"e2\"><text>&gt; " small "</text></inputEntry><outputEntry id=\"o2\"><text>200</text>" \
    "</outputEntry><annotationEntry><text>大店</text></annotationEntry></rule>"                                        \
    "</decisionTable></decision></definitions>"
/* What `rest` leaves out of the first rule's five is a gap, what it takes of them an overlap. */
#define RULES_TWO(rest)                                                                                                \
    "<definitions xmlns=\"https://www.omg.org/spec/DMN/20230324/MODEL/\" id=\"d\" name=\"费用\" namespace=\"urn:fee\">" \
    "<inputData id=\"i\" name=\"桌数\"><variable name=\"桌数\" typeRef=\"number\"/></inputData>"                        \
    "<decision id=\"fee\" name=\"费用\"><variable name=\"费用\" typeRef=\"number\"/>"                                    \
    "<informationRequirement id=\"n\"><requiredInput href=\"#i\"/></informationRequirement>"                           \
    "<decisionTable id=\"t\" hitPolicy=\"UNIQUE\"><input id=\"c\" label=\"桌数\"><inputExpression typeRef=\"number\">"    \
    "<text>桌数</text></inputExpression></input><output id=\"o\" name=\"费用\" typeRef=\"number\"/>"                     \
    "<rule id=\"r1\"><inputEntry id=\"e1\"><text>&lt;= 5</text></inputEntry><outputEntry id=\"o1\"><text>100</text>"   \
    "</outputEntry></rule><rule id=\"r2\"><inputEntry id=\"e2\"><text>" rest "</text></inputEntry><outputEntry id=\"o2\">" \
    "<text>200</text></outputEntry></rule></decisionTable></decision></definitions>"
#define RULES_GAP RULES_TWO("&gt; 7")
#define RULES_OVERLAP RULES_TWO("&gt; 3")
#define RULES_CASE(id, tables, fee)                                                                                    \
    "<testCase id=\"" id "\"><inputNode name=\"桌数\"><value xsi:type=\"xsd:decimal\">" tables "</value></inputNode>"  \
    "<resultNode name=\"费用\" type=\"decision\"><expected><value xsi:type=\"xsd:decimal\">" fee "</value></expected>" \
    "</resultNode></testCase>"
#define RULES_CASES                                                                                                    \
    "<testCases xmlns=\"http://www.omg.org/spec/DMN/20160719/testcase\" "                                              \
    "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\">"          \
    "<modelName>fee.dmn</modelName>" RULES_CASE("small", "10", "100") RULES_CASE("large", "11", "200") "</testCases>"

static inline enum rc
rules_land_tx(struct tx *tx, void *ctx, struct err *err)
{
    const struct json *document = house_json(ctx, rules_land);
    enum rc rc = region_put(tx, document, err);

    return rc != RC_OK ? rc : org_put(tx, document, err);
}

struct rules_laying {
    struct house *house;
    const char *given, *xml, *cases;
    int64_t now_us;
};

static inline enum rc
rules_install_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct rules_laying *l = ctx;

    return rule_install(tx, l->house->arena, house_json(l->house, l->given), str_of(l->xml), str_of(l->cases), l->now_us, err);
}

/* PostgreSQL's database is shared by a group of tests, and its rows cannot be deleted one by one. */
static inline void
rules_clear(struct house *h)
{
    if (house_kind == FIXTURE_POSTGRES) {
        fixture_sql(&h->fixture, "SET client_min_messages = warning; TRUNCATE rule_use, rule_cases, rule_draft, rule_verdict, "
                                 "rule_version, rule_model CASCADE");
    }
}

/* An officer of that organisation with that power. */
static inline struct identity
rules_officer(const char *id, const char *org, const char *power)
{
    struct identity who = {.account = STR("a"), .role = ROLE_OFFICER, .actor = STR("officer:x")};

    who.officer.id = str_of(id);
    who.officer.org = str_of(org);
    who.officer.power[0] = str_of(power);
    who.officer.power_count = 1;
    return who;
}

#endif
