# package.mk - stands for OpenWrt's: the recipes of a package, in their order.
# SPDX-License-Identifier: MIT
#
# NAME builds and installs into $(OUT)/NAME; install-NAME installs what is built.

define BuildPackage
$(1):
	$(call Build/Prepare)
	$(call Build/Configure)
	$(call Build/Compile)
	$(call Package/$(1)/install,$(OUT)/$(1))
install-$(1):
	$(call Package/$(1)/install,$(OUT)/$(1))
endef
