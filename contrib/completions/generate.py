#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""generate.py PROGRAM... DIR - write the completions of bash, zsh and fish to DIR, from the --help of each program.

What an option's argument may be follows from its name there: words with | between (dup|single, none[:LEVEL],
[rw|ro:]DIR, compression=zstd|none:PATH), FILE, DIR, or LIST, whose words -O list-all has; the completions know
nothing of others. An argument in [=...] may be left out.
"""
import os, re, subprocess, sys


class Option:
    def __init__(self, letter, name, argument, text):
        self.name, self.letter = '--' + name, '-' + letter if letter else ''
        self.optional = argument.startswith('[=')
        self.argument = argument[2:-1] if self.optional else argument
        self.takes = bool(argument)
        # the first clause says enough
        self.text = re.split(r';| \(|: ', text)[0].rstrip('.')
        self.repeatable = 'repeatable' in text
        # a part that may be left out is not completed
        plain = re.sub(r'\[:[^]]*\]', '', self.argument)
        m = re.fullmatch(r'\[?([a-z]+=)?([A-Za-z0-9|-]+)(:?)\]?(DIR|PATH)?', plain)
        self.words = [(m[1] or '') + w + m[3] for w in m[2].split('|') if not w.isupper()] if m else []
        self.file = plain == 'FILE'
        self.directory = self.argument == 'DIR'

    @property
    def names(self):
        return [n for n in (self.letter, self.name) if n]


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def options(program):
    found = []
    text = run(program, '--help=all' if '--help=all' in run(program, '--help') else '--help')
    for line in text.splitlines():
        m = re.match(r'^  (?:-(\w), |    )--([a-z-]+)(\[=\S+| \S+)?(?: +(.*))?$', line)
        if m:
            found.append([m[1] or '', m[2], (m[3] or '').strip(), m[4] or ''])
        elif found and line.startswith(' ' * 29):
            found[-1][3] += ' ' * bool(found[-1][3]) + line.strip()
    result = [Option(*f) for f in found]
    for o in result:
        if o.argument == 'LIST':
            names = [l.split()[0] for l in run(program, '-O', 'list-all').splitlines() if 'always on' not in l]
            o.words = [w for n in names for w in (n, '^' + n)] + ['list-all']
    return result


def wrap(words, width, indent):
    lines, line = [], ''
    for w in words:
        if line and len(line) + len(w) >= width:
            lines.append(line)
            line = ''
        line += (' ' if line else '') + w
    return ('\n' + indent).join(lines + [line])


HEAD = '''# %s completion for NAME(1), made by generate.py from --help: see there
# SPDX-License-Identifier: GPL-2.0-or-later
'''


def bash(opts):
    def case(o):
        # readline makes words of --option=value; what may be left out follows "=" only
        return ' | '.join([n + '=' for n in [o.name]] if o.optional else o.names + [o.name + '='])
    out = [HEAD % 'bash', '''_NAME()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local words='' IFS=$' \\t\\n'

	COMPREPLY=()
	# readline divides --option=value and zstd:3 into several words
	if [[ $cur == '=' ]]; then
		cur=''
		prev+='='
	elif [[ $prev == '=' ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}=
	fi
	case $prev in''']
    for o in opts:
        if o.words:
            out += ['\t%s)' % case(o), "\t\twords='%s'" % ' '.join(o.words), '\t\t;;']
    groups = (('compgen -d', [o for o in opts if o.directory]), ('compgen -f', [o for o in opts if o.file]),
              (None, [o for o in opts if o.takes and not (o.words or o.file or o.directory)]))
    for command, members in groups:
        if members:
            out += ['\t' + wrap(' | '.join(map(case, members)).split(' | '), 80, '\t\t').replace(' ', ' | ').replace(
                '\n', ' | \\\n') + ')']
            if command:
                out += ['\t\tmapfile -t COMPREPLY < <(%s -- "$cur")' % command]
            out += ['\t\treturn', '\t\t;;']
    names = wrap([n for o in opts for n in o.names], 80, '\t\t\t')
    out += ['''	*)
		if [[ $cur != -* ]]; then
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			return
		fi
		words='%s'
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -o filenames -o bashdefault -F _NAME NAME
''' % names]
    return '\n'.join(out)


def zsh(opts):
    def spec(o):
        text = re.sub(r'([\[\]:\\])', r'\\\1', o.text).replace("'", "'\\''")
        message = re.sub(r'[^a-z0-9 -]', ' ', o.argument.lower()).strip() if not o.words else 'word'
        action = '(%s)' % ' '.join(re.sub(r'([\^:])', r'\\\1', w) for w in o.words) if o.words else \
            '_files -/' if o.directory else '_files' if o.file else ''
        if o.argument == 'LIST':
            action = '_values -s , feature ' + ' '.join(w.replace('^', '\\^') for w in o.words)
        tail = '[%s]' % text + ('%s%s:%s' % ('::' if o.optional else ':', message, action) if o.takes else '')
        mark = ('=-' if o.optional else '=') if o.takes else ''
        if o.name in ('--help', '--version'):
            return "'(- *)'{%s,%s}'%s'" % (o.letter, o.name, tail)
        if o.repeatable:
            names = [n + (('+' if n == o.letter else mark) if o.takes else '') for n in o.names]
            return "'*'{%s}'%s'" % (','.join(names), tail) if o.letter else "'*%s%s'" % (names[0], tail)
        if o.letter:
            return "'(%s %s)'{%s%s,%s%s}'%s'" % (o.letter, o.name, o.letter, '+' if o.takes else '', o.name, mark, tail)
        return "'%s%s%s'" % (o.name, mark, tail)
    return '#compdef NAME\n' + HEAD % 'zsh' + '\n_arguments -s -S \\\n' + \
        ''.join('\t%s \\\n' % spec(o) for o in opts) + "\t':archive:_files'\n"


def fish(opts):
    out = [HEAD % 'fish']
    for o in opts:
        line = 'complete -c NAME' + (' -s ' + o.letter[1:] if o.letter else '') + ' -l ' + o.name[2:]
        if o.takes and not o.optional:
            line += ' -r -F' if o.file else ' -x'
        if o.words:
            # what may be left out, fish offers behind "=" only
            line += ' -f' * o.optional + " -a '%s'" % ' '.join(o.words)
        elif o.directory:
            line += " -a '(__fish_complete_directories)'"
        out.append(line + " -d '%s'" % o.text.replace("'", "\\'"))
    return '\n'.join(out) + '\n'


def main():
    *programs, where = sys.argv[1:]
    for program in map(os.path.abspath, programs):
        opts, name = options(program), os.path.basename(program)
        for file, text in ((name + '.bash', bash(opts)), ('_' + name, zsh(opts)), (name + '.fish', fish(opts))):
            with open(os.path.join(where, file), 'w') as f:
                f.write(text.replace('NAME', name))


main()
