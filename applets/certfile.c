/* certfile.c - files about certificates, for servers and clients. */
/* SPDX-License-Identifier: MIT */
#include "certfile.h"

#include <string.h>

#include "authkeys.h"
#include "port.h"

const char *cert_file(struct cert *c, struct str *blob, const char *path, char *room, size_t size)
{
	struct authkey k;
	ssize_t n = file_read(path, room, size - 1);

	*blob = (struct str){0};
	if (n < 0)
		return err_text((int)-n);
	room[n] = 0;
	room[strcspn(room, "\n")] = 0;
	if (authkeys_line(&k, room) != AUTHKEYS_KEY || !cert_read(c, k.blob))
		return "it is no certificate";
	*blob = k.blob;
	return NULL;
}

const char *key_refused(const char *path, struct str blob, char *room, size_t size)
{
	struct str file = {0};
	ssize_t n;
	int r;

	if (!path || !*path)
		return NULL;
	n = file_map(path, &file.p);
	if (n < 0)
		return err_text((int)-n);
	file.len = (size_t)n;
	r = revoked(file, blob, room, size);
	file_unmap(file.p, n);
	return r < 0 ? "damaged, or no list of keys" : r ? "it is revoked" : NULL;
}
