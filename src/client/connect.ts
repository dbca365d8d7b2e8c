/** The short way for programs of their own: from a kubeconfig file to a client with the machine's sockets and clock. */
import type { Clock } from '../platform/clock.ts'
import { type Logger, silent } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import { realClock } from '../platform/real/clock.ts'
import { realDisk } from '../platform/real/disk.ts'
import { realNet } from '../platform/real/net.ts'
import { realRandom } from '../platform/real/random.ts'
import type { Client } from './client.ts'
import { createClient } from './client-impl.ts'
import { type FluentClient, fluent } from './fluent.ts'
import { httpTransport } from './http-transport.ts'
import { type ClusterAccess, KubeconfigError, loadKubeconfig } from './kubeconfig.ts'
import { liveInformers } from './live-informer.ts'
import type { Transport } from './transport.ts'

export interface ConnectOptions {
  /** Default: the first path of `$KUBECONFIG`, else `~/.kube/config`. */
  kubeconfig?: string
  /** Default: the file's current context. */
  context?: string
  userAgent?: string
  log?: Logger
}

export interface Connection {
  client: Client
  cluster: FluentClient
  transport: Transport
  /** Namespace of the context. */
  namespace: string
  clock: Clock
  random: Random
  log: Logger
  close(): Promise<void>
}

/** Rejects with `KubeconfigError` or ENOENT; does not talk to the server yet. */
export async function connect(options: ConnectOptions = {}): Promise<Connection> {
  const { kubeconfig = defaultPath(), context, userAgent, log = silent } = options
  const access = await loadKubeconfig(realDisk(), kubeconfig, context)
  const transport = transportTo(access)
  const client = createClient(transport, userAgent === undefined ? {} : { userAgent })
  const parts = { clock: realClock(), random: realRandom(), log }
  return {
    client,
    cluster: fluent(client, liveInformers({ client, ...parts })),
    transport,
    namespace: access.namespace,
    ...parts,
    close: () => transport.close(),
  }
}

/** As the machine's sockets reach it. Close it when done. */
export function transportTo({ server, tls, token, impersonate }: ClusterAccess): Transport {
  const headers: Record<string, string> = {}
  if (impersonate) {
    headers['impersonate-user'] = impersonate.user
    const [group, ...others] = impersonate.groups
    if (others.length > 0) throw new KubeconfigError('kubeconfig: more than one of as-groups is not supported')
    if (group !== undefined) headers['impersonate-group'] = group
  }
  return httpTransport({ net: realNet(), server, tls, headers, ...(token === undefined ? {} : { token }) })
}

function defaultPath(): string {
  const [first] = (process.env.KUBECONFIG ?? '').split(':')
  return first || `${process.env.HOME ?? ''}/.kube/config`
}
