/** Differences as one nft script, which the kernel applies as a whole or not at all. Pure. */
import { isEndpointMap, type MapName } from './element.ts'
import { baseScript, familyWord, type RulesetOptions, sharedChain } from './ruleset.ts'
import type { Difference } from './state.ts'

/** Elements on one line of the script: `nft` reads long lines, people do not. */
const elementsPerCommand = 200

export interface Script {
  text: string
  /** Shared chains that exist once the script is applied. */
  chains: Set<string>
}

/** @param all every element wanted, as additions */
export function fullScript(all: readonly Difference[], options: RulesetOptions): Script {
  const changes = changeScript(all, new Set(), options)
  return { text: baseScript(options) + changes.text, chains: changes.chains }
}

/** @param chains shared chains that exist already */
export function changeScript(differences: readonly Difference[], chains: Set<string>, options: RulesetOptions): Script {
  const present = new Set(chains)
  const lines: string[] = []
  for (const { map, after } of differences) {
    if (after === undefined) continue
    const chain = isEndpointMap(map) ? map : /^(?:goto|jump) (\S+)/.exec(after)?.[1]
    if (chain !== undefined && !(chain in fixedTargets)) lines.push(...sharedChain(chain, present, options))
  }
  const removed = differences.filter((each) => each.before !== undefined)
  const added = differences.filter((each) => each.after !== undefined)
  const table = `${familyWord(options.family)} ${options.table}`
  lines.push(...commands('delete', removed, table, (each) => each.key))
  lines.push(...commands('add', added, table, (each) => (each.after ? `${each.key} : ${each.after}` : each.key)))
  return { text: lines.length > 0 ? `${lines.join('\n')}\n` : '', chains: present }
}

/** Chains that the base script makes and verdicts name. */
const fixedTargets: Record<string, true> = { refuse: true, split: true, 'port-split': true }

function commands(
  verb: 'add' | 'delete',
  differences: readonly Difference[],
  table: string,
  textOf: (difference: Difference) => string,
): string[] {
  const byMap = new Map<MapName, string[]>()
  for (const difference of differences) {
    const list = byMap.get(difference.map)
    if (list) list.push(textOf(difference))
    else byMap.set(difference.map, [textOf(difference)])
  }
  const lines: string[] = []
  for (const [map, elements] of byMap)
    for (let start = 0; start < elements.length; start += elementsPerCommand)
      lines.push(`${verb} element ${table} ${map} { ${elements.slice(start, start + elementsPerCommand).join(', ')} }`)
  return lines
}
