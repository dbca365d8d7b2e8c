/** Shared libraries in images: what the loader would load for a program of this machine, copied to the same paths. */
import { dirname } from 'node:path'
import type { Disk } from '../../../platform/disk.ts'
import type { Exec } from '../../../platform/exec.ts'
import type { TarEntry } from './tar.ts'

export async function libraryEntry(disk: Disk, path: string): Promise<TarEntry> {
  const from = await disk.realPath(path)
  const info = await disk.stat(from)
  if (!info) throw new Error(`read the shared library ${path}: it is missing`)
  return { kind: 'file', path: path.slice(1), mode: 0o755, content: { from, sizeBytes: info.sizeBytes } }
}

/** The dynamic loader prints what it would load instead of starting the program (ld.so(8)). */
export async function sharedLibraries(exec: Exec, binary: string): Promise<string[]> {
  const listed = await exec.run([binary], { env: { LD_TRACE_LOADED_OBJECTS: '1' } })
  if (listed.exitCode !== 0) throw new Error(`list the shared libraries of ${binary}: ${listed.stderr.trim()}`)
  const missing = /^\s*(\S+) => not found/m.exec(listed.stdout)
  if (missing) throw new Error(`list the shared libraries of ${binary}: ${missing[1]} is not installed`)
  return [...listed.stdout.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map((match) => match[1]!)
}

/** Every directory that the files need, parents first. */
export function directoriesOf(files: readonly TarEntry[]): TarEntry[] {
  const paths = new Set<string>()
  for (const { path } of files)
    for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) paths.add(parent)
  return [...paths].sort().map((path) => ({ kind: 'directory', path }))
}
