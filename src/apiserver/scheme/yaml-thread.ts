/** Large YAML bodies, parsed in a thread of their own: the parser takes a second for what is a few milliseconds in JSON. */
import { DecodeError } from '../../api/codec/error.ts'
import { type ParsedDocument, parseJson } from '../../api/codec/json.ts'
import { parseYaml } from '../../api/codec/yaml.ts'
import { tooManyRequests } from '../../api/errors.ts'
import { limits } from '../../limits.ts'
import { answerInThread, OwnThread, ThreadBusyError, ThreadFailedError } from '../../platform/thread.ts'

type Answer = { json: string; duplicates: string[] } | { problem: string }

const thread = new OwnThread(import.meta.url, {
  queuedMax: limits.yamlThreadQueuedMax,
  timeoutMs: limits.yamlThreadTimeoutMs,
  memoryMiBMax: 256,
  idleMs: 10_000,
})

answerInThread(import.meta.url, (body) => answer(body as Uint8Array))

/** As `parseYaml`. Throws `DecodeError`, also for what takes too long, and the 429 when too many wait. */
export async function parseYamlInThread(body: Uint8Array, valuesMax: number): Promise<ParsedDocument> {
  const answer = await asked(body)
  if ('problem' in answer) throw new DecodeError(answer.problem)
  return { value: parseJson(answer.json, valuesMax).value, duplicates: answer.duplicates }
}

async function asked(body: Uint8Array): Promise<Answer> {
  try {
    return (await thread.ask(body)) as Answer
  } catch (error) {
    if (error instanceof ThreadBusyError) throw tooManyRequests('Too many requests, please try again later.', 1)
    if (error instanceof ThreadFailedError)
      throw new DecodeError('yaml: reading the document takes too much, send it as JSON')
    throw error
  }
}

/** JSON text comes back: it is cheaper to hand over than objects. */
function answer(body: Uint8Array): Answer {
  try {
    const { value, duplicates } = parseYaml(body)
    const json = JSON.stringify(value ?? null)
    if (json.length <= limits.requestBodyBytesMax) return { json, duplicates }
    return { problem: `yaml: with its aliases the document has more than ${limits.requestBodyBytesMax} bytes` }
  } catch (error) {
    return { problem: error instanceof DecodeError ? error.message : `yaml: ${error}` }
  }
}
