# calls - what no object above base/ may call.
#
#   nm -u -A OBJECT... | awk -f tools/calls.awk
#
# nm sees through macros, casts and function pointers.  The names that headers put in place of others (__sprintf_chk,
# __isoc99_sscanf) count as what was written.  Prints object: name: what to use instead, status 1 if any.
BEGIN {
    say("an arena, or mem_new", "malloc calloc realloc reallocarray free aligned_alloc posix_memalign memalign " \
        "valloc pvalloc strdup strndup asprintf vasprintf getline getdelim open_memstream")
    say("struct buf", "strcpy strncpy strcat strncat stpcpy stpncpy sprintf vsprintf gets alloca")
    say("str_next, str_to_int", "strtok strtok_r strsep atoi atol atoll atof scanf fscanf sscanf vscanf " \
        "vfscanf vsscanf")
    say("struct clock", "time gettimeofday localtime localtime_r gmtime gmtime_r mktime timegm ctime ctime_r " \
        "asctime asctime_r strftime strptime")
    say("random_bytes", "rand rand_r srand random srandom drand48 lrand48 mrand48 srand48")
    say("nothing: no shell is started here", "system popen wordexp")
    say("file_replace", "mktemp tmpnam tempnam tmpfile")
    say("sigaction", "signal")
    say("err_set", "perror")
    say("a task or a second function", "setjmp _setjmp sigsetjmp __sigsetjmp longjmp siglongjmp")
    say("struct config, read in main", "getenv secure_getenv setenv putenv unsetenv clearenv")
    main_may = " getenv secure_getenv setenv putenv unsetenv clearenv signal time " # at the edge of the process
}

function say(instead, list, i, n, name) {
    n = split(list, name, " ")
    for (i = 1; i <= n; i++) {
        use[name[i]] = instead
    }
}

{
    object = $1
    sub(/:[^:]*$/, "", object)
    name = $NF
    sub(/@.*/, "", name)
    plain = name
    if (plain ~ /^__.*_chk$/) {
        plain = substr(plain, 3, length(plain) - 6)
    }
    sub(/^__isoc(99|23)_/, "", plain)
    if (object ~ /\/main\// && index(main_may, " " plain " ")) {
        next
    }
    if (plain in use) {
        printf "%s: calls %s; use %s\n", object, plain, use[plain]
        bad = 1
    } else if (name in use) {
        printf "%s: calls %s; use %s\n", object, name, use[name]
        bad = 1
    }
}

END { exit bad }
