#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""links.py DIR - each relative link and image of the Markdown pages below DIR leads to a file there, and each path below
contrib/ that they name in `code` exists."""
import os
import re
import sys

top = sys.argv[1]
seen = bad = 0
for directory, _, names in os.walk(top):
    for name in sorted(n for n in names if n.endswith('.md')):
        page = os.path.join(directory, name)
        with open(page) as f:
            text = f.read()
        paths = [os.path.join(directory, p.partition('#')[0]) for p in re.findall(r'\]\(([^)#:]+(?:#[^)]*)?)\)', text)]
        paths += [os.path.join(top, p) for p in re.findall(r'`(contrib/[^\s`]*\w)', text)]
        for path in paths:
            seen += 1
            if not os.path.exists(path):
                bad += 1
                print('%s: leads to %s, which is not there' % (page, os.path.relpath(path, top)))
if not seen:
    sys.exit('links.py: %s: no links found' % top)
sys.exit(1 if bad else 0)
