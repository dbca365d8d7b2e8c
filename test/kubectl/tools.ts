/**
 * The real kubectl and Helm that the tests run, kept where the next run finds them: `K8TS_TOOLS`, else
 * `~/.cache/k8ts-tools`.
 */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type ClientTools, clientTools } from '../../src/cluster/kubectl.ts'
import type { Platform } from '../../src/platform/platform.ts'

/** The builds we can fetch run on x86-64 only; set `K8TS_TOOLS` to a directory with `kubectl/kubectl` and `helm/helm` elsewhere. */
export const skip =
  process.arch === 'x64' || process.env.K8TS_TOOLS
    ? false
    : `NOT TESTED: there is no kubectl to fetch for ${process.arch}; set K8TS_TOOLS to test with your own`

if (skip) console.error(skip)

export async function findTools({ disk, exec, random }: Platform): Promise<ClientTools> {
  const directory = process.env.K8TS_TOOLS ?? join(homedir(), '.cache', 'k8ts-tools')
  await disk.makeDirectory(directory, 0o755)
  return clientTools({ disk, exec, random }, { directory, architecture: process.arch })
}
