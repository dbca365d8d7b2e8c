/**
 * `--config` of the scheduler: a KubeSchedulerConfiguration of kubescheduler.config.k8s.io/v1. What flags say too becomes
 * flags, which those of the command line win over; the rest says which filters and scores there are, and how long pods
 * wait. Everything else must be as it is here, or the program does not start.
 * Source: https://kubernetes.io/docs/reference/config-api/kube-scheduler-config.v1/
 */
import { isDeepStrictEqual } from 'node:util'
import { parse } from 'yaml'
import { messageOf } from '../../platform/log.ts'
import { filters, scores } from '../../scheduler/plugins/index.ts'
import type { FilterPlugin, ProfileOptions, ScorePlugin } from '../../scheduler/plugins/plugin.ts'
import type { QueueTimes } from '../../scheduler/queue.ts'
import { FlagError, type Flags, flagWords, parseFlags } from '../apiserver/flags.ts'
import type { Machine } from '../machine.ts'
import { componentFlags } from './flag-tables.ts'
import { pluginArguments, plugins, points } from './scheduler-profile.ts'

export interface SchedulingChoice extends Pick<QueueTimes, 'backOffFirstMs' | 'backOffMaxMs'> {
  /** Pods with this `spec.schedulerName` are ours. */
  name: string
  filters: readonly FilterPlugin[]
  scores: readonly ScorePlugin[]
}

export const usualScheduling: SchedulingChoice = {
  ...{ name: 'default-scheduler', filters, scores },
  ...{ backOffFirstMs: 1_000, backOffMaxMs: 10_000 },
}

type Tree = Readonly<Record<string, unknown>>

const configVersion = 'kubescheduler.config.k8s.io/v1'

/** The flag that says the same as a field. */
const flagsOfFields: Readonly<Record<string, string>> = {
  'leaderElection.leaderElect': 'leader-elect',
  'leaderElection.leaseDuration': 'leader-elect-lease-duration',
  'leaderElection.renewDeadline': 'leader-elect-renew-deadline',
  'leaderElection.retryPeriod': 'leader-elect-retry-period',
  'leaderElection.resourceLock': 'leader-elect-resource-lock',
  'leaderElection.resourceName': 'leader-elect-resource-name',
  'leaderElection.resourceNamespace': 'leader-elect-resource-namespace',
  'clientConnection.kubeconfig': 'kubeconfig',
  'clientConnection.contentType': 'kube-api-content-type',
  'clientConnection.qps': 'kube-api-qps',
  'clientConnection.burst': 'kube-api-burst',
  enableProfiling: 'profiling',
  enableContentionProfiling: 'contention-profiling',
}

/** What else may be said, as it is here. */
const fixed: Readonly<Record<string, unknown>> = {
  kind: 'KubeSchedulerConfiguration',
  apiVersion: configVersion,
  'clientConnection.acceptContentTypes': '',
  percentageOfNodesToScore: 0,
  delayCacheUntilActive: false,
  extenders: [],
}

/** How the profile is told to a group of controllers. */
export function profileOptions({ filters: kept, scores: rated }: SchedulingChoice): ProfileOptions {
  return { disabled: [...filters, ...scores].map(({ name }) => name), filters: kept, scores: rated }
}

/** Without a file the usual. Rejects with `FlagError`. */
export async function schedulingOf(
  { disk }: Machine,
  flags: Flags,
): Promise<{ flags: Flags; choice: SchedulingChoice }> {
  const path = flags.text('config')
  if (path === undefined) return { flags, choice: usualScheduling }
  try {
    const { words, choice } = readSchedulerConfig(await disk.readText(path))
    const known = componentFlags('scheduler')
    return { flags: parseFlags([...words, ...flagWords(flags, known)], known), choice }
  } catch (error) {
    throw new FlagError(`--config: ${path}: ${messageOf(error)}`)
  }
}

/** Throws what is wrong with the text. */
export function readSchedulerConfig(text: string): { words: string[]; choice: SchedulingChoice } {
  const { profiles, podInitialBackoffSeconds, podMaxBackoffSeconds, parallelism, ...rest } = treeOf(parse(text), 'it')
  if (rest.kind !== fixed.kind || rest.apiVersion !== configVersion)
    throw new Error(`want a ${fixed.kind} of ${configVersion}`)
  positive(parallelism ?? 1, 'parallelism')
  const words = leaves(rest).flatMap(([field, value]) => {
    if (Object.hasOwn(flagsOfFields, field)) return [`--${flagsOfFields[field]}=${value}`]
    requireSame(field, value, fixed[field], Object.hasOwn(fixed, field))
    return []
  })
  const backOffFirstMs = positive(podInitialBackoffSeconds ?? 1, 'podInitialBackoffSeconds') * 1000
  const backOffMaxMs = positive(podMaxBackoffSeconds ?? 10, 'podMaxBackoffSeconds') * 1000
  if (backOffMaxMs < backOffFirstMs)
    throw new Error('podMaxBackoffSeconds must not be less than podInitialBackoffSeconds')
  return { words, choice: { ...profileFrom(profiles), backOffFirstMs, backOffMaxMs } }
}

function profileFrom(given: unknown): Pick<SchedulingChoice, 'name' | 'filters' | 'scores'> {
  const all = listOf(given, 'profiles')
  if (all.length > 1) throw new Error('profiles: only one is offered')
  const {
    schedulerName = usualScheduling.name,
    plugins: sets,
    pluginConfig,
    ...rest
  } = treeOf(all[0] ?? {}, 'profiles[0]')
  for (const [field, value] of leaves(rest))
    requireSame(`profiles[0].${field}`, value, fixed[field], Object.hasOwn(fixed, field))
  if (typeof schedulerName !== 'string' || schedulerName === '')
    throw new Error('profiles[0].schedulerName must be a name')
  for (const one of listOf(pluginConfig, 'pluginConfig')) requireUsualArguments(treeOf(one, 'pluginConfig'))
  return { name: schedulerName, ...rulesFrom(treeOf(sets ?? {}, 'plugins')) }
}

/** Points after `multiPoint`, since what they say wins. */
function rulesFrom(sets: Tree): Pick<SchedulingChoice, 'filters' | 'scores'> {
  const unknown = Object.keys(sets).find((point) => point !== 'multiPoint' && !points.includes(point))
  if (unknown !== undefined) throw new Error(`plugins.${unknown} is unknown or not offered`)
  let rules: Rules = {
    filters: filters.map(({ name }) => name),
    weights: new Map(scores.map((one) => [one.name, one.weight])),
  }
  for (const point of ['multiPoint', ...points]) rules = changed(rules, point, treeOf(sets[point] ?? {}, point))
  return {
    filters: filters.filter(({ name }) => rules.filters.includes(name)),
    scores: scores.flatMap((one) => {
      const weight = rules.weights.get(one.name)
      return weight === undefined ? [] : [{ ...one, weight }]
    }),
  }
}

interface Rules {
  filters: readonly string[]
  weights: ReadonlyMap<string, number>
}

function changed(rules: Rules, point: string, { enabled, disabled, ...rest }: Tree): Rules {
  const [wrong] = Object.keys(rest)
  if (wrong !== undefined) throw new Error(`plugins.${point}.${wrong} is unknown`)
  const [forFilters, forScores] = [point !== 'score', point !== 'filter'].map((is) => is && acts(point)) as [
    boolean,
    boolean,
  ]
  const weights = new Map(rules.weights)
  let kept = [...rules.filters]
  for (const name of listOf(disabled, point).map((one) => pluginName(one, point))) {
    const goes = (other: string) => name === '*' || other === name
    if (name !== '*' && !removable.has(name)) throw new Error(`plugins.${point}.disabled: ${name} cannot be left out`)
    if (name === '*' && point === 'multiPoint')
      throw new Error('plugins.multiPoint.disabled: some cannot be left out; name them')
    if (forFilters) kept = kept.filter((other) => !goes(other))
    if (forScores) for (const other of [...weights.keys()].filter(goes)) weights.delete(other)
  }
  for (const one of listOf(enabled, point)) {
    const name = pluginName(one, point)
    if (!plugins.includes(name)) throw new Error(`plugins.${point}.enabled: ${name} is not in the registry`)
    const weight = treeOf(one, point).weight
    if (forFilters && filters.some((other) => other.name === name)) kept.push(name)
    if (forScores && scores.some((other) => other.name === name))
      weights.set(name, weight ? positive(weight, `weight of ${name}`) : (weights.get(name) ?? 1))
  }
  return { filters: kept, weights }
}

/** Other points are those of plugins that have no choice here. */
function acts(point: string): boolean {
  return point === 'multiPoint' || point === 'filter' || point === 'score'
}

const removable: ReadonlySet<string> = new Set([...filters, ...scores].map(({ name }) => name))

function pluginName(one: unknown, point: string): string {
  const { name, weight: _, ...rest } = treeOf(one, point)
  if (typeof name !== 'string' || Object.keys(rest).length > 0)
    throw new Error(`plugins.${point}: want name and weight`)
  return name
}

function requireUsualArguments({ name, args }: Tree): void {
  const plugin = String(name)
  const usual = Object.hasOwn(pluginArguments, plugin) ? treeOf(pluginArguments[plugin], plugin) : {}
  const { kind: _, apiVersion: __, ...given } = treeOf(args ?? {}, 'args')
  for (const [field, value] of Object.entries(given))
    requireSame(`pluginConfig ${name}: ${field}`, value, usual[field], Object.hasOwn(usual, field))
}

function requireSame(field: string, value: unknown, wanted: unknown, isKnown: boolean): void {
  if (!isKnown) throw new Error(`${field} is unknown or not offered`)
  if (value !== null && !isDeepStrictEqual(value, wanted))
    throw new Error(`${field}: ${JSON.stringify(value)} is not offered, only ${JSON.stringify(wanted)}`)
}

/** By path, `leaderElection.leaderElect`; lists are leaves. */
function leaves(tree: Tree, prefix = ''): [path: string, value: unknown][] {
  return Object.entries(tree).flatMap(([key, value]): [string, unknown][] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? leaves(value as Tree, `${prefix}${key}.`)
      : [[`${prefix}${key}`, value]],
  )
}

function treeOf(value: unknown, what: string): Tree {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${what} must be an object`)
  return value as Tree
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new Error(`${what} must be a list`)
  return value
}

function positive(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value
  throw new Error(`${what} must be a whole number above 0, got ${JSON.stringify(value)}`)
}
