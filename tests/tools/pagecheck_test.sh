#!/bin/sh
# pagecheck must find each planted mistake, name its line, and find nothing in a right page.
# Usage: tests/tools/pagecheck_test.sh PAGECHECK   Ends with "N passed, N failed".
check=${1:-build/tools/pagecheck}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
passed=0 failed=0
: >"$folder/_part.html"
: >"$folder/_token.html"

report() { # what, right (0 or 1), said
    if [ "$2" -eq 1 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED %s\n  %s\n' "$1" "$3"
    fi
}

right() { # page
    printf '%b' "$1" >"$folder/page.html"
    said=$("$check" "$folder/page.html")
    status=$?
    ok=0
    [ "$status" -eq 0 ] && [ -z "$said" ] && ok=1
    report "should pass: $1" "$ok" "$said"
}

wrong() { # page, expected line and text
    printf '%b' "$1" >"$folder/page.html"
    said=$("$check" "$folder/page.html")
    status=$?
    ok=0
    [ "$status" -eq 1 ] && [ "$said" = "$folder/page.html:$2" ] && ok=1
    report "$1 -> $2" "$ok" "$said"
}

right '<!doctype html>\n<p class="a {{b}}">{{x}} &nbsp; {{w.hello}} · 1</p>\n{{> _part}}\n'
right '<a href="{{page_url}}">{{t}}</a><a href="{{url}}">{{t}}</a><a href="/cases/{{no}}">{{t}}</a><a href="#{{id}}">{{t}}</a>'
right '{{! words 中文 {{#x} in comments do not count }}<i>{{x}}</i>'
right '{{#a}}<b>{{x}}</b>{{/a}}{{^a}}<i{{#on}} class="on"{{/on}}>{{y}}</i>{{/a}}'
right '<label for="a">{{t}}</label><label><input name="a">{{t}}</label>'
right '<img alt="" src="/static/a.svg"><button type="submit">{{t}}</button>'
right '<form method="post" action="/a">{{> _token}}</form><form method="POST" action="/a"><input type="hidden" name="csrf" value="{{csrf}}"></form>'
right '<form action="/search"><input name="q" aria-label="{{w.q}}" checked disabled></form>'
right '<kbd>J</kbd><script src="/static/chart.js"></script>'
right "<a title='{{t}}' href='/x?a={{b}}&amp;c={{d}}'>1/2</a>"

wrong 'a\n{{{x}}}' '2: unescaped value x'
wrong '{{&x}}' '1: unescaped value x'
wrong '{{=< >=}}' '1: other delimiters are not understood here'
wrong '<p class={{x}}>1</p>' '1: {{x}} in an attribute without quotes'
wrong '<p class=a{{x}}>1</p>' '1: {{x}} in an attribute without quotes'
wrong '<p {{x}}>1</p>' '1: {{x}} as part of a tag'
wrong '<{{x}}>1' '1: {{x}} as part of a tag'
wrong '<script src="/a.js">\n{{x}}</script>' '2: {{x}} in <script>'
wrong '<script>1</script>' '1: inline script'
wrong '<script src="/a.js">\n1 2</script>' '2: inline script'
wrong '<style>a{b:c}</style>' '1: inline style'
wrong '<p style="color:red">1</p>' '1: inline style'
wrong '<p\nonclick="1">1</p>' '2: handler onclick'
wrong '<a href="{{x}}">1</a>' '1: {{x}} begins href: only a name that ends in url may'
wrong '<a href="{{curl}}">1</a>' '1: {{curl}} begins href: only a name that ends in url may'
wrong '<img alt="" src="{{#a}}/x{{/a}}{{x}}">' '1: {{x}} begins src: only a name that ends in url may'
wrong '<form action="{{x.where}}"></form>' '1: {{x.where}} begins action: only a name that ends in url may'
wrong '<a href="javascript:1">1</a>' '1: href with javascript:1'
wrong '<a href="data:text/html,1">1</a>' '1: href with data:text/html,1'
wrong '<meta http-equiv="refresh">' '1: http-equiv belongs in a header'
wrong '<iframe srcdoc="1"></iframe>' '1: a page inside an attribute'
wrong '<!-- 1 -->' '1: HTML comment: everyone would receive it'
wrong '<img src="/a.png">' '1: img without alt'
wrong '<button>1</button>' '1: button without type'
wrong '<label>{{t}}</label>' '1: label without for and without a control'
wrong '1\n{{#a}}\n{{x}}' '2: {{#a}} is not closed'
wrong '{{/a}}' '1: {{/a}} closes nothing'
wrong '{{#a}}\n{{/b}}' '2: {{/b}} closes {{#a}} of line 1'
wrong '<p{{#a}} class="{{/a}}">1</p>' '1: {{/a}} stands elsewhere in the HTML than its beginning, line 1'
wrong '{{> _gone}}' "1: no partial $folder/_gone.html"
wrong '<p class="{{> _part}}">1</p>' '1: {{> _part}} does not stand in text'
wrong '<form method="post">\n</form>' '2: the form of line 1 posts without {{csrf}}'
wrong '{{x' '1: {{ is not closed'
wrong '{{! {a: {b}} }}' '1: }} without {{: a comment that ended too early?'
wrong '<p class="x' '1: the file ends inside a tag'
wrong '<p>\n办事</p>' '2: words belong in lang/'
wrong '<p>\nhello</p>' '2: words belong in lang/'
wrong '<input aria-label="搜索">' '1: words belong in lang/'
wrong '<td data-th="{{t}}ab">' '1: words belong in lang/'

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
