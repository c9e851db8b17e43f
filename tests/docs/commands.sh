#!/bin/sh
# What a page tells its reader to type is typed, and has to say what stands below it.
#
#   tests/docs/commands.sh PAGE...   lines "    $ command" and what it writes, indented alike; ends with "N passed, N failed"
#
# The program is build/zhengtong, or ZHENGTONG.
set -u
passed=0 failed=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

judge() { # page
    [ -n "$command" ] || return 0
    sh -c "$(echo "$command" | sed "s|^build/zhengtong|${ZHENGTONG:-build/zhengtong}|")" >"$folder/said" 2>&1
    if cmp -s "$folder/wanted" "$folder/said"; then
        passed=$((passed + 1)) && echo "ok $1: $command"
    else
        failed=$((failed + 1)) && echo "FAILED $1: $command" && diff "$folder/wanted" "$folder/said"
    fi
    command=
}

for page in "$@"; do
    command=
    while IFS= read -r line; do
        case $line in
        '    $ '*)
            judge "$page"
            command=${line#    \$ }
            : >"$folder/wanted" ;;
        '    '*) printf '%s\n' "${line#    }" >>"$folder/wanted" ;;
        *) judge "$page" ;;
        esac
    done <"$page"
    judge "$page"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
