/**
 * The cluster DNS image: the DNS server's own modules, found by following imports from its entry, and the shared
 * libraries that Node asks the loader for. Types are stripped beforehand and in a process of its own, because the stripper
 * stays in memory with some 15 MB wherever it ran once.
 *
 * Node itself (150 MB) is not inside: the pod mounts the node's binary (`HostPaths.nodeBinary`) at `/usr/bin/node`.
 * Importing it took 2.8 s of a first start, and a file of its own would be in memory twice; the mounted one shares its
 * pages with the server and the agent.
 */
import { isBuiltin } from 'node:module'
import { dirname, join, relative } from 'node:path'
import type { Disk } from '../../../platform/disk.ts'
import type { Exec } from '../../../platform/exec.ts'
import type { ImageSpec } from './oci.ts'
import type { Architecture } from './pause-binary.ts'
import type { TarEntry } from './tar.ts'

export const dnsImageName = 'k8ts.local/dns:0.1.0'

export interface DnsImageInput {
  architecture: Architecture
  /** The Node binary that the pod will mount: asked for its libraries. */
  nodePath: string
  /** The package's directory: holds `src` or `dist`, and `node_modules`. */
  packageRoot: string
  /** The module to run, absolute. */
  entryPath: string
}

/** Reads the binary's headers, its library list and the modules; rejects when one of them is missing. */
export async function dnsImage(disk: Disk, exec: Exec, input: DnsImageInput): Promise<ImageSpec> {
  const modules = await moduleClosure(disk, exec, input)
  const libraries = await sharedLibraries(exec, input.nodePath)
  const files: TarEntry[] = [{ kind: 'file', path: 'usr/bin/node', mode: 0o755, content: Buffer.from(notMounted) }]
  for (const path of libraries) files.push(await library(disk, path))
  for (const [path, text] of [...modules].sort(([a], [b]) => (a < b ? -1 : 1)))
    files.push({ kind: 'file', path: `k8ts/${path}`, content: Buffer.from(text) })
  files.push({ kind: 'file', path: 'k8ts/package.json', content: Buffer.from('{"type":"module"}') })
  const entry = javascriptName(relative(input.packageRoot, input.entryPath))
  return {
    name: dnsImageName,
    architecture: input.architecture,
    entries: [...directoriesOf(files), ...files],
    command: { entrypoint: ['/usr/bin/node', ...nodeFlags, `/k8ts/${entry}`], env: ['UV_THREADPOOL_SIZE=1'] },
  }
}

/** Stands where the binary gets mounted; there is no shell to run it, so whoever finds it here reads it. */
const notMounted = "The node's own Node binary must be mounted here.\n"

/** Few helper threads, and a heap that holds some ten thousand Services within the pod's memory limit. */
const nodeFlags = ['--max-old-space-size=110', '--max-semi-space-size=1', '--v8-pool-size=1', '--no-warnings'] as const

function directoriesOf(files: readonly TarEntry[]): TarEntry[] {
  const paths = new Set<string>()
  for (const { path } of files)
    for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) paths.add(parent)
  return [...paths].sort().map((path) => ({ kind: 'directory', path }))
}

async function library(disk: Disk, path: string): Promise<TarEntry> {
  const from = await disk.realPath(path)
  const info = await disk.stat(from)
  if (!info) throw new Error(`read the shared library ${path}: it is missing`)
  return { kind: 'file', path: path.slice(1), mode: 0o755, content: { from, sizeBytes: info.sizeBytes } }
}

/** The dynamic loader prints what it would load instead of starting the program (ld.so(8)). */
async function sharedLibraries(exec: Exec, binary: string): Promise<string[]> {
  const listed = await exec.run([binary], { env: { LD_TRACE_LOADED_OBJECTS: '1' } })
  if (listed.exitCode !== 0) throw new Error(`list the shared libraries of ${binary}: ${listed.stderr.trim()}`)
  const missing = /^\s*(\S+) => not found/m.exec(listed.stdout)
  if (missing) throw new Error(`list the shared libraries of ${binary}: ${missing[1]} is not installed`)
  return [...listed.stdout.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map((match) => match[1]!)
}

/** Import and export statements as the formatter leaves them (the last line of a long one starts with a brace). */
const importPattern = /^(?:import|export|\})(?:[^'"\n]*\bfrom)?\s*['"]([^'"\n]+)['"]|\bimport\(\s*['"]([^'"\n]+)['"]/gm

/** Imports of types alone, which stripping leaves nothing of. */
const typeImportPattern = /^(?:import|export) type (?:\{[^}]*\}|[^'"\n]*) from ['"][^'"\n]+['"]\n/gm

/** Package-relative path → JavaScript source of everything the entry imports, statically or dynamically. */
async function moduleClosure(disk: Disk, exec: Exec, input: DnsImageInput): Promise<Map<string, string>> {
  const sources = new Map<string, string>()
  const packages = new Map<string, string>()
  const waiting = [input.entryPath]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (sources.has(path)) continue
    const source = await disk.readText(path)
    sources.set(path, source)
    for (const match of source.replace(typeImportPattern, '').matchAll(importPattern)) {
      const specifier = match[1] ?? match[2]!
      if (specifier.startsWith('.')) waiting.push(join(dirname(path), specifier))
      else if (!specifier.startsWith('node:')) await addPackage(disk, input.packageRoot, specifier, packages)
    }
  }
  const stripped = await stripTypes(exec, input.nodePath, sources)
  const modules = [...stripped].map(([path, text]): [string, string] => [
    javascriptName(relative(input.packageRoot, path)),
    text.replace(importPattern, (statement) => statement.replace(/\.ts(['"])$/, '.js$1')),
  ])
  return new Map([...packages, ...modules])
}

const stripper = `import { stripTypeScriptTypes } from 'node:module'
const read = []
for await (const chunk of process.stdin) read.push(chunk)
process.stdout.write(JSON.stringify(JSON.parse(Buffer.concat(read)).map((source) => stripTypeScriptTypes(source))))`

async function stripTypes(exec: Exec, node: string, sources: Map<string, string>): Promise<Map<string, string>> {
  const typed = [...sources].filter(([path]) => path.endsWith('.ts'))
  if (typed.length === 0) return sources
  const result = await exec.run([node, '--no-warnings', '--input-type=module', '--eval', stripper], {
    input: JSON.stringify(typed.map(([, source]) => source)),
  })
  if (result.exitCode !== 0) throw new Error(`strip the types of the DNS server: ${result.stderr.trim()}`)
  const texts = JSON.parse(result.stdout) as string[]
  return new Map([...sources, ...typed.map(([path], index): [string, string] => [path, texts[index]!])])
}

function javascriptName(path: string): string {
  return path.replace(/\.ts$/, '.js')
}

/** A dependency with its own dependencies: every JavaScript and JSON file but tests and documentation. */
async function addPackage(disk: Disk, root: string, specifier: string, found: Map<string, string>): Promise<void> {
  const parts = specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1)
  const name = parts.join('/')
  if (isBuiltin(name) || found.has(`node_modules/${name}/package.json`)) return
  const directory = await packageDirectory(disk, root, name)
  const manifest = JSON.parse(await disk.readText(join(directory, 'package.json'))) as {
    dependencies?: Record<string, string>
  }
  await addTree(disk, directory, `node_modules/${name}`, found)
  for (const dependency of Object.keys(manifest.dependencies ?? {})) await addPackage(disk, root, dependency, found)
}

/** Installed as a dependency, our own packages lie beside us, in a directory further up. */
async function packageDirectory(disk: Disk, root: string, name: string): Promise<string> {
  for (let up = root; ; up = dirname(up)) {
    const candidate = join(up, 'node_modules', name)
    if (await disk.stat(join(candidate, 'package.json'))) return candidate
    if (up === dirname(up)) throw new Error(`build the DNS image: the package ${name} is not installed`)
  }
}

async function addTree(disk: Disk, from: string, to: string, found: Map<string, string>): Promise<void> {
  for (const child of await disk.list(from)) {
    const info = await disk.stat(join(from, child))
    if (info?.kind === 'directory' && !['test', 'tests', 'docs', 'examples', 'node_modules'].includes(child))
      await addTree(disk, join(from, child), `${to}/${child}`, found)
    if (info?.kind === 'file' && /\.(c?js|mjs|json)$/.test(child))
      found.set(`${to}/${child}`, await disk.readText(join(from, child)))
  }
}
