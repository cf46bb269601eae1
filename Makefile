# Makefile - the whole build of Runnel. GNU make, gcc or clang, Linux.
#
#   make                build/runnel and the client library
#   make run            serve on the default port, data kept in ./.runnel-data, until Ctrl-C
#   make demo           stream a real file through a server and compare (FILE=, KEY_FIELD=)
#   make test           every test that needs only Debian's packages and npm
#   make check          all that CI runs; PARTS=check leaves out what `make test` ran already
#   make unit           the unit tests alone; T=room/name for one, e.g. T=base/arena
#   make fuzz T=cbor    one fuzz target for SECONDS=60; make fuzz-check replays all corpora
#   make bench          the benchmarks, beside the limits of this machine
#   make deb            the Debian package, build/runnel_VERSION_ARCH.deb
#   make check-fresh    `make demo` and `make test` in a bare Debian 12 root (needs root)
#   make layers · tidy · format · lint · compdb · clean · install PREFIX=/usr/local DESTDIR=
#
# BUILD=dir   where everything goes (build)      SAN=address,undefined | thread   own folder
# CC=clang    another compiler                   WERROR=1   warnings are errors
#
# A room src/<room>/*.c becomes an archive; src/LAYERS says which archives a test of a room may
# link, so a call past the layers fails to link. Rows of tests/SUITES are what test and check run.

VERSION := 0.1.0
BUILD   := build
PREFIX  := /usr/local
CONFDIR := /etc
PYTHON  := /usr/bin/python3
SECONDS := 60
DATA    := .runnel-data
PARTS   := test check

MAKEFLAGS += --no-print-directory --no-builtin-rules
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
ifeq ($(origin CC),default)
CC := gcc
endif
comma := ,
SAN   :=
FUZZ  :=
ifdef FUZZ
CC := clang
O  := $(BUILD)-fuzz
else
O  := $(BUILD)$(if $(SAN),-$(subst $(comma),-,$(SAN)))
endif

STD  := -std=c17 -D_GNU_SOURCE -iquote src -iquote . -Iinclude -DRN_VERSION='"$(VERSION)"'
WARN := -Wall -Wextra -Wshadow -Wundef -Wvla -Wformat=2 -Wconversion -Wno-sign-conversion \
        -Wcast-qual -Wwrite-strings -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes \
        -Wswitch-enum -Wimplicit-fallthrough
HARD := -O2 -g -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fPIC \
        -fno-omit-frame-pointer
LINK := -pie -Wl,-z,relro,-z,now
ifdef FUZZ
HARD := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fPIC -fno-omit-frame-pointer
LINK := -pie -fsanitize=address,undefined
else ifdef SAN
HARD := -O1 -g -fsanitize=$(SAN) -fno-sanitize-recover=all -fPIC -fno-omit-frame-pointer
LINK += -fsanitize=$(SAN)
endif
ALL_CFLAGS  = $(STD) $(WARN) $(if $(WERROR),-Werror) $(HARD) -pthread $(LIB_CFLAGS) $(CFLAGS)
ALL_LDFLAGS = $(LINK) -pthread -Wl,--as-needed $(LDFLAGS)
# V=1 shows the commands.
Q           = @$(if $V,set -x;,echo "  $(@:$O/%=%)";)
COMPILE     = $(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# ---- rooms ------------------------------------------------------------------------------------
# One word a room, itself and all it may reach, users before what they use: local=local,engine,sys,base
LAYERS := $(shell awk -F: '/^[a-z]/ { sub(/\#.*/, "", $$2); all = $$1 " " all; n = split(all, order, " "); \
    if ($$2 ~ /\*/) { reach[$$1] = " " all } else { reach[$$1] = " " $$1 " "; m = split($$2, to, " "); \
        for (i = 1; i <= m; i++) reach[$$1] = reach[$$1] reach[to[i]] " " } \
    printf "%s=", $$1; \
    for (i = 1; i <= n; i++) if (index(reach[$$1], " " order[i] " ")) printf "%s,", order[i]; print "" }' src/LAYERS)
reach  = $(subst $(comma), ,$(patsubst $1=%,%,$(filter $1=%,$(LAYERS))))
ROOMS := $(call reach,cli)
LIB_ROOMS := $(filter base sys codec crypto model shape auth client,$(ROOMS))

sources  = $(wildcard src/$1/*.c)
objects  = $(patsubst src/%.c,$O/%.o,$(foreach room,$1,$(call sources,$(room))))
archives = $(foreach room,$1,$(if $(call sources,$(room)),$O/$(room).a))

UNIT    := $(patsubst %.c,$O/%,$(wildcard tests/unit/*/test_*.c))
FUZZERS := $(patsubst %.c,$O/%,$(wildcard tests/fuzz/fuzz_*.c))
BENCHES := $(patsubst %.c,$O/%,$(wildcard bench/*.c))
LAYERED := $(patsubst %.c,$O/tests/%.so,$(notdir $(wildcard tests/crash/*.c tests/oracle/*.c)))
SUPPORT := $(patsubst %.c,$O/%.o,$(wildcard tests/support/*.c))
LIBRARY := $(if $(wildcard src/client/*.c),$O/librunnel.a $O/librunnel.so $O/runnel.pc)
PROGRAM := $(if $(wildcard src/cli/*.c),$O/runnel)
DOCS    := $(addprefix $O/docs/,man conf bash zsh fish)

.DEFAULT_GOAL := all
.PHONY: all tests run demo test check unit fuzz fuzzers fuzz-check bench deb check-fresh layers tidy format \
        lint compdb clean install FORCE
.SECONDARY:
.DELETE_ON_ERROR:

all: $(PROGRAM) $(LIBRARY) $(DOCS)
tests: all $(UNIT) $(LAYERED) $(BENCHES)

# What the libraries need; remade (and packages installed) when scripts/deps says something new.
ifneq ($(filter-out clean layers tidy format,$(or $(MAKECMDGOALS),all)),)
include $O/libraries.mk
endif
PACKAGES := libuv openssl libcurl jansson libnghttp2
$O/libraries.mk: scripts/deps Makefile
	@scripts/deps build
	@mkdir -p $O
	@echo "LIB_CFLAGS := $$(pkg-config --cflags $(PACKAGES))" >$@.new
	@echo "LIBS := $$(pkg-config --libs $(PACKAGES))" >>$@.new
	@mv $@.new $@

# Both change only when what they record does: flags, and which files a room has.
$O/flags: FORCE
	@mkdir -p $O; printf '%s\n' "$(subst ",\",$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS))" >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
$O/sources: FORCE
	@mkdir -p $O; echo '$(wildcard src/*/*.c tests/support/*.c)' >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

$O/%.o: src/%.c $O/flags
	@mkdir -p $(@D)
	$(COMPILE)
$O/tests/%.o: tests/%.c $O/flags
	@mkdir -p $(@D)
	$(COMPILE)
$O/bench/%.o: bench/%.c $O/flags
	@mkdir -p $(@D)
	$(COMPILE)

.SECONDEXPANSION:
$O/%.a: $$(call objects,$$*) $O/sources
	@rm -f $@
	$(Q)ar rcs $@ $(filter %.o,$^)
$O/tests/support.a: $(SUPPORT) $O/sources
	@mkdir -p $(@D); rm -f $@
	$(Q)ar rcs $@ $(SUPPORT)

$O/runnel: $(call archives,$(ROOMS)) $O/layers.ok
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.a,$^) $(LIBS)
# The server with one mistake planted (tests/oracle/plants.py): the changed file stands before its room's archive.
$O/plants/%/runnel: $O/plants/%/changed.c $(call archives,$(ROOMS)) $O/flags
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(filter %.a,$^) $(LIBS)
# The manual, completions and default settings are in the program: what they say is what it does.
$O/docs/%: $O/runnel
	@mkdir -p $(@D)
	@$< docs $* >$@
$O/layers.ok: scripts/layers src/LAYERS $(wildcard src/*/*.[ch])
	@mkdir -p $O
	@scripts/layers && touch $@

# ---- the client library: one object that shows runnel_ names and nothing else ----------------------
$O/librunnel.o: $(call objects,$(LIB_ROOMS)) $O/sources
	$(Q)ld -r -o $@ $(filter %.o,$^)
	objcopy --wildcard --keep-global-symbol='runnel_*' $@
$O/librunnel.a: $O/librunnel.o
	@rm -f $@
	$(Q)ar rcs $@ $<
$O/librunnel.so: $(call objects,$(LIB_ROOMS)) scripts/librunnel.map $O/sources
	$(Q)$(CC) -shared -Wl,-soname,librunnel.so.0 -Wl,--version-script=scripts/librunnel.map \
	    $(filter-out -pie,$(ALL_LDFLAGS)) -o $@ $(filter %.o,$^) $(LIBS)
$O/runnel.pc: Makefile
	@printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$${prefix}/lib' 'includedir=$${prefix}/include' '' \
	    'Name: runnel' 'Description: Client of the Runnel streaming data service' 'Version: $(VERSION)' \
	    'Requires.private: $(filter-out libnghttp2,$(PACKAGES))' 'Libs: -L$${libdir} -lrunnel' 'Cflags: -I$${includedir}' >$@

SHARE = $(DESTDIR)$(PREFIX)/share
install: all
	@$(MAKE) -B $O/runnel.pc
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,bin lib/pkgconfig include/runnel lib/systemd/system lib/sysusers.d)
	install -Dm 644 $O/docs/man $(SHARE)/man/man1/runnel.1
	install -Dm 644 $O/docs/bash $(SHARE)/bash-completion/completions/runnel
	install -Dm 644 $O/docs/zsh $(SHARE)/zsh/site-functions/_runnel
	install -Dm 644 $O/docs/fish $(SHARE)/fish/vendor_completions.d/runnel.fish
	sed 's,/usr/bin/,$(PREFIX)/bin/,' packaging/runnel.service >$(DESTDIR)$(PREFIX)/lib/systemd/system/runnel.service
	install -m 644 packaging/sysusers.conf $(DESTDIR)$(PREFIX)/lib/sysusers.d/runnel.conf
	[ -e $(DESTDIR)$(CONFDIR)/runnel/runnel.conf ] || install -Dm 644 $O/docs/conf $(DESTDIR)$(CONFDIR)/runnel/runnel.conf
	install -m 755 $O/runnel $(DESTDIR)$(PREFIX)/bin/
	install -m 644 $O/librunnel.a $(DESTDIR)$(PREFIX)/lib/
	install -m 755 $O/librunnel.so $(DESTDIR)$(PREFIX)/lib/librunnel.so.0
	ln -sf librunnel.so.0 $(DESTDIR)$(PREFIX)/lib/librunnel.so
	install -m 644 include/runnel/*.h $(DESTDIR)$(PREFIX)/include/runnel/
	install -m 644 $O/runnel.pc $(DESTDIR)$(PREFIX)/lib/pkgconfig/

# ---- tests ------------------------------------------------------------------------------------
# A test of a room links that room and what LAYERS lets it reach, nothing else.
room_of  = $(firstword $(subst /, ,$(patsubst $O/tests/unit/%,%,$1)))
$(UNIT): $O/%: $O/%.o $O/tests/support.a $$(call archives,$$(call reach,$$(call room_of,$$@)))
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o %.a,$^) $(LIBS) $$(pkg-config --libs cmocka)
$(FUZZERS): $O/%: $O/%.o $O/tests/support.a $(call archives,$(ROOMS))
	$(Q)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $(filter %.o %.a,$^) $(LIBS)
$(BENCHES): $O/%: $O/%.o $(call archives,$(ROOMS))
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o %.a,$^) $(LIBS)
# Preload layers go under the plain program: never sanitized.
$(LAYERED): $O/tests/%.so: $$(wildcard tests/*/$$*.c)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c17 $(WARN) -Wno-missing-prototypes $(if $(WERROR),-Werror) -O2 -g -fPIC -shared -pthread -o $@ $< -ldl

run: all
	exec $O/runnel serve --data $(DATA)
demo:
	@scripts/deps build demo
	@$(MAKE) all
	@BUILD=$O PYTHON=$(PYTHON) FILE='$(FILE)' KEY_FIELD='$(KEY_FIELD)' tests/demo/demo
test:
	@scripts/deps build test
	@$(MAKE) tests
	@BUILD=$O PYTHON=$(PYTHON) scripts/test test
check:
	@scripts/deps build test check
	@$(MAKE) tests
	@BUILD=$O PYTHON=$(PYTHON) scripts/test $(PARTS)
unit: $(if $T,$(foreach t,$T,$O/tests/unit/$(dir $t)test_$(notdir $t)),$(UNIT))
	@scripts/test programs $^
fuzz fuzz-check:
	@scripts/deps build check
	@$(MAKE) FUZZ=1 fuzzers
	@scripts/fuzz $(BUILD)-fuzz/tests/fuzz $(if $(filter fuzz,$@),$(or $T,$(error make fuzz T=name)) $(SECONDS))
fuzzers: $(FUZZERS)
bench:
	@scripts/deps build test
	@$(MAKE) all $(BENCHES)
	@BUILD=$(abspath $O) $(PYTHON) bench/run
deb:
	@scripts/deps build deb
	@$(MAKE) all
	@BUILD=$O VERSION=$(VERSION) scripts/deb
check-fresh:
	@scripts/check-fresh
layers tidy format:
	@BUILD=$O scripts/$@
compdb $O/compile_commands.json:
	@scripts/compdb '$(CC) $(subst ','\'',$(ALL_CFLAGS))' >$(if $(filter compdb,$@),$(@:compdb=compile_commands.json),$@)
lint: $O/compile_commands.json
	@BUILD=$O scripts/lint
clean:
	rm -rf $(BUILD) $(BUILD)-*

-include $(wildcard $O/*/*.d $O/tests/*/*.d $O/tests/*/*/*.d)
