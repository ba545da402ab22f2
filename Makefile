# SPDX-License-Identifier: GPL-2.0-or-later
# tar2btrfs: tar or cpio in, btrfs seed image out; btrfs2tar: the way back
#
# Variables a user may set on the command line:
#   CC, CPPFLAGS, CFLAGS, LDFLAGS
#                        compiler and flags; these flags follow ours, so they win
#   PKG_CONFIG           the pkg-config program that finds the libraries
#   WERROR=1             warnings are errors
#   V=1                  show commands
#   SANDBOX=, SELINUX=   build without libseccomp, without libselinux
#   STATIC=1             build programs that need no shared library; pkg-config is not used
#   PREFIX, DESTDIR      where install puts files (default of PREFIX: /usr/local)
#   BUILD                build directory (default: build); another one also holds its own programs
#   JOBS, TESTS          for the test targets: how many files run at once, and which (TESTS='30-xattrs 40-links')
# `make help` lists the targets, with the variables of a single target.

CC ?= cc
PREFIX ?= /usr/local
BUILD ?= build
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
INSTALL ?= install

# The programs are built at the top of the tree; with another build directory, inside that directory.
PROGRAM_DIR := $(if $(filter build,$(BUILD)),,$(BUILD)/)
PROGRAM := $(PROGRAM_DIR)tar2btrfs
PROGRAMS := $(PROGRAM) $(PROGRAM_DIR)btrfs2tar

LIBRARIES = libarchive libzstd zlib lzo2 uuid libgcrypt libxxhash jansson
# libselinux (labels from file_contexts) is used if pkg-config finds it.
ifneq ($(STATIC),1)
SELINUX ?= $(shell $(PKG_CONFIG) --exists libselinux 2>/dev/null && echo libselinux)
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

# Flags that make bugs harder to exploit, if the compiler knows them. Fortified calls need optimisation and disturb
# sanitizers; a user's own _FORTIFY_SOURCE is kept.
HARDENING := -fstack-protector-strong $(shell for f in -fstack-clash-protection -fcf-protection -mbranch-protection=standard; \
	do $(CC) -Werror $$f -x c -c -o /dev/null /dev/null 2>/dev/null && echo $$f; done)
ifeq ($(findstring -fsanitize,$(CFLAGS))$(findstring _FORTIFY_SOURCE,$(CC) $(CPPFLAGS) $(CFLAGS)),)
HARDENING += $(if $(filter -O1 -O2 -O3 -Os,$(CFLAGS)),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif
HARDENING_LINK = -Wl,-z,relro,-z,now,-z,noexecstack,--build-id $(if $(filter -static,$(LINK)),,-pie)
ifneq ($(V),1)
Q = @
endif

# A static program also needs the libraries that libarchive's readers call. The linker warns about calls of the user
# database, which the program never makes.
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
LIB_OBJECTS := $(patsubst src/%.c,$(BUILD)/%.o,$(filter-out src/cli/main.c src/cli/export_main.c,$(SOURCES)))
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(sort $(wildcard tests/unit/test_*.c)))
HARNESSES := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZERS := $(addprefix $(BUILD)/fuzz/,$(HARNESSES))

# The targets of `make help`: a line "##@ NAME" begins a group there.

##@ Build

.PHONY: all
all: $(PROGRAMS)	## build ./tar2btrfs and ./btrfs2tar

# Everything is built again when the compiler or its flags change.
FLAGS := $(CC) $(OUR_CPPFLAGS) $(CPPFLAGS) $(OUR_CFLAGS) $(CFLAGS) $(HARDENING_LINK) $(LDFLAGS) $(LINK) $(LIBS)
define find_libraries
$(PKG_CONFIG) --exists $(LIBRARIES) $(SELINUX) $(SANDBOX) 2>/dev/null || { \
	if command -v $(PKG_CONFIG) >/dev/null; then \
		missing=; \
		for l in $(LIBRARIES) $(SELINUX) $(SANDBOX); do $(PKG_CONFIG) --exists $$l || missing="$$missing $$l"; done; \
		echo "libraries are missing, by their names for pkg-config:$$missing"; \
	else \
		echo "$(PKG_CONFIG) is missing, which finds the libraries"; \
	fi; \
	echo "On Debian, 'make deps-build' as root installs what the build needs. Elsewhere see README.md."; \
	exit 1; } >&2
endef

$(BUILD)/flags: FORCE
	$(if $(filter 1,$(STATIC)),,$(Q)$(find_libraries))
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

$(PROGRAM_DIR)tar2btrfs: $(BUILD)/cli/main.o $(BUILD)/libtar2btrfs.a
$(PROGRAM_DIR)btrfs2tar: $(BUILD)/cli/export_main.o $(BUILD)/libtar2btrfs.a
$(PROGRAMS):
	$(if $(Q),@echo "  LD $@")
	$(Q)$(CC) $(OUR_CFLAGS) $(CFLAGS) $(HARDENING_LINK) $(LDFLAGS) $(LINK) -o $@ $^ $(LIBS)

$(BUILD)/unit/%: tests/unit/%.c $(BUILD)/libtar2btrfs.a $(BUILD)/flags
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(OUR_CPPFLAGS) $(CPPFLAGS) $(OUR_CFLAGS) $(CFLAGS) $(HARDENING_LINK) $(LDFLAGS) $(LINK) -MMD -MP -o $@ $< $(BUILD)/libtar2btrfs.a $(LIBS)

# The oracle of the test of fs-verity; without it that test skips.
ifneq ($(STATIC),1)
ifeq ($(shell $(PKG_CONFIG) --exists libfsverity 2>/dev/null && echo yes),yes)
$(BUILD)/unit/test_merkle: OUR_CPPFLAGS += -DHAVE_LIBFSVERITY
$(BUILD)/unit/test_merkle: LIBS += -lfsverity
endif
endif

.PHONY: unit-tests
unit-tests: $(UNIT_TESTS) $(FUZZERS) $(BUILD)/fuzz/generate

# Each harness is a program that replays its corpus, or with FUZZ_MAIN= (and libFuzzer in CFLAGS) one that searches.
FUZZ_MAIN = tests/fuzz/replay.c
$(BUILD)/fuzz/generate: tests/fuzz/generate.c tests/fuzz/generator.c
FUZZ_PARTS = convert damage found generator mutate our_reader received receiver second_reader specimen
$(FUZZERS): $(BUILD)/fuzz/%: tests/fuzz/fuzz_%.c $(FUZZ_PARTS:%=tests/fuzz/%.c) $(FUZZ_MAIN)
$(BUILD)/fuzz/generate $(FUZZERS): $(BUILD)/libtar2btrfs.a $(BUILD)/flags tests/fuzz/fuzz.h tests/fuzz/found.h
	$(Q)mkdir -p $(@D)
	$(if $(Q),@echo "  LD $@")
	$(Q)$(CC) $(OUR_CPPFLAGS) $(CPPFLAGS) $(OUR_CFLAGS) $(CFLAGS) $(HARDENING_LINK) $(LDFLAGS) $(LINK) -o $@ $(filter %.c,$^) $(BUILD)/libtar2btrfs.a $(LIBS)

-include $(wildcard $(BUILD)/*/*.d)

.PHONY: deps-build
deps-build:	## install the packages that building needs (Debian, as root)
	$(Q)sh tests/deps.sh build

.PHONY: deps-static
deps-static:	## install the packages that STATIC=1 needs (Debian, as root)
	$(Q)sh tests/deps.sh build static

.PHONY: cross
CROSS = arm64 s390x
cross:	## static programs for other CPUs, build-cross/ARCH/tar2btrfs; CROSS=s390x selects
	$(Q)sh tests/deps.sh build cross
	$(Q)sh tests/cross/build.sh $(CROSS)

##@ Test

# Packages are installed first, and the build has a make of its own: make runs pkg-config while it reads the Makefile.

SUITE = TAR2BTRFS=$(abspath $(PROGRAM)) BUILD=$(BUILD) python3 tests/tools/suite.py $(if $(JOBS),--jobs $(JOBS))
# Builds with these flags have no sandbox, since it refuses system calls that the sanitizers make.
SANITIZE = -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all
SUBMAKE = +$(Q)$(MAKE) --no-print-directory

.PHONY: demo
demo:	## install packages, build, convert a directory, check, mount, compare
	$(Q)sh tests/deps.sh build demo
	$(SUBMAKE) all
	$(Q)bash tests/demo.sh

.PHONY: check
check:	## install packages, build, run all tests; tests with mounts need root and loop devices
	$(Q)sh tests/deps.sh build test
	$(SUBMAKE) suite

.PHONY: check-quick
check-quick: all unit-tests	## unit tests, and the quick tests that need no root
	$(Q)$(SUITE) --quick $(TESTS)

.PHONY: suite
suite: all unit-tests	## all tests, without installing packages; TESTS='NAME...' selects
	$(Q)$(SUITE) $(TESTS)

.PHONY: deps-test
deps-test:	## install the packages that building and testing need (Debian, as root)
	$(Q)sh tests/deps.sh build test

##@ Slow test

.PHONY: asan
asan:	## all tests with the sanitizers of addresses and undefined behaviour
	$(SUBMAKE) BUILD=build-asan SANDBOX= CFLAGS='$(SANITIZE) -fsanitize=address,undefined' SANITIZER=asan suite

.PHONY: tsan
tsan: export TSAN_OPTIONS = allocator_may_return_null=1
tsan:	## tests of the threads with the thread sanitizer
	$(SUBMAKE) BUILD=build-tsan SANDBOX= CFLAGS='$(SANITIZE) -fsanitize=thread' SANITIZER=tsan \
		TESTS='$(or $(TESTS),unit 50-data 60-compress)' suite

.PHONY: valgrind
valgrind: all	## a few test files under valgrind
	$(Q)TAR2BTRFS=$(CURDIR)/tests/tools/under-valgrind SANITIZER=valgrind BUILD=$(BUILD) \
		python3 tests/tools/suite.py $(or $(TESTS),10-types 20-names 30-xattrs 40-links)

# The sandbox would keep the program from writing its figures.
.PHONY: coverage
coverage: export GCOV_ERROR_FILE = /dev/null
coverage:	## all tests, then the share of lines of src/ that they reached
	$(Q)find build-coverage -name '*.gcda' -delete 2>/dev/null || :
	$(SUBMAKE) BUILD=build-coverage SANDBOX= CFLAGS='-O0 -g --coverage -fprofile-update=atomic' SANITIZER=coverage suite || :
	$(Q)sh tests/tools/coverage.sh build-coverage

.PHONY: fuzz
FUZZ_SECONDS = 60
FUZZ = $(HARNESSES)
fuzz:	## search for inputs that crash (clang); FUZZ='tree meta' selects, FUZZ_SECONDS=60 for each
	$(Q)sh tests/deps.sh build fuzz
	$(SUBMAKE) BUILD=build-fuzz SANDBOX= CC=clang FUZZ_MAIN= \
		CFLAGS='$(SANITIZE) -fsanitize=address,undefined,fuzzer-no-link -DLIBFUZZER -DFILE_WINDOW_BYTES=1024' \
		LINK='-fsanitize=fuzzer' fuzz-programs
	$(Q)sh tests/fuzz/run.sh $(FUZZ_SECONDS) $(FUZZ)

.PHONY: fuzz-programs
fuzz-programs: $(FUZZERS)

.PHONY: check-accepted
ACCEPTED = 3000
check-accepted: all unit-tests	## btrfs check of the images of ACCEPTED=3000 fuzzed archives; some are mounted and read
	$(Q)bash tests/fuzz/check-accepted.sh 1 $(ACCEPTED)

.PHONY: check-progs
check-progs: all	## btrfs2tar reads the damaged images in a checkout of btrfs-progs (PROGS=DIR): no crash, one line
	$(Q)bash tests/read-progs.sh '$(PROGS)'

.PHONY: check-long
check-long: all unit-tests	## tests for what few changes can break: close sweeps, other builds, large files
	$(Q)sh tests/deps.sh build test
	$(Q)$(SUITE) --long $(TESTS)

.PHONY: check-kernels
check-kernels: all	## in qemu: Debian's kernel reads images of each kind; a seed boots and sprouts, guests share one; ROOT=ARCHIVE: fs-verity of it
	$(Q)bash tests/kernels/check-kernels.sh
	$(Q)bash tests/kernels/check-verity.sh $(ROOT)
	$(Q)bash tests/kernels/boot-sprout.sh
	$(Q)bash tests/kernels/grow-sprout.sh
	$(Q)bash tests/kernels/boot-guests.sh

.PHONY: check-integration
check-integration: all	## contrib/ in checkouts of Buildroot (BUILDROOT=DIR) and Yocto (OECORE=DIR BITBAKE=DIR)
	$(Q)TAR2BTRFS=$(abspath $(PROGRAM)) BUILDROOT=$(BUILDROOT) OECORE=$(OECORE) BITBAKE=$(BITBAKE) \
		bats $(or $(TESTS:%=tests/integration/%.bats),tests/integration)

.PHONY: check-fstests
check-fstests: all	## tests of a built checkout of fstests (FSTESTS=DIR), on what tar2btrfs makes; as root; TESTS='btrfs/161'
	$(Q)bash tests/fstests/run.sh '$(FSTESTS)' $(TESTS)

.PHONY: check-cross
check-cross: cross all	## determinism on other CPUs and their kernels, emulated by qemu
	$(SUBMAKE) unit-tests
	+$(Q)for a in $(CROSS); do TAR2BTRFS=$(CURDIR)/build-cross/$$a/run BUILD=$(BUILD) \
		python3 tests/tools/suite.py 70-determinism 75-golden || exit; done
	$(Q)sh tests/deps.sh machines
	$(Q)bash tests/cross/boot.sh $(CROSS)

.PHONY: bench
bench:	## compare with other tools (PEERS=DIR is searched first); BENCH='--rounds 3 rootfs' selects
	$(Q)sh tests/deps.sh build bench
	$(SUBMAKE) all
	$(Q)PEERS='$(PEERS)' python3 tests/bench/bench.py $(BENCH)

##@ Install and package

BINDIR = $(PREFIX)/bin
DATADIR = $(PREFIX)/share
MANDIR = $(DATADIR)/man/man1
DOCDIR = $(DATADIR)/doc/tar2btrfs
# Documents and scripts are installed under their paths of the source tree, so that their references to each other hold.
# Of contrib/ only the files that are of use without the source tree are installed.
DOCUMENTS = README.md CHANGELOG.md SECURITY.md HACKING.md $(sort $(wildcard docs/*.md docs/*.svg docs/*/*.md docs/*/*.svg)) \
	$(wildcard contrib/*/README.md) contrib/recipes/genimage.cfg
SCRIPTS = contrib/boot-oci contrib/sprout-install contrib/layout-svg.py contrib/recipes/mkosi.postoutput
# Those that also are programs, tar2btrfs-NAME, with a manual page.
TOOLS = boot-oci sprout-install
# Where each shell looks for completions; zsh has a directory of its own for packages.
COMPLETIONS = contrib/completions
BASHDIR = $(DATADIR)/bash-completion/completions
ZSHDIR = $(DATADIR)/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
FISHDIR = $(DATADIR)/fish/vendor_completions.d

.PHONY: install
install: all	## install the programs, manuals, completions and documents to DESTDIR/PREFIX
	$(Q)for p in $(PROGRAMS); do n=$${p##*/}; $(INSTALL) -D -m 755 $$p $(DESTDIR)$(BINDIR)/$$n && \
		$(INSTALL) -D -m 644 man/$$n.1 $(DESTDIR)$(MANDIR)/$$n.1 && \
		$(INSTALL) -D -m 644 $(COMPLETIONS)/$$n.bash $(DESTDIR)$(BASHDIR)/$$n && \
		$(INSTALL) -D -m 644 $(COMPLETIONS)/_$$n $(DESTDIR)$(ZSHDIR)/_$$n && \
		$(INSTALL) -D -m 644 $(COMPLETIONS)/$$n.fish $(DESTDIR)$(FISHDIR)/$$n.fish || exit; done
	$(Q)for n in $(TOOLS); do $(INSTALL) -D -m 755 contrib/$$n $(DESTDIR)$(BINDIR)/tar2btrfs-$$n && \
		$(INSTALL) -D -m 644 man/tar2btrfs-$$n.1 $(DESTDIR)$(MANDIR)/tar2btrfs-$$n.1 || exit; done
	$(Q)for f in $(DOCUMENTS); do $(INSTALL) -D -m 644 $$f $(DESTDIR)$(DOCDIR)/$$f || exit; done
	$(Q)for f in $(SCRIPTS); do $(INSTALL) -D -m 755 $$f $(DESTDIR)$(DOCDIR)/$$f || exit; done

.PHONY: uninstall
uninstall:	## remove the installed files
	$(Q)for n in $(notdir $(PROGRAMS)); do rm -f $(addprefix $(DESTDIR),$(BINDIR)/$$n $(MANDIR)/$$n.1 $(BASHDIR)/$$n \
		$(ZSHDIR)/_$$n $(FISHDIR)/$$n.fish); done
	$(Q)rm -f $(foreach n,$(TOOLS),$(addprefix $(DESTDIR),$(BINDIR)/tar2btrfs-$n $(MANDIR)/tar2btrfs-$n.1))
	$(Q)rm -rf $(DESTDIR)$(DOCDIR)

VERSION = $(shell sed -n 's/^.define TAR2BTRFS_VERSION "\(.*\)"/\1/p' src/cli/version.h)

.PHONY: dist
dist:	## a reproducible source archive of the last commit
	git -c tar.umask=0022 archive --format=tar --prefix=tar2btrfs-$(VERSION)/ HEAD | gzip -n9 >tar2btrfs-$(VERSION).tar.gz

.PHONY: deb
deb:	## a Debian package of the working tree, in build/deb
	$(Q)sh tests/deps.sh build package
	$(Q)sh contrib/debian/build.sh $(abspath $(BUILD))/deb

##@ Upkeep

.PHONY: lint
lint:	## the rules of the house and the analysers; RULES='NAME...' selects
	$(Q)sh tests/deps.sh build test lint
	$(SUBMAKE) all
	$(Q)bash tests/lint.sh $(RULES)

C_FILES := $(sort $(wildcard src/*/*.[ch] include/*/*.h tests/unit/*.[ch] tests/fuzz/*.[ch]))

.PHONY: format
format:	## let clang-format rewrite the C files
	$(Q)clang-format -i $(C_FILES)

.PHONY: format-check
format-check:	## fail if clang-format would change a C file
	$(Q)clang-format --dry-run -Werror $(C_FILES)

.PHONY: completions
completions: all	## write contrib/completions again, after an option has changed
	$(Q)python3 $(COMPLETIONS)/generate.py $(abspath $(PROGRAMS)) $(COMPLETIONS)

.PHONY: golden
golden: all	## write tests/golden again, after LAYOUT_VERSION has changed
	$(Q)TAR2BTRFS=$(abspath $(PROGRAM)) bash tests/tools/golden.sh write

.PHONY: clean
clean:	## remove the files that make made
	rm -rf $(BUILD) build-asan build-tsan build-fuzz build-cross build-coverage tar2btrfs btrfs2tar tar2btrfs-*.tar.gz

.PHONY: help
help:	## this list
	@awk -F '\t## ' '/^##@ / { printf "%s%s:\n", gap, substr($$0, 5); gap = "\n" } \
		NF == 2 && /^[a-z]/ { sub(/:.*/, "", $$1); printf "  %-18s %s\n", $$1, $$2 }' Makefile
