/* err.c - texts of errno values, in the words that log readers know. */
/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "config.h"

#include <errno.h>
#include <string.h>

#define ERRORS(X)                                       \
	X(0, "Success")                                 \
	X(EPERM, "Operation not permitted")             \
	X(ENOENT, "No such file or directory")          \
	X(EIO, "I/O error")                             \
	X(E2BIG, "Argument list too long")              \
	X(ENOEXEC, "Not an executable for this system") \
	X(EBADF, "Bad file descriptor")                 \
	X(EAGAIN, "Resource temporarily unavailable")   \
	X(ENOMEM, "Out of memory")                      \
	X(EACCES, "Permission denied")                  \
	X(EBUSY, "Device or resource busy")             \
	X(EEXIST, "File exists")                        \
	X(ENODEV, "No such device")                     \
	X(ENOTDIR, "Not a directory")                   \
	X(EISDIR, "Is a directory")                     \
	X(EINVAL, "Invalid argument")                   \
	X(EMFILE, "Too many open files")                \
	X(ENOTTY, "Not a terminal")                     \
	X(EFBIG, "File too large")                      \
	X(ENOSPC, "No space left on device")            \
	X(EROFS, "Read-only file system")               \
	X(EPIPE, "Broken pipe")                         \
	X(ENAMETOOLONG, "File name too long")           \
	X(ENOSYS, "Function not implemented")           \
	X(ENOTEMPTY, "Directory not empty")             \
	X(ELOOP, "Too many levels of symbolic links")   \
	X(EPROTO, "Protocol error")                     \
	X(EMSGSIZE, "Message too long")                 \
	X(ENOTSOCK, "Not a socket")                     \
	X(EOPNOTSUPP, "Operation not supported")        \
	X(EAFNOSUPPORT, "Address family not supported") \
	X(EADDRINUSE, "Address already in use")         \
	X(EADDRNOTAVAIL, "Address not available")       \
	X(ENETUNREACH, "Network is unreachable")        \
	X(ECONNRESET, "Connection reset by peer")       \
	X(ENOBUFS, "No buffer space available")         \
	X(ENOTCONN, "Not connected")                    \
	X(ETIMEDOUT, "Connection timed out")            \
	X(ECONNREFUSED, "Connection refused")           \
	X(EHOSTUNREACH, "No route to host")             \
	X(EDQUOT, "Disk quota exceeded")

#define NUMBER(e, t) e,
#define TEXT(e, t) t "\0"

static const unsigned short numbers[] = {ERRORS(NUMBER)};
static const char texts[] = ERRORS(TEXT); /* in the same order, one after the other */

const char *err_text(int err)
{
	static char number[16];
	const char *t = texts;
	size_t i;

	for (i = 0; CFG_ERROR_TEXTS && i < sizeof numbers / sizeof *numbers; i++) {
		if (numbers[i] == err)
			return t;
		t += strlen(t) + 1;
	}
	fmt(number, sizeof number, "errno %d", err);
	return number;
}
