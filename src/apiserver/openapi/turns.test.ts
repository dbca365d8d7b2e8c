/** The first answer with the whole API's document is made in several turns, and is the same document. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestApiServer } from '../testbed/server.ts'
import { turnsDuring } from '../testbed/turns.ts'

test('the document of everything is made in turns, once, and two who ask for it at once get the same', async () => {
  const api = await startTestApiServer()
  const get = () => api.transport.send({ method: 'GET', path: '/openapi/v2', headers: {} })
  const { result: both, turns } = await turnsDuring(() => Promise.all([get(), get()]))
  const { result: again, turns: fewer } = await turnsDuring(get)
  await api.stop()
  assert.ok(turns >= fewer + 4, `${turns}, then ${fewer}`)
  for (const { status, headers } of both) assert.deepEqual([status, headers.etag], [200, again.headers.etag])
})
