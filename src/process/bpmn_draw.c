/*
 * A drawing for a model that has none, written into its text before the last tag (BPMN 2.0.2, chapter 12).
 */
#include "process/bpmn_drawing_int.h"
#include "process/bpmn_picture.h"

#include <math.h>

static void
put_point(struct buf *b, struct point p)
{
    buf_put_fmt(b, "<di:waypoint x=\"%ld\" y=\"%ld\"/>", lround(p.x), lround(p.y));
}

static void
put_element(struct buf *b, const struct drawn *e)
{
    bool is_edge = e->points > 1;

    buf_put(b, is_edge ? STR("      <bpmndi:BPMNEdge id=\"") : STR("      <bpmndi:BPMNShape id=\""));
    buf_put_html(b, e->id);
    buf_put(b, STR("_di\" bpmnElement=\""));
    buf_put_html(b, e->id);
    buf_put_fmt(b, "\"%s%s%s>", drawn_is(e, "exclusiveGateway") ? " isMarkerVisible=\"true\"" : "",
                drawn_is(e, "participant") ? " isHorizontal=\"true\"" : "", drawn_is_scope(e) ? " isExpanded=\"true\"" : "");
    if (is_edge) {
        for (size_t i = 0; i < e->points; i++) {
            put_point(b, e->point[i]);
        }
    } else {
        buf_put_fmt(b, "<dc:Bounds x=\"%ld\" y=\"%ld\" width=\"%ld\" height=\"%ld\"/>", lround(e->bounds.x), lround(e->bounds.y),
                    lround(e->bounds.width), lround(e->bounds.height));
    }
    if (e->label.width > 0) {
        buf_put_fmt(b, "<bpmndi:BPMNLabel><dc:Bounds x=\"%ld\" y=\"%ld\" width=\"%ld\" height=\"%ld\"/></bpmndi:BPMNLabel>", lround(e->label.x),
                    lround(e->label.y), lround(e->label.width), lround(e->label.height));
    }
    buf_put(b, is_edge ? STR("</bpmndi:BPMNEdge>\n") : STR("</bpmndi:BPMNShape>\n"));
}

/* What the plane is of: the pools together, or the first process. */
static uint32_t
plane_of(const struct drawing *d)
{
    uint32_t first = DRAWN_NONE;

    for (uint32_t i = d->count; i > 0; i--) {
        if (drawn_is(&d->item[i - 1], "collaboration")) {
            return i - 1;
        }
        first = drawn_is(&d->item[i - 1], "process") ? i - 1 : first;
    }
    return first;
}

static bool
is_on_plane(const struct drawing *d, uint32_t plane, uint32_t i)
{
    bool is_all = drawn_is(&d->item[plane], "collaboration");

    for (uint32_t up = d->item[i].parent; up != DRAWN_NONE; up = d->item[up].parent) {
        if (up == plane || is_all) {
            return true;
        }
    }
    return false;
}

/* Where "</definitions>" begins; the length of the text if it is not there. */
static size_t
end_of(struct str xml)
{
    for (size_t i = xml.len; i > 1; i--) {
        if (xml.ptr[i - 2] == '<' && xml.ptr[i - 1] == '/') {
            return i - 2;
        }
    }
    return xml.len;
}

enum rc
bpmn_draw(struct arena *a, struct str xml, struct str *out, struct err *err)
{
    struct drawing d;
    struct buf b;
    uint32_t plane;
    size_t end = end_of(xml);
    enum rc rc;

    if ((rc = drawing_read(a, xml, &d, err)) != RC_OK) {
        return rc;
    }
    plane = plane_of(&d);
    if (d.has_shapes || plane == DRAWN_NONE || end == xml.len) {
        *out = xml;
        return RC_OK;
    }
    if ((rc = drawing_lay_out(&d, err)) != RC_OK) {
        return rc;
    }
    buf_init(&b, a, BPMN_BYTES_MAX);
    buf_put(&b, str_sub(xml, 0, end));
    buf_put(&b, STR("  <bpmndi:BPMNDiagram xmlns:bpmndi=\"http://www.omg.org/spec/BPMN/20100524/DI\" xmlns:dc=\"http://www.omg.org/spec/DD/20100524/DC\" "
                    "xmlns:di=\"http://www.omg.org/spec/DD/20100524/DI\" id=\"BPMNDiagram_1\">\n    <bpmndi:BPMNPlane id=\"BPMNPlane_1\" bpmnElement=\""));
    buf_put_html(&b, d.item[plane].id);
    buf_put(&b, STR("\">\n"));
    for (uint32_t i = 0; i < d.count; i++) {
        if (d.item[i].plane == 0 && is_on_plane(&d, plane, i)) {
            put_element(&b, &d.item[i]);
        }
    }
    buf_put(&b, STR("    </bpmndi:BPMNPlane>\n  </bpmndi:BPMNDiagram>\n"));
    buf_put(&b, str_from(xml, end));
    return buf_finish(&b, out, err);
}
