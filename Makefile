# cubssh - SSH for small devices.
# SPDX-License-Identifier: MIT
#
#: make               ./cubssh, static, from .config or else configs/router_defconfig
#: make X_defconfig   .config from configs/ (full, router, tiny); olddefconfig, savedefconfig, menuconfig
#: make install       CONFIG_PREFIX=dir: the binary and its links; MANDIR=usr/share/man: pages too
#: make deps          compiler, BearSSL and musl, on Debian; SETS="build test": for the tests too
#: make demo          builds, logs in with the system's ssh, sends 100 MB
#: make test          SUITES="unit engine": those alone; FUZZ_SECONDS=10
#: make test-device   boots devices in qemu, logs in, breaks them
#: make lint size     invariants; bytes per preset and target (SYMBOLS=1, FILES=tiny)
#: make dist release  the sources as a tarball; static binaries for every target (out/release)
#: make bench         next to other servers, with sshbench: BENCH=path
#: O=dir              builds there     TARGET=mipsel-sf   for another machine (scripts/targets.mk)
#: CROSS_COMPILE= CC= CFLAGS= LDFLAGS= BEARSSL=dir MUSL=dir (sources or installed) V=1
#
# One archive per folder, every file compiled in every configuration; what no
# table names is not linked. A file in a replacement directory (crypto/x86)
# stands in for its namesake above; scripts/targets.mk says who takes which.

VERSION := 0.1

O ?= .
DEPS ?= build/deps
B := $(if $(filter .,$(O)),build,$(O))
Q := $(if $(V),,@)
say = $(if $(V),@:,@printf '  %-6s %s\n')

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.PHONY: all FORCE
all: $(O)/cubssh

# ---- target and compiler ---------------------------------------------------

include scripts/targets.mk

HOST := $(patsubst armv7l,armv7,$(shell uname -m))
ifdef TARGET
# `make deps` takes several, or all
ifeq ($(filter $(TARGET),$(TARGETS))$(filter deps,$(MAKECMDGOALS)),)
$(error TARGET=$(TARGET) is none of $(TARGETS))
endif
else
TARGET := $(firstword $(subst -, ,$(notdir $(CROSS_COMPILE))) $(HOST))
endif
ifeq ($(origin CROSS_COMPILE),undefined)
CROSS_COMPILE := $(if $(filter-out $(HOST),$(TARGET)),$(TRIPLE_$(TARGET):%=%-))
endif
ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
ifeq ($(origin AR),default)
AR := $(CROSS_COMPILE)ar
endif
STRIP ?= $(CROSS_COMPILE)strip
ARCH := $(ARCH_$(TARGET))
SMALL ?= $(SMALL_$(TARGET))
REPL := $(REPL_$(TARGET))

# ---- BearSSL and musl: built by `make deps`, or folders of the user's ------
# either sources, then built here, or installed; MUSL= is the compiler's own libc

BEARSSL ?= $(DEPS)/$(TARGET)/bearssl
ifeq ($(origin CROSS_COMPILE),command line)
MUSL ?= $(wildcard $(DEPS)/$(TARGET)/musl)
endif
MUSL ?= $(DEPS)/$(TARGET)/musl

BEARSSL_DIR := $(if $(wildcard $(BEARSSL)/src/inner.h),$(B)/bearssl,$(BEARSSL))
BEARSSL_LIB := $(firstword $(wildcard $(BEARSSL_DIR)/lib/*/libbearssl.a) \
	$(BEARSSL_DIR)/lib/libbearssl.a)
MUSL_DIR := $(if $(wildcard $(MUSL)/configure),$(B)/musl,$(MUSL))
LIBC := $(MUSL_DIR:%=%/lib/libc.a)
SYSTEM := $(if $(MUSL),-nostdinc -isystem $(MUSL_DIR)/include \
	-isystem $(shell $(CC) -print-file-name=include))
START := $(if $(MUSL),-nostartfiles -nodefaultlibs $(MUSL_DIR)/lib/crt1.o)
END := $(if $(MUSL),$(LIBC) -lgcc $(LIBC))

# ---- flags -----------------------------------------------------------------

WARN := -Wall -Wextra -Wvla -Wframe-larger-than=2048 -Wstrict-prototypes \
	-Wmissing-prototypes -Wshadow
OPT := -Os -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables \
	-fno-unwind-tables -fno-pie -fno-ident
LINK := -static -no-pie -Wl,--gc-sections -Wl,--sort-section=name -Wl,-z,noseparate-code -Wl,-z,norelro \
	-Wl,-z,noexecstack -Wl,-z,common-page-size=64 -Wl,--build-id=none $(LINK_$(TARGET))
PROTECT = $(shell grep -qs 'STACK_PROTECTOR 1' $(B)/config.h && \
	echo -fstack-protector || echo -fno-stack-protector)
# the objects work without it too: tests link them as they are
LTO = $(call gcc,$(shell grep -qs 'CFG_LTO 1' $(B)/config.h && echo -flto -ffat-lto-objects))
# the linker has one instruction set for all that it optimises: crypto stays out of MIPS16
LTO_FAST = $(if $(filter -mips16,$(SMALL)),,$(LTO))
FOLDERS := applets core port crypto
SLOW := applets/% core/% port/% tests/%
REPL_DIRS := $(foreach f,$(FOLDERS),$(foreach r,$(REPL),$(wildcard $f/$r)))
BASE_CFLAGS = -std=gnu11 -D_GNU_SOURCE= $(ARCH) $(OPT) $(WARN) -I$(B) $(addprefix -I,$(REPL_DIRS) $(FOLDERS)) \
	-isystem $(BEARSSL_DIR)/include $(SYSTEM)

# files of ours that want flags of their own; $(call gcc,FLAGS): what clang does not know
gcc = $(if $(findstring clang,$(CC)),,$1)
include scripts/speed.mk

# ---- what is built ---------------------------------------------------------

# sources FOLDER: its files and those of its replacement directories, each name once
own = $(foreach d,$(filter $1/%,$(REPL_DIRS)) $1,$(wildcard $d/*.c))
first = $(if $1,$(firstword $1) $(call first,$(filter-out %/$(notdir $(firstword $1)),$1)))
sources = $(strip $(call first,$(call own,$1)))
ARCHIVES := $(FOLDERS:%=$(B)/%.a)

define archive
$(B)/$1.a: $(patsubst %.c,$(B)/%.o,$(call sources,$1))
	$$(say) AR $$@
	$$(Q)rm -f $$@ && $$(AR) rcsD $$@ $$(filter %.o,$$^)
endef
$(foreach f,$(FOLDERS),$(eval $(call archive,$f)))

$(B)/%.o: %.c $(B)/config.h $(B)/.flags $(BEARSSL_LIB) $(LIBC)
	$(say) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE_CFLAGS) $(PROTECT) $(if $(filter $(SLOW),$*),$(SMALL) $(LTO),$(LTO_FAST)) $(CFLAGS_$*.o) $(CFLAGS) -MMD -MP -c -o $@ $<

link = $(CC) $(ARCH) $(LINK) $(CFLAGS) $(LDFLAGS) $(START) -o $@ $(filter %.o %.a,$(filter-out $(LIBC),$^)) $(END)

$(B)/cubssh.elf: $(ARCHIVES) $(BEARSSL_LIB) $(LIBC)
	$(say) LINK $@
	$(Q)$(link) $(if $(LTO),$(OPT) $(SMALL) -flto-partition=one -w)

$(O)/cubssh: $(B)/cubssh.elf
	$(say) STRIP $@
	$(Q)$(STRIP) -s -R .comment -R .ARM.attributes -o $@ $<

flags = $(subst ','\'',$(CC) $(BASE_CFLAGS) $(SMALL) $(CFLAGS))
$(B)/.flags: FORCE
	@mkdir -p $(@D)
	@echo '$(flags)' | cmp -s - $@ || echo '$(flags)' >$@


export CC AR ARCH
$(B)/bearssl/lib/libbearssl.a: | $(LIBC)
	$(Q)scripts/libs.sh bearssl $(BEARSSL) $(B)/bearssl '$(SYSTEM)'
$(B)/musl/lib/libc.a:
	$(Q)scripts/libs.sh musl $(MUSL) $(B)/musl
$(DEPS)/%.a:
	@echo "$@ is not there: make deps TARGET=$(TARGET), or give BEARSSL= and MUSL="; false

# ---- configuration ---------------------------------------------------------

KCONFIG := awk -f scripts/kconfig-parse.awk -f scripts/kconfig.awk
.PHONY: olddefconfig savedefconfig menuconfig
# $1: what to start from
configure = @mkdir -p $(O) && $(KCONFIG) mode=olddefconfig Kconfig $1 >$(DOTCONFIG).new && \
	{ cmp -s $(DOTCONFIG).new $(DOTCONFIG) && rm $(DOTCONFIG).new || \
	  mv $(DOTCONFIG).new $(DOTCONFIG); }
DOTCONFIG := $(O)/.config

%_defconfig: configs/%_defconfig
	$(call configure,$<)

olddefconfig: $(DOTCONFIG)
	$(call configure,$<)

savedefconfig: $(DOTCONFIG)
	@$(KCONFIG) mode=savedefconfig Kconfig $< >$(O)/defconfig

MCONF ?= kconfig-mconf
menuconfig: $(DOTCONFIG)
	@cd $(O) && KCONFIG_CONFIG=.config $(MCONF) $(CURDIR)/Kconfig

$(DOTCONFIG):
	$(call configure,configs/router_defconfig)

$(B)/config.h: $(DOTCONFIG) Kconfig scripts/kconfig.awk scripts/kconfig-parse.awk Makefile \
		scripts/speed.mk
	@mkdir -p $(@D)
	@$(KCONFIG) mode=header version=$(VERSION) Kconfig $< >$@

# when this was written: what a device without a clock can be sure of
BUILT = $(or $(SOURCE_DATE_EPOCH),$(shell git --git-dir=.git log -1 --format=%ct 2>/dev/null || \
	date -r Makefile +%s))
$(B)/built.h: FORCE
	@mkdir -p $(@D)
	@echo '#define BUILT $(BUILT)' >$@.new; cmp -s $@.new $@ && rm $@.new || mv $@.new $@
$(B)/port/clock.o: $(B)/built.h

# ---- everything else -------------------------------------------------------

.PHONY: install deps test test-device lint size bench demo dist release clean distclean help
include tests/tests.mk
-include $(shell find $(FOLDERS:%=$(B)/%) $(TEST_FOLDERS:%=$(B)/tests/%) -name '*.d' 2>/dev/null)

CONFIG_PREFIX ?= $(O)/_install
install: $(O)/cubssh
	$(Q)CONFIG_H=$(B)/config.h scripts/install.sh $< $(CONFIG_PREFIX)

export O B DEPS TARGET
deps lint size demo dist release: ; $(Q)scripts/$@.sh
bench: all ; $(Q)scripts/bench.sh
test: ; $(Q)tests/run
test-device: ; $(Q)TARGET="x86_64 armv7 mipsel-sf" SETS="build device" scripts/deps.sh && tests/device/run

clean:
	rm -rf $(FOLDERS:%=$(B)/%) $(ARCHIVES) $(B)/tests $(B)/cubssh.elf $(O)/cubssh $(B)/.flags \
		$(B)/config.h $(B)/built.h $(B)/bearssl $(B)/musl

distclean: clean
	rm -rf $(DOTCONFIG) $(O)/defconfig build

help:
	@sed -n 's/^#: //p' Makefile
