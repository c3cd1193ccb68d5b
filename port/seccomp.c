/* seccomp.c - the system calls of the network process, as a BPF program. */
/* SPDX-License-Identifier: MIT */
/*
 * The program: the machine must be ours; a number in the list is allowed;
 * ioctl is allowed for TIOCSWINSZ; everything else ends the process. The
 * structures are the kernel's (linux/filter.h, linux/seccomp.h), whose headers
 * may not be there.
 */
#include "internal.h"

#include <elf.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

struct bpf {
	uint16_t code;
	uint8_t yes, no; /* instructions to skip */
	uint32_t k;
};

struct bpf_program {
	unsigned short n;
	const struct bpf *code;
};

/* BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_RET|BPF_K */
#define LOAD(at)                 \
	{                        \
		0x20, 0, 0, (at) \
	}
#define SKIP_IF(v, skip)             \
	{                            \
		0x15, (skip), 0, (v) \
	}
#define SKIP_UNLESS(v, skip)         \
	{                            \
		0x15, 0, (skip), (v) \
	}
#define RETURN(v)               \
	{                       \
		0x06, 0, 0, (v) \
	}

#define ALLOW 0x7fff0000u
#define KILL 0x80000000u /* the process; kernels before 4.14 read it as 0, the thread */
#define MODE_FILTER 2

/* struct seccomp_data: int nr; u32 arch; u64 instruction_pointer; u64 args[6] */
#define AT_NR 0
#define AT_ARCH 4
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define AT_ARG1 28
#define LITTLE 0
#else
#define AT_ARG1 24
#define LITTLE 0x40000000u
#endif
#define WIDE 0x80000000u

#if defined __x86_64__ && !defined __ILP32__
#define MACHINE (EM_X86_64 | WIDE | LITTLE)
#elif defined __aarch64__
#define MACHINE (EM_AARCH64 | WIDE | LITTLE)
#elif defined __riscv && __riscv_xlen == 64
#define MACHINE (EM_RISCV | WIDE | LITTLE)
#elif defined __arm__
#define MACHINE (EM_ARM | LITTLE)
#elif defined __mips__ && defined _ABIO32 && _MIPS_SIM == _ABIO32
#define MACHINE (EM_MIPS | LITTLE)
#else
#define MACHINE 0 /* not tried out: no filter */
#endif

/* in the order of how often they come */
static const uint16_t calls[] = {
    SYS_read,
    SYS_write,
#ifdef SYS_poll
    SYS_poll,
#endif
#ifdef SYS_ppoll_time64
    SYS_ppoll_time64,
#endif
    SYS_ppoll,
/* where the kernel's page of clocks does not answer them */
#ifdef SYS_clock_gettime64
    SYS_clock_gettime64,
#endif
#ifdef SYS_clock_gettime32
    SYS_clock_gettime32,
#endif
#ifdef SYS_clock_gettime
    SYS_clock_gettime,
#endif
    SYS_readv,
    SYS_writev,
    SYS_recvmsg,
    SYS_sendmsg,
    SYS_setsockopt,
    SYS_madvise,
    SYS_close,
    SYS_shutdown,
    SYS_sendto,
    SYS_getpid,
    SYS_exit_group,
    SYS_exit,
    SYS_restart_syscall,
    SYS_rt_sigreturn,
#ifdef SYS_sigreturn
    SYS_sigreturn,
#endif
};

#define CALLS (sizeof calls / sizeof *calls)
#define HEAD 4
#define TAIL 5

int seccomp_net(void)
{
	static const struct bpf head[HEAD] = {LOAD(AT_ARCH), SKIP_IF(MACHINE, 1), RETURN(KILL),
					      LOAD(AT_NR)};
	static const struct bpf tail[TAIL] = {SKIP_UNLESS(SYS_ioctl, 2), LOAD(AT_ARG1),
					      SKIP_IF(TIOCSWINSZ, 1), RETURN(KILL), RETURN(ALLOW)};
	struct bpf code[HEAD + CALLS + TAIL];
	struct bpf_program program = {HEAD + CALLS + TAIL, code};
	size_t i;

	for (i = 0; i < HEAD; i++)
		code[i] = head[i];
	for (i = 0; i < CALLS; i++)
		code[HEAD + i] = (struct bpf)SKIP_IF(calls[i], (uint8_t)(CALLS - i - 1 + TAIL - 1));
	for (i = 0; i < TAIL; i++)
		code[HEAD + CALLS + i] = tail[i];
	return MACHINE && sys(SYS_prctl, PR_SET_SECCOMP, (long)MODE_FILTER, &program) == 0;
}
