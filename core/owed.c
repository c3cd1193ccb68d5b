/* owed.c - answers that the peer is still to get, in their order. */
/* SPDX-License-Identifier: MIT */
/* Outside a key exchange they leave at once; within one only so many are kept. */
#include "engine.h"

int owed_put(struct owed *o, int yes)
{
	if (o->n == OWED_MAX)
		return SSH_E_FLOOD;
	o->bits |= (uint32_t) !!yes << o->n++;
	return SSH_OK;
}

int owed_take(struct owed *o)
{
	int yes = o->bits & 1;

	o->bits >>= 1;
	o->n--;
	return yes;
}
