/* test_port_users.c - passwd, shadow, group, becoming a user, a user's files; in a chroot. */
/* SPDX-License-Identifier: MIT */
#include "test_port.h"

#include <grp.h>

static const char *dir;
static char why[400];

/* root's view of a small system, whose /etc we write */
#define CHROOT                                             \
	do {                                               \
		if (geteuid() != 0)                        \
			SKIP("not root");                  \
		NEED(chroot(dir) == 0 && chdir("/") == 0); \
	} while (0)

static void put_long_group(void)
{
	FILE *f = fopen("etc/group", "w");
	int i;

	fputs("root:x:0:\n\nbroken\nalso:broken:x\nwheel:x:10:root,ann\nbig:x:70:", f);
	for (i = 0; i < 5000; i++)
		fprintf(f, "somebody%d,", i);
	fputs("ann\nann:x:1000:\r\nafter:x:71:bob,ann\r\ntty:x:5:\nnear:x:72:ann2,an,xann\n", f);
	fputs("tail:x:73:bob,ann", f);
	fclose(f);
}

static void put_system(void)
{
	FILE *f;
	int i;

	mkdir("etc", 0755);
	mkdir("home", 0755);
	mkdir("bin", 0755);
	mkdir("tmp", 0777);
	chmod("tmp", 01777);
	f = fopen("etc/passwd", "w");
	fputs("root:x:0:0:root:/root:/bin/sh\n+::0:0:::\nbroken:x:0\nbad:x:zero:0::/:/bin/sh\n", f);
	fputs("noid:x:::::\nneg:x:-1:0::/:/bin/sh\nmax:x:4294967295:0::/:/bin/sh\n", f);
	fputs("long:x:55:55::/", f);
	for (i = 0; i < 3000; i++)
		fputc('l', f);
	fputs(":/bin/sh\nann:x:1000:1000:Ann:/home/ann:/bin/ash\r\nbob::1001:100:Bob::\n", f);
	fputs("cat:$1$salt$hash:1002:100::/home/cat:/bin/false\nann:x:0:0::/:/bin/sh\n", f);
	fputs("star:*:1003:100::/:/bin/sh\nbang:x:1004:100::/:/bin/sh\nold:x:1005:100::/:/bin/sh\n",
	      f);
	fputs(
	    "new:x:1006:100::/:/bin/sh\nblank:x:1007:100::/:/bin/sh\nlost:x:1008:100::/:/bin/sh\n",
	    f);
	fputs("last:x:1009:100::/:/bin/sh", f);
	fclose(f);
	f = fopen("etc/shadow", "w");
	fputs("root:$6$s$rootshash:19000:0:99999:7:::\nann:$5$s$annshash:19000:0:99999:7:::\n", f);
	fputs("bang:!$5$s$x:19000:0:99999:7:::\nold:$5$s$x:1:0:9:7::100:\n", f);
	fputs("new:$5$s$x:1:0:9:7::60000:\nblank::1:0:9:7:::\nlast:", f);
	for (i = 0; i < 200; i++)
		fputc('h', f);
	fclose(f);
	put_long_group();
	put_file("bin/sh", "#!/x\n", 0755);
	put_file("bin/ash", "#!/x\n", 0755);
	put_file("bin/false", "#!/x\n", 0755);
	put_file("bin/plain", "#!/x\n", 0644);
}

static const char *finds(void)
{
	const char *where;
	struct user u;

	CHROOT;
	NEED(user_find("ann", &u, &where) == 0 && u.uid == 1000 && u.gid == 1000);
	NEED(!strcmp(u.name, "ann") && !strcmp(u.home, "/home/ann") &&
	     !strcmp(u.shell, "/bin/ash"));
	NEED(!strcmp(u.hash, "$5$s$annshash") && u.readable && !u.no_password && !u.locked);
	user_forget(&u);
	NEED(!u.hash[0] && !u.hash[5]);
	NEED(user_find("bob", &u, &where) == 0 && u.no_password && !u.hash[0]);
	NEED(!strcmp(u.home, "/") && !strcmp(u.shell, "/bin/sh"));
	NEED(user_find("cat", &u, &where) == 0 && !strcmp(u.hash, "$1$salt$hash") &&
	     !u.no_password);
	NEED(user_find("star", &u, &where) == 0 && u.locked == '*' && !u.no_password);
	NEED(user_find("bang", &u, &where) == 0 && u.locked == '!');
	NEED(user_find("old", &u, &where) == 0 && u.expired);
	NEED(user_find("new", &u, &where) == 0 && !u.expired);
	NEED(user_find("blank", &u, &where) == 0 && u.no_password);
	NEED(user_find("lost", &u, &where) == 0 && !u.no_password && !u.hash[0] && u.readable);
	NEED(user_find("last", &u, &where) == 0 && !u.no_password && !u.hash[0]);
	NEED(user_find_uid(1000, &u) == 0 && !strcmp(u.name, "ann"));
	NEED(user_find_uid(4242, &u) == -ENOENT);
	return NULL;
}

static const char *finds_nobody(void)
{
	static const char *const names[] = {
	    "",
	    "nosuch",
	    "+",
	    "-",
	    "an",
	    "annn",
	    "ann:x",
	    "/",
	    "a/b",
	    "ann\n",
	    "long",
	    "broken",
	    "bad",
	    "noid",
	    "neg",
	    "max",
	    "\x1b",
	    "a b",
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"};
	const char *where;
	struct user u;
	size_t i;

	CHROOT;
	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (user_find(names[i], &u, &where) != -ENOENT)
			return names[i];
	return NULL;
}

static const char *files_missing(void)
{
	const char *where;
	struct user u;

	CHROOT;
	NEED(rename("etc/shadow", "etc/shadow-") == 0);
	NEED(user_find("ann", &u, &where) == 0 && !u.readable && !u.no_password && !u.hash[0]);
	NEED(user_find("bob", &u, &where) == 0 && u.readable && u.no_password);
	NEED(rename("etc/shadow-", "etc/shadow") == 0);
	NEED(rename("etc/passwd", "etc/passwd-") == 0);
	NEED(user_find("ann", &u, &where) == -ENOENT && !strcmp(where, "/etc/passwd"));
	NEED(mkdir("etc/passwd", 0755) == 0);
	NEED(user_find("ann", &u, &where) == -EISDIR && !strcmp(where, "/etc/passwd"));
	NEED(rmdir("etc/passwd") == 0 && rename("etc/passwd-", "etc/passwd") == 0);
	return NULL;
}

static const char *groups(void)
{
	const char *where;
	struct user u;

	CHROOT;
	NEED(user_find("ann", &u, &where) == 0);
	NEED(user_in_group(&u, "big") == 1 && user_in_group(&u, "wheel") == 1);
	NEED(user_in_group(&u, "after") == 1 && user_in_group(&u, "tail") == 1);
	NEED(user_in_group(&u, "ann") == 1); /* by the primary gid */
	NEED(user_in_group(&u, "near") == 0 && user_in_group(&u, "tty") == 0);
	NEED(user_in_group(&u, "nosuch") == 0 && user_in_group(&u, "") == 0);
	return NULL;
}

static const char *shells(void)
{
	struct user u = {.shell = "/bin/sh"};

	CHROOT;
	NEED(user_shell_ok(&u) == 1);
	strcpy(u.shell, "/bin/false");
	NEED(user_shell_ok(&u) == 0);
	put_file("etc/shells", "# shells\n/bin/false\n/bin/plain\n/bin/gone\n", 0644);
	NEED(user_shell_ok(&u) == 1);
	strcpy(u.shell, "/bin/sh");
	NEED(user_shell_ok(&u) == 0);
	strcpy(u.shell, "/bin/plain");
	NEED(user_shell_ok(&u) == 0);
	strcpy(u.shell, "/bin/gone");
	NEED(user_shell_ok(&u) == 0);
	strcpy(u.shell, "# shells");
	NEED(user_shell_ok(&u) == 0);
	unlink("etc/shells");
	return NULL;
}

static int has_group(gid_t g)
{
	gid_t list[100];
	int n = getgroups(100, list);

	while (n-- > 0)
		if (list[n] == g)
			return 1;
	return 0;
}

static const char *becomes(void)
{
	uid_t r, e, s;
	gid_t gr, ge, gs;
	struct user u;

	CHROOT;
	NEED(user_find_uid(1000, &u) == 0 && user_become(&u) == 0);
	NEED(getresuid(&r, &e, &s) == 0 && r == 1000 && e == 1000 && s == 1000);
	NEED(getresgid(&gr, &ge, &gs) == 0 && gr == 1000 && ge == 1000 && gs == 1000);
	NEED(has_group(10) && has_group(70) && has_group(71) && has_group(73));
	NEED(!has_group(72) && !has_group(0) && getgroups(0, NULL) == 5);
	NEED(seteuid(0) < 0 && setuid(0) < 0 && setgid(0) < 0);
	NEED(user_become(&u) == 0); /* already */
	NEED(user_find_uid(1001, &u) == 0 && user_become(&u) == -EPERM && user_act(&u) == -EPERM);
	return NULL;
}

static const char *acts(void)
{
	gid_t mine[3] = {3, 4, 7};
	struct user u;

	CHROOT;
	NEED(setgroups(3, mine) == 0);
	put_file("rootsown", "x", 0600);
	NEED(user_find_uid(1000, &u) == 0 && user_act(&u) == 0);
	NEED(geteuid() == 1000 && getegid() == 1000 && has_group(70) && !has_group(7));
	NEED(getuid() == 0 && open("/rootsown", O_RDONLY) == -1 && errno == EACCES);
	NEED(user_act(&u) == 0); /* again: nothing to do */
	NEED(user_self() == 0 && geteuid() == 0 && getegid() == 0 && has_group(7) &&
	     !has_group(70));
	NEED(user_self() == 0 && open("/rootsown", O_RDONLY) >= 0);
	return NULL;
}

static const char *acts_without_root(void)
{
	struct user u = {.uid = geteuid(), .gid = getegid(), .name = "me"};

	if (geteuid() == 0)
		NEED(setresgid(4321, 4321, 4321) == 0 && setresuid(4321, 4321, 4321) == 0);
	u.uid = geteuid();
	u.gid = getegid();
	NEED(user_act(&u) == 0 && user_self() == 0 && user_become(&u) == 0);
	u.uid++;
	NEED(user_act(&u) == -EPERM && user_become(&u) == -EPERM && user_self() == 0);
	return NULL;
}

static int ann_opens(const char *path, int strict)
{
	struct user u;
	int fd;

	memset(why, 'z', sizeof why);
	if (user_find_uid(1000, &u) < 0)
		return -1;
	fd = user_open(&u, path, strict, why, sizeof why);
	if (geteuid() != 0 || getegid() != 0 || (fd < 0) != (*why != 0))
		exit(99);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static void give(const char *path, uid_t uid, mode_t mode)
{
	if (lchown(path, uid, uid) < 0 || (mode && chmod(path, mode) < 0)) {
		perror(path);
		exit(98);
	}
}

#define KEYS "/home/ann/.ssh/authorized_keys"

static void put_keys(void)
{
	mkdir("/home/ann", 0755);
	mkdir("/home/ann/.ssh", 0700);
	put_file(KEYS, "ssh-ed25519 AAAA\n", 0600);
	give("/home/ann", 1000, 0755);
	give("/home/ann/.ssh", 1000, 0700);
	give(KEYS, 1000, 0600);
}

static const char *opens(void)
{
	CHROOT;
	put_keys();
	NEED(ann_opens(KEYS, 1) == 0 && ann_opens(".ssh/authorized_keys", 1) == 0);
	give("/home", 0, 0777); /* above the home nobody asks */
	NEED(ann_opens(KEYS, 1) == 0);
	give("/home", 0, 0755);
	give(KEYS, 0, 0644); /* root's file is fine where ann may read it */
	NEED(ann_opens(KEYS, 1) == 0);
	give(KEYS, 0, 0600);
	NEED(ann_opens(KEYS, 1) == -EACCES && strstr(why, err_text(EACCES)));
	give(KEYS, 1000, 0600);
	NEED(ann_opens("/home/ann/.ssh/none", 1) == -ENOENT &&
	     strstr(why, "'ann' cannot open /home/ann/.ssh/none: ") &&
	     strstr(why, err_text(ENOENT)));
	NEED(ann_opens("/home/ann/none/keys", 1) == -ENOENT &&
	     strstr(why, "'ann' cannot open /home/ann/none/keys: "));
	return NULL;
}

static const char *opens_not_what_others_write(void)
{
	CHROOT;
	put_keys();
	give("/home/ann/.ssh", 1000, 0770);
	NEED(ann_opens(KEYS, 1) == -EPERM);
	NEED(!strcmp(
	    why, "/home/ann/.ssh is writable by others (mode 0770): chmod go-w /home/ann/.ssh"));
	NEED(ann_opens(KEYS, 0) == 0);
	give("/home/ann/.ssh", 1000, 0700);
	give("/home/ann", 1000, 0777);
	NEED(ann_opens(KEYS, 1) == -EPERM &&
	     !strcmp(why, "/home/ann/.ssh/.. is writable by others "
			  "(mode 0777): chmod go-w /home/ann/.ssh/.."));
	give("/home/ann", 1001, 0755);
	NEED(ann_opens(KEYS, 1) == -EPERM && !strcmp(why, "/home/ann/.ssh/.. belongs to uid 1001: "
							  "chown 'ann' /home/ann/.ssh/.."));
	give("/home/ann", 1000, 0755);
	give(KEYS, 1000, 0602);
	NEED(ann_opens(KEYS, 1) == -EPERM && strstr(why, "authorized_keys is writable by others"));
	give(KEYS, 1001, 0644);
	NEED(ann_opens(KEYS, 1) == -EPERM && strstr(why, "belongs to uid 1001"));
	give(KEYS, 1000, 0600);
	NEED(ann_opens(KEYS, 1) == 0);
	return NULL;
}

static const char *opens_only_files(void)
{
	CHROOT;
	put_keys();
	unlink(KEYS);
	NEED(mkfifo(KEYS, 0600) == 0);
	give(KEYS, 1000, 0);
	NEED(ann_opens(KEYS, 0) == -EINVAL && strstr(why, "not a regular file"));
	unlink(KEYS);
	NEED(mkdir(KEYS, 0755) == 0 && ann_opens(KEYS, 0) == -EINVAL);
	rmdir(KEYS);
	put_file("/home/ann/real", "x", 0644);
	NEED(symlink("/home/ann/real", KEYS) == 0);
	NEED(ann_opens(KEYS, 0) == -ELOOP && strstr(why, "a symbolic link"));
	unlink(KEYS);
	unlink("/home/ann/real");
	return NULL;
}

/* the home and .ssh may be links; the chain that counts is the real one */
static const char *opens_through_links(void)
{
	CHROOT;
	put_keys();
	NEED(mkdir("/data", 0755) == 0 && rename("/home/ann", "/data/ann") == 0);
	NEED(symlink("/data/ann", "/home/ann") == 0 && ann_opens(KEYS, 1) == 0);
	NEED(mkdir("/data/open", 0777) == 0 && mkdir("/data/open/keys", 0755) == 0);
	give("/data/open", 0, 0777);
	NEED(rename("/data/ann/.ssh", "/data/ann/ssh") == 0);
	NEED(symlink("ssh", "/data/ann/.ssh") == 0 && ann_opens(KEYS, 1) == 0);
	NEED(unlink("/data/ann/.ssh") == 0 && symlink("/data/open/keys", "/data/ann/.ssh") == 0);
	put_file("/data/open/keys/authorized_keys", "x", 0644);
	NEED(ann_opens(KEYS, 1) == -EPERM);
	NEED(!strcmp(why, "/home/ann/.ssh/.. is writable by others (mode 0777): "
			  "chmod go-w /home/ann/.ssh/.."));
	give("/data/open", 0, 01777); /* sticky and root's: nobody can take the keys away */
	NEED(ann_opens(KEYS, 1) == 0);
	give("/data/open", 1000, 0755);
	NEED(ann_opens(KEYS, 1) == 0);
	NEED(unlink("/data/ann/.ssh") == 0 && rename("/data/ann/ssh", "/data/ann/.ssh") == 0);
	NEED(unlink("/home/ann") == 0 && rename("/data/ann", "/home/ann") == 0);
	return NULL;
}

static const char *opens_outside_the_home(void)
{
	CHROOT;
	mkdir("/etc/keys", 0755);
	put_file("/etc/keys/ann", "x", 0644);
	NEED(ann_opens("/etc/keys/ann", 1) == 0);
	give("/etc", 0, 0775);
	NEED(ann_opens("/etc/keys/ann", 1) == -EPERM &&
	     !strcmp(why, "/etc/keys/.. is writable by others (mode 0775): "
			  "chmod go-w /etc/keys/.."));
	give("/etc", 0, 0755);
	give("/", 0, 0777);
	NEED(ann_opens("/etc/keys/ann", 1) == -EPERM && strstr(why, "chmod go-w /"));
	put_file("/top", "x", 0644);
	NEED(ann_opens("/top", 1) == -EPERM);
	give("/", 0, 0755);
	NEED(ann_opens("/top", 1) == 0);
	put_file("/tmp/k", "x", 0644);
	NEED(ann_opens("/tmp/k", 1) == 0);
	return NULL;
}

static const char *opens_without_root(void)
{
	struct user u;
	int fd;

	CHROOT;
	put_keys();
	NEED(user_find_uid(1000, &u) == 0 && user_become(&u) == 0);
	fd = user_open(&u, KEYS, 1, why, sizeof why);
	NEED(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
	NEED(user_find_uid(1001, &u) == 0);
	NEED(user_open(&u, KEYS, 1, why, sizeof why) == -EPERM &&
	     strstr(why, "'bob' cannot open "));
	return NULL;
}

int main(void)
{
	dir = test_dir();
	umask(0);
	put_system();
	RUN(finds);
	RUN(finds_nobody);
	RUN(files_missing);
	RUN(groups);
	RUN(shells);
	RUN(becomes);
	RUN(acts);
	RUN(acts_without_root);
	RUN(opens);
	RUN(opens_not_what_others_write);
	RUN(opens_only_files);
	RUN(opens_through_links);
	RUN(opens_outside_the_home);
	RUN(opens_without_root);
	test_dir_remove(dir);
	return test_failed;
}
