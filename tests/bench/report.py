# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables, bars and plots of what bench.py measured."""
import os
import re
import shutil
import statistics
import subprocess

from tools import BARS, CASES, CPU_BARS, READ_CASES, TOOLS, memory_bar

# program: its command that prints the version
VERSIONS = {
    'tar2sqfs': 'tar2sqfs --version',
    'sqfs2tar': 'sqfs2tar --version',
    'mksquashfs': 'mksquashfs -version',
    'mkfs.btrfs': 'mkfs.btrfs --version',
    'mkfs.erofs': 'mkfs.erofs -V',
    'mke2fs': 'mke2fs -V',
    'genext2fs': 'genext2fs --version',
}
TITLES = {
    'rootfs': 'A Debian root file system',
    'kernel': "The kernel's sources",
    'modules': 'JavaScript modules',
    'files-1000000': 'A million small files',
    'names-300000': '300,000 names in one directory',
    'text-512m': 'One thread and two, zstd:9, on text',
    'read': 'The Debian root file system, from images back to tar',
    'list': 'The names of a million small files',
}


def how_built(program):
    """who built a tool: what PROGRAM.built beside it says, or Debian, if it has the file from a package"""
    if os.path.exists(program + '.built'):
        with open(program + '.built') as f:
            return f.readline().strip()
    names = {program, os.path.realpath(program), os.path.realpath(program).removeprefix('/usr')}
    packaged = any(subprocess.run(['dpkg-query', '-S', n], capture_output=True).returncode == 0 for n in names) if shutil.which('dpkg-query') else False
    return 'Debian' if packaged else 'built by hand'


def versions():
    found = {}
    for name, command in VERSIONS.items():
        program = shutil.which(name)
        if program:
            p = subprocess.run(command.split(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace')
            m = re.search(r'\d+\.\d[\w.]*', p.stdout)
            if m: found[name] = '%s (%s)' % (m.group(), how_built(program))
    return found


def in_doubt(rounds):
    """whether the CPU time, which should be the same each time, is more than a quarter above that of the best round"""
    cpu = [r['CPU'] for r in rounds if 'stopped' not in r]
    return bool(cpu) and statistics.median(cpu) > 1.25 * min(cpu) + 0.05


def median(rounds, key):
    return statistics.median(r[key] for r in rounds)


def best(rounds, key):
    return min(r[key] for r in rounds)


def ours_for(tool, runs):
    """the runs of tar2btrfs that a tool is compared with, or None"""
    return runs.get(TOOLS[tool].against) if tool in TOOLS else None


def case_rows(figures, has_images):
    """one list of cells for each tool"""
    runs = figures['runs']
    unpack = median(runs['tar -x'], 'wall') if 'tar -x' in runs else 0
    for tool, rounds in runs.items():
        if tool == 'tar -x':
            continue
        wall, cpu = median(rounds, 'wall'), median(rounds, 'CPU')
        ours = ours_for(tool, runs)
        if any('stopped' in r for r in rounds):
            yield [tool, '> %.0f' % wall, '', '', '< %.3f' % (median(ours, 'wall') / wall) if ours else '', '', '', '']
            continue
        if ours and (in_doubt(rounds) or in_doubt(ours)):
            ratios = ['in doubt'] * 2
        else:
            ratios = ['%.2f' % (median(ours, k) / v) if ours and v else '' for k, v in (('wall', wall), ('CPU', cpu))]
        whole = wall + unpack if TOOLS[tool].from_directory else None
        yield [tool, '%.2f' % wall, ('in doubt' if in_doubt(runs['tar -x']) else '%.2f' % whole) if whole else '', '%.2f' % cpu] + \
              ratios + \
              ['%.0f' % (median(rounds, 'KiB') / 1024), '%.0f' % (median(rounds, 'bytes') / 1e6) if has_images else '']


HEADS = ['', 'wall s', 'with tar -x', 'CPU s', 'wall ratio', 'CPU ratio', 'MiB', 'image MB']


def escaped(text):
    """text for a cell of a Markdown table"""
    return text.replace('|', '\\|')


def case_table(case, figures):
    about, rows = figures['about'], [HEADS] + [[escaped(r[0])] + r[1:] for r in case_rows(figures, case not in READ_CASES)]
    widths = [max(len(r[i]) for r in rows) for i in range(len(HEADS))]
    line = '| ' + ' | '.join(['%-{}s'.format(widths[0])] + ['%{}s'.format(w) for w in widths[1:]]) + ' |'
    rule = '|' + '|'.join('-' * (w + 1) + (':' if i else '-') for i, w in enumerate(widths)) + '|'
    head = '%s: %d MB of tar, %d members, %d threads, medians of %d rounds' % (
        TITLES[case], about['bytes'] // 10**6, about['entries'], about['threads'], about['rounds'])
    return '\n'.join([head, '', line % tuple(rows[0]), rule] + [line % tuple(r) for r in rows[1:]])


def bars(figures):
    """(case, what, found, limit) of each bar that can be judged"""
    for case, what, tool, limit in BARS:
        runs = figures.get(case, {}).get('runs', {})
        ours = ours_for(tool, runs)
        if ours and tool in runs:
            yield case, '%s against %s' % (what, tool), best(ours, what) / best(runs[tool], what), limit
    for case, tool, limit in CPU_BARS:
        if tool in figures.get(case, {}).get('runs', {}):
            found = best(figures[case]['runs'][tool], 'CPU') / figures[case]['about']['entries']
            yield case, 'microseconds of CPU an entry', found * 1e6, limit * 1e6
    for case in CASES:
        about, runs = figures.get(case, {}).get('about'), figures.get(case, {}).get('runs', {})
        for tool in runs:
            if tool.startswith(('tar2btrfs', 'btrfs2tar')):
                bound = memory_bar(about['entries'], about['threads'], 0 if case in READ_CASES else about['bytes'])
                yield case, 'MiB of memory, %s' % tool, best(runs[tool], 'KiB') / 1024, bound / 1024


def gnuplot(path, title, commands, blocks):
    data = ''.join('$%s << END\n%s\nEND\n' % (name, '\n'.join(' '.join(map(str, r)) for r in rows)) for name, rows in blocks.items())
    head = "set terminal svg size 800,420 font 'sans,13' background 'white'\nset output '%s'\nset title \"%s\"\n" % (path, title)
    subprocess.run(['gnuplot'], input=head + data + commands, text=True, check=True)


def plot_bars(path, title, runs, program):
    """the time of each tool as a multiple of the time of our program"""
    unpack = median(runs['tar -x'], 'wall') if 'tar -x' in runs else 0
    rows = []
    for tool, rounds in runs.items():
        ours = ours_for(tool, runs)
        if ours and not tool.startswith('cat'):
            own = median(ours, 'wall')
            more = unpack if TOOLS[tool].from_directory else 0
            rows.append(['"%s"' % tool, median(rounds, 'wall') / own, (median(rounds, 'wall') + more) / own])
    rows.sort(key=lambda r: r[2])
    with_unpack = '$rows using 0:3:xtic(1) with boxes lc rgb "#f0c080" title "with tar -x before", ' if unpack else ''
    gnuplot(path, title, '''
        set style fill solid 0.9 noborder
        set boxwidth 0.6
        set yrange [0:*]
        set offsets 0, 0, graph 0.08, 0
        set xrange [-0.6:%d-0.4]
        set grid y
        set key top left
        plot %s$rows using 0:2:xtic(1) with boxes lc rgb "#4078b0" title "the tool alone", \\
             $rows using 0:3:(sprintf("%%.1f", $3)) with labels offset 0,0.6 notitle, \\
             1 with lines lc rgb "#208040" lw 3 title "%s"
        ''' % (len(rows), with_unpack, program), {'rows': rows})


def plot_scale(path, curves, title, unit):
    blocks = {'t%d' % i: rows for i, rows in enumerate(curves.values())}
    colours = ('#208040', '#c05020')
    lines = []
    for i, tool in enumerate(curves):
        colour = colours[i % 2]
        lines.append('$t%d using 1:2 axes x1y1 with linespoints pt 7 lw 2 lc rgb "%s" title "%s, s"' % (i, colour, tool))
        lines.append('$t%d using 1:($4/1024) axes x1y2 with linespoints pt 6 dt 2 lw 2 lc rgb "%s" title "%s, MiB"' % (i, colour, tool))
    gnuplot(path, title, '''
        set logscale xyy2
        set xlabel '%s'
        set ylabel 'seconds'
        set y2label 'peak memory, MiB'
        set ytics nomirror
        set y2tics
        set grid
        set key top left
        plot %s
        ''' % (unit, ', '.join(lines)), blocks)


def write(docs, figures, cases):
    """write all tables and plots again; return how many bars of the given cases are missed, and figures in doubt"""
    judged = list(bars(figures))
    rows = ['| %s | %s | %.2f | %.2f | %s |' % (c, escaped(what), found, limit, 'yes' if found <= limit else '**no**') for c, what, found, limit in judged]
    missed = [(c, what, found, limit) for c, what, found, limit in judged if found > limit and c in cases]
    for bar in missed:
        print('missed: %s: %s is %.2f, allowed %.2f' % bar)
    doubts = [(c, t) for c in cases if c in figures and 'runs' in figures[c] for t, rounds in figures[c]['runs'].items() if in_doubt(rounds)]
    for doubt in doubts:
        print('in doubt: %s: %s: its CPU time is more than a quarter above that of its best round; measure again on a quiet machine' % doubt)
    tools = ', '.join('%s %s' % v for v in sorted(figures.get('versions', {}).items()))
    text = ['# Benchmark', '', 'Written by `make bench`. %s. %s.' % (figures.get('machine', ''), tools), '',
            'All tools run in turns on the same archive, warm caches, output to a file, zstd level 3 at 128 KiB where not said otherwise;',
            'each image is checked before its time counts. A ratio is the time of tar2btrfs over that of the tool, in the same mode: below 1',
            'tar2btrfs is faster. mkfs.btrfs, mke2fs and genext2fs need a directory: `with tar -x` adds the time that takes. What reads images',
            'back writes into a pipe, and its ratios are those of btrfs2tar. `in doubt` are figures whose CPU time is more than a quarter',
            'above that of the best round. Behind a version is who built the tool.', '']
    if gnuplot_is_here():
        if 'rootfs' in figures:
            plot_bars(os.path.join(docs, 'rootfs.svg'), 'A Debian root file system from tar: time as a multiple of what tar2btrfs takes '
                      'for the same work', figures['rootfs']['runs'], 'tar2btrfs')
            text += ['![time against other tools](rootfs.svg)', '']
        if 'read' in figures:
            plot_bars(os.path.join(docs, 'read.svg'), 'A Debian root file system from its image to tar, zstd:3: time as a multiple of '
                      'what btrfs2tar takes', figures['read']['runs'], 'btrfs2tar')
            text += ['![time to read back against other tools](read.svg)', '']
        for axis, title, unit in (('entries', 'Small files, zstd:3', 'entries'), ('bytes', 'Text, zstd:3', 'MB of data')):
            if figures.get('scale', {}).get(axis):
                plot_scale(os.path.join(docs, axis + '.svg'), figures['scale'][axis], title, unit)
                text += ['![%s](%s.svg)' % (title, axis), '']
    for case in CASES:
        if case in figures:
            text += ['## ' + TITLES[case], '', case_table(case, figures[case]).partition(': ')[2], '']
    text += ['## Bars', '', 'Best of the rounds against the best.', '', '| case | figure | found | allowed | met |', '|---|---|--:|--:|---|'] + rows
    with open(os.path.join(docs, 'README.md'), 'w') as f:
        f.write('\n'.join(text) + '\n')
    return len(missed) + len(doubts)


def gnuplot_is_here():
    if shutil.which('gnuplot'):
        return True
    print('not here: gnuplot; no plots')
    return False
