/** Many watchers of one resource while it changes at a steady rate: how late events come, and that none is lost. */
import { Connection } from './connection.ts'
import { cpuSeconds } from './process.ts'
import { must, type Subject } from './work.ts'

export interface WatchResult {
  watchers: number
  updates: number
  /** Updates a second that the server took. */
  perSecond: number
  /** Events that should have come and were not there in time, and those that came twice. */
  lost: number
  p50Ms: number
  p99Ms: number
  cpuMicrosecondsPerEvent: number
}

const objects = 20
/** These look into the events for when they were sent, spread over all, for the first may be told first; others count. */
const readers = 20
/** For the last events after the last update. */
export const watchPatienceMs = 20_000
const newline = 0x0a
const carriageReturn = 0x0d

export async function watchMany(
  subject: Subject,
  { watchers, rate, seconds, round }: { watchers: number; rate: number; seconds: number; round: number },
): Promise<WatchResult> {
  const { target, namespace, connections } = subject
  const path = `/api/v1/namespaces/${namespace}/secrets`
  const prefix = `watched-${round}`
  for (let index = 0; index < objects; index++)
    await must(connections[0]!, {
      method: 'POST',
      path,
      body: JSON.stringify({ metadata: { name: `${prefix}-${index}` } }),
    })
  const list = (await must(connections[0]!, { method: 'GET', path: `${path}?limit=1` })).body().toString('latin1')
  const from = /"resourceVersion":"(\d+)"/.exec(list)![1]
  const sent: number[] = []
  const delays: number[] = []
  const counters = Array.from({ length: watchers }, () => ({ events: 0 }))
  const opened: Connection[] = []
  for (const [index, counter] of counters.entries()) {
    const connection = await Connection.open(target)
    opened.push(connection)
    const count = counting(counter)
    const read = index % Math.ceil(watchers / readers) === 0 ? reading(sent, delays) : () => {}
    const status = await connection.stream(
      { method: 'GET', path: `${path}?watch=true&resourceVersion=${from}` },
      (chunk) => {
        count(chunk)
        read(chunk)
      },
    )
    if (status !== 200) throw new Error(`${target.name}: a watch was answered with ${status}`)
  }
  const before = await cpuSeconds(target.pids)
  const startMs = performance.now()
  await updateSteadily(subject, `${path}/${prefix}`, { sent, rate, seconds })
  const perSecond = (sent.length * 1_000) / (performance.now() - startMs)
  const updates = sent.length
  const deadline = performance.now() + watchPatienceMs
  while (counters.some(({ events }) => events < updates) && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20))
  const cpu = (await cpuSeconds(target.pids)) - before
  for (const connection of opened) connection.close()
  delays.sort((a, b) => a - b)
  const got = counters.reduce((sum, { events }) => sum + events, 0)
  return {
    ...{ watchers, updates, perSecond, lost: missing(counters, updates) },
    p50Ms: delays[Math.floor(delays.length * 0.5)] ?? Number.NaN,
    p99Ms: delays[Math.floor(delays.length * 0.99)] ?? Number.NaN,
    cpuMicrosecondsPerEvent: (cpu * 1e6) / Math.max(got, 1),
  }
}

/** Of each by itself: what one was told twice makes not good for what another was not told. */
export function missing(counters: readonly { events: number }[], updates: number): number {
  return counters.reduce((sum, { events }) => sum + Math.abs(updates - events), 0)
}

async function updateSteadily(
  { connections }: Subject,
  path: string,
  { sent, rate, seconds }: { sent: number[]; rate: number; seconds: number },
): Promise<void> {
  const start = performance.now()
  const underWay: Promise<unknown>[] = []
  const free = [...connections]
  while (sent.length < rate * seconds) {
    const due = Math.min(rate * seconds, Math.floor(((performance.now() - start) / 1_000) * rate))
    while (sent.length < due && free.length > 0) {
      const connection = free.pop()!
      const number = sent.push(performance.now()) - 1
      const ask = {
        ...({ method: 'PATCH', path: `${path}-${number % objects}` } as const),
        ...{ type: 'application/merge-patch+json', body: `{"metadata":{"annotations":{"n":"#${number}#"}}}` },
      }
      underWay.push(must(connection, ask).then(() => free.push(connection)))
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await Promise.all(underWay)
}

/** Each event ends with a line feed of its own; those of the chunked encoding follow a carriage return. */
export function counting(counter: { events: number }): (chunk: Buffer) => void {
  let last = 0
  return (chunk) => {
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, at + 1))
      if ((at > 0 ? chunk[at - 1] : last) !== carriageReturn) counter.events += 1
    last = chunk[chunk.length - 1]!
  }
}

export function reading(sent: readonly number[], delays: number[]): (chunk: Buffer) => void {
  const mark = /"n":"#(\d+)#"/g
  return (chunk) => {
    const now = performance.now()
    for (const [, number] of chunk.toString('latin1').matchAll(mark)) {
      const at = sent[Number(number)]
      if (at !== undefined) delays.push(now - at)
    }
  }
}
