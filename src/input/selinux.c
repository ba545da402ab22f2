/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "input/selinux.h"

#include "base/diag.h"

#ifdef HAVE_SELINUX

#include <linux/xattr.h>
#include <selinux/label.h>
#include <selinux/selinux.h>
#include <sys/stat.h>

struct selinux_labels {
	struct selabel_handle *handle;
	char *context; /* the last label, which label() returned */
};

bool selinux_available(void)
{
	return true;
}

/* libselinux's own messages do not reach stderr: ours name the file. */
static int say_nothing(int type, const char *format, ...)
{
	(void)type;
	(void)format;
	return 0;
}

int selinux_open(const char *path, struct selinux_labels **labels)
{
	const struct selinux_opt options[] = {
		{ .type = SELABEL_OPT_PATH, .value = path },
	};
	char q[QUOTE_BYTES];
	struct stat st;
	/* libselinux would take any other file for an empty one */
	if (!stat(path, &st) && !S_ISREG(st.st_mode))
		return fail(-EINVAL, "file_contexts: '%s' is no regular file",
			    quote(q, path, strlen(path)));
	selinux_set_callback(SELINUX_CB_LOG, (union selinux_callback){ .func_log = say_nothing });
	struct selabel_handle *handle = selabel_open(SELABEL_CTX_FILE, options, 1);
	if (!handle)
		return fail_errno("cannot use '%s' as file_contexts", quote(q, path, strlen(path)));
	*labels = xzalloc(sizeof(**labels));
	(*labels)->handle = handle;
	return 0;
}

static const char *label(void *context, const char *path, u32 mode, int *err)
{
	struct selinux_labels *labels = context;
	char q[QUOTE_BYTES];
	freecon(labels->context);
	labels->context = NULL;
	if (!selabel_lookup_raw(labels->handle, &labels->context, path, (int)mode))
		return labels->context;
	if (errno != ENOENT)
		*err = fail_errno("file_contexts: no label for '%s'", quote(q, path, strlen(path)));
	return NULL;
}

int selinux_apply(struct selinux_labels *labels, struct tree *tree)
{
	return labels ? tree_label(tree, XATTR_NAME_SELINUX, label, labels) : 0;
}

void selinux_close(struct selinux_labels *labels)
{
	if (!labels)
		return;
	freecon(labels->context);
	selabel_close(labels->handle);
	xfree(labels);
}

#else

bool selinux_available(void)
{
	return false;
}

int selinux_open(const char *path, struct selinux_labels **labels)
{
	(void)path;
	(void)labels;
	return fail(-ENOSYS, "file_contexts: this program was built without libselinux");
}

int selinux_apply(struct selinux_labels *labels, struct tree *tree)
{
	(void)labels;
	(void)tree;
	return 0;
}

void selinux_close(struct selinux_labels *labels)
{
	(void)labels;
}

#endif
