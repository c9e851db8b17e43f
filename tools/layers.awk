# layers - the only direction of #include.
#
#   awk -v layers="base crypto …" -v apart="net:store" -v islands="rule:base" -f tools/layers.awk src/*/*.[ch]
#
# A folder includes itself and those before it in layers; the two of an apart pair never include one another; an
# island includes itself and what stands behind its colon.  An include of ours names its
# folder.  Prints file:line: why, and ends with status 1 if there was any.
BEGIN {
    count = split(layers, names, " ")
    for (i = 1; i <= count; i++) {
        rank[names[i]] = i
    }
    count = split(apart, pairs, " ")
    for (i = 1; i <= count; i++) {
        split(pairs[i], two, ":")
        forbidden[two[1], two[2]] = forbidden[two[2], two[1]] = 1
    }
    count = split(islands, pairs, " ")
    for (i = 1; i <= count; i++) {
        split(pairs[i], two, ":")
        island[two[1]] = two[2]
    }
}

function wrong(why) {
    printf "%s:%d: %s\n", FILENAME, FNR, why
    bad = 1
}

FNR == 1 {
    parts = split(FILENAME, path, "/")
    own = path[parts - 1]
    if (!(own in rank)) {
        wrong("the folder " own " is not in LAYERS")
    }
}

/^[ \t]*#[ \t]*include[ \t]*"/ {
    name = $0
    sub(/^[^"]*"/, "", name)
    sub(/".*/, "", name)
    if (split(name, to, "/") != 2 || !(to[1] in rank)) {
        wrong("\"" name "\" does not name one of our folders")
    } else if (own in rank && to[1] != own) {
        if (rank[to[1]] > rank[own]) {
            wrong(own " must not include " to[1] ", which stands above it")
        } else if ((own, to[1]) in forbidden) {
            wrong(own " and " to[1] " must not know one another")
        } else if (own in island && to[1] != island[own]) {
            wrong(own " is an island: " island[own] " only")
        }
    }
}

END { exit bad }
