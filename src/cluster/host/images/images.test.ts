import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { extract } from 'tar-stream'
import { realDisk } from '../../../platform/real/disk.ts'
import { realExec } from '../../../platform/real/exec.ts'
import { describeImages } from './catalog.ts'
import { helloImage } from './hello-image.ts'
import { buildImage, layoutChunks } from './oci.ts'
import { pauseBinary } from './pause-binary.ts'
import { pauseImage } from './pause-image.ts'
import { type TarEntry, tarChunks, tarSizeBytes } from './tar.ts'

const disk = realDisk()

async function inTemporary<T>(body: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'k8ts-images-'))
  try {
    return await body(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

interface Member {
  type: string | null | undefined
  mode: number | undefined
  linkname: string | null | undefined
  content: Buffer
}

async function unpack(chunks: AsyncIterable<Uint8Array>): Promise<Map<string, Member>> {
  const members = new Map<string, Member>()
  const reader = Readable.from(chunks).pipe(extract())
  for await (const entry of reader) {
    const parts: Buffer[] = []
    for await (const part of entry) parts.push(part as Buffer)
    const { name, type, mode, linkname } = entry.header
    members.set(name, { type, mode, linkname, content: Buffer.concat(parts) })
  }
  return members
}

test('tarChunks writes files, directories and links that another implementation reads', () =>
  inTemporary(async (directory) => {
    const from = join(directory, 'large')
    const large = Buffer.alloc((1 << 20) + 700, 7)
    await writeFile(from, large)
    const longPath = `${'d'.repeat(90)}/${'e'.repeat(60)}/file`
    const entries: TarEntry[] = [
      { kind: 'directory', path: 'a', mode: 0o1777 },
      { kind: 'file', path: 'a/large', mode: 0o755, content: { from, sizeBytes: large.length } },
      { kind: 'file', path: longPath, content: Buffer.from('x') },
      { kind: 'symlink', path: 'a/link', target: 'large' },
    ]
    const members = await unpack(tarChunks(disk, entries))
    assert.deepEqual([...members.keys()], ['a/', 'a/large', longPath, 'a/link'])
    assert.equal(members.get('a/')?.mode, 0o1777)
    assert.ok(members.get('a/large')?.content.equals(large))
    assert.equal(members.get('a/link')?.linkname, 'large')
    let total = 0
    for await (const chunk of tarChunks(disk, entries)) total += chunk.length
    assert.equal(total, tarSizeBytes(entries))
  }))

test('tarChunks rejects when a file is shorter than announced or a path is too long', () =>
  inTemporary(async (directory) => {
    const from = join(directory, 'short')
    await writeFile(from, 'abc')
    const short: TarEntry = { kind: 'file', path: 'short', content: { from, sizeBytes: 4 } }
    await assert.rejects(Array.fromAsync(tarChunks(disk, [short])), /ended at 3 of 4 bytes/)
    const long: TarEntry = { kind: 'directory', path: 'p'.repeat(300) }
    await assert.rejects(Array.fromAsync(tarChunks(disk, [long])), /a path may have at most/)
  }))

test('layoutChunks names images and every blob has the content of its digest', async () => {
  const images = [await buildImage(disk, pauseImage('amd64')), await buildImage(disk, pauseImage('arm64'))]
  const members = await unpack(layoutChunks(disk, images))
  const index = JSON.parse(members.get('index.json')!.content.toString())
  assert.equal(index.manifests[0].annotations['io.containerd.image.name'], 'k8ts.local/pause:1.0')
  assert.equal(index.manifests[0].digest, images[0]!.digest)
  const blobs = [...members].filter(([name, member]) => name.startsWith('blobs/sha256/') && member.type === 'file')
  assert.equal(blobs.length, 6)
  for (const [name, member] of blobs)
    assert.equal(name, `blobs/sha256/${createHash('sha256').update(member.content).digest('hex')}`)
  const manifest = JSON.parse(members.get(`blobs/sha256/${images[0]!.digest.slice(7)}`)!.content.toString())
  const layer = members.get(`blobs/sha256/${manifest.layers[0].digest.slice(7)}`)!.content
  assert.equal(layer.length, manifest.layers[0].size)
  assert.ok((await unpack(Readable.from([layer]))).has('pause'))
})

test('buildImage gives the same digest for the same input and another for another', async () => {
  const program = Buffer.from('\0wc\0wget\0which\0')
  const digest = async (applets: string[]): Promise<string> =>
    (await buildImage(disk, helloImage('amd64', { program, applets }))).digest
  assert.equal(await digest(['ls', 'sh']), await digest(['sh', 'ls']))
  assert.notEqual(await digest(['ls', 'sh']), await digest(['ls']))
})

test("helloImage renames BusyBox's own wget, so that the shell takes the one beside it", () => {
  const program = Buffer.from('\0wc\0wget\0which\0')
  const { entries } = helloImage('amd64', { program, applets: ['sh', 'wget'] })
  const contentOf = (path: string): string => {
    const entry = entries.find((each) => each.path === path)
    return entry?.kind === 'file' && entry.content instanceof Uint8Array ? Buffer.from(entry.content).toString() : ''
  }
  assert.equal(contentOf('bin/busybox'), '\0wc\0wgex\0which\0')
  assert.match(contentOf('bin/wget'), /exec busybox wgex/)
  assert.throws(
    () => helloImage('amd64', { program: Buffer.from('\0wc\0'), applets: [] }),
    /must name its program wget once/,
  )
})

test('pauseBinary waits and ends with 0 at SIGTERM', { skip: process.platform !== 'linux', timeout: 10_000 }, () =>
  inTemporary(async (directory) => {
    const path = join(directory, 'pause')
    await writeFile(path, pauseBinary(process.arch === 'arm64' ? 'arm64' : 'amd64'), { mode: 0o755 })
    const exec = realExec()
    const running = await exec.spawn([path])
    await waitUntilAsleep(running.pid)
    exec.signal(running.pid, 'SIGTERM')
    assert.equal(await running.exited, 0)
  }),
)

/** Its only sleep is the wait for signals. */
async function waitUntilAsleep(pid: number): Promise<void> {
  while (!/^State:\s*S/m.test(await disk.readText(`/proc/${pid}/status`))) await new Promise(setImmediate)
}

test('pauseBinary is an ELF file for the asked processor', () => {
  const machine = (architecture: 'amd64' | 'arm64'): number => Buffer.from(pauseBinary(architecture)).readUInt16LE(18)
  assert.deepEqual([machine('amd64'), machine('arm64')], [62, 183])
})

test('describeImages collects the DNS server with all its imports, types stripped', () =>
  inTemporary(async (directory) => {
    await disk.makeDirectory(join(directory, 'src/inner'))
    await disk.makeDirectory(join(directory, 'node_modules/dep'))
    await writeFile(
      join(directory, 'src/entry.ts'),
      "import { readFile } from 'node:fs'\nimport {\n  one,\n} from './inner/one.ts'\nimport dep from 'dep'\nimport type { T } from './types.ts'\nexport const x: number = one + dep + readFile.length\nexport type U = T\n",
    )
    await writeFile(
      join(directory, 'src/inner/one.ts'),
      "export const one = 1\nexport const late = () => import('./two.ts')\n",
    )
    await writeFile(join(directory, 'src/inner/two.ts'), 'export const two = 2\n')
    await writeFile(join(directory, 'node_modules/dep/package.json'), '{"main":"index.js"}')
    await writeFile(join(directory, 'node_modules/dep/index.js'), 'module.exports = 1')
    const [spec] = await describeImages(
      {
        disk,
        exec: realExec(),
        nodeArchitecture: process.arch,
        nodePath: process.execPath,
        packageRoot: directory,
        dnsEntryPath: join(directory, 'src/entry.ts'),
      },
      ['dns'],
    )
    const files = spec!.entries.filter((entry) => entry.kind === 'file' && entry.path.startsWith('k8ts/'))
    assert.deepEqual(
      files.map((file) => file.path),
      [
        'k8ts/node_modules/dep/index.js',
        'k8ts/node_modules/dep/package.json',
        'k8ts/src/entry.js',
        'k8ts/src/inner/one.js',
        'k8ts/src/inner/two.js',
        'k8ts/package.json',
      ],
    )
    const entry = files.find((file) => file.path === 'k8ts/src/entry.js')
    assert.match(String(entry?.kind === 'file' && entry.content), /from '\.\/inner\/one\.js'[\s\S]*x {9}= one/)
    assert.ok(spec!.entries.some((each) => /libc\.so/.test(each.path)))
  }))
