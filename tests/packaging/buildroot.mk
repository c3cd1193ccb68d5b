# buildroot.mk - as much of Buildroot as our package wants; the compiler is the machine's.
# SPDX-License-Identifier: MIT
#
#   make -f buildroot.mk OUT=folder DROPBEAR=|y WRITABLE=|y FLAT=|y $OUT/tree/installed
#
# The package's tree is a copy in $OUT/tree, whose files named so are the stamps.

SHELL := $(OUT)/sh
BR2_EXTERNAL_CUBSSH_PATH := $(OUT)/tree/packaging/buildroot
BR2_PACKAGE_CUBSSH := y
BR2_PACKAGE_CUBSSH_DROPBEAR := $(DROPBEAR)
BR2_PACKAGE_CUBSSH_CONFIG := "$(BR2_EXTERNAL_CUBSSH_PATH)/../../configs/router_defconfig"
BR2_USE_MMU := y
BR2_BINFMT_FLAT := $(FLAT)
BR2_ARCH := "$(shell uname -m)"
BR2_TARGET_GENERIC_REMOUNT_ROOTFS_RW := $(WRITABLE)
BUILD_DIR := $(OUT)
STAGING_DIR := $(OUT)/staging
TARGET_DIR := $(OUT)/target$(DROPBEAR)
TARGET_CROSS :=
TARGET_CC := gcc
TARGET_AR := ar
TARGET_CFLAGS := -D_LARGEFILE_SOURCE -Os
TARGET_LDFLAGS :=
INSTALL := install
CUBSSH_PKGDIR := $(BR2_EXTERNAL_CUBSSH_PATH)/package/cubssh

quote := "
qstrip = $(strip $(subst $(quote),,$(1)))
KCONFIG_ENABLE_OPT = sed -i -e "/^\# $(1) is/d; /^$(1)=/d" $(@D)/.config && echo $(1)=y >>$(@D)/.config
define newline


endef

include $(BR2_EXTERNAL_CUBSSH_PATH)/external.mk

kconfig = $(MAKE) -C $(@D) $(CUBSSH_KCONFIG_OPTS)

$(OUT)/tree/configured: | $(OUT)/buildroot-config/mconf
	cp $(CUBSSH_KCONFIG_FILE) $(@D)/.config
	$(kconfig) olddefconfig
	$(CUBSSH_KCONFIG_FIXUP_CMDS)
	$(kconfig) olddefconfig
	$(kconfig) savedefconfig
	$(kconfig) menuconfig
	touch $@

$(OUT)/tree/installed: $(OUT)/tree/configured
	$(CUBSSH_BUILD_CMDS)
	$(CUBSSH_INSTALL_TARGET_CMDS)
	$(CUBSSH_INSTALL_INIT_SYSV)
	$(CUBSSH_INSTALL_INIT_SYSTEMD)
	$(foreach h,$(CUBSSH_POST_INSTALL_TARGET_HOOKS),$($(h))$(newline))

# an editor that only looks whether it was called as it must be
$(OUT)/buildroot-config/mconf:
	mkdir -p $(@D)
	printf '#!/bin/sh\ngrep -q CONFIG_CHANNELS "$$KCONFIG_CONFIG" && [ "$$CONFIG_" = CONFIG_ ]\n' >$@
	chmod 755 $@
