/* aes_class.h - BearSSL's AES for this processor: its AES instructions where it has them. */
/* SPDX-License-Identifier: MIT */
#ifndef AES_CLASS_H
#define AES_CLASS_H

#include <bearssl.h>

static inline const br_block_ctr_class *aes_class(void)
{
	const br_block_ctr_class *ni = br_aes_x86ni_ctr_get_vtable();

	return ni != NULL ? ni : &br_aes_ct64_ctr_vtable;
}

#endif
