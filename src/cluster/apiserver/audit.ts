/** The audit that the flags of `k8ts apiserver` ask for. */
import { dirname, resolve } from 'node:path'
import { Auditor, type AuditSink } from '../../apiserver/audit/audit.ts'
import { type BackendSettings, type LogSettings, logSink, webhookSink } from '../../apiserver/audit/backends.ts'
import { type AuditPolicy, AuditPolicyError, readAuditPolicy } from '../../apiserver/audit/policy.ts'
import { accessOf, type ClusterAccess, KubeconfigError, parseKubeconfig } from '../../client/kubeconfig.ts'
import { messageOf } from '../../platform/log.ts'
import type { Machine } from '../machine.ts'
import { FlagError, type Flags } from './flags.ts'

/** Undefined: nothing is recorded. Throws `FlagError` for a file that cannot be used and for flags that contradict. */
export async function auditOf(machine: Machine, flags: Flags): Promise<Auditor | undefined> {
  const path = flags.text('audit-policy-file')
  if (path === undefined) return undefined
  const policy = await policyOf(machine, path)
  const sinks: AuditSink[] = []
  if (flags.has('audit-log-path')) sinks.push(logSink(logSettings(flags), machine))
  const webhook = flags.text('audit-webhook-config-file')
  if (webhook !== undefined) {
    const access = await webhookAccess(machine, webhook)
    const initialBackoffMs = flags.durationMs('audit-webhook-initial-backoff') ?? 10_000
    sinks.push(webhookSink({ ...settingsOf(flags, 'webhook'), access, initialBackoffMs }, machine))
  }
  return sinks.length === 0 ? undefined : new Auditor({ ...machine, policy, sinks })
}

async function policyOf(machine: Machine, path: string): Promise<AuditPolicy> {
  const text = await textOf(machine, 'audit-policy-file', path)
  try {
    const { parseYaml } = await import('../../api/codec/yaml.ts')
    return readAuditPolicy(parseYaml(text).value)
  } catch (error) {
    const why = error instanceof AuditPolicyError ? error.message : `it is no YAML: ${messageOf(error)}`
    throw new FlagError(`--audit-policy-file: ${path}: ${why}`)
  }
}

async function webhookAccess(machine: Machine, path: string): Promise<ClusterAccess> {
  const read = async (name: string) => await textOf(machine, 'audit-webhook-config-file', resolve(dirname(path), name))
  try {
    return await accessOf(await parseKubeconfig(await read(path)), read)
  } catch (error) {
    if (error instanceof KubeconfigError) throw new FlagError(`--audit-webhook-config-file: ${error.message}`)
    throw error
  }
}

async function textOf({ disk }: Machine, flag: string, path: string): Promise<string> {
  return await disk.readText(resolve(path)).catch((error: NodeJS.ErrnoException) => {
    throw new FlagError(`--${flag}: cannot read ${path}: ${error.code ?? error.message}`)
  })
}

const dayMs = 86_400_000
const mebibyte = 1024 * 1024

function logSettings(flags: Flags): LogSettings {
  const path = flags.text('audit-log-path') ?? '-'
  const file = {
    path: resolve(path),
    maxSizeBytes: (flags.count('audit-log-maxsize') ?? 0) * mebibyte,
    maxBackups: flags.count('audit-log-maxbackup') ?? 0,
    maxAgeMs: (flags.count('audit-log-maxage') ?? 0) * dayMs,
    compress: flags.bool('audit-log-compress') ?? false,
  }
  const toOutput = (text: string) => void process.stdout.write(text)
  return { ...settingsOf(flags, 'log'), file: path === '-' ? toOutput : file }
}

const defaults = {
  log: { mode: 'blocking', maxBatchSize: 1, maxWaitMs: 0, throttle: false, qps: '0', burst: 0 },
  webhook: { mode: 'batch', maxBatchSize: 400, maxWaitMs: 30_000, throttle: true, qps: '10', burst: 15 },
} as const

function settingsOf(flags: Flags, backend: 'log' | 'webhook'): BackendSettings {
  const standard = defaults[backend]
  const name = (rest: string) => `audit-${backend}-${rest}`
  const truncate = {
    maxEventBytes: atLeastOne(flags, name('truncate-max-event-size')) ?? 102_400,
    maxBatchBytes: atLeastOne(flags, name('truncate-max-batch-size')) ?? 10_485_760,
  }
  if (truncate.maxBatchBytes < truncate.maxEventBytes) {
    throw new FlagError(`--${name('truncate-max-batch-size')} must not be less than the size of one event`)
  }
  const throttle = {
    perSecond: Number(flags.text(name('batch-throttle-qps')) ?? standard.qps),
    burst: flags.count(name('batch-throttle-burst')) ?? standard.burst,
  }
  const throttled = flags.bool(name('batch-throttle-enable')) ?? standard.throttle
  if (throttled && !(throttle.perSecond > 0 && throttle.burst > 0)) {
    throw new FlagError(`--${name('batch-throttle-qps')} and --${name('batch-throttle-burst')} must be greater than 0`)
  }
  return {
    mode: modeOf(flags, name('mode')) ?? standard.mode,
    batch: {
      bufferSize: atLeastOne(flags, name('batch-buffer-size')) ?? 10_000,
      maxBatchSize: atLeastOne(flags, name('batch-max-size')) ?? standard.maxBatchSize,
      maxWaitMs: flags.durationMs(name('batch-max-wait')) ?? standard.maxWaitMs,
      ...(throttled ? { throttle } : {}),
    },
    ...(flags.bool(name('truncate-enabled')) ? { truncate } : {}),
  }
}

const modes = ['batch', 'blocking', 'blocking-strict'] as const

function modeOf(flags: Flags, name: string): BackendSettings['mode'] | undefined {
  const value = flags.text(name)
  const mode = modes.find((one) => one === value)
  if (value === undefined || mode) return mode
  throw new FlagError(`--${name}=${value} is not offered, only ${modes.join(', ')}`)
}

function atLeastOne(flags: Flags, name: string): number | undefined {
  const value = flags.count(name)
  if (value === 0) throw new FlagError(`--${name} must be greater than 0`)
  return value
}
