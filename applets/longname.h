/* longname.h - the line of ls -l that stands for a file (SFTP's longname). */
/* SPDX-License-Identifier: MIT */
#ifndef LONGNAME_H
#define LONGNAME_H

#include <sys/stat.h>

#include "port.h"

#define LONGNAME_HEAD 240

/* all of it but the file's name, which follows at once; the length */
size_t longname_head(char buf[LONGNAME_HEAD], const struct stat *st);

#define MODE_TEXT 11
/* "drwxr-xr-x" */
void mode_text(char to[MODE_TEXT], mode_t mode);

#endif
