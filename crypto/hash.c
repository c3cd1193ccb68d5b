/* hash.c - hash functions by their rows. */
/* SPDX-License-Identifier: MIT */
#include "crypto.h"
#include "sha2.h"

const struct hash hash_md5 = {&br_md5_vtable, br_md5_SIZE};
const struct hash hash_sha1 = {&sha1_class.br, br_sha1_SIZE};
const struct hash hash_sha256 = {&sha256_class.br, br_sha256_SIZE};
const struct hash hash_sha384 = {&sha384_class.br, br_sha384_SIZE};
const struct hash hash_sha512 = {&sha512_class.br, br_sha512_SIZE};

void hash_init(struct hash_ctx *c, const struct hash *h)
{
	h->vt->init(&c->br.vtable);
}

void hash_add(struct hash_ctx *c, const void *p, size_t n)
{
	c->br.vtable->update(&c->br.vtable, p, n);
}

void hash_out(const struct hash_ctx *c, void *out)
{
	c->br.vtable->out(&c->br.vtable, out);
}
