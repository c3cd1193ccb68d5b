/* script.h - a victim, and a peer that does what a test tells it. */
/* SPDX-License-Identifier: MIT */
/*
 * The victim is an engine as it is; its peer another one that says whatever
 * the test wants, sealed as it must be, or the test by hand before there are
 * keys.
 */
#ifndef SCRIPT_H
#define SCRIPT_H

#include "pair.h"

extern struct pair *p;

/* both in PH_CONN, nothing on its way */
void login(void);
/* both engines as they were; nothing may be on its way */
void save(void);
void restore(void);

/* all bytes from one side to the other, at once; one packet in the clear, 0: there is none */
void carry(enum who from);
int carry_one(enum who from);
void carry_ident(enum who from);
/* the victim's error after what its peer sent; 0: it goes on */
int heard(enum who victim);
/* the same, after a message of n bytes out of the peer's engine, whatever its state */
int say(enum who victim, uint8_t msg, const void *data, size_t n);
/* the payload of the next packet that the victim sent, as its peer opens it */
struct str answer(enum who victim);

/* both have sent KEXINIT, nothing has arrived */
void begin(void);
/* the exchange up to where the victim is in phase STRICT and that step, by packets in the clear */
void until_strict(enum who victim, int step);

/* the payload of a KEXINIT with those lists */
struct str kexinit(const char *kex, const char *hostkey, int follows);

#endif
