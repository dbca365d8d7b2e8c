/** What is said in which form to whom: indented for people, as metadata of one or of many, and what a 404 and a 406 say. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { TestCaller } from '../testbed/caller.ts'

const one = '/api/v1/namespaces/default'
const many = '/api/v1/namespaces'
const agent = (name: string) => ({ headers: { 'user-agent': name } })
let api: TestCaller

before(async () => {
  api = await TestCaller.start()
})
after(() => api.api.stop())

const textOf = async (path: string, headers: Record<string, string> = {}) => {
  const { accept = 'application/json', ...rest } = headers
  return Buffer.from((await api.bytes(path, accept, { headers: rest })).body).toString()
}

const shapes: [path: string, headers: Record<string, string>, indented: boolean][] = [
  [one, {}, false],
  [`${one}?pretty=true`, {}, true],
  [`${many}?pretty=true`, {}, true],
  [one, agent('curl/8.5.0').headers, true],
  [`${one}?pretty=false`, agent('curl/8.5.0').headers, false],
  [`${many}/none?pretty=true`, {}, true],
  [`${many}/none`, { accept: 'text/html' }, true],
  [`${many}/none`, { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' }, true],
  [`${many}/none`, { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json' }, false],
  ['/apis?pretty=true', {}, true],
  ['/version', {}, true],
  [one, { accept: 'application/json;pretty=1' }, true],
]
for (const [path, headers, indented] of shapes) {
  test(`${path} is ${indented ? '' : 'not '}indented with ${JSON.stringify(headers)}`, async () => {
    const text = await textOf(path, headers)
    const value = JSON.parse(text)
    assert.equal(text.trimEnd(), JSON.stringify(value, null, indented ? 2 : 0))
  })
}

const partial = (kind: string) => `application/json;as=${kind};v=v1;g=meta.k8s.io`
const only = 'only the following media types are accepted: '
const available = '406: Not Acceptable\n\nAvailable representations: '
const plain = 'application/json, application/yaml, application/vnd.kubernetes.protobuf'
const streams = 'application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch'

const refused: [path: string, accept: string, message: string][] = [
  [
    one,
    partial('PartialObjectMetadataList'),
    'you requested PartialObjectMetadataList, but the requested object is not a list (*core.Namespace)',
  ],
  [
    '/apis/apps/v1/deployments',
    `${partial('PartialObjectMetadata')},application/json`,
    'you requested PartialObjectMetadata, but the requested object is a list (*apps.DeploymentList)',
  ],
  [one, 'text/html', `${available}${plain}`],
  [many, 'text/html', `${available}${plain}, ${streams}`],
  [`${many}?watch=true`, 'text/html', `${available}${plain}, ${streams}`],
  [`${many}?watch=true`, 'application/yaml', `${only}${streams}`],
  [`${many}?watch=true`, 'application/json;as=Table;v=v2;g=meta.k8s.io', `${only}${plain}`],
]
for (const [path, accept, message] of refused) {
  test(`GET ${path} as ${accept} is refused`, async () => {
    const { status, body } = await api.bytes(path, accept)
    const text = Buffer.from(body).toString()
    assert.equal(status, 406)
    const said = accept === 'application/yaml' ? text : JSON.parse(text).message
    assert.ok(said.includes(message), said)
  })
}

test('a watch is refused when the encoding that is liked best has no stream', async () => {
  const { status } = await api.bytes(`${many}?watch=true`, 'application/json;q=0.5,application/yaml')
  assert.equal(status, 406)
})

test('what a deletion of many deleted is shown in the form that is asked for', async () => {
  const maps = '/api/v1/namespaces/default/configmaps'
  await api.call('POST', maps, { metadata: { name: 'gone' } })
  const shown = async (accept: string) => {
    const answer = await api.bytes(`${maps}?dryRun=All`, accept, { method: 'DELETE' })
    return JSON.parse(Buffer.from(answer.body).toString())
  }
  const table = await shown('application/json;as=Table;v=v1;g=meta.k8s.io')
  assert.deepEqual([table.kind, table.rows[0].cells[0]], ['Table', 'gone'])
  const metadata = await shown(partial('PartialObjectMetadataList'))
  assert.deepEqual([metadata.kind, metadata.items[0].metadata.name], ['PartialObjectMetadataList', 'gone'])
  assert.equal((await shown(partial('PartialObjectMetadata'))).code, 406)
})

const pod = '/api/v1/namespaces/default/pods/p'
const misused: [method: string, path: string, body: object | undefined, status: number, message: string][] = [
  ['HEAD', one, undefined, 405, ''],
  [
    'GET',
    '/apis/authentication.k8s.io/v1/tokenreviews/x',
    undefined,
    404,
    'the server could not find the requested resource',
  ],
  ['POST', `${pod}/exec?dryRun=All&command=ls`, undefined, 400, 'dryRun is not supported'],
  ['GET', `${pod}/proxy?dryRun=All`, undefined, 400, 'dryRun is not supported'],
  ['POST', `${pod}/eviction`, {}, 400, 'name in URL does not match name in Eviction object'],
  ['POST', `${pod}/binding`, { target: { name: 'n' } }, 400, 'name in URL does not match name in Binding object'],
]
for (const [method, path, sent, status, message] of misused) {
  test(`${method} ${path} is refused with ${status}`, async () => {
    const answer = await api.call(method as 'GET', path, sent)
    assert.deepEqual(
      [answer.status, answer.body.message ?? ''],
      [status, method === 'HEAD' ? (answer.body.message ?? '') : message],
    )
  })
}

const unknown: [path: string, isStatus: boolean][] = [
  ['/api/v2', true],
  ['/api/v2/pods', true],
  ['/apis/apps/v9', true],
  ['/apis/apps/v9/deployments', true],
  ['/apis/example.com', false],
  ['/apis/example.com/v1', false],
  ['/apis/example.com/v1/things', false],
]
for (const [path, isStatus] of unknown) {
  test(`GET ${path} says in ${isStatus ? 'a Status' : 'plain text'} that nothing is there`, async () => {
    const { status, body } = await api.get(path)
    assert.equal(status, 404)
    assert.equal(
      isStatus ? body.message : body,
      isStatus ? 'the server could not find the requested resource' : '404 page not found\n',
    )
  })
}
