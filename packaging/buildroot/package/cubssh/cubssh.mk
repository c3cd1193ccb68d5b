################################################################################
#
# cubssh
#
################################################################################

# The tree that this package lies in.
CUBSSH_VERSION = $(shell sed -n 's/^VERSION := //p' $(BR2_EXTERNAL_CUBSSH_PATH)/../../Makefile)
CUBSSH_SITE = $(abspath $(BR2_EXTERNAL_CUBSSH_PATH)/../..)
CUBSSH_SITE_METHOD = local
CUBSSH_OVERRIDE_SRCDIR_RSYNC_EXCLUSIONS = --exclude /build --exclude /out --exclude /.config
CUBSSH_LICENSE = MIT
CUBSSH_LICENSE_FILES = LICENSE
CUBSSH_DEPENDENCIES = bearssl

CUBSSH_KCONFIG_FILE = $(call qstrip,$(BR2_PACKAGE_CUBSSH_CONFIG))
CUBSSH_KCONFIG_FRAGMENT_FILES = $(call qstrip,$(BR2_PACKAGE_CUBSSH_CONFIG_FRAGMENT_FILES))
CUBSSH_KCONFIG_EDITORS = menuconfig

# What our Makefile knows of a processor beyond the compiler's flags, where it is
# one of ours; -Oz and the like are left to TARGET_CFLAGS.
CUBSSH_TARGET_x86_64 = x86_64
CUBSSH_TARGET_aarch64 = aarch64
CUBSSH_TARGET_riscv64 = riscv64
CUBSSH_TARGET_arm = armv7
CUBSSH_TARGET = $(CUBSSH_TARGET_$(call qstrip,$(BR2_ARCH)))

# Without a static library in staging, BearSSL's sources are compiled again.
CUBSSH_OPTS = \
	O=. \
	$(if $(CUBSSH_TARGET),TARGET=$(CUBSSH_TARGET)) \
	CROSS_COMPILE="$(TARGET_CROSS)" \
	CC="$(TARGET_CC)" \
	AR="$(TARGET_AR)" \
	ARCH= \
	SMALL= \
	CFLAGS="$(TARGET_CFLAGS)" \
	LDFLAGS="$(TARGET_LDFLAGS)" \
	MUSL= \
	BEARSSL=$(if $(BR2_SHARED_LIBS),$(BEARSSL_DIR),$(STAGING_DIR)/usr)

# elf2flt links by its own rules, and what it made is not to be stripped again
ifeq ($(BR2_BINFMT_FLAT),y)
CUBSSH_OPTS += LINK="-static -Wl,--gc-sections" STRIP="sh -c 'cp \$$\$$8 \$$\$$7' strip"
else
CUBSSH_OPTS += STRIP="$(TARGET_CROSS)strip"
endif

# Buildroot's own editor, which knows symbols without CONFIG_ unless it is told
CUBSSH_KCONFIG_OPTS = $(CUBSSH_OPTS) \
	MCONF="env CONFIG_=CONFIG_ $(BUILD_DIR)/buildroot-config/mconf"
cubssh-menuconfig: $(BUILD_DIR)/buildroot-config/mconf

ifeq ($(BR2_USE_MMU),)
define CUBSSH_NOMMU
	$(call KCONFIG_ENABLE_OPT,CONFIG_NOMMU)
endef
endif

ifeq ($(BR2_PACKAGE_CUBSSH_DROPBEAR),y)
define CUBSSH_DIALECT
	$(call KCONFIG_ENABLE_OPT,CONFIG_COMPAT_DROPBEAR)
endef
CUBSSH_SERVICE = dropbear
else
CUBSSH_SERVICE = cubssh
endif

define CUBSSH_KCONFIG_FIXUP_CMDS
	$(CUBSSH_NOMMU)
	$(CUBSSH_DIALECT)
endef

define CUBSSH_BUILD_CMDS
	$(TARGET_MAKE_ENV) $(MAKE) -C $(@D) $(CUBSSH_OPTS)
endef

define CUBSSH_INSTALL_TARGET_CMDS
	$(TARGET_MAKE_ENV) $(MAKE) -C $(@D) $(CUBSSH_OPTS) CONFIG_PREFIX=$(TARGET_DIR) install
endef

# With a root that cannot be written, the keys of the server are those of a boot.
ifeq ($(BR2_TARGET_GENERIC_REMOUNT_ROOTFS_RW),)
define CUBSSH_KEYS_FOLDER
	rm -rf $(TARGET_DIR)/etc/$(CUBSSH_SERVICE)
	ln -s /var/run/$(CUBSSH_SERVICE) $(TARGET_DIR)/etc/$(CUBSSH_SERVICE)
endef
else
define CUBSSH_KEYS_FOLDER
	$(INSTALL) -d -m 0700 $(TARGET_DIR)/etc/$(CUBSSH_SERVICE)
endef
endif
CUBSSH_POST_INSTALL_TARGET_HOOKS += CUBSSH_KEYS_FOLDER

# dropbear's layout has the binary in /usr/sbin, and what is called ssh is dbclient
ifeq ($(BR2_PACKAGE_CUBSSH_DROPBEAR),y)
define CUBSSH_LAYOUT
	rm -f $(TARGET_DIR)/usr/sbin/dropbear
	mv $(TARGET_DIR)/usr/bin/cubssh $(TARGET_DIR)/usr/sbin/dropbear
	for f in dropbearkey dropbearconvert scp dbclient ssh sftp ssh-keygen ssh-agent ssh-add; do \
		if [ -L $(TARGET_DIR)/usr/bin/$$f ]; then \
			ln -sf ../sbin/dropbear $(TARGET_DIR)/usr/bin/$$f || exit 1; \
		fi; \
	done
	rm -f $(TARGET_DIR)/usr/sbin/sshd
	if [ -L $(TARGET_DIR)/usr/libexec/sftp-server ]; then \
		ln -sf ../sbin/dropbear $(TARGET_DIR)/usr/libexec/sftp-server; \
	fi
endef
CUBSSH_POST_INSTALL_TARGET_HOOKS += CUBSSH_LAYOUT
endif

define CUBSSH_INSTALL_INIT_SYSV
	$(INSTALL) -D -m 0755 $(CUBSSH_PKGDIR)/S50$(CUBSSH_SERVICE) \
		$(TARGET_DIR)/etc/init.d/S50$(CUBSSH_SERVICE)
endef

ifeq ($(BR2_PACKAGE_CUBSSH_DROPBEAR),y)
define CUBSSH_INSTALL_INIT_SYSTEMD
	$(INSTALL) -D -m 0644 $(CUBSSH_PKGDIR)/dropbear.service \
		$(TARGET_DIR)/usr/lib/systemd/system/dropbear.service
endef
else
define CUBSSH_INSTALL_INIT_SYSTEMD
	$(INSTALL) -D -m 0644 $(CUBSSH_PKGDIR)/cubssh.service \
		$(TARGET_DIR)/usr/lib/systemd/system/cubssh.service
	$(INSTALL) -D -m 0644 $(CUBSSH_PKGDIR)/cubssh.socket \
		$(TARGET_DIR)/usr/lib/systemd/system/cubssh.socket
	$(INSTALL) -D -m 0644 $(CUBSSH_PKGDIR)/cubssh@.service \
		$(TARGET_DIR)/usr/lib/systemd/system/cubssh@.service
endef
endif

$(eval $(kconfig-package))
