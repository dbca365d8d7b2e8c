/**
 * One API server, or two beside each other: interleaved rounds of the same work over TLS with authorization on, the final
 * state checked, ratios printed with raw values and CPU time per operation.
 *
 *     script/bench api [--server URL --token T [--pids N,N]] [--vs URL --vs-token T [--vs-pids N,N]]
 *                      [--pods 5000] [--many 50000] [--watchers 1000] [--rate 200] [--rounds 5] [--only get,create,…]
 *
 * Without --server, `bin/k8ts apiserver` is started on an empty directory, and again on the full one in the end. Servers
 * must be local for their CPU time and memory to be read; `--pids` names further processes, such as etcd's.
 */
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Answer, Target } from './connection.ts'
import { type OwnServer, startOwn } from './own-server.ts'
import { cpuSeconds, forgetPeak, listenerOf, type Memory, memoryOf } from './process.ts'
import { figure, median, type Round, rowsOf, table, valueRows } from './report.ts'
import { watchMany, watchPatienceMs } from './watch.ts'
import {
  checkFinalState,
  clients,
  create,
  firstPage,
  get,
  listJson,
  listPage,
  listPageProtobuf,
  listProtobuf,
  makePods,
  prepareSubject,
  removeNamespace,
  type Step,
  type Subject,
  update,
} from './work.ts'

const { values: options } = parseArgs({
  options: {
    server: { type: 'string' },
    token: { type: 'string', default: '' },
    pids: { type: 'string', default: '' },
    vs: { type: 'string' },
    'vs-token': { type: 'string', default: '' },
    'vs-pids': { type: 'string', default: '' },
    pods: { type: 'string', default: '5000' },
    many: { type: 'string', default: '50000' },
    watchers: { type: 'string', default: '1000' },
    rate: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
  },
})
const podCount = Number(options.pods)
/** Zero: not that many. */
const manyCount = Math.max(podCount, Number(options.many))
const rounds = Number(options.rounds)
const sliceMs = 2_000
/** Until a server that was just started is idle. */
const restMs = 5_000
const mebi = 1024 * 1024

async function main(): Promise<void> {
  // What the first start leaves in the compile cache, later ones find.
  if (!options.server) await (await startOwn()).remove()
  const own = options.server ? undefined : await startOwn()
  try {
    const targets = [own?.target ?? (await targetOf('first', options.server!, options.token, options.pids))]
    if (options.vs) targets.push(await targetOf('second', options.vs, options['vs-token'], options['vs-pids']))
    const subjects = await measure(targets)
    if (own) await starts(own)
    await Promise.all(subjects.slice(own ? 1 : 0).map(removeNamespace))
  } finally {
    await own?.remove()
  }
}

async function targetOf(name: string, address: string, token: string, others: string): Promise<Target> {
  const url = new URL(address)
  const listener = await listenerOf(Number(url.port || 443))
  const pids = [...(listener ? [listener] : []), ...others.split(',').filter(Boolean).map(Number)]
  return { name, url, token, pids: [...new Set(pids)] }
}

async function measure(targets: readonly Target[]): Promise<readonly Subject[]> {
  await setTimeout(restMs)
  const idle = await memories(targets)
  const subjects = await Promise.all(targets.map((target) => prepareSubject(target, `bench-${process.pid}`)))
  console.log(memoryTable('memory idle', targets, idle, ({ rss }) => rss / mebi, 'MiB'))
  // The first ones warm the servers up.
  const warmUp = Math.floor(podCount / 5)
  const pods = async (range: { from: number; to: number }): Promise<Memory[]> => {
    for (const subject of subjects) {
      await makePods(subject, range)
      // Who was never asked may hold none of them in memory.
      await firstPage(subject, 0)
    }
    return await memories(targets)
  }
  const before = await pods({ from: 0, to: warmUp })
  const after = await pods({ from: warmUp, to: podCount })
  const grown = after.map(({ rss }, index) => ({ rss: rss - before[index]!.rss, peak: 0 }))
  const perPod = ({ rss }: Memory): number => rss / (podCount - warmUp) / 1024
  console.log(memoryTable(`memory for each of ${podCount - warmUp} pods`, targets, grown, perPod, 'KiB'))
  await lists(subjects, podCount)
  // After the lists: the faster server makes more objects, which its memory would hold while it lists.
  for (const [name, step] of Object.entries({ get, create, update }))
    if (wanted(name)) await report(subjects, name, step, clients)
  if (wanted('watch')) await watches(subjects)
  if (manyCount > podCount) {
    await pods({ from: podCount, to: manyCount })
    await lists(subjects, manyCount)
  }
  const wrong = (await Promise.all(subjects.map((subject) => checkFinalState(subject, manyCount)))).flat()
  console.log(
    wrong.length === 0 ? 'final state: all that was acknowledged is there' : `final state:\n${wrong.join('\n')}`,
  )
  if (wrong.length > 0) process.exitCode = 1
  return subjects
}

async function lists(subjects: readonly Subject[], count: number): Promise<void> {
  const targets = subjects.map(({ target }) => target)
  for (const { pids } of targets) await forgetPeak(pids).catch(() => {})
  const steps = { JSON: listJson, protobuf: listProtobuf, 'pages of 500': listPage }
  const all = { ...steps, 'pages of 500 protobuf': listPageProtobuf }
  if (!wanted('list')) return
  for (const [how, step] of Object.entries(all)) await report(subjects, `list of ${count}, ${how}`, step, 2)
  const peaks = await memories(targets)
  const title = `memory at the peak of listing ${count}`
  console.log(memoryTable(title, targets, peaks, ({ peak }) => peak / mebi, 'MiB'))
}

function wanted(name: string): boolean {
  return options.only === '' || options.only.split(',').includes(name)
}

async function report(subjects: readonly Subject[], name: string, step: Step, parallel: number): Promise<void> {
  console.log(table(name, rowsOf(await interleaved(subjects, step, parallel))))
}

/** Of the API servers alone, without what they store in. */
async function memories(targets: readonly Target[]): Promise<Memory[]> {
  return await Promise.all(targets.map(({ pids }) => memoryOf(pids.slice(0, 1))))
}

function memoryTable(
  title: string,
  targets: readonly Target[],
  values: readonly Memory[],
  pick: (memory: Memory) => number,
  unit: string,
): string {
  const named = targets.map(({ name }, index) => [name, pick(values[index]!)] as const)
  return table(title, valueRows(named, unit))
}

/** The servers take turns; who begins alternates from round to round. */
async function interleaved(subjects: readonly Subject[], step: Step, parallel: number): Promise<Map<string, Round[]>> {
  const results = new Map(subjects.map(({ target }) => [target.name, [] as Round[]]))
  for (let round = 0; round < rounds; round++)
    for (const subject of round % 2 === 0 ? subjects : [...subjects].reverse())
      results.get(subject.target.name)!.push(await slice(subject, step, parallel))
  return results
}

async function slice(subject: Subject, step: Step, parallel: number): Promise<Round> {
  const cpuBefore = await cpuSeconds(subject.target.pids)
  const start = performance.now()
  const end = start + sliceMs
  let operations = 0
  let bytes = 0
  const loop = async (connection: number): Promise<void> => {
    while (performance.now() < end) {
      const answer: Answer = await step(subject, connection)
      operations += 1
      bytes += answer.length
    }
  }
  await Promise.all(Array.from({ length: parallel }, (_, connection) => loop(connection)))
  const seconds = (performance.now() - start) / 1_000
  const cpu = (await cpuSeconds(subject.target.pids)) - cpuBefore
  return { perSecond: operations / seconds, cpuMs: (cpu * 1_000) / operations, megabytes: bytes / 1e6 / seconds }
}

async function watches(subjects: readonly Subject[]): Promise<void> {
  const costs: [string, number][] = []
  for (const subject of subjects) {
    const result = await watchMany(subject, Number(options.watchers), Number(options.rate), 5)
    const { name } = subject.target
    costs.push([name, result.cpuMicrosecondsPerEvent])
    const title = `${result.watchers} watchers, ${result.updates} updates at ${options.rate}/s`
    if (result.lost > 0) process.exitCode = 1
    const delays = [`p50 ${figure(result.p50Ms, 'ms')}`, `p99 ${figure(result.p99Ms, 'ms')}`]
    const late = `not there after ${watchPatienceMs / 1_000} s: ${result.lost}`
    console.log(table(title, [[name, late, ...delays]]))
  }
  console.log(table('CPU of a watch event', valueRows(costs, 'µs')))
}

async function starts(own: OwnServer): Promise<void> {
  const full = [await own.restart(), await own.restart(), await own.restart()]
  console.log(
    table('start to ready', [
      ['empty store', figure(own.startMs, 'ms')],
      ['store of this run', figure(median(full), 'ms'), `starts: ${full.map((ms) => figure(ms, '')).join(' ')}`],
    ]),
  )
}

await main()
// Connections whose server is gone must not keep the bench alive.
process.exit()
