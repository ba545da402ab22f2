# tar2btrfs: tar or cpio in, btrfs seed image out
#
# Variables a user may set on the command line:
#   CC, CFLAGS, LDFLAGS  compiler and flags; they come after ours
#   WERROR=1             warnings are errors
#   V=1                  show commands
#   SANDBOX=, SELINUX=   do without libseccomp, without libselinux
#   STATIC=1             a program that needs no shared library; pkg-config is not asked
#   PREFIX, DESTDIR      where install puts things
#   BUILD                build directory (default: build); another one holds its own program too
#   JOBS, TESTS          for the test targets: files at once, and which ones (TESTS='30-xattrs 40-links')
# `make help` lists the targets.

CC ?= cc
PREFIX ?= /usr/local
BUILD ?= build
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
INSTALL ?= install

# The program stands at the top of the tree; that of another build directory stays there.
PROGRAM := $(if $(filter build,$(BUILD)),,$(BUILD)/)tar2btrfs

LIBRARIES = libarchive libzstd zlib lzo2 uuid libgcrypt libxxhash jansson
# used where it is there: labels by file_contexts; SELINUX= does without
ifneq ($(STATIC),1)
SELINUX ?= $(shell $(PKG_CONFIG) --exists libselinux && echo libselinux)
else
SELINUX ?= libselinux
endif
SANDBOX ?= libseccomp
WARNINGS = -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wcast-qual -Wwrite-strings \
	-Wpointer-arith -Wundef -Wvla -Wstrict-prototypes -Wold-style-definition -Wmissing-prototypes \
	-Wimplicit-fallthrough -Wformat=2 -Wswitch-enum -fno-common
ifeq ($(WERROR),1)
WARNINGS += -Werror
endif

# What makes bugs harder to use, as far as the compiler knows it. Fortified calls need optimisation and are
# not for sanitizers; who sets _FORTIFY_SOURCE has chosen.
HARDENING := -fstack-protector-strong $(shell for f in -fstack-clash-protection -fcf-protection -mbranch-protection=standard; \
	do $(CC) -Werror $$f -x c -c -o /dev/null /dev/null 2>/dev/null && echo $$f; done)
ifeq ($(findstring -fsanitize,$(CFLAGS))$(findstring _FORTIFY_SOURCE,$(CC) $(CPPFLAGS) $(CFLAGS)),)
HARDENING += $(if $(filter -O1 -O2 -O3 -Os,$(CFLAGS)),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif
HARDENING_LINK = -Wl,-z,relro,-z,now,-z,noexecstack,--build-id $(if $(filter -static,$(LINK)),,-pie)
ifneq ($(V),1)
Q = @
endif

# A static program needs what libarchive's readers call as well; of its other parts nothing is linked. The linker
# warns of user databases, which are never asked.
ifeq ($(STATIC),1)
LINK = -static
LIBS = -larchive -llzma -llz4 -lbz2 -lnettle -lzstd -lz -llzo2 -luuid -lgcrypt -lgpg-error -lxxhash -ljansson \
	$(if $(SELINUX),-lselinux -lpcre2-8) $(if $(SANDBOX),-lseccomp) -pthread
else
LIBRARY_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(LIBRARIES) $(SELINUX) $(SANDBOX) 2>/dev/null)
LIBS := $(shell $(PKG_CONFIG) --libs $(LIBRARIES) $(SELINUX) $(SANDBOX) 2>/dev/null) -pthread
endif

OUR_CPPFLAGS = -Iinclude -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 $(if $(SELINUX),-DHAVE_SELINUX) \
	$(if $(SANDBOX),-DHAVE_SECCOMP) $(LIBRARY_CFLAGS)
OUR_CFLAGS = -std=gnu17 -pthread -fPIE -ffile-prefix-map=$(CURDIR)=. $(HARDENING) $(WARNINGS)

SOURCES := $(sort $(wildcard src/*/*.c))
LIB_OBJECTS := $(patsubst src/%.c,$(BUILD)/%.o,$(filter-out src/cli/main.c,$(SOURCES)))
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(sort $(wildcard tests/unit/test_*.c)))
HARNESSES := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZERS := $(addprefix $(BUILD)/fuzz/,$(HARNESSES))

.PHONY: all
all: $(PROGRAM)	## build ./tar2btrfs

# All is made anew when the compiler or its flags change.
FLAGS := $(CC) $(OUR_CPPFLAGS) $(CPPFLAGS) $(OUR_CFLAGS) $(CFLAGS) $(HARDENING_LINK) $(LDFLAGS) $(LINK) $(LIBS)
$(BUILD)/flags: FORCE
	$(Q)[ -n '$(LINK)' ] || $(PKG_CONFIG) --exists --print-errors $(LIBRARIES) $(SANDBOX) || \
		{ echo "a library is missing: see README.md, or run 'make deps-build' as root" >&2; exit 1; }
	$(Q)mkdir -p $(BUILD)
	$(Q)echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' >$@
.PHONY: FORCE
FORCE:

$(BUILD)/%.o: src/%.c $(BUILD)/flags
	$(Q)mkdir -p $(@D)
	$(if $(Q),@echo "  CC $<")
	$(Q)$(CC) $(OUR_CPPFLAGS) $(CPPFLAGS) $(OUR_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/libtar2btrfs.a: $(LIB_OBJECTS)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(PROGRAM): $(BUILD)/cli/main.o $(BUILD)/libtar2btrfs.a
	$(if $(Q),@echo "  LD $@")
	$(Q)$(CC) $(OUR_CFLAGS) $(CFLAGS) $(HARDENING_LINK) $(LDFLAGS) $(LINK) -o $@ $^ $(LIBS)

$(BUILD)/unit/%: tests/unit/%.c $(BUILD)/libtar2btrfs.a $(BUILD)/flags
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(OUR_CPPFLAGS) $(CPPFLAGS) $(OUR_CFLAGS) $(CFLAGS) $(HARDENING_LINK) $(LDFLAGS) $(LINK) -MMD -MP -o $@ $< $(BUILD)/libtar2btrfs.a $(LIBS)

.PHONY: unit-tests
unit-tests: $(UNIT_TESTS) $(FUZZERS) $(BUILD)/fuzz/generate

# Each harness is a program that replays its corpus, or with FUZZ_MAIN= (and libFuzzer in CFLAGS) one that searches.
FUZZ_MAIN = tests/fuzz/replay.c
$(BUILD)/fuzz/generate: tests/fuzz/generate.c tests/fuzz/generator.c
$(FUZZERS): $(BUILD)/fuzz/%: tests/fuzz/fuzz_%.c tests/fuzz/convert.c tests/fuzz/generator.c $(FUZZ_MAIN)
$(BUILD)/fuzz/generate $(FUZZERS): $(BUILD)/libtar2btrfs.a $(BUILD)/flags tests/fuzz/fuzz.h
	$(Q)mkdir -p $(@D)
	$(if $(Q),@echo "  LD $@")
	$(Q)$(CC) $(OUR_CPPFLAGS) $(CPPFLAGS) $(OUR_CFLAGS) $(CFLAGS) $(HARDENING_LINK) $(LDFLAGS) $(LINK) -o $@ $(filter %.c,$^) $(BUILD)/libtar2btrfs.a $(LIBS)

-include $(wildcard $(BUILD)/*/*.d)

# ---- tests -----------------------------------------------------------------
# Packages come first and in a make of their own, since pkg-config is asked when a Makefile is read.

SUITE = TAR2BTRFS=$(abspath $(PROGRAM)) BUILD=$(BUILD) python3 tests/tools/suite.py $(if $(JOBS),--jobs $(JOBS))
# Builds with these have no sandbox: what a sanitizer calls at the end, for one, does not pass it.
SANITIZE = -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all
SUBMAKE = +$(Q)$(MAKE) --no-print-directory

.PHONY: deps-build
deps-build:	## install what building needs (Debian, as root)
	$(Q)sh tests/deps.sh build

.PHONY: deps-static
deps-static:	## install what building with STATIC=1 needs (Debian, as root)
	$(Q)sh tests/deps.sh build static

.PHONY: deps-test
deps-test:	## install what building and testing need (Debian, as root)
	$(Q)sh tests/deps.sh build test

.PHONY: demo
demo:	## build, convert a real directory, check, mount, compare
	$(Q)sh tests/deps.sh build demo
	$(SUBMAKE) all
	$(Q)bash tests/demo.sh

.PHONY: check
check:	## all tests; the kernel's need root and loop devices
	$(Q)sh tests/deps.sh build test
	$(SUBMAKE) suite

.PHONY: check-quick
check-quick: all unit-tests	## unit tests and what needs neither root nor patience
	$(Q)$(SUITE) --quick $(TESTS)

.PHONY: suite
suite: all unit-tests
	$(Q)$(SUITE) $(TESTS)

.PHONY: asan
asan:	## all tests with address and undefined behaviour sanitizers
	$(SUBMAKE) BUILD=build-asan SANDBOX= CFLAGS='$(SANITIZE) -fsanitize=address,undefined' SANITIZER=asan suite

.PHONY: tsan
tsan: export TSAN_OPTIONS = allocator_may_return_null=1
tsan:	## tests of what runs in threads, with the thread sanitizer
	$(SUBMAKE) BUILD=build-tsan SANDBOX= CFLAGS='$(SANITIZE) -fsanitize=thread' SANITIZER=tsan \
		TESTS='$(or $(TESTS),unit 50-data 60-compress)' suite

# The sandbox would keep the figures from their files.
.PHONY: coverage
coverage: export GCOV_ERROR_FILE = /dev/null
coverage:	## all tests, then the lines of src/ that they reached; TESTS='NAME...' selects
	$(Q)find build-coverage -name '*.gcda' -delete 2>/dev/null || :
	$(SUBMAKE) BUILD=build-coverage SANDBOX= CFLAGS='-O0 -g --coverage -fprofile-update=atomic' SANITIZER=coverage suite || :
	$(Q)sh tests/tools/coverage.sh build-coverage

.PHONY: valgrind
valgrind: all	## a few suites under valgrind
	$(Q)TAR2BTRFS=$(CURDIR)/tests/tools/under-valgrind SANITIZER=valgrind BUILD=$(BUILD) \
		python3 tests/tools/suite.py $(or $(TESTS),10-types 20-names 30-xattrs 40-links)

.PHONY: fuzz
FUZZ_SECONDS = 60
FUZZ = $(HARNESSES)
fuzz:	## search for inputs that crash (clang); FUZZ='tree meta' selects, FUZZ_SECONDS=600 each
	$(Q)sh tests/deps.sh build fuzz
	$(SUBMAKE) BUILD=build-fuzz SANDBOX= CC=clang FUZZ_MAIN= \
		CFLAGS='$(SANITIZE) -fsanitize=address,undefined,fuzzer-no-link -DLIBFUZZER -DFILE_WINDOW_BYTES=1024' \
		LINK='-fsanitize=fuzzer' fuzz-programs
	$(Q)sh tests/fuzz/run.sh $(FUZZ_SECONDS) $(FUZZ)

.PHONY: fuzz-programs
fuzz-programs: $(FUZZERS)

.PHONY: check-accepted
ACCEPTED = 3000
check-accepted: all unit-tests	## images of ACCEPTED=3000 fuzzed archives through btrfs check, some mounted and read (slow)
	$(Q)bash tests/fuzz/check-accepted.sh 1 $(ACCEPTED)

.PHONY: check-kernels
check-kernels: all	## in qemu with Debian's own kernel: images of each kind are read, a seed boots and sprouts (slow)
	$(Q)bash tests/kernels/check-kernels.sh
	$(Q)bash tests/kernels/boot-sprout.sh

.PHONY: check-integration
check-integration: all	## contrib/ in real trees: BUILDROOT=DIR, OECORE=DIR with BITBAKE=DIR (checkouts; slow)
	$(Q)TAR2BTRFS=$(abspath $(PROGRAM)) BUILDROOT=$(BUILDROOT) OECORE=$(OECORE) BITBAKE=$(BITBAKE) \
		bats $(or $(TESTS:%=tests/integration/%.bats),tests/integration)

.PHONY: cross
CROSS = arm64 s390x
cross:	## static programs for other CPUs, build-cross/ARCH/tar2btrfs; CROSS='s390x' selects
	$(Q)sh tests/deps.sh build cross
	$(Q)sh tests/cross/build.sh $(CROSS)

.PHONY: check-cross
check-cross: cross all	## all of determinism on other CPUs, and their kernels, emulated by qemu (slow)
	$(SUBMAKE) unit-tests
	+$(Q)for a in $(CROSS); do TAR2BTRFS=$(CURDIR)/build-cross/$$a/run BUILD=$(BUILD) \
		python3 tests/tools/suite.py 70-determinism 75-golden || exit; done
	$(Q)sh tests/deps.sh machines
	$(Q)bash tests/cross/boot.sh $(CROSS)

.PHONY: golden
golden: all	## write tests/golden anew, after LAYOUT_VERSION has changed
	$(Q)TAR2BTRFS=$(abspath $(PROGRAM)) bash tests/tools/golden.sh write

.PHONY: bench
bench:	## against other tools, in turns; PEERS=DIR before PATH, BENCH='--rounds 3 rootfs' selects
	$(Q)sh tests/deps.sh build bench
	$(SUBMAKE) all
	$(Q)PEERS='$(PEERS)' python3 tests/bench/bench.py $(BENCH)

# ---- lint and format -------------------------------------------------------

.PHONY: lint
lint:	## formatting, layers, headers, globals, analysers; RULES='NAME...' selects
	$(Q)sh tests/deps.sh build test lint
	$(SUBMAKE) all
	$(Q)bash tests/lint.sh $(RULES)

C_FILES := $(sort $(wildcard src/*/*.[ch] include/*/*.h tests/unit/*.[ch] tests/fuzz/*.[ch]))

.PHONY: format
format:	## let clang-format write the sources
	$(Q)clang-format -i $(C_FILES)

.PHONY: format-check
format-check:	## fail if clang-format would change something
	$(Q)clang-format --dry-run -Werror $(C_FILES)

# ---- install ---------------------------------------------------------------

BINDIR = $(PREFIX)/bin
DATADIR = $(PREFIX)/share
MANDIR = $(DATADIR)/man/man1
DOCDIR = $(DATADIR)/doc/tar2btrfs
# Documents and scripts keep their places, so that what one says of another is true where they are installed; of
# contrib/ comes what works, or is read, without the source tree.
DOCUMENTS = README.md CHANGELOG.md SECURITY.md HACKING.md $(sort $(wildcard docs/*.md docs/*.svg docs/*/*.md docs/*/*.svg)) \
	$(wildcard contrib/*/README.md) contrib/recipes/genimage.cfg
SCRIPTS = contrib/boot-oci contrib/sprout-install contrib/layout-svg.py contrib/recipes/mkosi.postoutput
# where each shell looks for completions; zsh in another place for what packages bring
COMPLETIONS = contrib/completions
BASHDIR = $(DATADIR)/bash-completion/completions
ZSHDIR = $(DATADIR)/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
FISHDIR = $(DATADIR)/fish/vendor_completions.d

.PHONY: completions
completions: all	## write contrib/completions anew, after an option has changed
	$(Q)python3 $(COMPLETIONS)/generate.py $(abspath $(PROGRAM)) $(COMPLETIONS)

.PHONY: install
install: all	## install to DESTDIR/PREFIX
	$(Q)$(INSTALL) -D -m 755 $(PROGRAM) $(DESTDIR)$(BINDIR)/tar2btrfs
	$(Q)$(INSTALL) -D -m 644 man/tar2btrfs.1 $(DESTDIR)$(MANDIR)/tar2btrfs.1
	$(Q)$(INSTALL) -D -m 644 $(COMPLETIONS)/tar2btrfs.bash $(DESTDIR)$(BASHDIR)/tar2btrfs
	$(Q)$(INSTALL) -D -m 644 $(COMPLETIONS)/_tar2btrfs $(DESTDIR)$(ZSHDIR)/_tar2btrfs
	$(Q)$(INSTALL) -D -m 644 $(COMPLETIONS)/tar2btrfs.fish $(DESTDIR)$(FISHDIR)/tar2btrfs.fish
	$(Q)for f in $(DOCUMENTS); do $(INSTALL) -D -m 644 $$f $(DESTDIR)$(DOCDIR)/$$f || exit; done
	$(Q)for f in $(SCRIPTS); do $(INSTALL) -D -m 755 $$f $(DESTDIR)$(DOCDIR)/$$f || exit; done

.PHONY: uninstall
uninstall:	## remove what install put there
	$(Q)rm -f $(addprefix $(DESTDIR),$(BINDIR)/tar2btrfs $(MANDIR)/tar2btrfs.1 $(BASHDIR)/tar2btrfs \
		$(ZSHDIR)/_tar2btrfs $(FISHDIR)/tar2btrfs.fish)
	$(Q)rm -rf $(DESTDIR)$(DOCDIR)

VERSION = $(shell sed -n 's/^.define TAR2BTRFS_VERSION "\(.*\)"/\1/p' include/cli/version.h)

.PHONY: dist
dist:	## a reproducible archive of the last commit
	git -c tar.umask=0022 archive --format=tar --prefix=tar2btrfs-$(VERSION)/ HEAD | gzip -n9 >tar2btrfs-$(VERSION).tar.gz

.PHONY: deb
deb:	## a Debian package of the working tree, in build/deb
	$(Q)sh tests/deps.sh build package
	$(Q)sh contrib/debian/build.sh $(abspath $(BUILD))/deb

.PHONY: clean
clean:	## remove what make made
	rm -rf $(BUILD) build-asan build-tsan build-fuzz build-cross build-coverage tar2btrfs tar2btrfs-*.tar.gz

.PHONY: help
help:	## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1\t\2/p' Makefile | expand -t 16
