/** Real `etcd` processes for tests: one member or several, without or with TLS, each of which can be killed and started again. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface EtcdMember {
  endpoint: string
  /** Ends it as a power cut would; its data stay. */
  kill(): Promise<void>
  start(): Promise<void>
  /** Stops (SIGSTOP) and continues it: a member that is there but silent. */
  freeze(): void
  thaw(): void
}

export interface EtcdCluster extends AsyncDisposable {
  endpoints: string[]
  members: EtcdMember[]
  /** Runs `etcdctl` against the first member. */
  ctl(...words: string[]): string
}

export interface EtcdClusterOptions {
  members?: number
  quotaBytes?: number
  tls?: { caPem: string; certificatePem: string; keyPem: string }
}

/** Undefined where etcd is not installed. */
export const etcdVersion = /etcd Version: (\S+)/.exec(spawnSync('etcd', ['--version']).stdout?.toString() ?? '')?.[1]

export async function startEtcd(options: EtcdClusterOptions = {}): Promise<EtcdCluster> {
  const { members: count = 1 } = options
  const directory = mkdtempSync(join(tmpdir(), 'k8ts-etcd-'))
  const ports = await freePorts(count * 2)
  const tls = tlsFlags(directory, options.tls)
  const plans = Array.from({ length: count }, (_, index) => ({
    name: `m${index}`,
    client: `${options.tls ? 'https' : 'http'}://127.0.0.1:${ports[index * 2]}`,
    peer: `http://127.0.0.1:${ports[index * 2 + 1]}`,
  }))
  const cluster = plans.map(({ name, peer }) => `${name}=${peer}`).join(',')
  const members = plans.map(({ name, client, peer }) =>
    member(client, [
      ...['--name', name, '--data-dir', join(directory, name), '--initial-cluster', cluster],
      ...['--listen-client-urls', client, '--advertise-client-urls', client],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
      ...['--heartbeat-interval', count > 1 ? '50' : '10', '--election-timeout', count > 1 ? '500' : '100'],
      ...['--logger', 'zap', '--log-level', process.env.ETCD_LOG ?? 'panic'],
      ...(options.quotaBytes ? ['--quota-backend-bytes', String(options.quotaBytes)] : []),
      ...tls.server,
    ]),
  )
  await Promise.all(members.map((each) => each.start()))
  return {
    endpoints: plans.map(({ client }) => client),
    members,
    ctl: (...words) => {
      const argv = ['--endpoints', plans[0]!.client, ...tls.client, ...words]
      return spawnSync('etcdctl', argv, { env: { ...process.env, ETCDCTL_API: '3' } }).stdout.toString()
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(members.map((each) => each.kill()))
      rmSync(directory, { recursive: true })
    },
  }
}

function member(endpoint: string, argv: readonly string[]): EtcdMember {
  let child: ChildProcess | undefined
  let exited: Promise<unknown> = Promise.resolve()
  return {
    endpoint,
    async start() {
      child = spawn('etcd', argv, { stdio: process.env.ETCD_LOG ? ['ignore', 'inherit', 'inherit'] : 'ignore' })
      exited = new Promise((resolve) => child?.once('exit', resolve))
    },
    async kill() {
      child?.kill('SIGCONT')
      child?.kill('SIGKILL')
      await exited
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
  }
}

function tlsFlags(directory: string, tls: EtcdClusterOptions['tls']): { server: string[]; client: string[] } {
  if (!tls) return { server: [], client: [] }
  const file = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text, { mode: 0o600 })
    return join(directory, name)
  }
  const [ca, certificate, key] = [
    file('ca.crt', tls.caPem),
    file('tls.crt', tls.certificatePem),
    file('tls.key', tls.keyPem),
  ]
  return {
    server: ['--cert-file', certificate, '--key-file', key, '--trusted-ca-file', ca, '--client-cert-auth'],
    client: ['--cacert', ca, '--cert', certificate, '--key', key],
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
