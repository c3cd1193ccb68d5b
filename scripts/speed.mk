# speed.mk - flags of single files, each measured: instructions of a login or of a byte
# SPDX-License-Identifier: MIT
#
# Everything is compiled for size. -O2 is slower here for big-number code on
# MIPS and no faster on ARM, so what stands below is finer than that.

# the register allocator by region: ChaCha20 17.9 -> 16.2 instructions a byte on ARM
CFLAGS_crypto/chacha20.o := $(if $(filter arm%,$(TARGET)),$(call gcc,-fira-region=all))
# sums as they are written: Ed25519's verification 3 % faster on x86-64 and ARM, slower on MIPS
CFLAGS_crypto/wide/fe.o := $(call gcc,-fno-tree-reassoc)
CFLAGS_crypto/fe.o := $(if $(filter arm%,$(TARGET)),$(call gcc,-fno-tree-reassoc))
# 100 bytes less at the same speed
CFLAGS_crypto/x86/chacha20.o := $(call gcc,-fno-tree-ter)
# what the compiler calls by itself is looked for when everything else is linked
CFLAGS_port/arm/div.o := $(call gcc,-fno-lto)
# products two by two as they are written: an ECDSA signature on MIPS 8.7 -> 7.9 M instructions
CFLAGS_crypto/ec_num.o := $(call gcc,-fno-tree-reassoc)
