/** That both servers do the same work: nothing is measured of one that answers less, or to anybody. */
import { type Answer, Connection } from './connection.ts'
import { get, listJson, listProtobuf, pages, protobuf, type Step, type Subject } from './work.ts'

/** Rejects when a stranger reads secrets. */
export async function checkAuthorization({ target, namespace }: Subject): Promise<void> {
  const stranger = await Connection.open({ ...target, token: 'of-a-stranger' })
  const { status } = await stranger.request({ method: 'GET', path: `/api/v1/namespaces/${namespace}/secrets` })
  stranger.close()
  if (status !== 401 && status !== 403)
    throw new Error(`${target.name}: a stranger's request for secrets was answered with ${status}`)
}

/** Rejects when the object is not answered as it was written. */
export async function checkGet(subject: Subject): Promise<void> {
  const { metadata, data } = JSON.parse((await get(subject, 0)).body().toString('utf8'))
  if (metadata.name !== 'get-me' || !metadata.resourceVersion || !metadata.managedFields || data.text.length < 700)
    throw new Error(`${subject.target.name}: the object that is asked for is not whole`)
}

/** Rejects when a list has not every pod once, or its pages have not. Resolves with the bytes of a whole one. */
export async function checkLists(subject: Subject, count: number): Promise<{ json: number; protobuf: number }> {
  const require = (how: string, names: readonly string[]): void => {
    if (names.length !== count || new Set(names).size !== count)
      throw new Error(`${subject.target.name}: ${how} has ${names.length} pods instead of ${count}`)
  }
  const json = await listJson(subject, 0)
  require('a list', podNames(json.body()))
  const inProtobuf = await listProtobuf(subject, 0)
  require('a list in protobuf', podNames(inProtobuf.body()))
  for (const [how, step] of Object.entries({ 'all pages': pages(), 'all pages in protobuf': pages(protobuf) })) {
    const names: string[] = []
    for (let page = 0; page < count / 500; page++) names.push(...podNames((await step(subject, 0)).body()))
    require(how, names)
  }
  return { json: json.length, protobuf: inProtobuf.length }
}

/** Names of the pods themselves, in either encoding. */
export function podNames(body: Buffer): string[] {
  const shown = body.toString('latin1')
  const named = shown.startsWith('k8s\0') ? /\b(pod-\d{6,})/g : /"name":"(pod-\d{6,})"/g
  return [...shown.matchAll(named)].map(([, name]) => name!)
}

/** The step, which fails on answers that are much smaller or larger than the first one of each server. */
export function ofOneSize(step: Step): Step {
  const sizes = new Map<Subject, number>()
  return async (subject, connection) => {
    const answer: Answer = await step(subject, connection)
    const first = sizes.get(subject) ?? answer.length
    sizes.set(subject, first)
    if (Math.abs(answer.length - first) > first / 100)
      throw new Error(`${subject.target.name}: ${answer.length} bytes were answered, ${first} before`)
    return answer
  }
}
