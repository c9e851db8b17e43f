#!/bin/sh
# Each rule of tools/lint must find a planted mistake, name it, and find nothing in a clean sample.
# Ends with "N passed, N failed".
set -u
cd "$(dirname "$0")/../.." || exit 1
tools=$PWD/tools
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
passed=0 failed=0

report() { # what, right (0 or 1), said
    if [ "$2" -eq 1 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED %s\n  %s\n' "$1" "$3"
    fi
}

clean() { # what, command...
    what=$1
    shift
    said=$("$@" 2>&1)
    status=$?
    ok=0
    [ "$status" -eq 0 ] && [ -z "$said" ] && ok=1
    report "clean: $what" $ok "$said"
}

caught() { # what, expected text, command...
    what=$1 expected=$2
    shift 2
    said=$("$@" 2>&1)
    status=$?
    ok=0
    case $said in *"$expected"*) [ "$status" -eq 1 ] && ok=1 ;; esac
    report "caught: $what" $ok "$said"
}

# --- layers ---
layers() { awk -v layers="base crypto net store rule web" -v apart=net:store -v islands=rule:base -f "$tools/layers.awk" "$@"; }
plant() { # path, text
    mkdir -p "$(dirname "$1")"
    printf '%b' "$2" >"$1"
}
plant src/web/a.c '#include <stdio.h>\n#include "web/a.h"\n#include "base/err.h"\n#include "store/store.h"\n'
plant src/base/a.c '#include "base/err.h"\n/* #include "web/a.h" in prose */\n'
plant src/rule/a.c '#include "rule/a.h"\n#include "base/str.h"\n'
clean "includes downwards" layers src/web/a.c src/base/a.c src/rule/a.c
plant src/base/b.c '#include "base/err.h"\n#include "crypto/hash.h"\n'
caught "an include upwards" 'src/base/b.c:2: base must not include crypto' layers src/base/b.c
plant src/base/c.c '#  include\t"web/a.h"\n'
caught "an include with other blanks" 'src/base/c.c:1: base must not include web' layers src/base/c.c
plant src/store/a.c '#include "net/loop.h"\n'
caught "store knows net" 'store and net must not know' layers src/store/a.c
plant src/net/a.c '#include "store/store.h"\n'
caught "net knows store" 'net must not include store' layers src/net/a.c
plant src/rule/b.c '#include "crypto/hash.h"\n'
caught "an island reaches out" 'rule is an island' layers src/rule/b.c
plant src/web/b.c '#include "a.h"\n'
caught "an include without folder" '"a.h" does not name' layers src/web/b.c
plant src/web/c.c '#include "../base/err.h"\n'
caught "an include by way of .." 'does not name one of our folders' layers src/web/c.c
plant src/new/a.c '\n'
caught "a folder that has no place" 'the folder new is not in LAYERS' layers src/new/a.c

# --- calls ---
calls() { cc -c -O1 -o "$2" "$1" && nm -u -A "$2" | awk -f "$tools/calls.awk"; }
plant a.c '#include <string.h>\nint f(const char *s);\nint f(const char *s) { return (int)strlen(s) + memcmp(s, "ab", 2); }\n'
clean "harmless calls" calls a.c a.o
plant b.c '#include <stdlib.h>\nvoid *f(void);\nvoid *f(void) { return malloc(3); }\n'
caught "malloc" 'b.o: calls malloc; use an arena' calls b.c b.o
plant c.c '#include <stdlib.h>\n#define GET(x) ge##tenv(x)\nchar *f(void);\nchar *f(void) { return GET("A"); }\n'
caught "a call behind a macro" 'calls getenv' calls c.c c.o
mkdir -p obj/main
clean "the environment, read in main" calls c.c obj/main/c.o
plant d.c '#include <string.h>\nchar *(*f(void))(char *, const char *);\nchar *(*f(void))(char *, const char *) { return strcpy; }\n'
caught "a function pointer" 'calls strcpy' calls d.c d.o
plant e.c '#include <stdio.h>\nint f(const char *s);\nint f(const char *s) { int n = 0; return sscanf(s, "%%d", &n) + n; }\n'
caught "a name that the header replaced" 'calls sscanf' calls e.c e.o
named() { printf 'x.o:                 U %s\n' "$@" | awk -f "$tools/calls.awk"; }
clean "names that only begin alike" named time_of free_list sprintf_like mem_free strtoll OPENSSL_free
for name in malloc calloc realloc free strdup asprintf strcpy strcat strncpy sprintf vsprintf gets fscanf \
    vsscanf alloca strtok strtok_r atoi atol localtime localtime_r gmtime ctime mktime time gettimeofday \
    rand random system popen mktemp tmpnam signal setjmp getenv setenv; do
    caught "$name" "x.o: calls $name; use" named "$name"
done

caught "a fortified name" 'calls sprintf' named __sprintf_chk
caught "a name of another standard" 'calls sscanf' named __isoc99_sscanf

# --- lengths ---
lengths() { awk -v allow=allow.txt -f "$tools/lengths.awk" "$@"; }
function_of() { # name, lines between the braces
    printf 'static int\n%s(int a)\n{\n' "$1"
    yes '    a++;' | head -n "$2"
    printf '}\n'
}
: >allow.txt
function_of fits 68 >fits.c
clean "a function of 70 lines" lengths fits.c
function_of long_one 69 >long.c
caught "a function of 71 lines" 'long.c:3: long.c:long_one has 71 lines, 70 are enough' lengths long.c
{ function_of fits 68; function_of long_one 69; } >two.c
caught "the second function" 'two.c:75: two.c:long_one' lengths two.c
yes '/* x */' | head -800 >file.c
clean "a file of 800 lines" lengths file.c
yes '/* x */' | head -801 >file.c
caught "a file of 801 lines" 'file.c has 801 lines' lengths file.c
yes '/* x */' | head -151 >file.h
caught "a header of 151 lines, before another file" 'file.h has 151 lines' lengths file.h fits.c
cp file.c file_test.c
clean "a test of 801 lines" lengths file_test.c
echo 'long.c:long_one one table of all the codes' >allow.txt
clean "a function with a reason" lengths long.c
caught "a reason that nothing needs" 'long.c:long_one needs no exception' lengths fits.c
echo 'long.c:long_one because' >allow.txt
caught "a reason that says nothing" 'allow.txt:1: a reason is missing' lengths long.c

# --- words ---
# The words are put together here, because this file is read by the rule too.
words() { awk -f "$tools/words.awk" "$@"; }
plant text.c '/* Stubborn todos of a hackney: words inside words are fine. */\n'
clean "words inside words" words text.c
for word in TO''DO FIX''ME XX''X st''ub Place''holder 'for n''ow' 'Not y''et implemented' ha''ck; do
    plant text.c "ok\n/* $word: later */\n"
    lower=$(echo "$word" | tr A-Z a-z)
    caught "$word" "text.c:2: unfinished: $lower" words text.c
done
printf 'int a; \n' >text.c
caught "a blank at the end" 'text.c:1: blanks at the end' words text.c
printf 'int a;\r\n' >text.c
caught "a carriage return" 'text.c:1: carriage return' words text.c
printf '\tint a;\n' >text.c
caught "a tab before C" 'text.c:1: tab' words text.c
printf 'int a;' >text.c
caught "no line end at the end" 'text.c: the last line does not end' words text.c

# --- hardened ---
# What the compiler does by itself differs between systems, so everything is said.
cat >main.c <<'P'
#include <stdio.h>
#include <string.h>
int main(int n, char **words) { char room[64]; strncpy(room, words[0], (size_t)n); return puts(room); }
P
hardened() { "$tools/hardened" "$@"; }
whole="-O2 -D_FORTIFY_SOURCE=2 -fstack-protector-all -fPIE -pie -Wl,-z,relro,-z,now"
built() { # extra flags
    # shellcheck disable=SC2086
    gcc -w $whole "$@" -o made main.c
}
built
clean "a hardened program" hardened made
built -no-pie -fno-pie
caught "no random address" 'made: cannot be loaded at a random address' hardened made
built -Wl,-z,norelro
caught "writable tables" 'made: keeps its tables writable' hardened made
built -Wl,-z,lazy
caught "late look-up" 'made: looks up functions late' hardened made
built -z execstack
caught "an executable stack" 'made: has an executable stack' hardened made
built -fno-stack-protector
caught "no stack protector" 'made: has no stack protector' hardened made
built -U_FORTIFY_SOURCE
caught "no checked calls" 'made: has no checked library calls' hardened made
built -Wl,-rpath,/tmp
caught "libraries from elsewhere" 'made: looks for libraries in a folder of its own' hardened made
caught "no program" 'main.c: no ELF file' hardened main.c

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
