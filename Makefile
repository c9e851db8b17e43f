# zhengtong - one GNU Makefile.  The two commands of the README, ./run and ./check, call
# tools/deps first and then `make run` and `make check`; everything below works without them too.
#
#   make            the release binary, build/zhengtong
#   make run        the demo city
#   make test       unit tests with sanitizers, under a minute
#   make check      everything (lint, both compilers, suites, scenarios, faults, browser)
#   make bench      ratios measured in one run, to build/bench/*.json
#   make bench-rule what law costs alone, to build/bench/rule.json
#   make bench-process  what processes cost alone, to build/bench/process.json
#   make bench-handover what hand-overs between nodes cost, to build/bench/handover.json
#   make fuzz       FUZZ_SECONDS (60) a target
#   make lint       our own rules
#   make clean      remove build/
#
# ./check SUITES=DIR says where the conformance suites are; V=1 shows every command.
#
# A build lives in $(B); MODE says how it is built.  Generated code goes to build/gen and is readable C.

MODE ?= release
CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
B ?= build/$(MODE)
GEN := build/gen
SUITES ?= ../shared/suites
FUZZ_SECONDS ?= 60

# The only direction of #include: a folder sees itself and those before it (tools/layers.awk checks).
LAYERS := base crypto net store rule evidence identity process data exchange service \
          supervision openness insight web main
# Side by side, so that either can be replaced; and what could leave as a library of its own.
APART := net:store
ISLANDS := rule:base

WARN := -std=c17 -pedantic -Wall -Wextra -Werror -Wshadow -Wconversion -Wstrict-prototypes \
        -Wmissing-prototypes -Wold-style-definition -Wvla -Wundef -Wcast-qual -Wcast-align \
        -Wwrite-strings -Wpointer-arith -Wformat=2 -Wimplicit-fallthrough -Wnull-dereference \
        -Wswitch-enum -Wdouble-promotion -Walloca -fno-common
IS_CLANG := $(findstring clang,$(CC))
ifeq ($(IS_CLANG),)
WARN += -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wjump-misses-init -Wbidi-chars=any
endif

HARDEN := -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fcf-protection \
          -ftrivial-auto-var-init=zero -fPIE
ifneq ($(IS_CLANG),)
HARDEN := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE
endif

CFLAGS_release := -O2 -g $(HARDEN)
LDFLAGS_release := -pie -Wl,-z,relro,-z,now
# Copying a literal stays a call in this build, so that make lint sees what is called.
CALLS := $(addprefix -fno-builtin-,strcpy strcat stpcpy strncpy strncat sprintf vsprintf)
CFLAGS_dev := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all -DZT_DEV $(CALLS)
LDFLAGS_dev := -fsanitize=address,undefined
CFLAGS_tsan := -O1 -g -fno-omit-frame-pointer -fsanitize=thread -DZT_DEV
LDFLAGS_tsan := -fsanitize=thread
CFLAGS_fuzz := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -DZT_DEV
LDFLAGS_fuzz := -fsanitize=fuzzer,address,undefined
# gcc's sanitizers and -Wnull-dereference disagree about what can be NULL.
ifneq ($(filter dev tsan fuzz,$(MODE)),)
WARN += -Wno-null-dereference
endif

CPPFLAGS := -D_GNU_SOURCE -Isrc -I$(GEN) -isystem /usr/include/postgresql
FLAGS := $(WARN) $(CFLAGS_$(MODE)) $(CPPFLAGS)
LIBS := -lsqlite3 -lpq -lssl -lcrypto -lsodium -lseccomp -lbidgcc000 -lpcre2-8 -lexpat -lunistring -lpthread -lm

.DEFAULT_GOAL := all
.SECONDARY:
.DELETE_ON_ERROR:
Q := $(if $(V),,@)
say = $(if $(V),,@echo "  $(1)")
export SUITES FUZZ_SECONDS

include tools/build.mk
include tools/pagecheck.mk

all: build/zhengtong

build/zhengtong: $(B)/zhengtong
	@cp -f $< $@

run: build/zhengtong
	@exec ./build/zhengtong demo --cases --dir build/demo

check:
	@tools/check

# The objects of the sanitized build are asked what they call.
lint:
	@$(MAKE) --no-print-directory MODE=dev B=build/dev objects build/tools/pagecheck
	@LAYERS="$(LAYERS)" APART="$(APART)" ISLANDS="$(ISLANDS)" tools/lint

clean:
	rm -rf build

.PHONY: all run test check bench lint fuzz clean
