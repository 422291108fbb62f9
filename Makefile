# fairlead. Targets: all (default), unit, fuzz, fuzz-replay, check, lint, tidy, format, bench, clean.
#
#   make [CC=gcc|clang] [SAN=none|address,undefined|thread] [WERROR=1] [BUILD=dir]
#   make unit [ROOM=base] [TEST=str]   unit tests: of one room, of the programs whose name contains TEST
#   make unit-db, unit-threads         those that open a database; those with threads
#
# Each compiler and sanitizer builds into a folder of its own: build, build-clang, build-asan, build-clang-tsan ...
# The same endings are added to a BUILD given by hand.

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all

# Includes point down this list; each room becomes lib<room>.a and its tests see only the rooms below it.
ROOMS := base db expr manual access record work insight connect keep serve cli

ifeq ($(origin CC),default)
CC := gcc
endif
AR := ar
SAN ?= none
BUILD ?= build

is_clang := $(findstring clang,$(CC))
suffix := $(if $(is_clang),-clang)
ifneq ($(findstring fuzz,$(SAN)),)
suffix := -fuzz
else ifneq ($(findstring thread,$(SAN)),)
suffix := $(suffix)-tsan
else ifneq ($(findstring address,$(SAN)),)
suffix := $(suffix)-asan
else ifneq ($(findstring undefined,$(SAN)),)
suffix := $(suffix)-ubsan
endif
override OUT := $(BUILD)$(suffix)
GEN := $(OUT)/gen

# Flags
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wwrite-strings -Wformat=2 \
        -Wundef -Wcast-qual -Wconversion -Wno-sign-conversion $(if $(WERROR),-Werror)
CPPFLAGS_ALL := -D_GNU_SOURCE -Isrc -I$(GEN) -isystem /usr/include/postgresql $(CPPFLAGS)
CFLAGS_ALL := -std=c17 -g -fstack-protector-strong -fPIE -fno-strict-aliasing -pthread $(WARN)
LDFLAGS_ALL := -pie -pthread -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)
ifeq ($(SAN),none)
CFLAGS_ALL += -O2 -D_FORTIFY_SOURCE=2
else ifeq ($(SAN),fuzz)
CFLAGS_ALL += -O1 -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
LDFLAGS_ALL += -fsanitize=address,undefined
else # Nothing is optimised away before it is looked at, and building costs a third.
CFLAGS_ALL += -O0 -fno-omit-frame-pointer -fsanitize=$(SAN) $(if $(findstring undefined,$(SAN)),-fno-sanitize-recover=undefined)
LDFLAGS_ALL += -fsanitize=$(SAN)
endif
CFLAGS_ALL += $(CFLAGS)
TEST_CPPFLAGS := -Itests -I.
TEST_CFLAGS := -Wno-overlength-strings
LIBS := -lcurl -lmicrohttpd -lsodium -ljansson -lyaml -lsqlite3 -lpq -lutf8proc -lmd4c -lzxcvbn -lm

sources = $(wildcard src/$(1)/*.c src/$(1)/*/*.c)
objects = $(patsubst %.c,$(OUT)/obj/%.o,$(1))
# The rooms from the bottom up to $(1); all of them if $(1) is none of them.
upto = $(if $(2),$(firstword $(2)) $(if $(filter $(1),$(firstword $(2))),,$(call upto,$(1),$(wordlist 2,99,$(2)))))

LIVE_ROOMS := $(foreach r,$(ROOMS),$(if $(call sources,$(r)),$(r)))
libs_upto = $(foreach r,$(filter $(call upto,$(1),$(ROOMS)),$(LIVE_ROOMS)),$(OUT)/lib$(r).a)
ALL_LIBS := $(foreach r,$(LIVE_ROOMS),$(OUT)/lib$(r).a)
link = $(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group

ALL_OBJS :=

# ---- the program ----
ifneq ($(wildcard src/main.c),)
all: $(OUT)/fairlead
ALL_OBJS += $(OUT)/obj/src/main.o
$(OUT)/fairlead: $(OUT)/obj/src/main.o $(ALL_LIBS)
	@echo "  link  $@"
	@$(link) $(LIBS)
else
all: $(ALL_LIBS)
endif
.PHONY: all

# ---- generated code: statements, migrations, embedded files ----
sql_FILES := $(sort $(wildcard src/*/*.sql src/*/*/*.sql))
migrations_FILES := $(sort $(wildcard src/*/migrations/*.sql))
sql_FILES := $(filter-out $(migrations_FILES),$(sql_FILES))
embedded_FILES := $(sort $(shell find manual data web/dist -type f ! -name '.*' 2>/dev/null))

flags_FILES := $(CC) $(CPPFLAGS_ALL) $(filter-out -Werror,$(CFLAGS_ALL))

# A list changes its date only when its content does.
$(GEN)/%.list: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' $(foreach f,$($*_FILES),'$(f)') >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
.PRECIOUS: $(GEN)/%.list $(GEN)/%.c
FORCE:
.PHONY: FORCE

$(GEN)/sql.stamp: $(GEN)/sql.list $(sql_FILES) tools/sql2c tools/sql2c.awk
	@echo "  sql   $(words $(sql_FILES)) files"
	@tools/sql2c $(GEN) $(sql_FILES)
	@touch $@
$(GEN)/sql_all.c: $(GEN)/sql.stamp
	@:
$(GEN)/%.sql.h: $(GEN)/sql.stamp
	@:
$(GEN)/migrations.c: $(GEN)/migrations.list $(migrations_FILES) tools/migrations.awk
	@echo "  gen   $@"
	@awk -f tools/migrations.awk $(migrations_FILES) </dev/null >$@
$(GEN)/embedded.c: $(GEN)/embedded.list $(embedded_FILES) tools/embed
	@echo "  gen   $@"
	@tools/embed '$(CURDIR)' <$(GEN)/embedded.list >$@

extra_base := $(OUT)/obj/gen/embedded.o
extra_db := $(OUT)/obj/gen/sql_all.o $(OUT)/obj/gen/migrations.o
ALL_OBJS += $(extra_base) $(if $(filter db,$(LIVE_ROOMS)),$(extra_db))
$(OUT)/obj/gen/%.o: $(GEN)/%.c $(GEN)/flags.list | $(GEN)/sql.stamp
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -Wno-overlength-strings -MMD -MP -c -o $@ $<

# ---- rooms ----
define room_rules
objs_$(1) := $(call objects,$(call sources,$(1))) $(extra_$(1))
ALL_OBJS += $$(objs_$(1))
$(OUT)/lib$(1).a: $$(objs_$(1))
	@echo "  lib   $$@"
	@rm -f $$@
	@$(AR) rcs $$@ $$^
$(1): $(OUT)/lib$(1).a
.PHONY: $(1)
endef
$(foreach r,$(LIVE_ROOMS),$(eval $(call room_rules,$(r))))

$(OUT)/obj/src/%.o: src/%.c $(GEN)/flags.list | $(GEN)/sql.stamp
	@mkdir -p $(@D)
	@echo "  cc    $<"
	@$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<
$(OUT)/obj/tests/%.o: tests/%.c $(GEN)/flags.list | $(GEN)/sql.stamp
	@mkdir -p $(@D)
	@echo "  cc    $<"
	@$(CC) $(TEST_CPPFLAGS) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(TEST_CFLAGS) -MMD -MP -c -o $@ $<

# ---- unit tests ----
# tests/unit/<room>/test_*.c are programs; other .c files beside them are linked into each of that room's. Helpers for
# all rooms are tests/*.c and tests/support/*.c. A folder that is no room (tests/unit/whole) sees all rooms.
support_SRC := $(wildcard tests/*.c tests/support/*.c)
support_LIB := $(if $(support_SRC),$(OUT)/libsupport.a)
ALL_OBJS += $(call objects,$(support_SRC))
$(OUT)/libsupport.a: $(call objects,$(support_SRC))
	@rm -f $@
	@$(AR) rcs $@ $^

unit_folders := $(patsubst tests/unit/%/,%,$(wildcard tests/unit/*/))
UNIT_FOLDERS := $(filter $(unit_folders),$(ROOMS)) $(filter-out $(ROOMS),$(unit_folders))
UNIT_PROGS :=
define unit_rules
unit_src_$(1) := $(wildcard tests/unit/$(1)/test_*.c)
unit_help_$(1) := $(call objects,$(filter-out $(wildcard tests/unit/$(1)/test_*.c),$(wildcard tests/unit/$(1)/*.c)))
unit_progs_$(1) := $$(patsubst %.c,$(OUT)/%,$$(unit_src_$(1)))
ALL_OBJS += $$(unit_help_$(1)) $$(call objects,$$(unit_src_$(1)))
$$(unit_progs_$(1)): $(OUT)/tests/unit/$(1)/%: $(OUT)/obj/tests/unit/$(1)/%.o $$(unit_help_$(1)) $(support_LIB) $(call libs_upto,$(1))
	@mkdir -p $$(@D)
	@echo "  link  $$@"
	@$$(link) -lcmocka $(LIBS)
endef
$(foreach r,$(UNIT_FOLDERS),$(eval $(call unit_rules,$(r))))
unit_wanted := $(foreach r,$(if $(ROOM),$(ROOM),$(UNIT_FOLDERS)),$(unit_progs_$(r)))
unit_wanted := $(if $(TEST),$(foreach p,$(unit_wanted),$(if $(findstring $(TEST),$(notdir $(p))),$(p))),$(unit_wanted))

unit-build: $(unit_wanted)
unit: $(unit_wanted)
	@tools/unit $(unit_wanted)
# Those that open a database, for the second one (tests/pg.sh run make unit-db), and those with threads.
about = $(foreach p,$(unit_wanted),$(if $(shell grep -lE '$(1)' $(wildcard $(p:$(OUT)/%=%.c) \
        $(filter-out $(dir $(p:$(OUT)/%=%))test_%.c,$(wildcard $(dir $(p:$(OUT)/%=%))*.[ch])))),$(p)))
.SECONDEXPANSION: # so that nobody else waits for grep
unit-db: $$(call about,db_fixture)
	@tools/unit $^
unit-threads: $$(call about,db_fixture|pthread_create|serve_start)
	@tools/unit $^
.PHONY: unit unit-build unit-db unit-threads

# ---- fuzzing ----
# tests/fuzz/fuzz_<name>.c has LLVMFuzzerTestOneInput. `make fuzz` builds the libFuzzer programs (clang); the same file with
# replay.c plays tests/fuzz/corpus/<name>/ with any compiler.
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_PROGS := $(patsubst %.c,$(OUT)/%,$(FUZZ_SRC))
REPLAY_PROGS := $(patsubst tests/fuzz/fuzz_%.c,$(OUT)/tests/fuzz/replay_%,$(FUZZ_SRC))
ALL_OBJS += $(call objects,$(FUZZ_SRC) tests/fuzz/replay.c)
$(FUZZ_PROGS): $(OUT)/tests/fuzz/%: $(OUT)/obj/tests/fuzz/%.o $(ALL_LIBS)
	@mkdir -p $(@D)
	@$(link) -fsanitize=fuzzer $(LIBS)
$(REPLAY_PROGS): $(OUT)/tests/fuzz/replay_%: $(OUT)/obj/tests/fuzz/fuzz_%.o $(OUT)/obj/tests/fuzz/replay.o $(ALL_LIBS)
	@mkdir -p $(@D)
	@echo "  link  $@"
	@$(link) $(LIBS)
fuzz:
	@$(MAKE) --no-print-directory CC=clang SAN=fuzz fuzz-build
fuzz-build: $(FUZZ_PROGS)
	@printf 'run: %s tests/fuzz/corpus/<name>\n' $(FUZZ_PROGS)
fuzz-replay: $(REPLAY_PROGS)
	@tools/fuzz-replay $(REPLAY_PROGS)
.PHONY: fuzz fuzz-build fuzz-replay

# ---- the rest ----
check: lint all unit fuzz-replay
	@tools/scripts-run $(OUT)
lint:
	@tools/lint
FORMAT_FILES = $(wildcard src/*.[ch] src/*/*.[ch] src/*/*/*.[ch] tests/*.[ch] tests/*/*.[ch] tests/*/*/*.[ch] bench/*.[ch])
format:
	clang-format -i $(FORMAT_FILES)
.PHONY: check lint format

# One file per run; a file is looked at again when it or one of its headers changed. Nothing is compiled for it.
TIDY_SRC := $(foreach r,$(if $(ROOM),$(ROOM),$(LIVE_ROOMS)),$(call sources,$(r))) $(if $(ROOM),,$(wildcard src/main.c))
tidy: $(patsubst %.c,$(OUT)/tidy/%.ok,$(TIDY_SRC))
$(OUT)/tidy/%.ok: %.c .clang-tidy $(GEN)/flags.list | $(GEN)/sql.stamp
	@mkdir -p $(@D)
	@echo "  tidy  $<"
	@$(CC) $(CPPFLAGS_ALL) -std=c17 -MM -MP -MT $@ -MF $(@:.ok=.d) $<
	@clang-tidy --quiet --warnings-as-errors='*' $< -- $(CPPFLAGS_ALL) -std=c17 2>$@.log || { cat $@.log; exit 1; }
	@mv $@.log $@
.PHONY: tidy

bench: all
	@if [ -x bench/run ]; then bench/run $(OUT); else echo "bench/run is missing"; exit 1; fi
clean:
	rm -rf $(OUT)
.PHONY: bench clean

-include $(sort $(ALL_OBJS:.o=.d) $(patsubst %.c,$(OUT)/tidy/%.d,$(TIDY_SRC)))
