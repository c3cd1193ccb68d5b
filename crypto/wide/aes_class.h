/* aes_class.h - BearSSL's AES for this processor: bitsliced in 64-bit words. */
/* SPDX-License-Identifier: MIT */
#ifndef AES_CLASS_H
#define AES_CLASS_H

#include <bearssl.h>

static inline const br_block_ctr_class *aes_class(void)
{
	return &br_aes_ct64_ctr_vtable;
}

static inline br_ghash ghash_best(void)
{
	return br_ghash_ctmul64;
}

static inline const br_block_cbcenc_class *aes_cbcenc_class(void)
{
	return &br_aes_ct64_cbcenc_vtable;
}

static inline const br_block_cbcdec_class *aes_cbcdec_class(void)
{
	return &br_aes_ct64_cbcdec_vtable;
}

#endif
