/* sock.h - what addr.c, addrlist.c and sock.c share. */
/* SPDX-License-Identifier: MIT */
#ifndef PORT_SOCK_H
#define PORT_SOCK_H

#include "port.h"

/* the byte of a struct addr that says: any address, IPv6 and IPv4 alike */
#define ADDR_BOTH 127

/* the 4 or 16 bytes of the address, IPv4 where it is mapped; *n 0 where it is none of ours */
const uint8_t *addr_bytes(const struct addr *a, size_t *n);
/* 0.0.0.0 with the port of a */
void addr_any4(struct addr *a);
/* SIOCGIFINDEX or SIOCGIFNAME on r: 0 or -ENODEV */
struct ifreq;
int addr_interface(unsigned long cmd, struct ifreq *r);
/* of an interface by its name or number: 0 or -errno */
int addr_scope(const char *s, uint32_t *scope);

#endif
