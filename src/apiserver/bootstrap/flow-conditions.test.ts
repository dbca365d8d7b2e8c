import assert from 'node:assert/strict'
import { test } from 'node:test'
import { flowcontrolV1 } from '../../api/resources.ts'
import type { FlowSchema } from '../../api/types/flowcontrol/v1.ts'
import { createClient } from '../../client/client-impl.ts'
import { startTestApiServer } from '../testbed/server.ts'
import { danglingCondition } from './flow-conditions.ts'

const schema = (level: string): FlowSchema => ({
  metadata: { name: 's' },
  spec: { priorityLevelConfiguration: { name: level }, matchingPrecedence: 9000 },
})

test('danglingCondition names the level that is missing, and nothing once it was said', () => {
  const condition = danglingCondition(schema('gone'), new Set(['there']), 0)
  assert.deepEqual(condition, {
    type: 'Dangling',
    status: 'True',
    lastTransitionTime: '1970-01-01T00:00:00Z',
    reason: 'NotFound',
    message:
      'This FlowSchema references the PriorityLevelConfiguration object named "gone" but there is no such object',
  })
  assert.equal(danglingCondition({ ...schema('gone'), status: { conditions: [condition!] } }, new Set(), 5), undefined)
  assert.equal(danglingCondition(schema('there'), new Set(['there']), 0)?.status, 'False')
})

test('a flow schema says whether its level exists, and says so again when that changes', async () => {
  const { clock, transport, stop } = await startTestApiServer()
  const client = createClient(transport)
  const schemas = client.of(flowcontrolV1.flowSchemas)
  const statusIs = async (wanted: string) => {
    for (let turn = 0; turn < 200; turn++) {
      if ('advance' in clock) await (clock as { advance(ms: number): Promise<void> }).advance(1)
      const found = (await schemas.get('s')).status?.conditions?.[0]?.status
      if (found === wanted) return
    }
    assert.fail(`the condition never became ${wanted}`)
  }
  await schemas.create(schema('later'))
  await statusIs('True')
  const level = { metadata: { name: 'later' }, spec: { type: 'Exempt', exempt: {} } }
  await client.of(flowcontrolV1.priorityLevelConfigurations).create(level)
  await statusIs('False')
  await client.of(flowcontrolV1.priorityLevelConfigurations).delete('later')
  await statusIs('True')
  await stop()
})
