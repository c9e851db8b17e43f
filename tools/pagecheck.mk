# Rules for the pages, and a test of the rules with planted mistakes.
pagecheck: build/tools/pagecheck
	@build/tools/pagecheck $(sort $(wildcard pages/*.html))
	@tests/tools/pagecheck_test.sh build/tools/pagecheck
.PHONY: pagecheck
