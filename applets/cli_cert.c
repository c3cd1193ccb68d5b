/* cli_cert.c - our certificates: beside the private keys, and of CertificateFile. */
/* SPDX-License-Identifier: MIT */
#include <unistd.h>

#include "certfile.h"
#include "cli_run.h"

static char text[CFG_CERTS ? 16384 : 1] APART;

struct str cli_cert_load(const char *path, int beside, struct str key)
{
	struct str blob;
	struct cert c;
	char name[512];
	const char *why;

	fmt(name, sizeof(name), beside ? "%s-cert.pub" : "%s", path);
	if (beside && access(name, F_OK) < 0)
		return (struct str){0};
	why = cert_file(&c, &blob, name, text, sizeof(text));
	if (why)
		cli_say(&cli.set, LOG_L_WARN, "%p: %s", name, why);
	return !why && cert_is_of(&c, key) ? blob : (struct str){0};
}
