/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ids that follow from the content.
 *
 * The digest covers all that the image holds: layout version, size, superblock and
 * every tree block with all ids, sums and inline data as zero, and a hash of each blob's
 * stored bytes, inline ones too, in the order of files. Each id is a hash of its role and the
 * digest. So equal images are the same seed, and different ones never clash when mounted together.
 * Subvolumes below the top level come with uuids that follow from what they hold.
 */
#include "identity.h"

#include "base/diag.h"
#include "disk/checksum.h"
#include "image/image_seed.h"
#include "superblock.h"
#include "trees.h"

#include <stdlib.h>
#include <sys/random.h>

struct digesting {
	struct sha256 *sha;
	u32 nodesize;
};

static int digest_block(void *context, u64 logical, u8 *block)
{
	const struct digesting *d = context;
	(void)logical; /* is in the block's header */
	sha256_add(d->sha, block, d->nodesize);
	return 0;
}

static void add_data(const struct blueprint *bp, struct sha256 *sha)
{
	for (size_t i = 0; i < bp->content->nr_blobs; i++)
		sha256_add(sha, bp->content->blobs[i].hash, sizeof(bp->content->blobs[i].hash));
}

/* Call with clear ids. */
static int content_digest(const struct blueprint *bp, u8 digest[IMAGE_DIGEST_BYTES])
{
	struct digesting d = { sha256_new(), bp->options.nodesize };
	struct {
		le64 layout_version;
		le64 total_bytes;
	} head = { to_le64(LAYOUT_VERSION), to_le64(bp->total_bytes) };
	struct btrfs_super_block sb;

	superblock_fill(bp, &sb);
	sha256_add(d.sha, &head, sizeof(head));
	sha256_add(d.sha, &sb, sizeof(sb));
	struct block_sink sink = { .put = digest_block, .context = &d, .without_data = true };
	int err = trees_produce_all(bp, &sink);
	add_data(bp, d.sha);
	sha256_finish(d.sha, digest);
	return err;
}

static int random_uuid(u8 uuid[BTRFS_UUID_SIZE])
{
	if (getrandom(uuid, BTRFS_UUID_SIZE, 0) != (ssize_t)BTRFS_UUID_SIZE)
		return fail_errno("cannot get random bytes for the filesystem id");
	uuid[6] = (u8)((uuid[6] & 0x0f) | 0x40); /* version 4 */
	uuid[8] = (u8)((uuid[8] & 0x3f) | 0x80);
	return 0;
}

int image_choose_fsid(const struct image_options *options, const char *role,
		      const u8 digest[IMAGE_DIGEST_BYTES], u8 fsid[BTRFS_FSID_SIZE])
{
	switch (options->fsid_source) {
	case FSID_CONTENT:
		sha256_role_uuid(role, "", 0, digest, fsid);
		break;
	case FSID_GIVEN:
		memcpy(fsid, options->fsid, BTRFS_FSID_SIZE);
		break;
	case FSID_RANDOM:
		return random_uuid(fsid);
	case FSID_CLEAR:
		memset(fsid, 0, BTRFS_FSID_SIZE);
		break;
	}
	return 0;
}

static int compare_uuids(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct subvol_uuid));
}

/* Derived uuids are hashes and differ: of two equal ones at least one was given. */
static int check_uuids(const struct blueprint *bp)
{
	size_t bytes = bp->nr_subvols * sizeof(struct subvol_uuid);
	struct subvol_uuid *sorted = xmemdup(bp->ids.subvols, bytes);
	int err = 0;
	qsort(sorted, bp->nr_subvols, sizeof(*sorted), compare_uuids);
	for (u32 i = 1; i < bp->nr_subvols && !err; i++)
		if (compare_uuids(&sorted[i - 1], &sorted[i]) == 0)
			err = fail(-EEXIST, "two subvolumes with one uuid");
	xfree(sorted);
	return err;
}

static int choose_subvol_uuids(const struct blueprint *bp, const u8 digest[IMAGE_DIGEST_BYTES])
{
	for (u32 i = 0; i < bp->nr_subvols; i++) {
		const struct subvol *s = &bp->subvols[i];
		u8 *uuid = bp->ids.subvols[i].bytes;
		if (i || s->uuid_given)
			memcpy(uuid, s->uuid, BTRFS_UUID_SIZE);
		else
			sha256_role_uuid("subvolume:", s->path, s->path_len, digest, uuid);
	}
	return check_uuids(bp);
}

bool identify_may_refuse(const struct blueprint *bp)
{
	bool given = bp->options.fsid_source == FSID_RANDOM || bp->options.grows_on;
	for (u32 i = 0; i < bp->nr_subvols; i++)
		given |= bp->subvols[i].uuid_given;
	return given;
}

int identify(struct blueprint *bp)
{
	const struct image_options *options = &bp->options;
	u8 digest[IMAGE_DIGEST_BYTES];
	int err = content_digest(bp, digest);
	if (err)
		return err;
	struct ids *ids = &bp->ids;
	sha256_role_uuid("device", "", 0, digest, ids->device_uuid);
	if (!options->grows_on)
		sha256_role_uuid("chunk-tree", "", 0, digest, ids->block.chunk_tree_uuid);
	if (options->device_uuid_given)
		memcpy(ids->device_uuid, options->device_uuid, sizeof(ids->device_uuid));
	if (options->chunk_uuid_given)
		memcpy(ids->block.chunk_tree_uuid, options->chunk_uuid,
		       sizeof(ids->block.chunk_tree_uuid));
	err = choose_subvol_uuids(bp, digest);
	if (!err)
		err = image_choose_fsid(options, "fsid", digest, ids->block.fsid);
	if (!err && options->grows_on)
		err = options->grows_on->check_ids(options->grows_on->context, ids->block.fsid,
						   ids->device_uuid);
	return err;
}
