/**
 * A small network of its own for tests with real packets: one router, the "node", with pods on a bridge and a host
 * outside, each a network namespace. Needs root and `ip`; nothing of it touches the machine's own network.
 */
import type { Exec, ExecOptions, ExecResult, RunningProcess } from '../../platform/exec.ts'
import { realExec } from '../../platform/real/exec.ts'

export interface TestNetwork extends AsyncDisposable {
  /** Runs programs inside the node's namespace. */
  exec: Exec
  /** The same on the host outside. */
  outside: Exec
  /** A pod's address: `10.244.0.<number + 1>` or `fd00:244::<number + 1>`, from 1. Default IPv4. */
  podAddress(pod: number, family?: 'IPv4' | 'IPv6'): string
  /** Sends what a pod has for the address, however special, to the node. */
  route(pod: number, address: string): Promise<void>
  /** Starts TCP and UDP servers in a pod that answer with `<pod> <client's address>`. */
  serve(pod: number, port: number): Promise<void>
  /** What `count` connections got, in order; an error's code where one failed. `from`: a pod, the node or outside. */
  ask(from: number | 'node' | 'outside', target: Target): Promise<string[]>
}

export interface Target {
  host: string
  port: number
  count?: number
  protocol?: 'tcp' | 'udp'
  /** UDP only: the client's port, so that all packets are one flow. */
  sourcePort?: number
}

export const nodeAddress = '192.0.2.1'
export const outsideAddress = '192.0.2.2'
export const nodeAddress6 = '2001:db8::1'
export const outsideAddress6 = '2001:db8::2'

/** Undefined when such a network can be made, else why a test must be skipped. */
export async function missingForNetworks(): Promise<string | false> {
  if (process.getuid?.() !== 0) return 'SKIPPED: needs root'
  for (const argv of [
    ['ip', '-V'],
    ['nft', '--version'],
    ['conntrack', '--version'],
  ] as const) {
    const found = await realExec()
      .run(argv)
      .catch(() => undefined)
    if (!found) return `SKIPPED: needs ${argv[0]}`
  }
  return false
}

export async function testNetwork(pods: number): Promise<TestNetwork> {
  const exec = realExec()
  const id = `k${process.pid}`
  const node = `${id}-node`
  const names = [node, `${id}-out`, ...Array.from({ length: pods }, (_, index) => `${id}-p${index + 1}`)]
  const children: RunningProcess[] = []
  const dispose = async (): Promise<void> => {
    for (const child of children) child.kill('SIGKILL')
    for (const name of names) await exec.run(['ip', 'netns', 'del', name])
  }
  try {
    for (const line of layout(id, pods)) await must(exec, ['ip', ...line.split(' ')])
    const bridged = ['bridge/bridge-nf-call-iptables', 'bridge/bridge-nf-call-ip6tables']
    for (const path of ['ipv4/ip_forward', 'ipv6/conf/all/forwarding', ...bridged])
      await exec.run(['ip', 'netns', 'exec', node, 'sysctl', '-qw', `net.${path.replaceAll('/', '.')}=1`])
  } catch (error) {
    await dispose()
    throw error
  }
  const inside = (from: number | 'node' | 'outside'): string =>
    from === 'node' ? node : from === 'outside' ? `${id}-out` : `${id}-p${from}`
  return {
    exec: within(exec, node),
    outside: within(exec, `${id}-out`),
    podAddress: (pod, family = 'IPv4') => `${family === 'IPv4' ? '10.244.0.' : 'fd00:244::'}${pod + 1}`,
    route: async (pod, address) => {
      const name = inside(pod)
      await must(exec, ['ip', 'netns', 'exec', name, 'sysctl', '-qw', 'net.ipv4.conf.all.route_localnet=1'])
      await must(exec, ['ip', '-n', name, 'route', 'del', 'local', '127.0.0.0/8', 'dev', 'lo', 'table', 'local'])
      await must(exec, ['ip', '-n', name, 'route', 'add', address, 'via', '10.244.0.1', 'dev', 'eth0'])
    },
    serve: async (pod, port) => {
      const argv = ['netns', 'exec', inside(pod), process.execPath, '-e', server, String(pod), String(port)]
      children.push(await exec.spawn(['ip', ...argv]))
      const probe = JSON.stringify({ host: '127.0.0.1', port, count: 1, protocol: 'tcp', sourcePort: 0 })
      const ask = ['ip', 'netns', 'exec', inside(pod), process.execPath, '-e', client, probe] as const
      while (!(await must(exec, ask)).stdout.includes('127.0.0.1'));
    },
    ask: async (from, { host, port, count = 1, protocol = 'tcp', sourcePort = 0 }) => {
      const settings = JSON.stringify({ host, port, count, protocol, sourcePort })
      const result = await must(exec, ['ip', 'netns', 'exec', inside(from), process.execPath, '-e', client, settings])
      return JSON.parse(result.stdout) as string[]
    },
    [Symbol.asyncDispose]: dispose,
  }
}

function layout(id: string, pods: number): string[] {
  const node = `${id}-node`
  const lines = [
    ...[`netns add ${node}`, `netns add ${id}-out`],
    ...[`-n ${node} link set lo up`, `-n ${id}-out link set lo up`],
    `-n ${node} link add out0 type veth peer name eth0 netns ${id}-out`,
    ...[`-n ${node} addr add ${nodeAddress}/24 dev out0`, `-n ${node} link set out0 up`],
    ...[`-n ${id}-out addr add ${outsideAddress}/24 dev eth0`, `-n ${id}-out link set eth0 up`],
    ...[`-n ${id}-out route add default via ${nodeAddress}`, `-n ${node} route add default via ${outsideAddress}`],
    ...[`-n ${node} link add k8ts0 type bridge`, `-n ${node} addr add 10.244.0.1/24 dev k8ts0`],
    `-n ${node} link set k8ts0 up`,
    // Without waiting whether somebody else has the address.
    ...[`-n ${node} addr add ${nodeAddress6}/64 dev out0 nodad`, `-n ${node} addr add fd00:244::1/64 dev k8ts0 nodad`],
    `-n ${id}-out addr add ${outsideAddress6}/64 dev eth0 nodad`,
    ...[`-n ${id}-out route add default via ${nodeAddress6}`, `-n ${node} route add default via ${outsideAddress6}`],
  ]
  for (let pod = 1; pod <= pods; pod++)
    lines.push(
      ...[`netns add ${id}-p${pod}`, `-n ${id}-p${pod} link set lo up`],
      `-n ${node} link add veth${pod} type veth peer name eth0 netns ${id}-p${pod}`,
      ...[`-n ${node} link set veth${pod} master k8ts0`, `-n ${node} link set veth${pod} up`],
      `-n ${node} link set veth${pod} type bridge_slave hairpin on`,
      ...[`-n ${id}-p${pod} addr add 10.244.0.${pod + 1}/24 dev eth0`, `-n ${id}-p${pod} link set eth0 up`],
      `-n ${id}-p${pod} route add default via 10.244.0.1`,
      `-n ${id}-p${pod} addr add fd00:244::${pod + 1}/64 dev eth0 nodad`,
      `-n ${id}-p${pod} route add default via fd00:244::1`,
    )
  return lines
}

async function must(exec: Exec, argv: readonly [string, ...string[]]): Promise<ExecResult> {
  const result = await exec.run(argv)
  if (result.exitCode !== 0) throw new Error(`${argv.join(' ')}: ${result.stderr.trim()}`)
  return result
}

function within(exec: Exec, name: string): Exec {
  return {
    ...exec,
    run: (argv, options?: ExecOptions) => exec.run(['ip', 'netns', 'exec', name, ...argv], options),
  }
}

const server = `
const [name, port] = process.argv.slice(1)
const plain = (address) => address.replace('::ffff:', '')
const tcp = require('net').createServer((socket) => {
  socket.on('error', () => {})
  socket.end(name + ' ' + plain(socket.remoteAddress))
})
const { createSocket } = require('dgram')
for (const type of ['udp4', 'udp6']) {
  const udp = createSocket({ type, ipv6Only: type === 'udp6' })
  udp.on('message', (_, from) => udp.send(name + ' ' + from.address, from.port, from.address))
  udp.bind(+port)
}
tcp.listen(+port)
`

const client = `
const { host, port, count, protocol, sourcePort } = JSON.parse(process.argv[1])
const waitMs = 500
const overTcp = () => new Promise((resolve) => {
  const socket = require('net').connect({ host, port })
  let text = ''
  socket.setTimeout(waitMs, () => { socket.destroy(); resolve('ETIMEDOUT') })
  socket.on('data', (chunk) => { text += chunk })
  socket.on('end', () => resolve(text))
  socket.on('error', (error) => resolve(error.code))
})
const overUdp = () => new Promise((resolve) => {
  const socket = require('dgram').createSocket(host.includes(':') ? 'udp6' : 'udp4')
  const finish = (text) => { clearTimeout(timer); socket.close(() => resolve(text)) }
  const timer = setTimeout(() => finish('ETIMEDOUT'), waitMs)
  socket.on('message', (message) => finish(String(message)))
  socket.on('error', (error) => finish(error.code))
  socket.bind(sourcePort, () => socket.connect(port, host, () => socket.send('?')))
})
const main = async () => {
  const answers = []
  for (let index = 0; index < count; index++) answers.push(await (protocol === 'tcp' ? overTcp() : overUdp()))
  console.log(JSON.stringify(answers))
}
main()
`
