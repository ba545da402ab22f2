/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sandbox.h"

#include "base/diag.h"
#include "base/mem.h"

#include <fcntl.h>
#include <unistd.h>

#ifdef HAVE_SECCOMP

#include <errno.h>
#include <linux/fs.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* ---- Landlock ------------------------------------------------------------- */

/* How many rights each version of Landlock knows, from bit 0 on. Headers may be older than the
 * kernel. */
static const u8 rights_of_version[] = { 0, 13, 14, 15, 15, 16 };
#define NEWEST_VERSION (sizeof(rights_of_version) - 1)
#define RIGHT_TRUNCATE (UINT64_C(1) << 14)

#define RIGHTS_TO_MAKE                                                                             \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |                            \
	 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE | RIGHT_TRUNCATE)
#define RIGHTS_TO_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

static int add_rules(int ruleset, const int *dir_fds, u32 nr, u64 rights)
{
	for (u32 i = 0; i < nr; i++) {
		struct landlock_path_beneath_attr rule = {
			.allowed_access = rights,
			.parent_fd = dir_fds[i],
		};
		if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0))
			return -1;
	}
	return 0;
}

static int restrict_files(const struct sandbox *s)
{
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (version < 1) {
		info("no Landlock in this kernel: files are guarded by seccomp alone");
		return 0;
	}
	u64 known = min_u64((u64)version, NEWEST_VERSION);
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = (UINT64_C(1) << rights_of_version[known]) - 1,
	};
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	u64 handled = attr.handled_access_fs;
	if (ruleset < 0 || add_rules(ruleset, s->makes, s->nr_makes, RIGHTS_TO_MAKE & handled) ||
	    add_rules(ruleset, s->reads, s->nr_reads, RIGHTS_TO_READ) ||
	    syscall(SYS_landlock_restrict_self, ruleset, 0)) {
		int err = fail_errno("cannot set up Landlock (see --no-sandbox)");
		if (ruleset >= 0)
			close(ruleset);
		return err;
	}
	close(ruleset);
	return 0;
}

/* ---- seccomp -------------------------------------------------------------- */

/* Calls that the work needs or that are harmless. A newer libc falls back to these. */
static const int allowed[] = {
	/* descriptors that are open */
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev),
	SCMP_SYS(pwrite64), SCMP_SYS(lseek), SCMP_SYS(_llseek), SCMP_SYS(close), SCMP_SYS(fstat),
	SCMP_SYS(fstat64), SCMP_SYS(newfstatat), SCMP_SYS(fstatat64), SCMP_SYS(statx),
	SCMP_SYS(fstatfs), SCMP_SYS(fcntl), SCMP_SYS(fcntl64), SCMP_SYS(poll), SCMP_SYS(ppoll),
	SCMP_SYS(ppoll_time64), SCMP_SYS(dup), SCMP_SYS(fadvise64), SCMP_SYS(fallocate),
	SCMP_SYS(ftruncate), SCMP_SYS(ftruncate64), SCMP_SYS(fsync), SCMP_SYS(fdatasync),
	SCMP_SYS(fchmod), SCMP_SYS(copy_file_range), SCMP_SYS(sendfile), SCMP_SYS(sendfile64),
	SCMP_SYS(splice), SCMP_SYS(getdents64),
	/* names in directories: Landlock says which */
	SCMP_SYS(linkat), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
	SCMP_SYS(unlink), SCMP_SYS(unlinkat),
	/* memory; add_conditions() rules out executable memory */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	/* threads and signals */
	SCMP_SYS(futex), SCMP_SYS(futex_time64), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
	SCMP_SYS(gettid), SCMP_SYS(getpid), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
	SCMP_SYS(membarrier), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	/* time, figures, random numbers */
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(clock_nanosleep_time64), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday),
	SCMP_SYS(time), SCMP_SYS(getrusage), SCMP_SYS(getrandom), SCMP_SYS(getrlimit),
	SCMP_SYS(ugetrlimit), SCMP_SYS(sysinfo), SCMP_SYS(uname), SCMP_SYS(getuid),
	SCMP_SYS(getgid), SCMP_SYS(geteuid), SCMP_SYS(getegid), SCMP_SYS(getpgrp), SCMP_SYS(getpgid)
};

/* No program makes one of these calls by mistake: the process ends. */
static const int deadly[] = {
	/* other programs */
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork),
	/* the network */
	SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(socketcall), SCMP_SYS(connect),
	SCMP_SYS(bind), SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(listen), SCMP_SYS(sendto),
	SCMP_SYS(sendmsg),
	/* other processes */
	SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
	/* the file system */
	SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot),
	SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(mknodat), SCMP_SYS(symlinkat),
	SCMP_SYS(mkdirat), SCMP_SYS(fchownat),
	/* the kernel */
	SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(keyctl),
	SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(init_module), SCMP_SYS(finit_module),
	SCMP_SYS(kexec_load), SCMP_SYS(io_uring_setup),
	/* other users */
	SCMP_SYS(setuid), SCMP_SYS(setgid)
};

#define NR(list) (sizeof(list) / sizeof((list)[0]))

/* Argument @index has, under @mask, the value @value. */
static struct scmp_arg_cmp is_masked(unsigned index, u64 mask, u64 value)
{
	return (struct scmp_arg_cmp){ index, SCMP_CMP_MASKED_EQ, mask, value };
}

/* The upper half of a register is not part of an int. */
static struct scmp_arg_cmp is_int(unsigned index, u32 value)
{
	return is_masked(index, UINT32_MAX, value);
}

/* Calls that this CPU lacks have no number; there is nothing to be said of them. */
static int add_rule(scmp_filter_ctx ctx, u32 action, int call, u32 nr,
		    const struct scmp_arg_cmp *conditions)
{
	if (call < 0)
		return 0;
	return seccomp_rule_add_array(ctx, action, call, nr, conditions);
}

static int add_list(scmp_filter_ctx ctx, u32 action, const int *calls, size_t nr)
{
	int err = 0;
	for (size_t i = 0; i < nr && !err; i++)
		err = add_rule(ctx, action, calls[i], 0, NULL);
	return err;
}

/*
 * Opening makes a new file or fails. Nothing kills here: libc looks at files of its own
 * (the number of CPUs, for one) and does without them.
 */
static int add_open(scmp_filter_ctx ctx, const struct sandbox *s, int call, unsigned flags_index)
{
	const u64 make = O_CREAT | O_EXCL, read_mask = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND;
	struct scmp_arg_cmp unnamed = is_masked(flags_index, O_TMPFILE, O_TMPFILE);
	struct scmp_arg_cmp named = is_masked(flags_index, make, make);
	int err = add_rule(ctx, SCMP_ACT_ALLOW, call, 1, &unnamed);
	if (!err)
		err = add_rule(ctx, SCMP_ACT_ALLOW, call, 1, &named);
	for (u32 i = 0; i < s->nr_reads && !err && call == SCMP_SYS(openat); i++) {
		struct scmp_arg_cmp reads[] = { is_int(0, (u32)s->reads[i]),
						is_masked(flags_index, read_mask, O_RDONLY) };
		err = add_rule(ctx, SCMP_ACT_ALLOW, call, 2, reads);
	}
	return err;
}

/* Questions to terminals and devices: TIOCSTI, for one, would type what it likes. */
static int add_ioctls(scmp_filter_ctx ctx)
{
	static const u32 requests[] = { TCGETS, TIOCGWINSZ, TIOCGPGRP, (u32)BLKGETSIZE64 };
	int err = 0;
	for (size_t i = 0; i < NR(requests) && !err; i++) {
		struct scmp_arg_cmp asks = is_int(1, requests[i]);
		err = add_rule(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, &asks);
	}
	return err;
}

static int add_conditions(scmp_filter_ctx ctx, const struct sandbox *s)
{
#ifdef __s390x__
	/* its clone() has the stack in front, its mmap() takes one pointer to all arguments */
	const unsigned clone_flags = 1, mmap_conditions = 0;
#else
	const unsigned clone_flags = 0, mmap_conditions = 1;
#endif
	struct scmp_arg_cmp thread = is_masked(clone_flags, CLONE_THREAD, CLONE_THREAD);
	struct scmp_arg_cmp not_code = is_masked(2, PROT_EXEC, 0);
	struct scmp_arg_cmp ourselves = is_int(0, (u32)getpid());
	struct scmp_arg_cmp no_limit = is_masked(2, UINT64_MAX, 0);

	int err = add_ioctls(ctx);
	if (!err)
		err = add_open(ctx, s, SCMP_SYS(openat), 2);
	if (!err)
		err = add_open(ctx, s, SCMP_SYS(open), 1);
	if (!err)
		err = add_rule(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, &thread);
	if (!err)
		err = add_rule(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, &not_code);
	if (!err)
		err = add_rule(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), mmap_conditions, &not_code);
	if (!err)
		err = add_rule(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &ourselves);
	if (!err)
		err = add_rule(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, &no_limit);
	return err;
}

/* Many times what it takes for these rules. */
#define LIBSECCOMP_BYTES (8 << 20)

/* Below this a kernel has filters perhaps, but none that ends the process: as good as none. */
static bool has_filters(void)
{
	u32 action = SECCOMP_RET_KILL_PROCESS;
	return !syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
}

static int restrict_calls(const struct sandbox *s)
{
	if (!has_filters()) {
		info("no seccomp in this kernel: system calls are not filtered");
		return 0;
	}
	/* libseccomp does not survive all failures to allocate. Memory that was free a moment ago
	 * will still be free. */
	xfree(xmalloc(LIBSECCOMP_BYTES));
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int err = ctx ? seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1) : -ENOMEM;
	if (!err)
		err = add_list(ctx, SCMP_ACT_ALLOW, allowed, NR(allowed));
	if (!err)
		err = add_list(ctx, SCMP_ACT_KILL_PROCESS, deadly, NR(deadly));
	if (!err)
		err = add_conditions(ctx, s);
	if (!err)
		err = seccomp_load(ctx);
	if (err) {
		errno = -err;
		err = fail_errno("cannot filter system calls (see --no-sandbox)");
	}
	if (ctx)
		seccomp_release(ctx);
	return err;
}

static int restrict_process(const struct sandbox *s)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) {
		info("no sandbox: this kernel cannot rule out new privileges");
		return 0;
	}
	int err = restrict_files(s);
	return err ? err : restrict_calls(s);
}

#else

static int restrict_process(const struct sandbox *s)
{
	(void)s;
	info("no sandbox: the program was built without one");
	return 0;
}

#endif

void sandbox_allow_making(struct sandbox *s, int dir_fd)
{
	assert(s->nr_makes < SANDBOX_DIRS_MAX);
	s->makes[s->nr_makes++] = dir_fd;
}

void sandbox_allow_reading(struct sandbox *s, int dir_fd)
{
	assert(s->nr_reads < SANDBOX_DIRS_MAX);
	s->reads[s->nr_reads++] = dir_fd;
}

int sandbox_enter(struct sandbox *s, const char *spool_dir)
{
	char quoted[QUOTE_BYTES];
	if (!spool_dir)
		return restrict_process(s);
	int dir_fd = open(spool_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return fail_errno("cannot open %s", quote(quoted, spool_dir, strlen(spool_dir)));
	sandbox_allow_making(s, dir_fd);
	int err = restrict_process(s);
	close(dir_fd);
	return err;
}
