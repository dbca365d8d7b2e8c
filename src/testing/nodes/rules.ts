/**
 * What simulated pods do: rules in TypeScript or YAML, the newest first. A rule names the pods it is for and the stages
 * that differ; what it leaves out is as by default: containers start at once and run until they are stopped, those of
 * Jobs (and of pods that are not restarted) end with exit code 0 at once.
 */
import type { Duplex } from 'node:stream'
import { parseQuantity, QuantityError } from '../../api/quantity.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import { unknownField } from '../known-fields.ts'
import { type Duration, durationMs } from '../time/duration.ts'
import { parseYaml } from '../yaml.ts'

/** Which pods; all that is given must fit. Names and images may hold `*`. A function decides by itself. */
export type PodMatch =
  | ((pod: Pod) => boolean)
  | {
      namespace?: string
      name?: string
      image?: string
      node?: string
      labels?: Readonly<Record<string, string>>
    }

/** Fixed, or evenly between two, drawn for each pod. */
export type Delay = Duration | { min: Duration; max: Duration }

export interface ExecCall {
  pod: Pod
  container: string
  command: readonly string[]
  /** Everything that came, when the client ended its input. */
  stdin: string
}

export interface ExecAnswer {
  stdout?: string
  stderr?: string
  /** Default 0. */
  exitCode?: number
}

/** Of a container, as quantities. */
export interface ContainerUsage {
  /** Cores, `250m`. Default `1m`. */
  cpu?: string
  /** Working set, `64Mi`. Default `1Mi`. */
  memory?: string
}

/** A request to a port of a pod, by proxy or port-forward. */
export interface HttpCall {
  pod: Pod
  container: string
  port: number
  method: string
  /** Percent-decoded, without the query. */
  path: string
  query: URLSearchParams
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>
  body: string
}

export interface HttpAnswer {
  /** Default 200. */
  status?: number
  headers?: Readonly<Record<string, string>>
  body?: string
}

/** A connection to a port of a pod, by port-forward. */
export interface TcpCall {
  pod: Pod
  container: string
  port: number
}

export interface PodRule {
  /** Shown in the timeline. */
  name?: string
  /** Absent: every pod. */
  match?: PodMatch
  /** Only this container of the pods. */
  container?: string
  /** Share of the pods that the rule applies to, drawn for each pod. Default 1. */
  share?: number
  /** From binding until the container runs. Default 0. */
  startAfter?: Delay
  /** From running until it is ready. Default 0. */
  readyAfter?: Delay
  /** Ends by itself after this long. Default: 0 for pods of Jobs and pods that are not restarted, never for others. */
  exitAfter?: Delay | 'never'
  /** Default 0. */
  exitCode?: number
  /** `OOMKilled`; default `Completed` or `Error`. */
  exitReason?: string
  /** The image can't be pulled, with this message. */
  pullError?: string | true
  /** Readiness, as a probe finds it. Default true. */
  ready?: boolean
  /** The liveness probe fails this long after the start, and the container is restarted. */
  livenessFailsAfter?: Delay
  /** From deletion until the pod is gone; at most its grace period. Default 0. */
  stopAfter?: Delay
  /** What the node's `/stats/summary` and `/metrics/resource` say of it while it runs. */
  usage?: ContainerUsage | ((pod: Pod, container: string) => ContainerUsage)
  /** Lines of the container's log. */
  logs?: string | readonly string[] | ((pod: Pod, container: string) => string | readonly string[])
  /** Answers `kubectl exec`: by command (with `*`), or a function. */
  exec?: readonly ({ command: string } & ExecAnswer)[] | ((call: ExecCall) => ExecAnswer | Promise<ExecAnswer>)
  /**
   * Answers HTTP on the container's ports: by path (with `*`) and port, or a function. Without one connections are
   * refused.
   */
  http?:
    | readonly ({ path: string; port?: number } & HttpAnswer)[]
    | ((call: HttpCall) => HttpAnswer | Promise<HttpAnswer>)
  /** Takes connections of `port-forward` as they are, instead of `http`. */
  tcp?: (connection: Duplex, call: TcpCall) => void
}

/** A rule, or a function that gives one, for each pod and container; undefined: none. It is asked again and again. */
export type PodRuling = PodRule | ((pod: Pod, container: string) => PodRule | undefined)

/** Several, the newest first; text is YAML. */
export type PodRulings = PodRuling | readonly PodRuling[] | string

const fields =
  'name match container share startAfter readyAfter exitAfter exitCode exitReason pullError ready livenessFailsAfter ' +
  'stopAfter usage logs exec http tcp'

export class RuleError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'RuleError'
  }
}

/** A list of rules, or an object with `rules`, in YAML or JSON. Unknown fields and bad spans of time are refused. */
export function parseRules(text: string): PodRule[] {
  const value = parseYaml(text) as unknown
  const list = Array.isArray(value) ? value : (value as { rules?: unknown } | null)?.rules
  if (!Array.isArray(list)) throw new RuleError('read pod rules: they have to be a list, or a list under "rules"')
  return list.map((rule: unknown, index) => checkRule(rule as PodRule, `rules[${index}]`))
}

/** The rule itself; throws `RuleError`. */
export function checkRule(rule: PodRule, where = 'rule'): PodRule {
  if (typeof rule !== 'object' || rule === null) throw new RuleError(`read ${where}: it has to be an object`)
  requireKnown(rule, fields, where)
  requireKnown(rule.match, 'namespace name node image labels', `${where}.match`)
  requireKnown(rule.usage, 'cpu memory', `${where}.usage`)
  for (const [list, known] of [
    ['exec', 'command stdout stderr exitCode'],
    ['http', 'path port status headers body'],
  ] as const) {
    const answers = rule[list]
    if (!Array.isArray(answers)) continue
    for (const [index, answer] of answers.entries()) requireKnown(answer, known, `${where}.${list}[${index}]`)
  }
  const { share = 1, exitCode = 0 } = rule
  if (!(share >= 0 && share <= 1)) throw new RuleError(`read ${where}.share: it has to be from 0 to 1: ${share}`)
  if (!Number.isInteger(exitCode) || exitCode < 0 || exitCode > 255) {
    throw new RuleError(`read ${where}.exitCode: it has to be a whole number from 0 to 255: ${exitCode}`)
  }
  checkUsage(rule.usage, where)
  for (const name of ['startAfter', 'readyAfter', 'exitAfter', 'livenessFailsAfter', 'stopAfter'] as const) {
    const delay = rule[name]
    if (delay === undefined || (name === 'exitAfter' && delay === 'never')) continue
    try {
      delayMs(delay as Delay, 0)
    } catch (error) {
      throw new RuleError(`read ${where}.${name}: ${(error as Error).message}`)
    }
  }
  return rule
}

function requireKnown(value: unknown, known: string, where: string): void {
  if (typeof value !== 'object' || value === null) return
  const unknown = unknownField(value, known)
  if (unknown) throw new RuleError(`read ${where}: there is no field ${unknown}`)
}

function checkUsage(usage: PodRule['usage'], where: string): void {
  if (usage === undefined || typeof usage === 'function') return
  for (const name of ['cpu', 'memory'] as const) {
    try {
      parseQuantity(usage[name] ?? '0')
    } catch (error) {
      if (error instanceof QuantityError) throw new RuleError(`read ${where}.usage.${name}: ${error.message}`)
      throw error
    }
  }
}

/** `draw`: from 0 to 1. */
export function delayMs(delay: Delay, draw: number): number {
  if (typeof delay !== 'object') return durationMs(delay)
  const [min, max] = [durationMs(delay.min), durationMs(delay.max)]
  if (max < min) throw new TypeError(`a delay's max must not be below its min: ${delay.max} < ${delay.min}`)
  return min + (max - min) * draw
}

/** Whether the rule is meant for the pod, leaving its share aside. */
export function matches({ match, container }: PodRule, pod: Pod, containerName: string): boolean {
  if (container !== undefined && container !== containerName) return false
  if (match === undefined) return true
  if (typeof match === 'function') return match(pod)
  const { metadata, spec } = pod
  if (match.namespace !== undefined && match.namespace !== metadata.namespace) return false
  if (match.name !== undefined && !fits(match.name, metadata.name ?? '')) return false
  if (match.node !== undefined && !fits(match.node, spec?.nodeName ?? '')) return false
  if (Object.entries(match.labels ?? {}).some(([key, value]) => metadata.labels?.[key] !== value)) return false
  if (match.image === undefined) return true
  const images = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]
  return images.some(({ name, image = '' }) => name === containerName && fits(match.image ?? '', image))
}

/** `*` stands for any text. */
export function fits(pattern: string, text: string): boolean {
  const parts = pattern.split('*')
  const [first = ''] = parts
  if (parts.length === 1) return pattern === text
  const last = parts.at(-1) ?? ''
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false
  let at = first.length
  const end = text.length - last.length
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at)
    if (found < 0 || found + part.length > end) return false
    at = found + part.length
  }
  return at <= end
}
