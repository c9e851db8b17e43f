# lengths - files and functions that fit a head, with a list of those that have a reason not to.
#
#   awk -v allow=tools/length-allow.txt -f tools/lengths.awk src/*/*.[ch] tools/*.c
#
# A .c file has up to 800 lines, a header 150, a function 70 (from its brace to the closing one, both in the first
# column); tests have 1,500 and 150, because a table of cases is long and easy.  A line of the list is
# "file reason…" or "file:function reason…"; one without a reason of three words, or one that is not
# needed any more, is wrong too.
BEGIN {
    while ((getline line < allow) > 0) {
        number++
        if (line ~ /^#/ || line ~ /^[ \t]*$/) {
            continue
        }
        if (split(line, word, /[ \t]+/) < 4) {
            printf "%s:%d: a reason is missing\n", allow, number
            bad = 1
        }
        listed[word[1]] = number
    }
    close(allow)
}

function judge(what, place, length_now, most) {
    if (length_now <= most) {
        return
    }
    if (what in listed) {
        needed[what] = 1
    } else {
        printf "%s: %s has %d lines, %d are enough\n", place, what, length_now, most
        bad = 1
    }
}

function finish_file() {
    if (file != "") {
        judge(file, file ":1", lines, is_test ? 1500 : file ~ /\.h$/ ? 150 : 800)
    }
}

FNR == 1 {
    finish_file()
    file = FILENAME
    is_test = file ~ /(_test|\/test[^\/]*)\.[ch]$/
    name = ""
    inside = 0
}

{ lines = FNR }

# The name of a function begins the line above its brace, alone or with its arguments.
/^[A-Za-z_][A-Za-z0-9_]*\(/ {
    name = $0
    sub(/\(.*/, "", name)
}

/^\{/ {
    inside = 1
    start = FNR
}

/^\}/ {
    if (inside && name != "") {
        judge(file ":" name, file ":" start, FNR - start + 1, is_test ? 150 : 70)
    }
    inside = 0
    name = ""
}

END {
    finish_file()
    for (what in listed) {
        if (!(what in needed)) {
            printf "%s:%d: %s needs no exception\n", allow, listed[what], what
            bad = 1
        }
    }
    exit bad
}
