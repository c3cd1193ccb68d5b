/* sftp_server_table.c - the requests that there are, and who may ask for which. */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "sftp_server.h"

#define SUFFIX "@openssh.com"
#define HASHES "sha256,sha512" /* what check-file announces in place of a version */

#define REQ(name, type, args, run, flags)       \
	{                                       \
		name, args, run, type, 0, flags \
	}
#define EXT(name, version, args, run, flags)                  \
	{                                                     \
		name, args, run, FXP_EXTENDED, version, flags \
	}

/* announced in this order, as OpenSSH has it */
const struct sftpd_row sftpd_rows[] = {
    REQ("open", FXP_OPEN, "pua", sftpd_open, 0), /* looks at read_only itself */
    REQ("close", FXP_CLOSE, "c", sftpd_close, 0),
    REQ("read", FXP_READ, "hqu", sftpd_read, 0),
    REQ("write", FXP_WRITE, "", NULL, REQ_WRITES), /* write_on_msg */
    REQ("lstat", FXP_LSTAT, "p", sftpd_stat, REQ_NAME),
    REQ("fstat", FXP_FSTAT, "o", sftpd_stat, 0),
    REQ("setstat", FXP_SETSTAT, "pa", sftpd_setstat, REQ_WRITES),
    REQ("fsetstat", FXP_FSETSTAT, "oa", sftpd_setstat, REQ_WRITES),
    REQ("opendir", FXP_OPENDIR, "p", sftpd_opendir, REQ_INFO),
    REQ("readdir", FXP_READDIR, "d", sftpd_readdir, REQ_BIG),
    REQ("remove", FXP_REMOVE, "p", sftpd_one_path, REQ_WRITES | REQ_NAME | REQ_INFO),
    REQ("mkdir", FXP_MKDIR, "pa", sftpd_one_path, REQ_WRITES),
    REQ("rmdir", FXP_RMDIR, "p", sftpd_one_path, REQ_WRITES | REQ_NAME | REQ_INFO),
    REQ("realpath", FXP_REALPATH, "p", sftpd_realpath, REQ_BIG),
    REQ("stat", FXP_STAT, "p", sftpd_stat, REQ_NAME),
    REQ("rename", FXP_RENAME, "pp", sftpd_rename, REQ_WRITES | REQ_INFO),
    REQ("readlink", FXP_READLINK, "p", sftpd_readlink, REQ_BIG),
    REQ("symlink", FXP_SYMLINK, "pp", sftpd_two_paths, REQ_WRITES | REQ_INFO),
    EXT("posix-rename", '1', "pp", sftpd_two_paths, REQ_AT | REQ_WRITES | REQ_INFO),
    EXT("statvfs", '2', "p", sftpd_statvfs, REQ_AT | REQ_INFO),
    EXT("fstatvfs", '2', "o", sftpd_statvfs, REQ_AT),
    EXT("hardlink", '1', "pp", sftpd_two_paths, REQ_AT | REQ_WRITES | REQ_INFO),
    EXT("fsync", '1', "c", sftpd_fsync, REQ_AT | REQ_WRITES),
    EXT("lsetstat", '1', "pa", sftpd_setstat, REQ_AT | REQ_WRITES),
    EXT("limits", '1', "", sftpd_limits, REQ_AT),
    EXT("expand-path", '1', "p", sftpd_realpath, REQ_AT | REQ_BIG),
    EXT("copy-data", '1', "hqqhq", sftpd_copy_data, REQ_WRITES | REQ_BIG),
    EXT("home-directory", '1', "p", sftpd_home, REQ_BIG),
    EXT("users-groups-by-id", '1', "ss", sftpd_names_of, REQ_AT | REQ_BIG),
    /* draft-ietf-secsh-filexfer-extensions-00 3, under the draft's names and paramiko's */
    EXT("check-file", 'h', "hsqqu", sftpd_check_file, REQ_BIG),
    EXT("check-file-handle", 0, "hsqqu", sftpd_check_file, REQ_BIG),
    EXT("check-file-name", 0, "psqqu", sftpd_check_file, REQ_BIG),
    {0}};

static struct str ext_name(const struct sftpd_row *row, char buf[48])
{
	size_t n = fmt(buf, 48, "%s%s", row->name, row->flags & REQ_AT ? SUFFIX : "");

	return (struct str){(uint8_t *)buf, n};
}

const struct sftpd_row *row_find(uint8_t type, struct str ext)
{
	const struct sftpd_row *row;
	char buf[48];

	for (row = sftpd_rows; row->name; row++)
		if (row->type == type && (type != FXP_EXTENDED || str_eq(ext, ext_name(row, buf))))
			return row;
	return NULL;
}

int row_permitted(const struct sftpd *s, const struct sftpd_row *row)
{
	struct str name = str_of(row->name);

	if (!(s->read_only && row->flags & REQ_WRITES) &&
	    !(s->denied && list_has(str_of(s->denied), name)) &&
	    !(s->allowed && !list_has(str_of(s->allowed), name)))
		return 1;
	log_put(LOG_L_DEBUG, "Refusing %s request", row->name);
	return 0;
}

void row_announce(struct wr *w)
{
	const struct sftpd_row *row;
	struct str name;
	char buf[48];

	for (row = sftpd_rows; row->name; row++)
		if (row->version) {
			name = ext_name(row, buf);
			wr_str(w, name.p, name.len);
			if (row->version == 'h')
				wr_strz(w, HASHES);
			else
				wr_str(w, &row->version, 1);
		}
}
