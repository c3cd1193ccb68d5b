/* sftp_server_ext.c - extensions that are about no one file: limits, names of ids, hashes. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "crypto.h"
#include "sftp_server.h"

#define BLOCK_MIN 256 /* draft-ietf-secsh-filexfer-extensions-00 3 */
#define CHUNK 32768   /* of a file to be hashed, at a time */

int sftpd_limits(struct sftpd *s, const struct sftpd_req *r)
{
	struct wr *w = sftpd_reply(s, r, FXP_EXTENDED_REPLY);

	wr_u64(w, SFTP_PACKET_MAX);
	wr_u64(w, SFTPD_READ);
	wr_u64(w, SFTP_PACKET_MAX - 1024); /* data of a WRITE */
	wr_u64(w, SFTPD_HANDLES);
	return SFTPD_REPLIED;
}

/* a string of ids in, a string of as many strings out; an empty one where there is no name */
static void put_names(struct wr *w, struct str ids, int (*name_of)(uint32_t id, char *name))
{
	uint8_t *mark = wr_open(w);
	struct rd rd = rd_init(ids);
	char name[USER_NAME];

	while (rd_left(&rd) >= 4 && !w->bad)
		wr_strz(w, name_of(rd_u32(&rd), name) < 0 ? "" : name);
	wr_close(w, mark);
}

int sftpd_names_of(struct sftpd *s, const struct sftpd_req *r)
{
	struct wr *w;

	if (r->s[0].len % 4 || r->s[1].len % 4)
		return FX_BAD_MESSAGE;
	w = sftpd_reply(s, r, FXP_EXTENDED_REPLY);
	put_names(w, r->s[0], user_name_of);
	put_names(w, r->s[1], group_name_of);
	return SFTPD_REPLIED;
}

/* ---- check-file ------------------------------------------------------------ */

static const struct algorithm {
	const char *name;
	const struct hash *hash;
} algorithms[] = {
    {"sha256",      &hash_sha256},
    {"sha512",             &hash_sha512},
    {0}
};

/* the first of the list that is there */
static const struct algorithm *choose(struct str list)
{
	const struct algorithm *a;
	struct str name;

	while (list_next(&list, &name))
		for (a = algorithms; a->name; a++)
			if (str_is(name, a->name))
				return a;
	return NULL;
}

/*
 * The hashes of blocks of that size, or (0) one for all, over left bytes from off
 * on or as many as there are; of nothing at all there is one, too.
 */
static int put_hashes(struct wr *w, const struct hash *hash, int fd, uint64_t off, uint64_t left,
		      uint32_t block)
{
	uint8_t out[HASH_MAX], *room = w->end;
	struct hash_ctx c;
	uint32_t n, done = 0; /* bytes of this block; without blocks merely not 0 */
	int first = 1;
	ssize_t got;

	hash_init(&c, hash);
	while (left && !w->bad) {
		n = block && block - done < CHUNK ? block - done : CHUNK;
		got = pread(fd, room, left < n ? (size_t)left : n, (off_t)off);
		if (got < 0)
			return -errno;
		hash_add(&c, room, (size_t)got);
		off += (uint64_t)got;
		left = got ? left - (uint64_t)got : 0; /* the end of the file is the end */
		done = block ? done + (uint32_t)got : 1;
		if ((left && done != block) || !(done || first))
			continue;
		hash_out(&c, out);
		wr_bytes(w, out, hash->out_len);
		hash_init(&c, hash);
		done = 0;
		first = 0;
	}
	return SFTPD_REPLIED;
}

int sftpd_check_file(struct sftpd *s, const struct sftpd_req *r)
{
	const struct algorithm *a = choose(r->s[0]);
	struct wr *w;
	int fd, err;

	if (!a || (r->u32 && r->u32 < BLOCK_MIN))
		return FX_FAILURE;
	fd = r->h[0] ? r->h[0]->fd : open(r->path[0], O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	/* laid out as paramiko reads and writes it; the draft has no name before the algorithm's */
	w = sftpd_reply(s, r, FXP_EXTENDED_REPLY);
	w->end = sftpd_scratch(s, CHUNK);
	wr_strz(w, "check-file");
	wr_strz(w, a->name);
	err = put_hashes(w, a->hash, fd, r->u64[0], r->u64[1] ? r->u64[1] : UINT64_MAX, r->u32);
	if (!r->h[0])
		close(fd);
	return err;
}
