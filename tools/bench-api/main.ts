/**
 * One API server, or two beside each other: interleaved rounds of the same work over TLS with authorization on, the final
 * state checked, ratios printed with raw values and CPU time per operation.
 *
 *     script/bench api [--server URL --token T [--pids N,N]] [--vs URL --vs-token T [--vs-pids N,N]]
 *                      [--pods 5000] [--many 50000] [--watchers 1000] [--rate 200] [--rounds 5] [--only get,create,…]
 *
 * Without --server, `bin/k8ts apiserver` is started on an empty directory, and again on the full one in the end. So is a
 * server whose command is given: --start 'COMMAND …' and --vs-start 'COMMAND …', which must listen at --server and --vs.
 * Servers must be local for their CPU time and memory to be read; `--pids` names further processes, such as etcd's.
 */
import { networkInterfaces } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { checkAuthorization, checkGet, checkLists, ofOneSize } from './checks.ts'
import type { Answer, Target } from './connection.ts'
import { type StartedServer, startBy, startOwn } from './own-server.ts'
import { cpuSeconds, forgetPeak, listenerOf, type Memory, memoryOf } from './process.ts'
import { figure, median, type Round, rowsOf, table, valueRows } from './report.ts'
import { type WatchResult, watchMany, watchPatienceMs } from './watch.ts'
import {
  checkFinalState,
  clients,
  create,
  firstPage,
  get,
  listJson,
  listProtobuf,
  makePods,
  pages,
  prepareSubject,
  protobuf,
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
    start: { type: 'string' },
    vs: { type: 'string' },
    'vs-token': { type: 'string', default: '' },
    'vs-pids': { type: 'string', default: '' },
    'vs-start': { type: 'string' },
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
const watchRoundsMax = 3
/** Until a server that was just started is idle. */
const restMs = 5_000
const mebi = 1024 * 1024

async function main(): Promise<void> {
  // What the first start leaves in the compile cache, later ones find.
  if (!options.server) await (await startOwn()).remove()
  const own = options.server ? undefined : await startOwn()
  const started: StartedServer[] = own ? [own] : []
  const targetAt = async (name: string, url: string, given: GivenServer): Promise<Target> => {
    if (given.start === undefined) return await targetOf(name, url, given)
    const server = await startBy(await targetOf(name, url, given), ['sh', '-c', `exec ${given.start}`])
    started.push(server)
    return server.target
  }
  try {
    const { token, pids, start, vs } = options
    const targets = [own?.target ?? (await targetAt('first', options.server!, { token, pids, start }))]
    const second = { token: options['vs-token'], pids: options['vs-pids'], start: options['vs-start'] }
    if (vs) targets.push(await targetAt('second', vs, second))
    const subjects = await measure(targets)
    await starts(started)
    if (started.length > 0) await finalState(subjects, 'after starting again')
    await Promise.all(subjects.slice(own ? 1 : 0).map(removeNamespace))
  } finally {
    for (const server of started) await server.stop()
    await own?.remove()
  }
}

interface GivenServer {
  token: string
  pids: string
  /** A command; absent: it runs already. */
  start: string | undefined
}

async function targetOf(name: string, address: string, { token, pids: others, start }: GivenServer): Promise<Target> {
  const url = new URL(address)
  const listener = await listenerOf(Number(url.port || 443))
  if (listener && start !== undefined) throw new Error(`${address}: another process listens there already`)
  const pids = [...(listener && isLocal(url) ? [listener] : []), ...others.split(',').filter(Boolean).map(Number)]
  return { name, url, token, pids: [...new Set(pids)] }
}

function isLocal({ hostname }: URL): boolean {
  const own = Object.values(networkInterfaces()).flatMap((each) => each?.map(({ address }) => address) ?? [])
  return hostname === 'localhost' || own.includes(hostname.replace(/[[\]]/g, ''))
}

async function measure(targets: readonly Target[]): Promise<readonly Subject[]> {
  await setTimeout(restMs)
  const idle = await memories(targets)
  const subjects = await Promise.all(targets.map((target) => prepareSubject(target, `bench-${process.pid}`)))
  await Promise.all(subjects.map(checkAuthorization))
  await Promise.all(subjects.map(checkGet))
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
  for (const [name, step] of Object.entries({ get: ofOneSize(get), create, update }))
    if (wanted(name)) await report(subjects, name, step, clients)
  if (wanted('watch')) await watches(subjects)
  if (manyCount > podCount) {
    await pods({ from: podCount, to: manyCount })
    await lists(subjects, manyCount)
  }
  await finalState(subjects, 'final state')
  return subjects
}

async function finalState(subjects: readonly Subject[], when: string): Promise<void> {
  const wrong = (await Promise.all(subjects.map((subject) => checkFinalState(subject, manyCount)))).flat()
  console.log(wrong.length === 0 ? `${when}: all that was acknowledged is there` : `${when}:\n${wrong.join('\n')}`)
  if (wrong.length > 0) process.exitCode = 1
}

async function lists(subjects: readonly Subject[], count: number): Promise<void> {
  if (!wanted('list')) return
  const targets = subjects.map(({ target }) => target)
  const sizes = await Promise.all(subjects.map((subject) => checkLists(subject, count)))
  for (const how of ['json', 'protobuf'] as const) {
    const rows = targets.map(({ name }, index) => [name, sizes[index]![how] / count] as const)
    console.log(table(`bytes of a pod in a list of ${count}, ${how}`, valueRows(rows, 'B')))
  }
  const anew = await Promise.all(targets.map(({ pids }) => forgetPeak(pids.slice(0, 1))))
  const steps = {
    JSON: ofOneSize(listJson),
    protobuf: ofOneSize(listProtobuf),
    'pages of 500': pages(),
    'pages of 500 protobuf': pages(protobuf),
  }
  for (const [how, step] of Object.entries(steps)) await report(subjects, `list of ${count}, ${how}`, step, 2)
  const peaks = (await memories(targets)).map((memory, index) => (anew[index] ? memory : { rss: 0, peak: Number.NaN }))
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

/** The servers take turns, as in `interleaved`. */
async function watches(subjects: readonly Subject[]): Promise<void> {
  const [watchers, rate] = [Number(options.watchers), Number(options.rate)]
  const results = new Map(subjects.map(({ target }) => [target.name, [] as WatchResult[]]))
  for (let round = 0; round < Math.min(rounds, watchRoundsMax); round++)
    for (const subject of round % 2 === 0 ? subjects : [...subjects].reverse())
      results.get(subject.target.name)!.push(await watchMany(subject, { watchers, rate, seconds: 5, round }))
  const rows = [...results].map(([name, all]) => {
    const lost = all.reduce((sum, each) => sum + each.lost, 0)
    if (lost > 0) process.exitCode = 1
    const middle = (pick: (result: WatchResult) => number, unit: string): string =>
      `${figure(median(all.map(pick)), unit)} (${all.map((each) => figure(pick(each), '')).join(' ')})`
    const delays = [`p50 ${middle(({ p50Ms }) => p50Ms, 'ms')}`, `p99 ${middle(({ p99Ms }) => p99Ms, 'ms')}`]
    const late = `not there once after ${watchPatienceMs / 1_000} s: ${lost}`
    return [name, `${middle(({ perSecond }) => perSecond, '/s')}`, late, ...delays]
  })
  console.log(table(`${watchers} watchers, ${rate * 5} updates at ${rate}/s`, rows))
  const costs = [...results].map(
    ([name, all]) => [name, median(all.map(({ cpuMicrosecondsPerEvent: each }) => each))] as const,
  )
  console.log(table('CPU of a watch event', valueRows(costs, 'µs')))
}

async function starts(servers: readonly StartedServer[]): Promise<void> {
  if (servers.length === 0) return
  const full = new Map<StartedServer, number[]>(servers.map((server) => [server, []]))
  for (let round = 0; round < 3; round++) for (const server of servers) full.get(server)!.push(await server.restart())
  const rows = (of: (server: StartedServer) => number) =>
    valueRows(
      servers.map((server) => [server.target.name, of(server)] as const),
      'ms',
    )
  console.log(
    table(
      'start to ready, empty store',
      rows(({ startMs }) => startMs),
    ),
  )
  console.log(
    table(
      'start to ready, store of this run',
      rows((server) => median(full.get(server)!)),
    ),
  )
  const raw = servers.map(({ target }, index) => [
    target.name,
    [...full.values()][index]!.map((ms) => figure(ms, '')).join(' '),
  ])
  console.log(table('each start, ms', raw))
}

await main()
// Connections whose server is gone must not keep the bench alive.
process.exit()
