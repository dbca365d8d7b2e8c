/**
 * Answers for an address by the kernel itself: a local route makes it reply to ARP. So that nothing else of the machine can
 * be reached there, what the service proxy has not translated is refused, but for pings.
 */
import type { Exec } from '../../platform/exec.ts'
import { bridgeName } from '../cni/plan.ts'

type Runner = Pick<Exec, 'run'>

export const balancerTable = 'k8ts-balancers'
/** By which our routes are known from others'. */
export const routeProtocol = '84'

/** Addresses of the links to other machines, with their prefixes. */
export async function ownAddresses(exec: Runner): Promise<string[]> {
  const result = await exec.run(['ip', '-4', '-o', 'addr', 'show', 'up', 'scope', 'global'])
  if (result.exitCode !== 0) throw new Error(`list addresses: ${result.stderr.trim()}`)
  const lines = result.stdout.split('\n').map((line) => /^\d+: ([^\s@]+)\S*\s+inet (\S+)/.exec(line))
  return lines.flatMap((found) => (found?.[1] && found[2] && found[1] !== bridgeName ? [found[2]] : []))
}

/** Makes the kernel answer for these addresses and no others. First it refuses, then it answers. */
export async function answerFor(exec: Runner, addresses: readonly string[]): Promise<void> {
  const present = await answeredFor(exec)
  if (addresses.length === 0 && present.length === 0) return
  await must(exec, ['nft', '-f', '-'], refusals(addresses))
  for (const address of present) if (!addresses.includes(address)) await route(exec, 'del', address)
  for (const address of addresses) if (!present.includes(address)) await route(exec, 'replace', address)
}

export async function answeredFor(exec: Runner): Promise<string[]> {
  const { stdout } = await must(exec, ['ip', '-4', 'route', 'show', 'table', 'local', 'proto', routeProtocol])
  return stdout.split('\n').flatMap((line) => /^local (\S+)/.exec(line)?.[1] ?? [])
}

function route(exec: Runner, verb: 'replace' | 'del', address: string) {
  return must(exec, [
    'ip',
    '-4',
    'route',
    verb,
    'local',
    address,
    'dev',
    'lo',
    'table',
    'local',
    'proto',
    routeProtocol,
  ])
}

/** An nft script that makes the table anew, in one transaction. */
function refusals(addresses: readonly string[]): string {
  const elements = addresses.length > 0 ? ` elements = { ${addresses.join(', ')} };` : ''
  return `add table ip ${balancerTable}
delete table ip ${balancerTable}
add table ip ${balancerTable}
add set ip ${balancerTable} addresses { type ipv4_addr;${elements} }
add chain ip ${balancerTable} input { type filter hook input priority -2; policy accept; }
add rule ip ${balancerTable} input ip daddr != @addresses accept
add rule ip ${balancerTable} input icmp type echo-request accept
add rule ip ${balancerTable} input meta l4proto tcp reject with tcp reset
add rule ip ${balancerTable} input reject
`
}

async function must(exec: Runner, argv: readonly [string, ...string[]], input?: string) {
  const result = await exec.run(argv, input === undefined ? {} : { input })
  if (result.exitCode === 0) return result
  throw new Error(`${argv.slice(0, 4).join(' ')}: ${result.stderr.trim().split('\n')[0]?.slice(0, 300)}`)
}
