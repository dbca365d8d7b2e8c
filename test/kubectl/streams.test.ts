/** kubectl calls that last: `get -w`, `proxy`, `wait`, `rollout status`, `events -w`. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Bed, eventually, startBed, steady } from './harness.ts'
import { skip } from './tools.ts'

describe('streams', { skip, concurrency: 4 }, () => {
  let bed: Bed
  before(async () => {
    bed = await startBed()
  })
  after(() => bed[Symbol.asyncDispose]())

  const plain = (text: string): string => steady(bed, text).replace(/ {2,}/g, '  ').replace(/ +$/gm, '')

  test('get -w shows each change as a row', async () => {
    const namespace = await bed.namespace()
    await bed.ok('create', 'deployment', 'web', '--image=web:1', '--replicas=0', '-n', namespace)
    await using watching = await bed.start('get', 'deploy', '-w', '-n', namespace)
    await eventually(bed, 'the first row', async () => (await watching.output()).includes('web'))
    await bed.ok('label', 'deploy', 'web', 'a=b', '-n', namespace)
    await bed.ok('delete', 'deploy', 'web', '-n', namespace)
    await eventually(bed, 'three rows', async () => (await watching.output()).split('\n').length >= 5)
    const rows = plain(await watching.output())
      .trimEnd()
      .split('\n')
    assert.equal(rows[0], 'NAME  READY  UP-TO-DATE  AVAILABLE  AGE')
    assert.deepEqual([...new Set(rows.slice(1))], ['web  0/0  0  0  <age>'])
  })

  test('get --watch-only --output-watch-events names what happens', async () => {
    const namespace = await bed.namespace()
    const args = ['get', 'cm', '--watch-only', '--output-watch-events', '-n', namespace]
    await using watching = await bed.start(...args, '--field-selector', 'metadata.name=a')
    await eventually(bed, 'an event of the watch', async () => {
      await bed.kubectl('create', 'cm', 'a', '-n', namespace)
      await bed.kubectl('delete', 'cm', 'a', '-n', namespace)
      return /ADDED.*DELETED/s.test(await watching.output())
    })
    assert.match(
      plain(await watching.output()),
      /^EVENT {2}NAME {2}DATA {2}AGE\n((ADDED|DELETED) {2}a {2}0 {2}<age>\n)+$/,
    )
  })

  test('get -w -o json gives one document after the other', async () => {
    const namespace = await bed.namespace()
    await bed.ok('create', 'cm', 'a', '-n', namespace)
    await using watching = await bed.start('get', 'cm', 'a', '-w', '-o', 'jsonpath={.data.n};', '-n', namespace)
    await eventually(bed, 'the object', async () => (await watching.output()).includes(';'))
    for (const n of ['1', '2'])
      await bed.ok('patch', 'cm', 'a', '--type=merge', '-p', `{"data":{"n":"${n}"}}`, '-n', namespace)
    await eventually(bed, 'both changes', async () => (await watching.output()) === ';1;2;')
  })

  test('wait returns once what it waits for happens', async () => {
    const namespace = await bed.namespace()
    const created = bed.ok('wait', 'pod/late', '--for=create', '--timeout=20s', '-n', namespace)
    const ready = created.then(() =>
      bed.ok('wait', 'pod/late', '--for=condition=Ready', '--timeout=20s', '-n', namespace),
    )
    const gone = ready.then(() => bed.ok('wait', 'pod/late', '--for=delete', '--timeout=20s', '-n', namespace))
    await bed.ok('run', 'late', '--image=web:1', '-n', namespace)
    await ready
    await bed.ok('delete', 'pod', 'late', '-n', namespace)
    assert.deepEqual([await created, await ready], ['pod/late condition met\n', 'pod/late condition met\n'])
    // Silent where it was gone already.
    assert.match(await gone, /^(pod\/late condition met\n)?$/)
  })

  test('events -w follows', async () => {
    const namespace = await bed.namespace()
    await using watching = await bed.start('events', '-w', '-n', namespace)
    await eventually(bed, 'the event', async () => {
      await bed.kubectl('run', 'a', '--image=web:1', '-n', namespace)
      return (await watching.output()).includes(`Successfully assigned ${namespace}/a to node`)
    })
  })

  test('proxy passes requests on with the rights of the kubeconfig, and refuses what it should', async () => {
    await using proxy = await bed.start('proxy', '--port=0', '--reject-paths=^/api/.*/secrets.*')
    const text = await eventually(bed, 'the port', async () => /127.0.0.1:(\d+)/.exec(await proxy.output())?.[1])
    const get = async (path: string) => {
      const reply = await fetch(`http://127.0.0.1:${text}${path}`)
      return [reply.status, await reply.text()] as const
    }
    assert.deepEqual(await get('/healthz'), [200, 'ok'])
    const [status, body] = await get('/api/v1/namespaces/default/services/kubernetes')
    assert.deepEqual([status, JSON.parse(body).spec.clusterIP], [200, '10.96.0.1'])
    assert.deepEqual(await get('/api/v1/namespaces/default/secrets'), [403, 'Forbidden\n'])
  })
})
