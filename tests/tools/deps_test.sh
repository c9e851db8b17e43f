#!/bin/sh
# tools/deps on machines that are not this one: programs of a folder of our own stand in for dpkg, apt, id, sudo and npm.
# Each writes down how it was called, so that nothing here touches the real ones.  Ends with "N passed, N failed".
set -u
cd "$(dirname "$0")/../.." || exit 1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/tree/tools" "$folder/tree/npm" "$folder/bin" "$folder/state"
cp tools/deps "$folder/tree/tools/"
passed=0 failed=0

check() { # what, condition...
    what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED %s\n' "$what"
        sed 's/^/    /' "$folder/said"
    fi
}

program() { # name; the body comes in
    { printf '#!/bin/sh\nstate=%s\n' "$folder/state"; cat; } >"$folder/bin/$1"
    chmod +x "$folder/bin/$1"
}

# The package data base of this machine is a list of names.
program dpkg-query <<'P'
shift 2
for package in "$@"; do
    grep -qx "$package" "$state/installed" && echo "installed $package"
done
exit 0
P
program apt-get <<'P'
echo "apt-get $*" >>"$state/calls"
[ -e "$state/no-network" ] && exit 100
for word in "$@"; do last=$word; case $word in install) on=1 ;; -*) ;; *) [ -n "${on-}" ] && echo "$word" >>"$state/installed" ;; esac; done
exit 0
P
program id <<'P'
cat "$state/uid"
P
program node <<'P'
[ -e "$state/no-node" ] && exit 1
echo v18.19.0
P
program npm <<'P'
[ "$1" = --version ] && exit 0
echo "npm $* in $(basename "$PWD")" >>"$state/calls"
[ -e "$state/no-network" ] && exit 1
mkdir -p node_modules && cp package-lock.json node_modules/.package-lock.json
P
program sed <<'P'
case "$*" in *createcluster.conf*) echo "sed $*" >>"$state/calls"; exit 0 ;; esac
exec /bin/sed "$@"
P

machine() { # uid, packages that are there...
    echo "$1" >"$folder/state/uid"
    shift
    printf '%s\n' "$@" >"$folder/state/installed"
    rm -f "$folder/state/calls" "$folder/state/no-network" "$folder/state/no-node" "$folder/bin/sudo"
    : >"$folder/state/calls"
}

deps() { # arguments; what it said is in $folder/said, its status in $status
    PATH="$folder/bin:/usr/bin:/bin" "$folder/tree/tools/deps" "$@" >"$folder/said" 2>&1
    status=$?
}

said() { grep -q -- "$1" "$folder/said"; }
called() { grep -q -- "$1" "$folder/state/calls"; }
ended() { [ "$status" -eq "$1" ]; }
quiet() { [ ! -s "$folder/state/calls" ]; }

all="make gcc libc6-dev libsqlite3-dev libpq-dev libssl-dev libsodium-dev libseccomp-dev
    libintelrdfpmath-dev libpcre2-dev libexpat1-dev libunistring-dev tzdata"

# shellcheck disable=SC2086
machine 0 $all
deps run
check "nothing missing: status 0" ended 0
check "nothing missing: apt is not asked" quiet

machine 0 make gcc
deps run
check "a bare machine as root: status 0" ended 0
check "a bare machine as root: installs what is missing" called "install .*libsodium-dev"
check "a bare machine as root: does not install what is there" sh -c "! grep -q 'install .* gcc ' '$folder/state/calls'"

machine 1000 make gcc
deps run
check "no root, no sudo: status 1" ended 1
check "no root, no sudo: names what is missing" said "missing: .*libsodium-dev"
check "no root, no sudo: says what to type" said "apt-get install .*libsodium-dev"
check "no root, no sudo: touches nothing" quiet

machine 1000 make gcc
program sudo <<'P'
echo "sudo" >>"$state/calls"
exec "$@"
P
deps run
check "with sudo: status 0" ended 0
check "with sudo: goes through it" called "^sudo"

machine 0 make gcc
touch "$folder/state/no-network"
deps run
check "no network: status 1" ended 1
check "no network: says that the lists could not be renewed" said "could not be renewed"

# shellcheck disable=SC2086
machine 0 $all
touch "$folder/state/no-node"
deps run
check "no Node.js: Debian's comes" called "install .*nodejs npm"

# shellcheck disable=SC2086
machine 0 $all
echo '{}' >"$folder/tree/npm/package-lock.json"
touch "$folder/state/no-network"
deps run
check "no registry: the city runs without the designer" ended 0
check "no registry: says so" said "npm ci failed in npm"
deps check
check "no registry: the check does not go on" ended 1
rm "$folder/state/no-network"
: >"$folder/state/calls"
deps run
check "packages of pages are installed as the lock says" called "^npm ci .*--ignore-scripts in npm"
: >"$folder/state/calls"
deps run
check "installed packages are left alone" quiet
rm -r "$folder/tree/npm/node_modules" "$folder/tree/npm/package-lock.json"

# shellcheck disable=SC2086
machine 0 $all clang
deps check
check "what the tests need comes too" called "install .*libcmocka-dev"
check "PostgreSQL is told to start no server of its own" called "create_main_cluster = false"

program node <<'P'
echo v20.0.0
P
program npm <<'P'
[ "$1" = ci ] || exit 0
echo "npm ci in ${PWD##*/}" >>"$state/calls"
mkdir -p node_modules && touch node_modules/.package-lock.json
P
for part in browser peers; do
    mkdir -p "$folder/tree/tests/$part"
    touch "$folder/tree/tests/$part/package-lock.json"
done
checked=$(sed -n '/^CHECK="/,/"$/p' tools/deps | tr -d '"' | sed 's/^CHECK=//')
# shellcheck disable=SC2086
machine 0 $all $checked
deps check
check "packages of the browser tests come from npm" called "npm ci in browser"
check "packages of the peers come from npm" called "npm ci in peers"
# shellcheck disable=SC2086
machine 0 $all $checked
deps check
check "packages that are there are not asked for again" quiet

machine 0
deps nonsense
check "an unknown word is a question of usage: status 64" ended 64
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
