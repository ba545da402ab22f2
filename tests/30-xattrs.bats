#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Extended attributes, ACLs and capabilities in every dialect that archives have, at all sizes that btrfs holds.
# bats file_tags=kernel

load helpers

# capability v2: cap_net_raw+ep
CAPABILITY=hex:0100000200200000000000000000000000000000

setup()
{
	require_mount
	img=$BATS_TEST_TMPDIR/img
}

same_image()
{
	cat >"$BATS_TEST_TMPDIR/spec"
	spec_image "$img" "$@" <"$BATS_TEST_TMPDIR/spec"
	assert_manifest "$img" <"$BATS_TEST_TMPDIR/spec"
}

repeat()
{
	printf "%$2s" '' | tr ' ' "$1"
}

@test "all namespaces, on all types that carry them" {
	same_image <<-END
		dir d x.user.a=1 x.trusted.b=2
		file d/f text=x x.user.a=1 x.trusted.b=%00%ff x.security.capability=$CAPABILITY x.user.empty=
		symlink d/l f x.trusted.on-symlink=yes
		char d/c 1,3 x.trusted.on-device=yes
		fifo d/p x.trusted.on-fifo=yes
	END
}

@test "values of every byte, names of odd bytes" {
	same_image <<-END
		file f x.user.all=hex:$(printf '%02x' $(seq 0 255)) x.user.%e2%82%ac=1 x.user.with%20blank=2
	END
}

@test "many attributes on one file" {
	{
		echo -n 'file f text=x'
		for i in $(seq 1 500); do echo -n " x.user.n$i=value-$i"; done
		echo
	} | same_image -n 4k
}

@test "values up to what a leaf holds, one byte more is refused" {
	# item: 25 of item header, 30 of its own head, name and value; a leaf has nodesize - 101
	for k in 4 16 64; do
		most=$((k * 1024 - 101 - 25 - 30 - 6))
		[ $k != 64 ] || most=65535
		spec_tar "$img.tar" <<<"file f x.user.v=rep:$((most + 1)):abc"
		run -1 "$TAR2BTRFS" -n ${k}k -o "$img" "$img.tar"
		[ $k != 64 ] || most=$((k * 1024 - 101 - 25 - 30 - 6))
		echo "file f x.user.v=rep:$most:abc" | same_image -n ${k}k
	done
}

@test "a value too large for a small node is refused with a hint" {
	spec_tar "$img.tar" <<<"file f x.user.v=rep:8000:abc"
	run -1 --separate-stderr "$TAR2BTRFS" -n 4k -o "$img" "$img.tar"
	# shellcheck disable=SC2154
	[[ $stderr == *"-n"* ]]
	mkimage "$img" "$img.tar"
}

@test "names of 255 bytes, names with one hash" {
	{
		echo -n "file f x.user.$(repeat n 250)=long"
		python3 "$GEN/names.py" 20 60 user. | while read -r n; do echo -n " x.$n=$n"; done
		echo
	} | same_image
}

@test "the dialects: SCHILY.xattr, LIBARCHIVE.xattr, RHT.security.selinux" {
	spec_image "$img" <<-END
		file schily pax.SCHILY.xattr.user.a=binary%00value
		file libarchive pax.LIBARCHIVE.xattr.user.%2525=AP8B
		file both pax.SCHILY.xattr.user.a=1 pax.LIBARCHIVE.xattr.user.a=MQ
		file selinux pax.RHT.security.selinux=system_u:object_r:bin_t:s0%00
	END
	assert_manifest "$img" <<-END
		file schily x.user.a=binary%00value
		file libarchive x.user.%25=hex:00ff01
		file both x.user.a=1
		file selinux x.security.selinux=system_u:object_r:bin_t:s0%00
	END
}

@test "what GNU tar and bsdtar write of one tree reads the same" {
	require_tool bsdtar setfacl
	scratch_btrfs "$BATS_TEST_TMPDIR/ref"
	python3 "$GEN/archive.py" make "$BATS_TEST_TMPDIR/ref" <<-END
		file f text=x x.user.a=hex:0001ff x.security.capability=$CAPABILITY mtime=5
		dir d x.user.dir=1 mtime=6
		symlink l f x.trusted.t=1 mtime=7
	END
	setfacl -m u:1234:rw,g:5:r "$BATS_TEST_TMPDIR/ref/f"
	setfacl -d -m u:1234:rwx "$BATS_TEST_TMPDIR/ref/d"
	tar -C "$BATS_TEST_TMPDIR/ref" --xattrs --xattrs-include='*' --acls --format=pax -cf "$img.gnu" .
	bsdtar -C "$BATS_TEST_TMPDIR/ref" --xattrs --acls --format=pax -cf "$img.bsd" .
	for a in gnu bsd; do
		mkimage "$img" "$img.$a"
		assert_check "$img"
		with_mount "$img" tree_is "$BATS_TEST_TMPDIR/ref"
	done
}

tree_is()
{
	assert_tree_equal "$1" "$mnt"
}

# posix_acl TAG:PERM[:ID]... - the binary form: version 2, then entries
posix_acl()
{
	python3 - "$@" <<-'END'
		import struct, sys
		out = struct.pack('<I', 2)
		for e in sys.argv[1:]:
		    tag, perm, *id = [int(n, 0) for n in e.split(':')]
		    out += struct.pack('<HHI', tag, perm, id[0] if id else 0xffffffff)
		print('hex:' + out.hex())
	END
}

@test "ACLs as text become system.posix_acl_access and _default" {
	spec_image "$img" <<-END
		file f mode=0640 pax.SCHILY.acl.access=user::rw-,user:joe:r--:1234,group::r--,mask::r--,other::---
		dir d mode=0750 pax.SCHILY.acl.default=user::rwx,user:joe:r-x:1234,group::r-x,mask::r-x,other::---
		file trivial mode=0644 pax.SCHILY.acl.access=user::rw-,group::r--,other::r--
	END
	assert_manifest "$img" <<-END
		file f mode=0640 x.system.posix_acl_access=$(posix_acl 1:6 2:4:1234 4:4 16:4 32:0)
		dir d mode=0750 x.system.posix_acl_default=$(posix_acl 1:7 2:5:1234 4:5 16:5 32:0)
		file trivial mode=0644
	END
}

@test "an access ACL sets the mode's bits" {
	spec_image "$img" <<-END
		file f mode=04777 pax.SCHILY.acl.access=user::rw-,user:joe:r--:1234,group::---,mask::r--,other::---
	END
	assert_manifest "$img" <<-END
		file f mode=04640 x.system.posix_acl_access=$(posix_acl 1:6 2:4:1234 4:0 16:4 32:0)
	END
}

@test "the binary ACL counts where there is a text too" {
	value=$(posix_acl 1:6 2:4:77 4:4 16:4 32:0)
	raw=$(sed 's/^hex://; s/../%&/g' <<<"$value")
	spec_image "$img" <<-END
		file f mode=0640 pax.SCHILY.acl.access=user::rw-,user:joe:r--:1234,group::r--,mask::r--,other::--- pax.SCHILY.xattr.system.posix_acl_access=$raw
	END
	assert_manifest "$img" <<-END
		file f mode=0640 x.system.posix_acl_access=$value
	END
}

@test "an ACL of a name without an id is refused, --skip-unsupported warns" {
	spec_tar "$img.tar" <<-END
		file f mode=0640 pax.SCHILY.acl.access=user::rw-,user:nobody-knows-him:r--,group::r--,mask::r--,other::---
	END
	run -1 "$TAR2BTRFS" -o "$img" "$img.tar"
	run -0 --separate-stderr "$TAR2BTRFS" --skip-unsupported -o "$img" "$img.tar"
	[ -n "$stderr" ]
	assert_manifest "$img" <<<"file f mode=0640"
}

@test "hard links with the same attributes are one, with others refused" {
	spec_image "$img" <<-END
		file f text=x x.user.a=1
		link l f x.user.a=1
		link m f
	END
	spec_tar "$img.tar" <<-END
		file f text=x x.user.a=1
		link l f x.user.a=2
	END
	run -1 "$TAR2BTRFS" -o "$img" "$img.tar"
}
