#!/bin/sh
# gocheck.sh - a log made by our code, checked by the Go project's own libraries from Debian's packages; and one byte
# wrong in each of its files, which those libraries must refuse.  Ends with "N passed, N failed".
set -u
cd "$(dirname "$0")/../.." || exit 1
if ! command -v go >/dev/null 2>&1 || [ ! -d /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog ]; then
    if [ "${CI-}" = true ]; then
        echo "golang-go or golang-golang-x-mod-dev is missing"
        echo "0 passed, 1 failed"
        exit 1
    fi
    echo "skipped: golang-go or golang-golang-x-mod-dev is not installed"
    echo "0 passed, 0 failed"
    exit 0
fi

B=build/release
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
must() { # what, status wanted (0 or 1), command...
    what=$1 wanted=$2
    shift 2
    said=$("$@" 2>&1)
    status=$?
    if [ "$status" -eq "$wanted" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf '%s: status %s\n%s\n' "$what" "$status" "$said"
    fi
}

archives="$B/libevidence.a $B/libstore.a $B/libcrypto.a $B/libbase.a"
# shellcheck disable=SC2086
make --no-print-directory -s MODE=release B="$B" $archives &&
    "${CC:-gcc}" -std=c17 -O1 -D_GNU_SOURCE -Isrc -o "$work/makelog" tests/evidence/makelog.c \
        $archives -lcmocka -lsodium -lcrypto -lpthread || exit 1
(cd tests/evidence/gocheck && GO111MODULE=off GOFLAGS='' GOPATH=/usr/share/gocode \
    GOCACHE="$work/cache" go build -o "$work/gocheck" .) || exit 1

log=$work/log
vkey=$("$work/makelog" "$log" 1 2 100 255 256 257 300 512 700) || exit 1
must "a right log" 0 "$work/gocheck" "$log" "$vkey" \
    "$log/checkpoint.1" "$log/checkpoint.256" "$log/checkpoint.300" "$log/checkpoint.700"

# Bytes of each file that the last checkpoint needs: the first, the last, and some between.
for file in checkpoint tile/entries/000 tile/entries/001 tile/entries/002.p/188 \
    tile/0/000 tile/0/001 tile/0/002.p/188 tile/1/000.p/2; do
    size=$(wc -c <"$log/$file")
    cp "$log/$file" "$work/kept"
    for at in 0 $((size / 3)) $((size * 2 / 3)) $((size - 2)); do
        byte=$(od -An -tu1 -j "$at" -N 1 "$work/kept" | tr -d ' ')
        # shellcheck disable=SC2059
        printf "\\$(printf %o $((byte ^ 1)))" |
            dd of="$log/$file" bs=1 seek="$at" conv=notrunc 2>"$work/dd"
        must "byte $at of $file changed" 1 "$work/gocheck" "$log" "$vkey"
        cp "$work/kept" "$log/$file"
    done
done
must "an older checkpoint of another log" 1 sh -c "
    '$work/makelog' '$work/other' 5 >'$work/out' && sed 's/^5\$/6/' '$work/other/checkpoint' >'$work/fork'
    '$work/gocheck' '$log' '$vkey' '$work/fork'"
must "the log again, as it was" 0 "$work/gocheck" "$log" "$vkey"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
