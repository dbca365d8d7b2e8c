/** The images k8ts brings itself, found from what is installed on this machine. */
import type { Disk } from '../../../platform/disk.ts'
import type { Exec } from '../../../platform/exec.ts'
import { dnsImage, dnsImageName } from './dns-image.ts'
import { helloImage, helloImageName } from './hello-image.ts'
import type { ImageSpec } from './oci.ts'
import type { Architecture } from './pause-binary.ts'
import { pauseImage, pauseImageName } from './pause-image.ts'

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

async function findBusyBox({ disk, exec }: CatalogInput): Promise<Parameters<typeof helloImage>[1]> {
  for (const path of ['/bin/busybox', '/usr/bin/busybox']) {
    if (!(await disk.stat(path)) || !(await isStatic(disk, path))) continue
    const listed = await exec.run([path, '--list'])
    if (listed.exitCode === 0)
      return { program: await disk.read(path), applets: listed.stdout.split('\n').filter(Boolean) }
  }
  throw new Error('build the hello image: a static busybox must be installed (package busybox-static)')
}

const interpreterHeader = 3

/** A static program names no dynamic loader: an ELF-64 file without a program header of that kind. */
async function isStatic(disk: Disk, path: string): Promise<boolean> {
  const file = await disk.open(path, 'read')
  try {
    const head = Buffer.alloc(4096)
    await file.read(head, 0)
    const table = Number(head.readBigUInt64LE(32))
    const [entryBytes, count] = [head.readUInt16LE(54), head.readUInt16LE(56)]
    for (let index = 0; index < count && table + index * entryBytes + 4 <= head.length; index++)
      if (head.readUInt32LE(table + index * entryBytes) === interpreterHeader) return false
    return head.readUInt32BE(0) === 0x7f454c46
  } finally {
    await file.close()
  }
}
