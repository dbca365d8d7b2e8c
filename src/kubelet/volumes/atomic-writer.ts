/**
 * Writes a volume's files so that a reader sees either all of the old or all of the new ones: they live in a dated
 * directory, `..data` points to it and is swapped by a rename, and each visible name is a link through `..data`.
 * A directory that already holds the same content is left alone.
 * Source: https://kubernetes.io/docs/concepts/storage/volumes/#configmap (mounted ConfigMaps are updated automatically)
 */
import { dirname, join, normalize } from 'node:path'
import { type Clock, rfc3339 } from '../../platform/clock.ts'
import type { Disk } from '../../platform/disk.ts'
import { nameSuffix, type Random } from '../../platform/random.ts'
import type { FileContent, Payload } from './content.ts'

const dataLink = '..data'
const newDataLink = '..data_tmp'

export interface WriterParts {
  disk: Disk
  clock: Clock
  random: Random
}

export interface Ownership {
  /** Of the files; undefined: this process' own. */
  uid?: number | undefined
  gid?: number | undefined
}

/** Returns whether anything changed. Throws when a path would leave the volume. */
export async function writePayload(
  { disk, clock, random }: WriterParts,
  directory: string,
  payload: Payload,
  owner: Ownership = {},
): Promise<boolean> {
  for (const path of payload.keys()) checkPath(path)
  await disk.makeDirectory(directory)
  const old = await disk.readLink(join(directory, dataLink)).catch(() => undefined)
  if (old !== undefined && (await isCurrent(disk, join(directory, old), payload))) return false
  const stamp = rfc3339(clock.nowMs()).slice(0, 19).replace(/[-T:]/g, '_')
  const dated = `..${stamp}.${nameSuffix(random, 10)}`
  for (const [path, file] of payload) await writeFile(disk, join(directory, dated, path), file, owner)
  if (payload.size === 0) await disk.makeDirectory(join(directory, dated))
  await disk.remove(join(directory, newDataLink))
  await disk.symlink(dated, join(directory, newDataLink))
  await disk.rename(join(directory, newDataLink), join(directory, dataLink))
  await linkNames(disk, directory, payload)
  if (old !== undefined) await disk.remove(join(directory, old))
  return true
}

function checkPath(path: string): void {
  const clean = normalize(path)
  if (path === '' || path.startsWith('/') || clean.startsWith('..'))
    throw new Error(`write volume file: the path has to stay inside the volume: ${JSON.stringify(path)}`)
}

async function isCurrent(disk: Disk, directory: string, payload: Payload): Promise<boolean> {
  const present = await filesBelow(disk, directory, '')
  if (present.length !== payload.size) return false
  for (const path of present) {
    const wanted = payload.get(path)
    if (!wanted) return false
    const current = await disk.read(join(directory, path))
    if (!Buffer.from(current).equals(wanted.bytes)) return false
  }
  return true
}

async function filesBelow(disk: Disk, root: string, prefix: string): Promise<string[]> {
  const files: string[] = []
  for (const name of await disk.list(join(root, prefix))) {
    const path = prefix === '' ? name : `${prefix}/${name}`
    const info = await disk.stat(join(root, path))
    if (info?.kind === 'directory') files.push(...(await filesBelow(disk, root, path)))
    else files.push(path)
  }
  return files
}

async function writeFile(disk: Disk, path: string, file: FileContent, owner: Ownership): Promise<void> {
  await disk.makeDirectory(dirname(path))
  await disk.write(path, file.bytes, { mode: 0o600, durable: false })
  const groupMode = owner.gid === undefined ? 0 : (file.mode & 0o400) >> 3
  if (owner.uid !== undefined || owner.gid !== undefined) await disk.chown(path, owner.uid ?? -1, owner.gid ?? -1)
  await disk.chmod(path, file.mode | groupMode)
}

/** Makes the links of names that are there now and removes those of names that are gone. */
async function linkNames(disk: Disk, directory: string, payload: Payload): Promise<void> {
  const wanted = new Set([...payload.keys()].map((path) => normalize(path).split('/')[0] ?? ''))
  const present = (await disk.list(directory)).filter((name) => !name.startsWith('..'))
  for (const name of present) if (!wanted.has(name)) await disk.remove(join(directory, name))
  for (const name of wanted)
    if (!present.includes(name)) await disk.symlink(`${dataLink}/${name}`, join(directory, name))
}
