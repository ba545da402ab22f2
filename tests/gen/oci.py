#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""oci.py - write container images, valid and broken ones, from layers that are tar archives.

  oci.py OUT [--kind oci|dir|docker|both|flat] [--pack none|gzip|zstd] [--shuffle SEED] [--nested] [--break WHAT]
         [--odd WHAT]... [--artifact WHAT]... NAME@OS/ARCH[/VARIANT]=LAYER,LAYER... ...

dir makes an OCI layout directory, oci and docker archives of one, both an archive with index.json and manifest.json,
flat a directory as skopeo's dir: is. NAME may be empty, and so may the platform: then only the configuration says it
(linux/amd64). --nested puts all images and artifacts into an index of their own, with the name of the first one.
--break WHAT is done to the first image: see breakages below. --odd WHAT is what sound images may be like.
--artifact WHAT is added behind the images.
"""
import argparse
import gzip
import hashlib
import io
import json
import os
import random
import subprocess
import tarfile

OCI = 'application/vnd.oci.image.'
BREAKAGES = """layer-digest layer-size layer-bytes layer-missing diff-id diff-ids config-digest manifest-digest manifest-bytes
    encrypted foreign strange sha512 artifact json nul duplicate-key layout schema deep big absent attachment escape
    link-loop no-index""".split()
ODDITIES = """null-index index-first no-oci-layout null-layers""".split()
ARTIFACTS = {  # type of the configuration, of the layer, and what else a descriptor says
    'chart': ('application/vnd.cncf.helm.config.v1+json', 'application/vnd.cncf.helm.chart.content.v1.tar+gzip', {}),
    'signature': (OCI + 'config.v1+json', 'application/vnd.dev.cosign.simplesigning.v1+json', {}),
    'attestation': (OCI + 'config.v1+json', 'application/vnd.in-toto+json',
                    {'platform': {'os': 'unknown', 'architecture': 'unknown'}}),
    'sbom': ('application/vnd.oci.empty.v1+json', 'application/spdx+json', {'artifactType': 'application/spdx+json'}),
    'other': ('application/vnd.oci.empty.v1+json', 'text/plain', {}),
}


def sha(data): return hashlib.sha256(data).hexdigest()


def dump(value): return json.dumps(value).encode()


class Image:
    def __init__(self, args):
        self.args, self.files, self.entries = args, {}, []

    def broken(self, what): return self.args.breakage == what

    def blob(self, data, lie=False):
        """store, and return digest and size; with a lie under another name"""
        digest = sha(data + b'x') if lie else sha(data)
        self.files['blobs/sha256/' + digest] = data
        return {'digest': 'sha256:' + digest, 'size': len(data)}

    def pack(self, data):
        if self.args.pack == 'gzip': return gzip.compress(data, mtime=0)
        if self.args.pack == 'zstd': return subprocess.run(['zstd', '-qc'], input=data, stdout=subprocess.PIPE, check=True).stdout
        return data

    def layer(self, path, first):
        plain = open(path, 'rb').read()
        d = self.blob(self.pack(plain), lie=first and self.broken('layer-digest'))
        suffix = {'none': '', 'gzip': '+gzip', 'zstd': '+zstd'}[self.args.pack]
        d['mediaType'] = OCI + 'layer.v1.tar' + suffix
        if first:
            name = 'blobs/sha256/' + d['digest'][7:]
            if self.broken('layer-size'): d['size'] += 1
            if self.broken('layer-bytes'): self.files[name] = self.files[name][:-1] + b'!'
            if self.broken('layer-missing'): del self.files[name]
            if self.broken('encrypted'): d['mediaType'] += '+encrypted'
            if self.broken('foreign'): d['mediaType'] = OCI + 'layer.nondistributable.v1.tar' + suffix
            if self.broken('strange'): d['mediaType'] = 'text/plain'
            if self.broken('sha512'): d['digest'] = 'sha512:' + 'a' * 128
        return d, 'sha256:' + sha(plain + (b'x' if first and self.broken('diff-id') else b''))

    def config(self, platform, diff_ids, first):
        os_, arch, *variant = (platform or 'linux/amd64').split('/')
        c = {'architecture': arch, 'os': os_, 'config': {'Env': ['A=b'], 'Labels': {'l': '\u00e9'}},
             'rootfs': {'type': 'layers', 'diff_ids': diff_ids + (diff_ids[:1] if first and self.broken('diff-ids') else [])}}
        if variant: c['variant'] = variant[0]
        data = dump(c)
        if first and self.broken('json'): data = data[:-1]
        if first and self.broken('nul'): data = data.replace(b'A=b', b'A=\\u0000')
        if first and self.broken('duplicate-key'): data = b'{"os": "x", ' + data[1:]
        if first and self.broken('big'): data += b' ' * (1 << 20)
        return data

    def add(self, text, first):
        head, _, layers = text.rpartition('=')
        name, _, platform = head.partition('@')
        made = [self.layer(path, first and i == 0) for i, path in enumerate(layers.split(',') if layers else [])]
        config = self.blob(self.config(platform, [m[1] for m in made], first), lie=first and self.broken('config-digest'))
        config['mediaType'] = 'application/vnd.example' if first and self.broken('artifact') else OCI + 'config.v1+json'
        self.entries.append((name, platform, config, [m[0] for m in made]))

    def manifests(self):
        out = []
        for i, (name, platform, config, layers) in enumerate(self.entries):
            manifest = dump({'schemaVersion': 1 if i == 0 and self.broken('schema') else 2, 'config': config,
                             'layers': None if 'null-layers' in self.args.odd else layers})
            d = self.blob(manifest, lie=i == 0 and self.broken('manifest-digest'))
            if i == 0 and self.broken('manifest-bytes'): d['size'] -= 1
            if i == 0 and self.broken('absent'): del self.files['blobs/sha256/' + d['digest'][7:]]
            d['mediaType'] = OCI + 'manifest.v1+json'
            if platform:
                d['platform'] = dict(zip(('os', 'architecture', 'variant'), platform.split('/')))
            if name: d['annotations'] = {'org.opencontainers.image.ref.name': name}
            if i == 0 and self.broken('attachment'): d['annotations'] = {'vnd.docker.reference.type': 'attestation-manifest'}
            out.append(d)
        return out

    def artifact(self, what):
        config_type, layer_type, more = ARTIFACTS[what]
        layer = self.blob(b'{"critical":{}}')
        platform = {'architecture': '', 'os': ''}
        if 'image.config' not in config_type: config = self.blob(b'{}')
        else: config = self.blob(dump({**platform, 'rootfs': {'type': 'layers', 'diff_ids': [layer['digest']]}}))
        config['mediaType'], layer['mediaType'] = config_type, layer_type
        d = self.blob(dump({'schemaVersion': 2, 'config': config, 'layers': [layer]}))
        return {**d, 'mediaType': OCI + 'manifest.v1+json', **more}

    def index(self):
        manifests = self.manifests()
        if 'index-first' in self.args.odd: manifests = manifests[:1]
        index = {'schemaVersion': 2, 'manifests': manifests + [self.artifact(a) for a in self.args.artifact]}
        for _ in range(12 if self.broken('deep') else int(self.args.nested)):
            d = self.blob(dump(index))
            d['mediaType'] = OCI + 'index.v1+json'
            if self.args.artifact: d['annotations'] = manifests[0].pop('annotations')
            index = {'schemaVersion': 2, 'manifests': [d]}
        if 'null-index' in self.args.odd: index['manifests'] = None
        if 'no-oci-layout' not in self.args.odd:
            self.files['oci-layout'] = dump({'imageLayoutVersion': '2' if self.broken('layout') else '1.0.0'})
        if not self.broken('no-index'): self.files['index.json'] = dump(index)

    def docker(self):
        """as docker save writes it: names of files; layers that come twice are links"""
        files, manifest, links = {}, [], {}
        for i, (name, platform, config, layers) in enumerate(self.entries):
            paths = []
            for n, d in enumerate(layers):
                path = '%d-%d/layer.tar' % (i, n)
                if d['digest'] in links:
                    files[path] = '../' + links[d['digest']]
                else:
                    files[path] = self.files.get('blobs/sha256/' + d['digest'][7:])
                    links[d['digest']] = path
                if i == n == 0 and self.broken('link-loop'): files[path] = 'layer.tar'
                paths.append('../../../etc/passwd' if i == n == 0 and self.broken('escape') else path)
            files[config['digest'][7:] + '.json'] = self.files['blobs/sha256/' + config['digest'][7:]]
            manifest.append({'Config': config['digest'][7:] + '.json', 'RepoTags': [name] if name else None, 'Layers': paths})
        files['manifest.json'] = dump(manifest)
        self.files = files

    def both(self):
        """as docker save writes it since version 25"""
        self.index()
        path = lambda d: 'blobs/sha256/' + d['digest'][7:]
        self.files['manifest.json'] = dump([{'Config': path(config), 'RepoTags': [name] if name else None,
                                             'Layers': [path(d) for d in layers]}
                                            for name, platform, config, layers in self.entries])

    def flat(self):
        """as skopeo writes dir:"""
        manifest = self.files['blobs/' + self.manifests()[0]['digest'].replace(':', '/')]
        self.files = {name.rpartition('/')[2]: data for name, data in self.files.items() if data != manifest}
        self.files.update({'version': b'Directory Transport Version: 1.1\n', 'manifest.json': manifest})

    def write(self, out):
        names = [n for n in self.files if self.files[n] is not None]
        if self.args.kind in ('dir', 'flat'):
            os.makedirs(out)
            for name in names:
                os.makedirs(os.path.dirname(os.path.join(out, name)), exist_ok=True)
                with open(os.path.join(out, name), 'wb') as f: f.write(self.files[name])
            return
        if self.args.shuffle is not None: random.Random(self.args.shuffle).shuffle(names)
        with tarfile.open(out, 'w', format=tarfile.PAX_FORMAT) as t:
            for name in names:
                m, data = tarfile.TarInfo('./' + name), self.files[name]
                if isinstance(data, str):
                    m.type, m.linkname, data = tarfile.SYMTYPE, data, b''
                m.size = len(data)
                t.addfile(m, io.BytesIO(data))


def main():
    ap = argparse.ArgumentParser(usage=__doc__)
    ap.add_argument('out')
    ap.add_argument('--kind', choices=['oci', 'dir', 'docker', 'both', 'flat'], default='oci')
    ap.add_argument('--pack', choices=['none', 'gzip', 'zstd'], default='none')
    ap.add_argument('--shuffle', type=int)
    ap.add_argument('--nested', action='store_true')
    ap.add_argument('--break', dest='breakage', choices=BREAKAGES)
    ap.add_argument('--odd', choices=ODDITIES, action='append', default=[])
    ap.add_argument('--artifact', choices=ARTIFACTS, action='append', default=[])
    ap.add_argument('images', nargs='+')
    args = ap.parse_args()
    image = Image(args)
    for i, text in enumerate(args.images): image.add(text, i == 0)
    {'oci': image.index, 'dir': image.index, 'docker': image.docker, 'both': image.both, 'flat': image.flat}[args.kind]()
    image.write(args.out)


main()
