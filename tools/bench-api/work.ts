/** What is asked of each server: the same objects, the same requests, from a few connections of a bench of its own. */
import { type Answer, type Ask, Connection, type Target } from './connection.ts'

/** One server under measurement, with its connections and what it has acknowledged. */
export interface Subject {
  target: Target
  connections: readonly Connection[]
  namespace: string
  /** Names of ConfigMaps whose creation was acknowledged. */
  created: string[]
  /** Objects that each connection updates in turn, as last acknowledged. */
  owned: { name: string; resourceVersion: string; round: number }[]
}

export const clients = 32
const text = 'The quick brown fox jumps over the lazy dog. '

export async function prepareSubject(target: Target, namespace: string): Promise<Subject> {
  const connections = await Promise.all(Array.from({ length: clients }, () => Connection.open(target)))
  const subject: Subject = { target, connections, namespace, created: [], owned: [] }
  const first = connections[0]!
  await must(first, {
    method: 'POST',
    path: '/api/v1/namespaces',
    body: JSON.stringify({ metadata: { name: namespace } }),
  })
  // Where no controllers run, nobody else makes the account that every pod needs.
  const account = {
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/serviceaccounts`,
    body: '{"metadata":{"name":"default"}}',
  } as const
  const made = await first.request(account)
  if (made.status !== 201 && made.status !== 409) throw new Error(`${target.name}: service account: ${made.body()}`)
  await must(first, configMap(subject, 'get-me', 0))
  for (let index = 0; index < clients; index++) {
    const answer = await must(first, configMap(subject, `own-${index}`, 0))
    subject.owned.push({ name: `own-${index}`, resourceVersion: versionIn(answer), round: 0 })
  }
  return subject
}

export async function must(connection: Connection, ask: Ask): Promise<Answer> {
  const answer = await connection.request(ask)
  if (answer.status >= 300)
    throw new Error(`${ask.method} ${ask.path}: ${answer.status} ${answer.body().toString('utf8', 0, 300)}`)
  return answer
}

/** An object of about 1 KB. */
function configMap({ namespace }: Subject, name: string, round: number, resourceVersion?: string): Ask {
  const path = `/api/v1/namespaces/${namespace}/configmaps`
  const metadata = { name, ...(resourceVersion === undefined ? {} : { resourceVersion }) }
  const body = JSON.stringify({ metadata, data: { round: String(round), text: text.repeat(16) } })
  return resourceVersion === undefined
    ? { method: 'POST', path, body }
    : { method: 'PUT', path: `${path}/${name}`, body }
}

function versionIn(answer: Answer): string {
  return /"resourceVersion":"(\d+)"/.exec(answer.body().toString('latin1'))![1]!
}

export type Step = (subject: Subject, connection: number) => Promise<Answer>

export const get: Step = async ({ connections, namespace }, index) =>
  await must(connections[index]!, { method: 'GET', path: `/api/v1/namespaces/${namespace}/configmaps/get-me` })

export const create: Step = async (subject, index) => {
  const name = `made-${index}-${subject.created.length}`
  const answer = await must(subject.connections[index]!, configMap(subject, name, 0))
  subject.created.push(name)
  return answer
}

export const update: Step = async (subject, index) => {
  const own = subject.owned[index]!
  const answer = await must(
    subject.connections[index]!,
    configMap(subject, own.name, own.round + 1, own.resourceVersion),
  )
  own.round += 1
  own.resourceVersion = versionIn(answer)
  return answer
}

export const protobuf = 'application/vnd.kubernetes.protobuf'
const pods = ({ namespace }: Subject, query = ''): string => `/api/v1/namespaces/${namespace}/pods${query}`

export const listJson: Step = async (subject, index) =>
  await must(subject.connections[index]!, { method: 'GET', path: pods(subject) })

export const listProtobuf: Step = async (subject, index) =>
  await must(subject.connections[index]!, { method: 'GET', path: pods(subject), accept: protobuf })

export const firstPage: Step = async (subject, index) =>
  await must(subject.connections[index]!, { method: 'GET', path: pods(subject, '?limit=500') })

/** Pages of 500, one after the other, from the start again after the last. */
export function pages(accept?: string): Step {
  const continues = new WeakMap<Subject, string[]>()
  return async (subject, index) => {
    const tokens = continues.get(subject) ?? []
    continues.set(subject, tokens)
    const token = tokens[index] ?? ''
    const path = pods(subject, `?limit=500${token && `&continue=${encodeURIComponent(token)}`}`)
    const answer = await must(subject.connections[index]!, { method: 'GET', path, ...(accept ? { accept } : {}) })
    tokens[index] = continueIn(answer.body().subarray(0, 600))
    return answer
  }
}

/** The token in the head of a list, in either encoding: base64 of an object that begins with its version. */
export function continueIn(head: Buffer): string {
  return /eyJ2IjoibWV0YS[\w-]+/.exec(head.toString('latin1'))?.[0] ?? ''
}

/** Pods of about 3 KB as they are answered, made by all connections at once. */
export async function makePods(subject: Subject, { from, to }: { from: number; to: number }): Promise<void> {
  let next = from
  await Promise.all(
    subject.connections.map(async (connection) => {
      while (next < to) await must(connection, { method: 'POST', path: pods(subject), body: podNumber(next++) })
    }),
  )
}

function podNumber(index: number): string {
  const env = Array.from({ length: 12 }, (_, number) => ({ name: `SETTING_${number}`, value: text }))
  return JSON.stringify({
    metadata: { name: `pod-${String(index).padStart(6, '0')}`, labels: { app: 'bench', shard: String(index % 10) } },
    spec: {
      automountServiceAccountToken: false,
      containers: [
        { name: 'main', image: 'example.test/main:1', env, resources: { requests: { cpu: '10m', memory: '16Mi' } } },
      ],
    },
  })
}

/** @returns what differs between what was acknowledged and what is there now; empty when nothing does */
export async function checkFinalState(subject: Subject, podCount: number): Promise<string[]> {
  const { target, namespace, connections, created, owned } = subject
  const read = async (
    path: string,
  ): Promise<{ items: { metadata: { name: string }; data?: Record<string, string> }[] }> =>
    JSON.parse((await must(connections[0]!, { method: 'GET', path })).body().toString('utf8'))
  const maps = new Map(
    (await read(`/api/v1/namespaces/${namespace}/configmaps`)).items.map((item) => [item.metadata.name, item]),
  )
  const missing = created.filter((name) => maps.get(name)?.data?.text !== text.repeat(16))
  const wrong = owned.filter(({ name, round }) => maps.get(name)?.data?.round !== String(round))
  const found = (await read(pods(subject))).items.length
  return [
    ...missing.map((name) => `${target.name}: ${name} was acknowledged and is not there, or not whole`),
    ...wrong.map(({ name }) => `${target.name}: ${name} has not its last acknowledged state`),
    ...(found === podCount ? [] : [`${target.name}: ${found} pods instead of ${podCount}`]),
  ]
}

export async function removeNamespace({ connections, namespace }: Subject): Promise<void> {
  for (const resource of ['pods?gracePeriodSeconds=0', 'configmaps'])
    await connections[0]!.request({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}/${resource}` })
  await connections[0]!.request({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}` })
  for (const connection of connections) connection.close()
}
