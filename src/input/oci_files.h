/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of a container image, by name: in a directory, or members of a tar archive in any
 * order. What comes through a pipe, or packed, lies in a spool; else it stays where it is.
 */
#ifndef INPUT_OCI_FILES_H
#define INPUT_OCI_FILES_H

#include "input/oci.h"

struct oci_files;

/* A file: @bytes at @offset of @fd, which is the store's. */
struct oci_file {
	int fd;
	u64 offset;
	u64 bytes;
};

/*
 * oci_files_open - look at all of @input: an archive, or a directory if its descriptor is one
 * @options:    where to spool, and how many members at most
 * @reader:     how strictly, and how many bytes at most, for the archive itself
 * @read_bytes: what is read from the descriptor is added
 * Returns 0, or a negative errno after printing. Release with oci_files_close(): until then data
 * may stay where they are.
 */
int oci_files_open(const struct reader_input *input, const struct oci_options *options,
		   const struct reader_options *reader, _Atomic u64 *read_bytes,
		   struct oci_files **files);
void oci_files_close(struct oci_files *files);

/* oci_files_are_spooled - whether they lie in a spool: all of the input was read */
bool oci_files_are_spooled(const struct oci_files *files);

/* oci_files_is_directory - whether it is one, and so no archive */
bool oci_files_is_directory(const struct oci_files *files);

/*
 * oci_files_find - the file at @name
 * Returns 1, 0 if there is none, or a negative errno after printing.
 */
int oci_files_find(struct oci_files *files, const char *name, struct oci_file *file);

#endif
