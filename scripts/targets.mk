# targets.mk - the processors that cubssh is built and tested for.
# SPDX-License-Identifier: MIT
#
# TRIPLE  prefix of the compiler and of Debian's cross packages
# ARCH    flags of the compiler and linker
# LINK    more flags of the linker
# SMALL   more flags of the compiler, for the folders whose speed nobody sees;
#         -Oz is new in GCC 12: SMALL= on the command line for an older one
# REPL    directories whose files replace those of the same name, or are there
#         besides (crypto/NAME/, port/NAME/)
# DEB     Debian's name of the architecture
# QEMU    how the tests run a binary on another machine
# KERNEL  Debian's package with the kernel that tests/device boots
# scripts/*.sh read these lines too: one fact a line, no functions.
#
# MIPS without abicalls is a twelfth smaller. libgcc is with them and for hard
# float: ld puts stubs between, its integer helpers are fine, and `make lint`
# looks that no floating point comes in. The 24Kc's 16-bit instructions make
# applets, core and port two thirds as long; SMALL= for a processor without them.

TARGETS = x86_64 mipsel-sf mips-sf armv7 armv5te aarch64 riscv64

TRIPLE_x86_64 = x86_64-linux-gnu
ARCH_x86_64 = -fcf-protection=none
SMALL_x86_64 = -Oz
REPL_x86_64 = x86 wide
DEB_x86_64 = amd64
QEMU_x86_64 = qemu-x86_64-static
KERNEL_x86_64 = linux-image-cloud-amd64

TRIPLE_mipsel-sf = mipsel-linux-gnu
ARCH_mipsel-sf = -march=mips32r2 -msoft-float -mno-abicalls
SMALL_mipsel-sf = -mips16
LINK_mipsel-sf = -Wl,--no-warn-mismatch
DEB_mipsel-sf = mipsel
QEMU_mipsel-sf = qemu-mipsel-static -cpu 24Kc
KERNEL_mipsel-sf = linux-image-4kc-malta

TRIPLE_mips-sf = mips-linux-gnu
ARCH_mips-sf = -march=mips32r2 -msoft-float -mno-abicalls
SMALL_mips-sf = -mips16
LINK_mips-sf = -Wl,--no-warn-mismatch
DEB_mips-sf = mips
QEMU_mips-sf = qemu-mips-static -cpu 24Kc

TRIPLE_armv7 = arm-linux-gnueabihf
ARCH_armv7 = -mthumb
SMALL_armv7 = -Oz -fira-algorithm=priority -fno-schedule-insns2 -fno-move-loop-invariants -fno-if-conversion -fno-tree-forwprop
REPL_armv7 = arm
DEB_armv7 = armhf
QEMU_armv7 = qemu-arm-static -cpu cortex-a7
KERNEL_armv7 = linux-image-armmp

TRIPLE_armv5te = arm-linux-gnueabi
ARCH_armv5te = -march=armv5te
REPL_armv5te = arm
DEB_armv5te = armel
QEMU_armv5te = qemu-arm-static -cpu arm926

TRIPLE_aarch64 = aarch64-linux-gnu
ARCH_aarch64 = -mno-outline-atomics
LINK_aarch64 = -Wl,-z,max-page-size=4096
REPL_aarch64 = wide
DEB_aarch64 = arm64
QEMU_aarch64 = qemu-aarch64-static

TRIPLE_riscv64 = riscv64-linux-gnu
REPL_riscv64 = wide
DEB_riscv64 = riscv64
QEMU_riscv64 = qemu-riscv64-static
