import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { TestCaller } from '../testbed/caller.ts'

let api: TestCaller
before(async () => {
  api = await TestCaller.start()
  const path = '/api/v1/namespaces/default/configmaps'
  await api.call('POST', path, { metadata: { name: 'a' } })
  await api.get(`${path}/a`)
  await api.get(path)
  await api.get('/api/v1/endpoints')
  const watch = await api.watch(`${path}?watch=true&timeoutSeconds=60`)
  await watch.next()
  await api.call('PUT', `${path}/a`, { metadata: { name: 'a' }, data: { changed: 'yes' } })
  await watch.next()
  for (let count = 0; count < 100; count++)
    await api.get(`/api/v1/namespaces/n${count}/made-up-${count}/x?verb=${count}`)
})
after(() => api.api.stop())

interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

/** Reads the text as strictly as the formats are written; fails on what a scraper would refuse. */
function parse(text: string, format: 'prometheus' | 'openmetrics'): { types: Map<string, string>; samples: Sample[] } {
  const lines = text.split('\n')
  assert.equal(lines.pop(), '', 'ends in a line feed')
  if (format === 'openmetrics') assert.equal(lines.pop(), '# EOF')
  const types = new Map<string, string>()
  const samples: Sample[] = []
  const seen = new Set<string>()
  let family = ''
  for (const line of lines) {
    const head = /^# (HELP|TYPE) ([a-z_:][a-z0-9_:]*) (.+)$/.exec(line)
    if (head) {
      const [, what, name = '', rest = ''] = head
      if (what === 'HELP') assert.ok(!types.has(name), `${name} comes once`)
      else types.set(name, rest)
      family = name
      continue
    }
    const match = /^([a-z_:][a-z0-9_:]*)(?:\{((?:[a-z_][a-z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)+)\})? (\S+)$/.exec(line)
    assert.ok(match, `a sample: ${line}`)
    const [, name = '', labelText = '', valueText] = match
    assert.ok(belongs(name, family, types.get(family)!, format), `${name} belongs to ${family}`)
    assert.ok(!seen.has(`${name}{${labelText}}`), `${line} comes once`)
    seen.add(`${name}{${labelText}}`)
    const pairs = [...labelText.matchAll(/([a-z0-9_]+)="((?:[^"\\]|\\.)*)"/g)]
    const value = Number(valueText)
    assert.ok(Number.isFinite(value), line)
    samples.push({ name, labels: Object.fromEntries(pairs.map(([, key, text]) => [key!, text!])), value })
  }
  return { types, samples }
}

function belongs(name: string, family: string, type: string, format: string): boolean {
  if (type === 'histogram') return ['_bucket', '_sum', '_count'].some((suffix) => name === family + suffix)
  if (type === 'counter') return name === (format === 'openmetrics' ? `${family}_total` : family)
  return type === 'gauge' && name === family
}

async function metrics(accept: string): Promise<string> {
  return (await api.get('/metrics', accept)).body
}

const accepts = {
  prometheus: 'text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
  openmetrics: 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2',
} as const

for (const format of ['prometheus', 'openmetrics'] as const) {
  test(`the ${format} text is valid, and its histograms add up`, async () => {
    const { samples, types } = parse(await metrics(accepts[format]), format)
    const without = ({ le: _, ...labels }: Record<string, string>): string => JSON.stringify(labels)
    for (const [family] of [...types].filter(([, type]) => type === 'histogram')) {
      const buckets = Map.groupBy(
        samples.filter(({ name }) => name === `${family}_bucket`),
        ({ labels }) => without(labels),
      )
      const counts = samples.filter(({ name }) => name === `${family}_count`)
      assert.ok(counts.length > 0, family)
      for (const { labels, value } of counts) {
        const series = buckets.get(without(labels))!
        assert.equal(series.at(-1)!.labels.le, '+Inf')
        assert.equal(series.at(-1)!.value, value)
        assert.ok(series.every((bucket, index) => index === 0 || bucket.value >= series[index - 1]!.value))
      }
    }
  })
}

test('requests are counted as upstream counts them', async () => {
  const { samples } = parse(await metrics('text/plain'), 'prometheus')
  const of = (name: string, wanted: Record<string, string>): number | undefined =>
    samples.find(
      (each) => each.name === name && Object.entries(wanted).every(([key, value]) => each.labels[key] === value),
    )?.value
  const configMaps = { group: '', version: 'v1', resource: 'configmaps', component: 'apiserver' }
  assert.equal(of('apiserver_request_total', { ...configMaps, verb: 'POST', scope: 'resource', code: '201' }), 1)
  assert.equal(of('apiserver_request_total', { ...configMaps, verb: 'GET', scope: 'resource', code: '200' }), 1)
  assert.equal(of('apiserver_request_total', { ...configMaps, verb: 'LIST', scope: 'namespace' }), 1)
  assert.equal(of('apiserver_request_total', { ...configMaps, verb: 'WATCH' }), 1)
  assert.equal(of('apiserver_longrunning_requests', { ...configMaps, verb: 'WATCH' }), 1)
  assert.equal(of('apiserver_request_duration_seconds_count', { ...configMaps, verb: 'GET' }), 1)
  assert.equal(of('apiserver_request_duration_seconds_count', { ...configMaps, verb: 'WATCH' }), undefined)
  const buckets = (name: string) =>
    samples.filter((each) => each.name === `${name}_bucket`).map(({ labels }) => labels.le)
  assert.equal(buckets('apiserver_request_sli_duration_seconds')[0], '0.05')
  assert.ok(buckets('apiserver_response_sizes').includes('1e+06'))
  assert.equal(of('kubernetes_feature_enabled', { name: 'ContainerStopSignals', stage: 'ALPHA' }), 0)
  assert.equal(of('kubernetes_feature_enabled', { name: 'SidecarContainers', stage: '' }), 1)
  assert.equal(of('apiserver_watch_events_total', { resource: 'configmaps' }), 2)
  assert.equal(of('apiserver_storage_objects', { resource: 'configmaps' }), 1)
  assert.ok(of('apiserver_storage_size_bytes', { storage_cluster_id: 'etcd-0' })! > 500)
  assert.equal(of('apiserver_resource_objects', { resource: 'configmaps' }), 1)
  assert.ok(of('apiserver_watch_events_sizes_count', { resource: 'configmaps', version: 'v1' })! >= 1)
  assert.ok(of('apiserver_storage_events_received_total', { resource: 'configmaps' })! >= 1)
  assert.ok(of('apiserver_cache_list_total', { resource: 'configmaps', index: '' })! >= 1)
  assert.ok(of('apiserver_watch_cache_resource_version', { resource: 'configmaps' })! >= 1)
  assert.equal(of('apiserver_request_body_size_bytes_count', { resource: 'configmaps', verb: 'create' }), 1)
  const deprecated = { group: '', version: 'v1', resource: 'endpoints', subresource: '', removed_release: '' }
  assert.equal(of('apiserver_requested_deprecated_apis', deprecated), 1)
  assert.ok(of('etcd_request_duration_seconds_count', { operation: 'create', resource: 'configmaps' })! >= 1)
  for (const name of [
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'process_start_time_seconds',
    'process_open_fds',
    'process_max_fds',
    'process_virtual_memory_bytes',
    'process_virtual_memory_max_bytes',
    'kubernetes_build_info',
  ])
    assert.ok(of(name, {})! > 0, name)
})

test('what clients make up makes no series', async () => {
  const text = await metrics('text/plain')
  assert.ok(!text.includes('made-up'))
  const { samples } = parse(text, 'prometheus')
  const others = samples.filter(({ name, labels }) => name === 'apiserver_request_total' && labels.code === '404')
  assert.deepEqual(
    others.map(({ value }) => value),
    [100],
  )
})

test('metrics tell how long requests took by what they asked for unknown fields, and of failed handshakes', async () => {
  await api.call('POST', '/api/v1/namespaces/default/configmaps?fieldValidation=Strict', { metadata: { name: 'b' } })
  const { samples } = parse((await api.get('/metrics')).body, 'prometheus')
  const of = (name: string, validation: string) =>
    samples.find((one) => one.name === name && one.labels.field_validation === validation)?.value ?? 0
  assert.equal(of('field_validation_request_duration_seconds_count', 'Strict'), 1)
  assert.ok(of('field_validation_request_duration_seconds_count', '') > 100)
  assert.equal(samples.find(({ name }) => name === 'apiserver_tls_handshake_errors_total')?.value, 0)
})
