/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of a container image, by name: in a directory, or members of a tar archive in any
 * order. Files of an archive that is packed or comes through a pipe are copied to a spool. All
 * others are read where they are.
 */
#ifndef INPUT_OCI_FILES_H
#define INPUT_OCI_FILES_H

#include "input/oci.h"

struct oci_files;

/* A file: @bytes at @offset of @fd, which stays open until oci_files_close(). */
struct oci_file {
	int fd;
	u64 offset;
	u64 bytes;
};

/*
 * oci_files_open - index @input: an archive, which is read to its end, or a directory
 * @options:    spool_dir and max_entries count; must stay valid
 * @reader:     max_bytes limits the unpacked archive
 * @read_bytes: the bytes read from an archive's descriptor are added
 * Returns 0, or a negative errno after printing. Release with oci_files_close().
 */
int oci_files_open(const struct reader_input *input, const struct oci_options *options,
		   const struct reader_options *reader, _Atomic u64 *read_bytes,
		   struct oci_files **files);
void oci_files_close(struct oci_files *files);

/* oci_files_are_spooled - whether the files are in a spool, so that all of the input was read */
bool oci_files_are_spooled(const struct oci_files *files);

/*
 * oci_files_find - the file with the path @name
 * @name: relative to the root of the image; "." and ".." count; links are followed
 * Returns 1, 0 if there is none, or a negative errno after printing.
 */
int oci_files_find(struct oci_files *files, const char *name, struct oci_file *file);

#endif
