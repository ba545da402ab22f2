/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signatures of fs-verity digests, from a directory: DIGEST.p7s, PKCS#7 in DER. */
#ifndef INPUT_SIGNATURES_H
#define INPUT_SIGNATURES_H

#include "model/verity.h"

struct signatures;

/*
 * signatures_read - read all files of @dir whose names end in .p7s
 * @dir: stays valid; release the result with signatures_free()
 * Returns 0, or a negative errno after printing the file, what was found and what is allowed.
 */
int signatures_read(const char *dir, struct signatures **signatures);

/* signatures_find - verity_options.sign; @context: struct signatures */
struct verity_signature signatures_find(void *context, const char *text);

/* signatures_warn - warn of signatures that signatures_find() did not give; NULL is fine */
void signatures_warn(const struct signatures *signatures);

void signatures_free(struct signatures *signatures);

#endif
