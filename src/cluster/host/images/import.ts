/**
 * Brings the images a node needs into its own containerd, once: what is there already, built from the same input, is
 * left alone. `ctr` comes with containerd; its `images import` also unpacks, so that the first container starts at once.
 */
import { createHash } from 'node:crypto'
import type { Disk } from '../../../platform/disk.ts'
import type { Exec } from '../../../platform/exec.ts'
import type { Logger } from '../../../platform/log.ts'
import { type BuiltImage, buildImage, type ImageSpec, layoutChunks } from './oci.ts'

export interface ImportOptions {
  disk: Disk
  exec: Exec
  log: Logger
  /** containerd's socket. */
  socketPath: string
  /** Ours alone: takes the archive while it is imported (10 MB), and a small record of what was imported. */
  directory: string
}

/** The namespace that containerd's CRI plugin works in. */
const namespace = 'k8s.io'

/**
 * Resolves to the names that had to be imported, which may be none.
 * Rejects when `ctr` is missing or fails; nothing is half imported then.
 */
export async function ensureImages(options: ImportOptions, specs: readonly ImageSpec[]): Promise<string[]> {
  const present = await listImages(options)
  const known = await readKnown(options)
  const wanted: { image: BuiltImage; inputs: string }[] = []
  for (const spec of specs) {
    const inputs = await fingerprint(options.disk, spec)
    const earlier = known[spec.name]
    if (earlier?.inputs === inputs && earlier.digest === present.get(spec.name)) continue
    wanted.push({ image: await buildImage(options.disk, spec), inputs })
  }
  if (wanted.length === 0) return []
  await importImages(
    options,
    wanted.map(({ image }) => image),
  )
  for (const { image, inputs } of wanted) known[image.spec.name] = { inputs, digest: image.digest }
  await options.disk.write(knownPath(options), JSON.stringify(known))
  return wanted.map(({ image }) => image.spec.name)
}

/** What was imported from which input, by image name: saves building the layers at every start. */
type Known = Record<string, { inputs: string; digest: string } | undefined>

function knownPath({ directory }: ImportOptions): string {
  return `${directory}/imported.json`
}

async function readKnown(options: ImportOptions): Promise<Known> {
  try {
    return JSON.parse(await options.disk.readText(knownPath(options))) as Known
  } catch {
    return {} // missing or damaged: everything is built and compared anew
  }
}

/** Changes whenever the image might: files on disk count with size, time and inode instead of their content. */
async function fingerprint(disk: Disk, spec: ImageSpec): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([spec.name, spec.architecture, spec.command]))
  for (const entry of spec.entries) {
    const content = entry.kind === 'file' ? entry.content : undefined
    if (content === undefined || content instanceof Uint8Array) {
      hash.update(JSON.stringify({ ...entry, content: undefined })).update(content ?? '')
      continue
    }
    const info = await disk.stat(await disk.realPath(content.from))
    hash.update(JSON.stringify([entry, info]))
  }
  return hash.digest('hex')
}

/** Name → manifest digest of what containerd holds. */
export async function listImages(options: ImportOptions): Promise<Map<string, string>> {
  const lines = (await ctr(options, ['images', 'ls'])).split('\n').slice(1)
  const images = new Map<string, string>()
  for (const line of lines) {
    const [name, , digest] = line.split(/\s+/)
    if (name && digest) images.set(name, digest)
  }
  return images
}

/** Writes the archive; the caller removes it. */
export async function writeLayout(disk: Disk, path: string, images: readonly BuiltImage[]): Promise<void> {
  const archive = await disk.open(path, 'append')
  try {
    for await (const chunk of layoutChunks(disk, images)) await archive.append(chunk)
  } finally {
    await archive.close()
  }
}

async function importImages(options: ImportOptions, images: readonly BuiltImage[]): Promise<void> {
  const { disk, log, directory } = options
  const names = images.map((image) => image.spec.name).join(' ')
  await disk.makeDirectory(directory, 0o700)
  const path = `${directory}/import-${images[0]!.digest.slice(7, 19)}.tar`
  await disk.remove(path)
  try {
    await writeLayout(disk, path, images)
    await ctr(options, ['images', 'import', path])
    log.info('imported images', { names })
  } finally {
    await disk.remove(path)
  }
}

async function ctr(options: ImportOptions, args: readonly string[]): Promise<string> {
  const argv: [string, ...string[]] = ['ctr', '--address', options.socketPath, '--namespace', namespace, ...args]
  const result = await options.exec.run(argv, { timeoutMs: 120_000 })
  if (result.exitCode !== 0) throw new Error(`${argv.join(' ')}: exit code ${result.exitCode}: ${result.stderr.trim()}`)
  return result.stdout
}
