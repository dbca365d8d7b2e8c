/** The log and the webhook as sinks of audit events, by their settings. */
import type { ClusterAccess } from '../../client/kubeconfig.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Disk } from '../../platform/disk.ts'
import { type Logger, messageOf } from '../../platform/log.ts'
import type { Net } from '../../platform/net.ts'
import type { Random } from '../../platform/random.ts'
import type { AuditSink } from './audit.ts'
import { Batches, type BatchSettings, blocking } from './batches.ts'
import type { AuditEvent } from './event.ts'
import { AuditLogFile, type LogFileSettings } from './log-file.ts'
import { type TruncateSettings, truncated } from './truncate.ts'
import { postEvents } from './webhook.ts'

export interface BackendSettings {
  /** `blocking`: requests wait for their events. `blocking-strict`: and fail with them. */
  mode: 'batch' | 'blocking' | 'blocking-strict'
  batch: BatchSettings
  /** Absent: events of any size. */
  truncate?: TruncateSettings
}

export interface LogSettings extends BackendSettings {
  /** Or a writer of lines, such as standard output. */
  file: LogFileSettings | ((text: string) => void)
}

export interface WebhookSettings extends BackendSettings {
  access: Pick<ClusterAccess, 'server' | 'tls' | 'token'>
  initialBackoffMs: number
}

interface Platform {
  clock: Clock
  log: Logger
}

export function logSink(settings: LogSettings, platform: Platform & { disk: Disk }): AuditSink {
  const { file } = settings
  if (typeof file === 'function') {
    return sinkOf('log', settings, platform, { deliver: async (lines) => file(`${lines.join('\n')}\n`) })
  }
  const log = new AuditLogFile(file, platform)
  return sinkOf('log', settings, platform, { deliver: (lines) => log.write(lines), close: () => log.close() })
}

export function webhookSink(settings: WebhookSettings, platform: Platform & { net: Net; random: Random }): AuditSink {
  const random = platform.random.stream('audit-webhook')
  return sinkOf('webhook', settings, platform, {
    deliver: (events) => postEvents({ ...platform, ...settings, random }, events),
  })
}

function sinkOf(
  name: string,
  { mode, batch, truncate }: BackendSettings,
  { clock, log }: Platform,
  { deliver, close }: { deliver(events: readonly string[]): Promise<void>; close?(): Promise<void> },
): AuditSink {
  let lost = 0
  const send = async (events: readonly AuditEvent[]) => {
    const { batches, dropped } = truncate
      ? truncated(events, truncate)
      : { batches: [events.map((event) => JSON.stringify(event))], dropped: 0 }
    lost += dropped
    if (dropped > 0) log.error('audit events are too large, and lost', { backend: name, events: dropped })
    for (const texts of batches) await deliver(texts)
  }
  if (mode !== 'batch') {
    const onLoss = (error: unknown) => {
      lost += 1
      log.error('an audit event was lost', { backend: name, error: messageOf(error) })
    }
    const sink = blocking(send, { strict: mode === 'blocking-strict', onLoss, ...(close ? { close } : {}) })
    return {
      ...sink,
      name,
      get lost() {
        return lost
      },
    }
  }
  const batches = new Batches({ ...batch, name, clock, log, deliver: send })
  return {
    name,
    get lost() {
      return lost + batches.lost
    },
    write: (event) => batches.write(event),
    async close() {
      await batches.close()
      await close?.()
    },
  }
}
