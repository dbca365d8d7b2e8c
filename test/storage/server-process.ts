/** `k8ts apiserver` as a process of its own, for tests that kill it. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Client } from '../../src/client/client.ts'
import { createClient } from '../../src/client/client-impl.ts'
import { httpTransport } from '../../src/client/http-transport.ts'
import { loadKubeconfig } from '../../src/client/kubeconfig.ts'
import { realDisk } from '../../src/platform/real/disk.ts'
import { realNet } from '../../src/platform/real/net.ts'

const program = join(import.meta.dirname, '../../src/cli/main.ts')

export interface Server extends AsyncDisposable {
  client: Client
  kill(): Promise<void>
}

interface StartOptions {
  flags?: readonly string[]
  /** Besides this process's own. */
  env?: Readonly<Record<string, string>>
}

/** With these flags, on a free port, its data in `home`. */
export async function startServer(home: string, options: StartOptions = {}): Promise<Server> {
  const { flags = [], env = {} } = options
  const own = ['--data-dir', home, '--secure-port=0', '--bind-address=127.0.0.1', '--endpoint-reconciler-type=none']
  const child = spawn(process.execPath, [program, 'apiserver', ...own, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk))
  const path = join(home, 'admin.kubeconfig')
  for (;;) {
    if (child.exitCode !== null) throw new Error(said)
    if (said.includes('the API server answers')) break
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const { server, tls } = await loadKubeconfig(realDisk(), path)
  const client = createClient(httpTransport({ net: realNet(), server, tls }))
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
  }
  return { client, kill, [Symbol.asyncDispose]: kill }
}
