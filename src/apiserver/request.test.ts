import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLongRunning, requestInfoOf } from './request.ts'

const of = (method: string, url: string) => {
  const [path = '', query = ''] = url.split('?')
  return requestInfoOf({ method, path, query: new URLSearchParams(query) })
}

/** Method and URL; what it asks for: verb group/version namespace resource name subresource. */
const resources: readonly [string, string, string][] = [
  ['GET', '/api/v1/pods', 'list /v1 - pods - -'],
  ['GET', '/api/v1/pods?watch=1', 'watch /v1 - pods - -'],
  ['GET', '/api/v1/pods?watch=false', 'list /v1 - pods - -'],
  ['GET', '/api/v1/watch/namespaces/a/pods', 'watch /v1 a pods - -'],
  ['GET', '/api/v1/namespaces', 'list /v1 - namespaces - -'],
  ['GET', '/api/v1/namespaces/a', 'get /v1 a namespaces a -'],
  ['PUT', '/api/v1/namespaces/a/finalize', 'update /v1 a namespaces a finalize'],
  ['PUT', '/api/v1/namespaces/a/status', 'update /v1 a namespaces a status'],
  ['POST', '/api/v1/namespaces/a/pods', 'create /v1 a pods - -'],
  ['DELETE', '/api/v1/namespaces/a/pods', 'deletecollection /v1 a pods - -'],
  ['DELETE', '/api/v1/namespaces/a/pods/p', 'delete /v1 a pods p -'],
  ['HEAD', '/api/v1/nodes/n', 'get /v1 - nodes n -'],
  ['PATCH', '/apis/apps/v1/namespaces/a/deployments/d/scale', 'patch apps/v1 a deployments d scale'],
  ['GET', '/api/v1/nodes/n/proxy/a/b', 'get /v1 - nodes n proxy'],
  ['GET', '/api/v1/namespaces/a/pods?fieldSelector=metadata.name%3Dp', 'list /v1 a pods p -'],
  ['GET', '/api/v1/namespaces/a%2Fb', 'list /v1 a b - -'],
]

for (const [method, url, wanted] of resources) {
  test(`requestInfoOf reads ${method} ${url}`, () => {
    const info = of(method, url)
    const words = [info.namespace, info.resource, info.name, info.subresource].map((word) => word || '-')
    assert.equal([info.verb, `${info.apiGroup}/${info.apiVersion}`, ...words].join(' '), wanted)
    assert.equal(info.isResourceRequest, true)
  })
}

for (const url of [
  '/',
  '/version',
  '/api',
  '/api/v1',
  '/apis',
  '/apis/apps',
  '/apis/apps/v1',
  '/healthz/ping',
  '/%zz',
]) {
  test(`requestInfoOf takes ${url} for no resource`, () => {
    const info = of('GET', url)
    assert.deepEqual([info.isResourceRequest, info.verb, info.resource], [false, 'get', ''])
  })
}

test('isLongRunning is true for watches and streams only', () => {
  const long = ['/api/v1/pods?watch=1', '/api/v1/namespaces/a/pods/p/log', '/api/v1/namespaces/a/pods/p/exec']
  for (const url of long) assert.equal(isLongRunning(of('GET', url)), true, url)
  for (const url of ['/api/v1/pods', '/api/v1/namespaces/a/pods/p/status', '/healthz']) {
    assert.equal(isLongRunning(of('GET', url)), false, url)
  }
})
