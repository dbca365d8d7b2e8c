/** What `kubectl top` prints of metrics that the server makes itself. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Bed, startBed } from './harness.ts'
import { skip } from './tools.ts'

describe('kubectl top', { skip }, () => {
  let bed: Bed
  before(async () => {
    bed = await startBed({ usage: true })
  })
  after(() => bed[Symbol.asyncDispose]())

  test('kubectl top shows nodes, pods and containers, and sums them', async () => {
    const namespace = await bed.namespace()
    const containers = ['a', 'b'].map((name) => ({ name, image: 'i' }))
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', labels: { app: 'x' } }, spec: { containers } }
    await bed.ok('create', '-n', namespace, '-f', '-', { input: JSON.stringify(pod) })
    await bed.ok('wait', '-n', namespace, '--for=condition=Ready', 'pod/p', '--timeout=30s')
    const nodes = await bed.ok('top', 'nodes', '--no-headers')
    assert.match(nodes, /^node1 +\d+m +\d+% +\d+Mi +\d+% *\nnode2 +\d+m +\d+% +\d+Mi +\d+% *\n$/)
    assert.match(
      await bed.ok('top', 'node', 'node1'),
      /^NAME +CPU\(cores\) +CPU\(%\) +MEMORY\(bytes\) +MEMORY\(%\) *\nnode1 /,
    )
    assert.match(
      await bed.ok('top', 'pods', '-n', namespace),
      /^NAME +CPU\(cores\) +MEMORY\(bytes\) *\np +[1-9]m +2Mi *\n$/,
    )
    const each = await bed.ok('top', 'pods', '-n', namespace, '--containers', '-l', 'app=x', '--no-headers')
    assert.match(each, /^p +a +[1-9]m +1Mi *\np +b +[1-9]m +1Mi *\n$/)
    assert.match(await bed.ok('top', 'pods', '-A', '--sum', '--no-headers'), /[1-9]m +2Mi/)
    assert.match(await bed.fails('top', 'pod', 'nobody', '-n', namespace), /pods.metrics.k8s.io ".*nobody" not found/)
    const table = await bed.ok('get', '-n', namespace, 'pods.metrics.k8s.io')
    assert.match(table, /^NAME +CPU +MEMORY +WINDOW *\np +\S+ +2Mi +\S+\n$/)
  })
})
