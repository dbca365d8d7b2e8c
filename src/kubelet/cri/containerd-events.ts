/**
 * The two messages of containerd's event service (`containerd.services.events.v1.Events`) that tell when a task
 * ended: `SubscribeRequest{filters = 1}` and `Envelope{namespace = 2, topic = 3, event = 4: Any{value = 2}}`, whose
 * task and container events all carry the container's id as field 1.
 */
export const subscribeMethod = '/containerd.services.events.v1.Events/Subscribe'

const topics = ['/tasks/exit', '/tasks/oom', '/containers/delete']

export function encodeSubscribe(): Uint8Array {
  return Buffer.concat(topics.map((topic) => field(1, Buffer.from(`namespace==k8s.io,topic=="${topic}"`))))
}

/** Undefined when the event is not about a container as a whole (an exec in it ended). */
export function containerIdOfEvent(envelope: Uint8Array): string | undefined {
  const outer = delimitedFields(envelope)
  const value = delimitedFields(outer.get(4) ?? new Uint8Array()).get(2)
  if (!value) return undefined
  const event = delimitedFields(value)
  const id = event.get(1)?.toString()
  const topic = outer.get(3)?.toString()
  const execId = topic === '/tasks/exit' ? event.get(2)?.toString() : id
  return id === execId ? id : undefined
}

function field(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  return Buffer.from([...bytes, rest])
}

function delimitedFields(bytes: Uint8Array): Map<number, Buffer> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const fields = new Map<number, Buffer>()
  let position = 0
  const next = (): number => {
    let value = 0
    for (let shift = 0; position < buffer.length; shift += 7) {
      const byte = buffer.readUInt8(position++)
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) break
    }
    return value
  }
  while (position < buffer.length) {
    const tag = next()
    const wireType = tag & 7
    if (wireType === 0) next()
    else if (wireType === 1) position += 8
    else if (wireType === 5) position += 4
    else if (wireType === 2) {
      const length = next()
      fields.set(tag >>> 3, buffer.subarray(position, position + length))
      position += length
    } else break
  }
  return fields
}
