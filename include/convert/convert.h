/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One conversion, from archives to an image or a send stream. Only convert.c knows the order of the
 * steps from the archives to a finished tree, and which of both is made of it.
 *
 * The caller opens files, watches the counters, and reports between the calls. It calls, each once
 * and in this order: convert_open(), convert_read(), convert_plan(), convert_write(),
 * convert_free(). After an error only convert_free() may follow.
 */
#ifndef CONVERT_CONVERT_H
#define CONVERT_CONVERT_H

#include "image/image.h"
#include "input/mtree.h"
#include "input/oci.h"
#include "input/selinux.h"
#include "input/signatures.h"
#include "model/verity.h"
#include "onto/stack.h"
#include "send/send.h"

/* A btrfs image that is read instead of archives: see convert_from_image(). */
struct image_source {
	bool is_wanted;
	const char *root; /* path of the subvolume in which the tree begins, or NULL */
	struct subvol_requests subvols; /* paths of other ones, from that one on */
};

/* The options of each floor agree: node size and checksum type are the same in all. */
struct convert_options {
	struct reader_options reader;
	struct tree_options tree;
	struct file_data_options data;
	struct image_options image;
	struct send_options send;      /* with a version, a stream is made and no image */
	const char *verity_signatures; /* directory, or NULL */
	struct image_source source;
	bool is_oci; /* the one input is a container image; needs tree.whiteouts */
	struct oci_options oci;
	const char *oci_config;       /* path in the tree for the configuration, or NULL */
	bool keep_layers;             /* one subvolume for each layer; needs tree.whiteouts */
	const char *plan;             /* path of the mtree plan, or NULL */
	const char *selinux_contexts; /* path, or NULL */
	const char *spool_dir;
};

/* An archive, which is read from the descriptor's offset on; or a directory with an OCI layout. */
struct convert_input {
	int fd;           /* stays open until convert_free(): data may stay in a regular file */
	const char *name; /* for messages */
};

/* The last step that succeeded; each public function asserts that it is the one before its own. */
enum convert_step {
	CONVERT_NONE,
	CONVERT_OPENED,
	CONVERT_HAS_TREE,
	CONVERT_PLANNED,
	CONVERT_WRITTEN,
};

struct convert {
	const struct convert_options *options;
	const struct convert *parent; /* set by the caller before convert_plan(), or NULL: with
					 options.send.version, has the tree that a receiver has */
	struct stack *stack; /* set by the caller before convert_read(), or NULL: the image grows on
				its seed, with whose node size and checksums the options agree */
	enum convert_step done;
	/* for the caller to look at: */
	struct reader_counts counts; /* from convert_open() on, also for other threads */
	struct tree *tree;           /* finished by convert_read() */
	struct content *content;     /* finished by convert_read() */
	/* made by convert_plan(), one of them; NULL before */
	struct image *image;
	struct send *send;
	/* of convert.c alone: */
	struct send_parent send_parent;
	struct file_data *data;        /* while convert_read() runs */
	struct mtree_plan *plan;       /* NULL without one */
	struct selinux_labels *labels; /* NULL without them */
	struct signatures *signatures; /* NULL without them */
	struct oci *oci;               /* NULL without is_oci, or before it is read */
};

/*
 * convert_from_image - let the one input be a btrfs image, whose tree is as it is
 * @root: path of a subvolume from the top level on. NULL: the top level if the options name
 *        subvolumes, else the default subvolume.
 * Of the tree's options only limits and codecs stay, and subvolumes: those of these paths that are
 * subvolumes of the image, too, become part of the tree; other ones are empty in it.
 */
void convert_from_image(struct convert_options *options, const char *root);

/*
 * convert_open - open and read all files that @options name, and make the spool
 * @options: must stay valid; checksum_init() was called
 * No byte of an archive is read. Later steps open by name only new spools in spool_dir, and the
 * files of an OCI layout that is a directory. Returns 0, or a negative errno after printing; release
 * with convert_free() in any case.
 */
int convert_open(struct convert *convert, const struct convert_options *options);

/*
 * convert_read - read all inputs to their end, each over those before it, and finish the tree
 * @inputs: @nr of them, at least 1; with is_oci or source exactly 1
 * Returns 0, or a negative errno after printing.
 */
int convert_read(struct convert *convert, const struct convert_input *inputs, size_t nr);

/* convert_plan - decide every byte's place in the output; 0, or a negative errno after printing */
int convert_plan(struct convert *convert);

/* convert_bytes - of the output; convert_needed_bytes() - what a file of it takes where holes take
 * nothing. Both after convert_plan(). */
u64 convert_bytes(const struct convert *convert);
u64 convert_needed_bytes(const struct convert *convert);

/* convert_write - write the output; 0, or a negative errno after printing */
int convert_write(struct convert *convert, const struct image_output *output);

/* convert_free - release everything; a zeroed @convert is fine */
void convert_free(struct convert *convert);

#endif
