/* mem.c - memory that was used for a while, given back to the kernel. */
/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <sys/mman.h>
#include <sys/resource.h>

#define PAGE 4096
#define STACK_DEEP (64 * 1024) /* further down than we ever go */

void mem_rest(void *p, size_t n)
{
	uintptr_t from = ((uintptr_t)p + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
	uintptr_t to = ((uintptr_t)p + n) & ~(uintptr_t)(PAGE - 1);

	if (to > from)
		sys(SYS_madvise, from, to - from, MADV_DONTNEED);
}

/* noinline: what is below this frame is below everybody's who calls */
__attribute__((noinline)) void mem_rest_stack(void)
{
	char here;
	uintptr_t to = ((uintptr_t)&here - 512) & ~(uintptr_t)(PAGE - 1);

	sys(SYS_madvise, to - STACK_DEEP, (long)STACK_DEEP, MADV_DONTNEED);
}

void mem_secret(void *p, size_t n)
{
	proc_undumpable();
	limit_zero(RLIMIT_CORE);
	sys(SYS_mlock, p, n);
	sys(SYS_madvise, p, n, MADV_DONTDUMP);
}
