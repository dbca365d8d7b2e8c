/** The two programs that the proxy's plans are carried out with: `nft` and `conntrack`. */
import type { Exec } from '../../platform/exec.ts'
import type { Family } from './element.ts'
import { familyWord, type RulesetOptions } from './ruleset.ts'
import { type Affinity, type Flow, parseAffinities, parseFlows } from './stale.ts'

export type Table = Pick<RulesetOptions, 'table' | 'family'>

/** The part of `Exec` that is needed. */
export type Runner = Pick<Exec, 'run'>

/** Applies a script as one transaction. Rejects with nft's own words, cut to one line. */
export async function applyScript(exec: Runner, script: string): Promise<void> {
  const result = await exec.run(['nft', '-f', '-'], { input: script })
  if (result.exitCode === 0) return
  throw new Error(`apply nft rules: ${result.stderr.trim().split('\n')[0]?.slice(0, 300)}`)
}

/** Whether the table is there, as it might not be after somebody flushed all rules. */
export async function tableExists(exec: Runner, { table, family }: Table): Promise<boolean> {
  return (await exec.run(['nft', 'list', 'chain', familyWord(family), table, 'prerouting'])).exitCode === 0
}

export async function listAffinities(exec: Runner, { table, family }: Table): Promise<Affinity[]> {
  const result = await exec.run(['nft', '-j', 'list', 'map', familyWord(family), table, 'affinity'])
  if (result.exitCode !== 0) throw new Error(`list session affinities: ${result.stderr.trim()}`)
  return parseAffinities(result.stdout)
}

/** One transaction for each: an entry that timed out meanwhile must not keep the others. */
export async function dropAffinities(
  exec: Runner,
  { table, family }: Table,
  affinities: readonly Affinity[],
): Promise<void> {
  const word = familyWord(family)
  for (const { key } of affinities) await exec.run(['nft', 'delete', 'element', word, table, 'affinity', `{ ${key} }`])
}

export async function listUdpFlows(exec: Runner, family: Family = 'IPv4'): Promise<Flow[]> {
  const result = await exec.run(['conntrack', '-L', '-f', family.toLowerCase(), '-p', 'udp'])
  if (result.exitCode !== 0) throw new Error(`list UDP flows: ${result.stderr.trim()}`)
  return parseFlows(result.stdout)
}

/** A flow that ended meanwhile is no failure, though `conntrack` ends with 1 then. */
export async function forgetFlows(exec: Runner, flows: readonly Flow[], family: Family = 'IPv4'): Promise<void> {
  for (const { client, clientPort, address, port } of flows) {
    const tuple = ['--orig-src', client, '--sport', clientPort, '--orig-dst', address, '--dport', port]
    await exec.run(['conntrack', '-D', '-f', family.toLowerCase(), '-p', 'udp', ...tuple])
  }
}
