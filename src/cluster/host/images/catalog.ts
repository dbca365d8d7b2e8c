/** The images k8ts brings itself, found from what is installed on this machine. */
import { dirname, join } from 'node:path'
import type { Disk } from '../../../platform/disk.ts'
import type { Exec } from '../../../platform/exec.ts'
import { dnsImage, dnsImageName } from './dns-image.ts'
import { type BusyBox, helloImage, helloImageName } from './hello-image.ts'
import { libraryEntry, sharedLibraries } from './libraries.ts'
import type { ImageSpec } from './oci.ts'
import type { Architecture } from './pause-binary.ts'
import { pauseImage, pauseImageName } from './pause-image.ts'
import type { TarEntry } from './tar.ts'

export { dnsImageName, helloImageName, pauseImageName }

export type ImageChoice = 'pause' | 'hello' | 'dns'

export interface CatalogInput {
  disk: Disk
  exec: Exec
  /** Node's name for this machine: `process.arch`. */
  nodeArchitecture: string
  /** The Node binary that runs us: `process.execPath`. */
  nodePath: string
  /** The k8ts package's directory. */
  packageRoot: string
  /** The DNS server's entry module, absolute. */
  dnsEntryPath: string
}

/** Rejects when the machine lacks an image's input, saying which package has it. */
export async function describeImages(input: CatalogInput, choices: readonly ImageChoice[]): Promise<ImageSpec[]> {
  const architecture = architectureOf(input.nodeArchitecture)
  const build = {
    pause: () => pauseImage(architecture),
    hello: async () => helloImage(architecture, await findBusyBox(input)),
    dns: () =>
      dnsImage(input.disk, input.exec, {
        architecture,
        nodePath: input.nodePath,
        packageRoot: input.packageRoot,
        entryPath: input.dnsEntryPath,
      }),
  }
  return Promise.all(choices.map((choice) => build[choice]()))
}

function architectureOf(nodeArchitecture: string): Architecture {
  if (nodeArchitecture === 'x64') return 'amd64'
  if (nodeArchitecture === 'arm64') return 'arm64'
  throw new Error(`build images: the processor must be x64 or arm64, this one is ${nodeArchitecture}`)
}

async function findBusyBox({ disk, exec }: CatalogInput): Promise<BusyBox> {
  for (const path of ['/bin/busybox', '/usr/bin/busybox']) {
    const info = (await disk.stat(path)) && (await disk.stat(await disk.realPath(path)))
    if (!info) continue
    const listed = await exec.run([path, '--list'])
    const libraries = listed.exitCode === 0 ? await librariesOf({ disk, exec }, path) : []
    if (libraries.length === 0) continue
    return { path, sizeBytes: info.sizeBytes, applets: listed.stdout.split('\n').filter(Boolean), libraries }
  }
  throw new Error('build the hello image: a dynamically linked busybox must be installed (package busybox)')
}

/**
 * Empty for a static program. One of those would do for a smaller image, but Debian's crashes when it looks up a name
 * (its resolver loads shared libraries that are not there). What the resolver itself loads comes along.
 */
async function librariesOf({ disk, exec }: Pick<CatalogInput, 'disk' | 'exec'>, program: string): Promise<TarEntry[]> {
  const paths = await sharedLibraries(exec, program).catch(() => [])
  const libc = paths.find((path) => path.endsWith('/libc.so.6'))
  if (libc === undefined) return []
  const resolver = ['libnss_files.so.2', 'libnss_dns.so.2'].map((name) => join(dirname(libc), name))
  const present = await Promise.all(resolver.map(async (path) => ((await disk.stat(path)) ? [path] : [])))
  return Promise.all([...new Set([...paths, ...present.flat()])].map((path) => libraryEntry(disk, path)))
}
