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

static inline br_ghash ghash_best(void)
{
	br_ghash clmul = br_ghash_pclmul_get();

	return clmul ? clmul : br_ghash_ctmul64;
}

static inline const br_block_cbcenc_class *aes_cbcenc_class(void)
{
	const br_block_cbcenc_class *ni = br_aes_x86ni_cbcenc_get_vtable();

	return ni ? ni : &br_aes_ct64_cbcenc_vtable;
}

static inline const br_block_cbcdec_class *aes_cbcdec_class(void)
{
	const br_block_cbcdec_class *ni = br_aes_x86ni_cbcdec_get_vtable();

	return ni ? ni : &br_aes_ct64_cbcdec_vtable;
}

#endif
