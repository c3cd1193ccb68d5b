# rules.mk - as much of OpenWrt's as our package wants; the compiler is the machine's.
# SPDX-License-Identifier: MIT

SHELL := $(OUT)/sh
INCLUDE_DIR := $(TOPDIR)/include
BUILD_DIR := $(OUT)/build
DL_DIR := $(OUT)/dl
PKG_INSTALL_DIR = $(PKG_BUILD_DIR)/ipkg-install
ARCH := $(shell uname -m)
TARGET_CROSS :=
TARGET_CC := gcc
TARGET_AR := ar
TARGET_CFLAGS := -O2 -pipe
TARGET_LDFLAGS := -Wl,-z,now
INSTALL_DIR := install -d -m 0755
INSTALL_BIN := install -m 0755
INSTALL_DATA := install -m 0644
INSTALL_CONF := install -m 0600
CP := cp -fpR
SED := sed -i -e
