#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""zsh-completes.py DIR TEXT - what zsh lists as completions of TEXT, sorted, one a line, with DIR in its fpath.

zsh completes only where somebody types, so it gets a terminal, and its list stands between two marks.
"""
import os
import pty
import sys

BEGIN, END = '<begin', 'end>'
# the key lists the completions, then prints a mark
SETUP = """stty -echo cols 200 rows 200; PS1= PS2= RPS1=; unset zle_bracketed_paste
fpath=(%s $fpath); autoload -Uz compinit; compinit -u -D; setopt no_list_packed list_rows_first
list() { print -n '%s'; zle list-choices; zle -R; print '%s'; exit }; zle -N list; bindkey '^X' list
"""


def read_until(fd, mark):
    text = b''
    while mark.encode() not in text:
        try:
            more = os.read(fd, 65536)
        except OSError:
            more = b''
        if not more:
            break
        text += more
    return text.decode(errors='replace')


def main():
    pid, fd = pty.fork()
    if not pid:
        os.environ.update(TERM='dumb')
        os.execvp('zsh', ['zsh', '-f', '-i'])
    where = sys.argv[1].replace("'", "'\\''")
    # the marks are composed by the print command, so that the terminal's echo of it is no mark
    os.write(fd, (SETUP % ("'%s'" % where, BEGIN, END) + 'print rea""dy\n').encode())
    read_until(fd, 'ready')
    os.write(fd, sys.argv[2].encode() + b'\x18')
    listed = read_until(fd, END).split(BEGIN)[-1].split('\n')[1:]
    # after the list comes the typed line again; descriptions come after --
    words = [w for line in listed if not line.startswith(sys.argv[2]) for w in line.split(' -- ')[0].split()]
    print('\n'.join(sorted(words)))


main()
