# How things are made: generated code, one archive a folder, tests, fuzz targets.

# --- generated -------------------------------------------------------------------------------
SQL := $(wildcard src/*/*.sql)
MIGRATIONS := $(sort $(wildcard migrations/*.sql))
# The designers of decision tables and of processes come from npm (tools/deps); without them all the rest is built, and models are changed as files.
DMN_JS := npm/node_modules/dmn-js/dist
BPMN_JS := npm/node_modules/bpmn-js/dist
DESIGNER := $(wildcard $(DMN_JS)/dmn-modeler.production.min.js $(DMN_JS)/assets/*.css $(DMN_JS)/assets/dmn-font/css/dmn.css \
              $(DMN_JS)/assets/dmn-font/font/dmn.woff2 \
              $(BPMN_JS)/bpmn-modeler.production.min.js $(BPMN_JS)/assets/*.css $(BPMN_JS)/assets/bpmn-font/css/bpmn.css \
              $(BPMN_JS)/assets/bpmn-font/font/bpmn.woff2)
ASSETS := $(sort $(shell find pages lang static demo -type f 2>/dev/null) $(DESIGNER))

build/tools/%: tools/%.c
	@mkdir -p $(@D)
	$(call say,tool $@)
	$(Q)$(CC) $(filter-out -Wnull-dereference,$(WARN)) -O1 -g -D_GNU_SOURCE -o $@ $<

# One run writes src's statements to $(GEN)/<folder>/<noun>_sql.h and $(GEN)/stmts.c.
$(GEN)/sql.stamp: build/tools/sqlgen $(SQL) $(MIGRATIONS)
	@mkdir -p $(GEN) $(addprefix $(GEN)/,$(LAYERS))
	$(call say,gen  $(GEN)/stmts.c)
	$(Q)build/tools/sqlgen $(GEN) $(SQL) -- $(MIGRATIONS)
	@touch $@
# Only what includes a changed header is compiled again; the recipe makes make look at the file anew.
$(GEN)/stmts.c: $(GEN)/sql.stamp
	@:
$(GEN)/%_sql.h: $(GEN)/sql.stamp
	@:

# Pages, words, style sheets and the demo city go into the binary: one file to install.
$(GEN)/assets.c: build/tools/embed $(ASSETS)
	@mkdir -p $(GEN)
	$(call say,gen  $@)
	$(Q)build/tools/embed $@ $(ASSETS)

# A disk that fails when it is told to, for tests of faults; never sanitized, it goes into any program.
SHIM := build/faults/shim.so
$(SHIM): tests/faults/shim.c
	@mkdir -p $(@D)
	$(call say,shim $@)
	$(Q)$(CC) $(WARN) -Wno-null-dereference -O1 -g -D_GNU_SOURCE -fPIC -shared -o $@ $<

# --- archives --------------------------------------------------------------------------------
source_of = $(filter-out %_test.c %_fuzz.c %_bench.c src/main/main.c,$(wildcard src/$(1)/*.c))
objects_of = $(patsubst src/%.c,$(B)/obj/%.o,$(call source_of,$(1)))

$(B)/obj/%.o: src/%.c | $(GEN)/sql.stamp
	@mkdir -p $(@D)
	$(call say,cc   $@)
	$(Q)$(CC) $(FLAGS) -MMD -MP -c -o $@ $<
$(B)/obj/gen/%.o: $(GEN)/%.c | $(GEN)/sql.stamp
	@mkdir -p $(@D)
	$(call say,cc   $@)
	$(Q)$(CC) $(FLAGS) -MMD -MP -c -o $@ $<

define archive_rule
$(B)/lib$(1).a: $(call objects_of,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(Q)ar rcs $$@ $$^
endef
$(foreach f,$(LAYERS),$(eval $(call archive_rule,$(f))))

# The layers up to and with $(1), highest first, as a linker wants them.
upto = $(if $(filter $(1),$(firstword $(2))),$(firstword $(2)),$(call upto,$(1),$(wordlist 2,99,$(2))) $(firstword $(2)))
archives_upto = $(foreach f,$(call upto,$(1),$(LAYERS)),$(B)/lib$(f).a)
ALL_ARCHIVES := $(foreach f,$(LAYERS),$(B)/lib$(f).a)

$(B)/zhengtong: $(B)/obj/main/main.o $(ALL_ARCHIVES) $(B)/obj/gen/stmts.o $(B)/obj/gen/assets.o
	$(call say,link $@)
	$(Q)$(CC) $(FLAGS) $(LDFLAGS_$(MODE)) -o $@ $< -Wl,--start-group $(ALL_ARCHIVES) $(B)/obj/gen/stmts.o $(B)/obj/gen/assets.o -Wl,--end-group $(LIBS)

# --- unit tests: src/<folder>/<noun>_test.c -> $(B)/test/<folder>/<noun> -----------------------------
TEST_SOURCES := $(wildcard src/*/*_test.c)
TESTS := $(patsubst src/%_test.c,$(B)/test/%,$(TEST_SOURCES))

define test_rule
$(B)/test/$(1)/%: $(B)/obj/$(1)/%_test.o $(call archives_upto,$(1)) $(B)/obj/gen/stmts.o $(B)/obj/gen/assets.o | $(SHIM)
	@mkdir -p $$(@D)
	$$(call say,link $$@)
	$$(Q)$$(CC) $$(FLAGS) $$(LDFLAGS_$$(MODE)) -o $$@ $$< -Wl,--start-group $(call archives_upto,$(1)) $(B)/obj/gen/stmts.o $(B)/obj/gen/assets.o -Wl,--end-group -lcmocka $$(LIBS)
$(B)/bench/$(1)/%: $(B)/obj/$(1)/%_bench.o $(call archives_upto,$(1)) $(B)/obj/gen/stmts.o $(B)/obj/gen/assets.o
	@mkdir -p $$(@D)
	$$(call say,link $$@)
	$$(Q)$$(CC) $$(FLAGS) $$(LDFLAGS_$$(MODE)) -o $$@ $$< -Wl,--start-group $(call archives_upto,$(1)) $(B)/obj/gen/stmts.o $(B)/obj/gen/assets.o -Wl,--end-group $$(LIBS)
$(B)/fuzz/$(1)/%: $(B)/obj/$(1)/%_fuzz.o $(call archives_upto,$(1)) $(B)/obj/gen/stmts.o $(B)/obj/gen/assets.o
	@mkdir -p $$(@D)
	$$(call say,link $$@)
	$$(Q)$$(CC) $$(FLAGS) $$(LDFLAGS_$$(MODE)) -o $$@ $$< -Wl,--start-group $(call archives_upto,$(1)) $(B)/obj/gen/stmts.o $(B)/obj/gen/assets.o -Wl,--end-group $$(LIBS)
endef
$(foreach f,$(LAYERS),$(eval $(call test_rule,$(f))))

# Everything that can be compiled in one build, and the tests of some folders in any build.
objects: $(ALL_ARCHIVES) $(B)/obj/main/main.o
everything: $(B)/zhengtong $(TESTS)
tests-of: $(foreach f,$(FOLDERS),$(filter $(B)/test/$(f)/%,$(TESTS))) $(addprefix $(B)/test/,$(ALSO))
	@tools/run-tests $^
.PHONY: objects everything tests-of

# Unit tests run in the sanitized build, whatever MODE this make was called with.
test:
	@SQLITE_ONLY=1 $(MAKE) --no-print-directory MODE=dev B=build/dev tests
tests: $(TESTS)
	@tools/run-tests $(TESTS)
.PHONY: tests

# --- fuzz targets: src/<folder>/<noun>_fuzz.c, seeds in fuzz/<folder>-<noun>/ ------------------------
FUZZ_SOURCES := $(wildcard src/*/*_fuzz.c)
FUZZERS := $(patsubst src/%_fuzz.c,$(B)/fuzz/%,$(FUZZ_SOURCES))
fuzz:
	@$(MAKE) --no-print-directory CC=clang MODE=fuzz B=build/fuzz fuzzers
fuzzers: $(FUZZERS)
	@tools/run-fuzz $(FUZZ_SECONDS) $(FUZZERS)
.PHONY: fuzzers

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)

# --- bench: src/<folder>/<noun>_bench.c, in the release build --------------------------------------------------
BENCHES := $(patsubst src/%_bench.c,$(B)/bench/%,$(wildcard src/*/*_bench.c))
bench:
	@$(MAKE) --no-print-directory MODE=release B=build/release benches
benches: $(BENCHES) $(B)/zhengtong
	@tools/bench $(BENCHES)
# What law costs, beside ajv, feelin and a bare scan, in one list: build/bench/rule.json.
RULE_BENCHES := $(filter $(B)/bench/rule/%,$(BENCHES))
bench-rule:
	@$(MAKE) --no-print-directory MODE=release B=build/release benches-rule
benches-rule: $(RULE_BENCHES)
	@tools/bench --as rule $(RULE_BENCHES)
# What processes cost, beside bpmn-engine, their rows alone and an empty store: build/bench/process.json.  ZT_CASES: how many are open.
PROCESS_BENCHES := $(filter $(B)/bench/process/%,$(BENCHES))
bench-process:
	@$(MAKE) --no-print-directory MODE=release B=build/release benches-process
benches-process: $(PROCESS_BENCHES)
	@tools/bench --as process $(PROCESS_BENCHES)
# Hand-overs between two nodes, beside bare questions of the exchange: build/bench/handover.json.
HANDOVER_BENCHES := $(filter $(B)/bench/exchange/handover,$(BENCHES))
bench-handover:
	@$(MAKE) --no-print-directory MODE=release B=build/release benches-handover
benches-handover: $(HANDOVER_BENCHES)
	@tools/bench --as handover $(HANDOVER_BENCHES)
.PHONY: benches bench-rule benches-rule bench-process benches-process bench-handover benches-handover
