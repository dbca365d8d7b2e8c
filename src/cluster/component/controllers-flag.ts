/** `--controllers` and `--concurrent-*-syncs` in the words of kube-controller-manager. */
import { knownController, knownControllers } from '../../controllers/names.ts'
import { FlagError, type Flags } from '../apiserver/flags.ts'

/** What cloud-controller-manager runs. https://kubernetes.io/docs/reference/command-line-tools-reference/cloud-controller-manager/ */
const cloudNames: Readonly<Record<string, string>> = {
  'cloud-node-controller': 'cloud-node',
  'cloud-node-lifecycle-controller': 'cloud-node-lifecycle',
  'node-route-controller': 'route',
  'service-lb-controller': 'service',
}
/** Controllers that upstream does not have. */
const ownNames: readonly string[] = ['local-path-provisioner']

/**
 * Whether the controller of our name runs: the first word that names it decides, otherwise `*` does. One whose feature
 * gate is off does not run, whatever the words say. Gates that `gates` lacks count as on.
 */
export function runsBy(flags: Flags, gates: ReadonlyMap<string, boolean> = new Map()): (name: string) => boolean {
  const words = flags.has('controllers') ? flags.list('controllers') : ['*']
  const known = new Set([
    ...knownControllers.flatMap(({ name, aliases }) => [name, ...aliases]),
    ...Object.entries(cloudNames).flat(),
    ...ownNames,
  ])
  for (const word of words) {
    const name = word.replace(/^-/, '')
    if (word !== '*' && !known.has(name)) {
      throw new FlagError(`--controllers: ${JSON.stringify(name)} is not in the list of known controllers`)
    }
  }
  return (name) => {
    const { offByDefault = false, gates: needed = [] } = knownController(name) ?? {}
    if (needed.some((gate) => gates.get(gate) === false)) return false
    const names = namesOf(name)
    for (const word of words) {
      if (names.has(word)) return true
      if (word.startsWith('-') && names.has(word.slice(1))) return false
    }
    return words.includes('*') && !offByDefault
  }
}

function namesOf(ours: string): ReadonlySet<string> {
  const known = knownController(ours)
  return new Set(known ? [known.name, ...known.aliases] : [ours, ...(cloudNames[ours] ? [cloudNames[ours]] : [])])
}

/** How many our controller reconciles at once; undefined: as it says itself. */
export function workersBy(flags: Flags): (name: string) => number | undefined {
  const workers = new Map<string, number>()
  for (const { concurrency, ours } of knownControllers) {
    const count = concurrency === undefined ? undefined : flags.count(concurrency)
    if (count === undefined) continue
    if (count < 1) throw new FlagError(`--${concurrency} must be at least 1`)
    for (const name of ours) workers.set(name, count)
  }
  return (name) => workers.get(name)
}
