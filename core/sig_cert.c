/* sig_cert.c - what certificates are called, and how their keys sign. */
/* SPDX-License-Identifier: MIT */
#include "sig.h"

#define CERT(of, name_, key_name_, ...)                                                    \
	const struct sig sig_##of##_cert = {.name = name_ "-cert-v01@openssh.com",         \
					    .key_name = key_name_ "-cert-v01@openssh.com", \
					    .plain = &sig_##of,                            \
					    __VA_ARGS__}

#define ECDSA(bits)                                                           \
	CERT(ecdsa##bits, "ecdsa-sha2-nistp" #bits, "ecdsa-sha2-nistp" #bits, \
	     .sig_name = "ecdsa-sha2-nistp" #bits, .kind = &key_ecdsa##bits)

CERT(ed25519, "ssh-ed25519", "ssh-ed25519", .sig_name = "ssh-ed25519", .kind = &key_ed25519);
ECDSA(256);
ECDSA(384);
ECDSA(521);
CERT(rsa_sha256, "rsa-sha2-256", "ssh-rsa", .sig_name = "rsa-sha2-256", .kind = &key_rsa);
CERT(rsa_sha512, "rsa-sha2-512", "ssh-rsa", .sig_name = "rsa-sha2-512", .kind = &key_rsa);
CERT(sk_ed25519, "sk-ssh-ed25519", "sk-ssh-ed25519", .sig_name = "sk-ssh-ed25519@openssh.com",
     .kind = &key_sk_ed25519, .sk = 1);
CERT(sk_ecdsa, "sk-ecdsa-sha2-nistp256", "sk-ecdsa-sha2-nistp256",
     .sig_name = "sk-ecdsa-sha2-nistp256@openssh.com", .kind = &key_sk_ecdsa, .sk = 1);
CERT(mldsa44, "ssh-mldsa44-ed25519", "ssh-mldsa44-ed25519",
     .sig_name = "ssh-mldsa44-ed25519@openssh.com", .kind = &key_mldsa44);
