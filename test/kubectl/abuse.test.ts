/**
 * What a hostile or broken client may send: each gets a clear answer, soon; nothing is written that should not be,
 * nothing leaks, and the server serves on.
 */
import assert from 'node:assert/strict'
import { connect as http2Connect } from 'node:http2'
import { after, before, describe, test } from 'node:test'
import { issueAuthority, issueCertificate } from '../../src/api/x509/certificate.ts'
import { type Bed, startBed } from './harness.ts'
import { type Asked, HttpClient, type Reply } from './http-client.ts'

const configMaps = '/api/v1/namespaces/default/configmaps'
const day = 24 * 60 * 60 * 1000

let bed: Bed
let http: HttpClient

before(async () => {
  bed = await startBed()
  http = new HttpClient(bed)
})
after(async () => {
  http.close()
  await bed[Symbol.asyncDispose]()
})

/** A Status with nothing of the program's inside in it. */
function refused(reply: Reply, code: number, message: string | RegExp): void {
  assert.equal(reply.status, code, reply.text.slice(0, 500))
  if (typeof message === 'string') assert.equal(reply.json.message, message)
  else assert.match(reply.json.message, message)
  assert.doesNotMatch(reply.text, /\.ts\b|node:|\n\s+at |call stack/)
}

async function alive(): Promise<void> {
  assert.equal((await http.send('/readyz')).text, 'ok')
}

const post = (body: Asked['body'], contentType = 'application/json'): Promise<Reply> =>
  http.send(configMaps, {
    method: 'POST',
    ...(body === undefined ? {} : { body }),
    headers: { 'content-type': contentType },
  })

describe('broken HTTP', () => {
  const cases: [string, string | Uint8Array, RegExp][] = [
    ['no request line', 'GARBAGE\r\n\r\n', /^HTTP\/1.1 400 /],
    ['an unknown version', 'GET / HTTP/9.9\r\n\r\n', /^HTTP\/1.1 400 /],
    ['no host', 'GET /healthz HTTP/1.1\r\n\r\n', /^HTTP\/1.1 400 /],
    ['zeros', new Uint8Array(1_000), /^HTTP\/1.1 400 /],
    ['a control character in the path', 'GET /api/\x01 HTTP/1.1\r\nhost: x\r\n\r\n', /^HTTP\/1.1 400 /],
    [
      'two lengths',
      'POST /api HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      /^HTTP\/1.1 400 /,
    ],
    ['a huge header', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(400_000)}\r\n\r\n`, /^HTTP\/1.1 431 /],
    ['a huge path', `GET /${'a'.repeat(400_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, /^HTTP\/1.1 431 /],
    [
      'a huge chunk size',
      'POST /api HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n',
      /^HTTP\/1.1 4\d\d /,
    ],
  ]
  for (const [name, text, expected] of cases) {
    test(name, async () => {
      assert.match(await http.raw(text), expected)
      await alive()
    })
  }
  test('methods that are none', async () => {
    for (const method of ['TRACE', 'OPTIONS', 'PROPFIND']) {
      refused(
        await http.send(configMaps, { method }),
        405,
        'the server does not allow this method on the requested resource',
      )
    }
  })
  test('ten thousand streams that are reset at once', async () => {
    const session = http2Connect(bed.url, { ca: bed.pki.ca.certificatePem })
    session.on('error', () => {})
    for (let index = 0; index < 10_000 && !session.destroyed; index++) {
      const stream = session.request({ ':path': '/healthz' })
      stream.on('error', () => {})
      stream.close(8)
      if (index % 200 === 0) await new Promise(setImmediate)
    }
    session.destroy()
    await alive()
  })
})

describe('bodies', () => {
  test('nesting', async () => {
    const deep = (open: string, depth: number, close: string): string => open.repeat(depth) + close.repeat(depth)
    for (const depth of [10_000, 1_000_000]) {
      const list = deep('[', depth, ']')
      refused(
        await post(`{"metadata":{"name":"d"},"data":{"x":${list}}}`),
        400,
        'json: the document is nested deeper than 1000',
      )
      refused(await post(`x: ${list}`, 'application/yaml'), 400, 'yaml: the document is nested deeper than 300')
    }
    const path = `${configMaps}/kube-root-ca.crt`
    for (const type of ['merge-patch', 'strategic-merge-patch', 'json-patch', 'apply-patch']) {
      const headers = { 'content-type': `application/${type}+${type === 'apply-patch' ? 'yaml' : 'json'}` }
      const body = `{"x":${deep('{"a":', 10_000, '}').replace('}', '1}')}}`
      const reply = await http.send(`${path}?fieldManager=x`, { method: 'PATCH', headers, body })
      refused(reply, 400, /nested deeper than/)
    }
    await alive()
  })
  test('aliases that multiply', async () => {
    const rows = [...'bcdefghi'].map((key, index) => `${key}: &${key} [${Array(9).fill(`*${'abcdefgh'[index]}`)}]`)
    const bomb = `a: &a [${Array(9).fill('x')}]\n${rows.join('\n')}\n`
    refused(
      await post(bomb, 'application/yaml'),
      400,
      'yaml: Excessive alias count indicates a resource exhaustion attack',
    )
  })
  test('what is too large', async () => {
    const name = 'big'
    const data = (length: number) => ({ metadata: { name }, data: { a: 'x'.repeat(length) } })
    refused(await post(data(4_000_000)), 413, 'Request entity too large: limit is 3145728')
    refused(await post(data(1_100_000)), 422, /Too long: may not be more than 1048576 bytes$/)
    refused(
      await post({ metadata: { name: 'a', annotations: { a: 'x'.repeat(300_000) } } }),
      422,
      /may not be more than 262144 bytes$/,
    )
    const chunks = `${(100_000).toString(16)}\r\n${' '.repeat(100_000)}\r\n`.repeat(40)
    const head = `POST ${configMaps} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n`
    assert.match(await http.raw(`${head}${chunks}0\r\n\r\n`), /^HTTP\/1.1 4\d\d |^$/)
    await alive()
  })
  test('what is no object', async () => {
    const unrecognized = /^the object provided is unrecognized \(must be of type ConfigMap\): .*json parse error: /
    for (const body of ['[]', '1', '"text"']) refused(await post(body), 400, unrecognized)
    refused(await post('null'), 422, /name or generateName is required$/)
    for (const body of ['', '{', '{"metadata":', '\u001f\u008b', 'metadata: {name: a}'])
      refused(await post(body), 400, unrecognized)
    refused(
      await post('{"metadata":{"name":"n","generation":1e400}}'),
      400,
      /json: cannot unmarshal number 1e400 into Go struct field ObjectMeta\.metadata\.generation of type int64$/,
    )
  })
  test('content types', async () => {
    const accepted = 'application/json, application/yaml, application/vnd.kubernetes.protobuf'
    for (const type of ['text/plain', 'application/xml', 'application/cbor', 'application/merge-patch+json']) {
      const message = `the body of the request was in an unknown format - accepted media types include: ${accepted}`
      refused(await post('{}', type), 415, message)
    }
    refused(await http.send(configMaps, { headers: { accept: 'text/html' } }), 406, /^406: Not Acceptable/)
    const protobuf = 'application/vnd.kubernetes.protobuf'
    for (const bytes of [
      Buffer.from('k8s\0'),
      Buffer.from(`k8s\0${'\xff'.repeat(50)}`, 'latin1'),
      Buffer.alloc(100, 7),
    ]) {
      const reply = await post(bytes, protobuf)
      assert.ok(reply.status === 400 || reply.status === 422, `${reply.status} ${reply.text}`)
    }
    const patch = { method: 'PATCH', body: '{}', headers: { 'content-type': 'application/json' } }
    assert.equal((await http.send(`${configMaps}/kube-root-ca.crt`, patch)).status, 415)
  })
})

describe('names of the language', () => {
  const polluted = (): unknown => Object.create({}).polluted
  test('as keys of data, labels and annotations they are names like others', async () => {
    const object =
      '{"metadata":{"name":"names","labels":{"constructor":"x"},"annotations":{"toString":"y"}},"data":{"__proto__":"1","hasOwnProperty":"2"}}'
    assert.equal((await post(object)).status, 201)
    const path = `${configMaps}/names`
    const patch = async (type: string, body: string, query = ''): Promise<void> => {
      const headers = { 'content-type': `application/${type}` }
      const reply = await http.send(`${path}${query}`, { method: 'PATCH', body, headers })
      assert.equal(reply.status, 200, reply.text)
    }
    await patch('merge-patch+json', '{"data":{"__proto__":"3"},"__proto__":{"polluted":1}}')
    await patch('strategic-merge-patch+json', '{"data":{"valueOf":"4"},"metadata":{"__proto__":{"polluted":1}}}')
    await patch('json-patch+json', '[{"op":"add","path":"/data/constructor","value":"5"}]')
    const apply = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"names"},"data":{"__proto__":"6"}}'
    await patch('apply-patch+yaml', apply, '?fieldManager=x&force=true')
    const { text } = await http.send(path)
    assert.ok(text.includes('"data":{"__proto__":"6","constructor":"5","hasOwnProperty":"2","valueOf":"4"}'), text)
    const found = await http.send(`${configMaps}?labelSelector=constructor%3Dx`)
    assert.equal(found.json.items.length, 1)
    assert.equal(polluted(), undefined)
  })
  test('as paths of a JSON patch they lead nowhere', async () => {
    for (const path of ['/__proto__/polluted', '/constructor/prototype/polluted', '/metadata/__proto__/polluted']) {
      const body = [{ op: 'add', path, value: 'x' }]
      const headers = { 'content-type': 'application/json-patch+json' }
      const reply = await http.send(`${configMaps}/kube-root-ca.crt`, { method: 'PATCH', body, headers })
      assert.equal(reply.status, 422, reply.text)
    }
    assert.equal(polluted(), undefined)
  })
  test('as unknown fields they are refused or dropped', async () => {
    const body =
      '{"metadata":{"name":"q","__proto__":{"name":"r"}},"__proto__":{"data":{"a":"1"}},"constructor":{"prototype":{"polluted":1}}}'
    const strict = await http.send(`${configMaps}?fieldValidation=Strict`, { method: 'POST', body })
    refused(strict, 400, /unknown field "__proto__"/)
    const created = await http.send(`${configMaps}?fieldValidation=Ignore`, { method: 'POST', body })
    assert.deepEqual([created.status, created.json.metadata.name, created.json.data], [201, 'q', undefined])
    assert.equal(polluted(), undefined)
  })
  test('as labels that break the rules they are refused', async () => {
    refused(
      await post('{"metadata":{"name":"p","labels":{"__proto__":"x"}}}'),
      422,
      /metadata.labels: Invalid value: "__proto__"/,
    )
  })
  test('as parts of a path they are not found', async () => {
    const base = '/api/v1/namespaces/default'
    const paths = [
      `${base}/constructor`,
      `${base}/__proto__`,
      `${base}/pods/x/constructor`,
      '/apis/constructor/v1/x',
      '/apis/__proto__',
      '/api/constructor',
      '/constructor',
      '/openapi/v3/apis/__proto__/v1',
      '/readyz/__proto__',
      `${configMaps}/constructor`,
    ]
    for (const path of paths) assert.equal((await http.send(path)).status, 404, path)
    refused(
      await http.send(`${configMaps}?fieldSelector=constructor%3Dx`),
      400,
      /"constructor" is not a known field selector/,
    )
  })
})

describe('paths and parameters', () => {
  test('dots, slashes and bytes in names reach nothing', async () => {
    const secrets = '/api/v1/namespaces/kube-system/secrets'
    const names = ['..', '%2e%2e', '%2e%2e%2f..%2fsecrets', 'a%2fb', 'a%00b', '%ff', '%zz', '..%5c..']
    for (const name of names) {
      for (const path of [`${configMaps}/${name}`, `${secrets}/${name}`, `/api/v1/namespaces/${name}`]) {
        const { status, text } = await http.send(path)
        assert.ok(
          status === 404 || status === 400 || text.includes('"items":[]'),
          `${path}: ${status} ${text.slice(0, 300)}`,
        )
      }
    }
    for (const path of ['/api/v1/../../etc/passwd', '//api//v1', '/api/v1/namespaces/../../version', '*']) {
      assert.equal((await http.send(path)).status, 404, path)
    }
  })
  test('limits, tokens and versions that make no sense', async () => {
    const cases: [string, number, RegExp][] = [
      ['limit=abc', 400, /^strconv.ParseInt: parsing "abc": invalid syntax$/],
      ['limit=99999999999999999999', 400, /^strconv.ParseInt: parsing "9{20}": value out of range$/],
      ['timeoutSeconds=0.5', 400, /^strconv.ParseInt: parsing "0.5": invalid syntax$/],
      ['limit=1&continue=garbage', 400, /^invalid continue token: continue key is not valid/],
      [
        `continue=${Buffer.from('{"v":"meta.k8s.io/v1","rv":5,"start":"../secrets/"}').toString('base64url')}`,
        400,
        /^invalid continue token: continue key is not valid/,
      ],
      ['resourceVersion=abc', 400, /^invalid resource version: resourceVersion: Invalid value: "abc"/],
      ['resourceVersion=-1', 400, /^invalid resource version: resourceVersion: Invalid value: "-1"/],
      ['resourceVersionMatch=Exact', 422, /resourceVersionMatch is forbidden unless resourceVersion is provided/],
      ['labelSelector=a%20in', 400, /^unable to parse requirement/],
      ['sendInitialEvents=true', 422, /sendInitialEvents is forbidden for list/],
    ]
    for (const [query, code, message] of cases) refused(await http.send(`${configMaps}?${query}`), code, message)
    assert.equal((await http.send(`${configMaps}?limit=-1`)).status, 200)
    assert.equal((await http.send(`${configMaps}?watch=1&timeoutSeconds=-1`)).status, 200)
  })
})

describe('who may', () => {
  const forbidden = (user: string) =>
    `configmaps is forbidden: User "${user}" cannot list resource "configmaps" in API group "" in the namespace "default"`

  test('nobody gets what is public', async () => {
    for (const path of ['/healthz', '/livez', '/readyz', '/version']) {
      assert.equal((await http.send(path, { identity: null })).status, 200, path)
    }
    refused(await http.send(configMaps, { identity: null }), 403, forbidden('system:anonymous'))
    refused(
      await http.send('/metrics', { identity: null }),
      403,
      'forbidden: User "system:anonymous" cannot get path "/metrics"',
    )
    const headers = { 'x-remote-user': 'admin', 'x-remote-group': 'system:masters' }
    refused(await http.send(configMaps, { identity: null, headers }), 403, forbidden('system:anonymous'))
  })
  test('tokens that are none', async () => {
    const none = Buffer.from('{"alg":"none"}').toString('base64url')
    const claims = Buffer.from(
      '{"iss":"https://kubernetes.default.svc.cluster.local","sub":"system:serviceaccount:kube-system:x"}',
    ).toString('base64url')
    for (const token of ['abc', 'a.b.c', `${none}.${claims}.`, `${none}.${claims}.AAAA`, 'x'.repeat(100_000)]) {
      refused(await http.send(configMaps, { token }), 401, 'Unauthorized')
    }
  })
  test('a token of an account that is gone', async () => {
    const accounts = '/api/v1/namespaces/default/serviceaccounts'
    await http.send(accounts, { method: 'POST', body: { metadata: { name: 'robot' } } })
    const asked = await http.send(`${accounts}/robot/token`, { method: 'POST', body: { spec: {} } })
    const { token } = asked.json.status
    refused(await http.send(configMaps, { token }), 403, forbidden('system:serviceaccount:default:robot'))
    const [head, body, signature] = token.split('.')
    const forged = Buffer.from(Buffer.from(body, 'base64url').toString().replace('robot', 'admin')).toString(
      'base64url',
    )
    refused(await http.send(configMaps, { token: `${head}.${forged}.${signature}` }), 401, 'Unauthorized')
    await http.send(`${accounts}/robot`, { method: 'DELETE' })
    refused(await http.send(configMaps, { token }), 401, 'Unauthorized')
  })
  test('certificates of others and of the past', async () => {
    const { clock, random } = bed.platform
    const now = clock.nowMs()
    const subject = { commonName: 'kubernetes-admin', organizations: ['system:masters'] }
    const spec = { subject, usages: ['clientAuth'] as const, serial: random.bytes(16) }
    const foreign = issueAuthority({ subject, notBeforeMs: now - day, notAfterMs: now + day, serial: random.bytes(16) })
    const period = { notBeforeMs: now - day, notAfterMs: now + day }
    const cases = {
      foreign: issueCertificate(foreign, { ...spec, ...period }),
      expired: issueCertificate(bed.pki.ca, { ...spec, notBeforeMs: now - 2 * day, notAfterMs: now - day }),
      early: issueCertificate(bed.pki.ca, { ...spec, notBeforeMs: now + day, notAfterMs: now + 2 * day }),
      serverOnly: issueCertificate(bed.pki.ca, { ...spec, ...period, usages: ['serverAuth'] }),
    }
    for (const [name, identity] of Object.entries(cases)) {
      const { status, json } = await http.send(configMaps, { identity })
      assert.deepEqual([status, json.message], [401, 'Unauthorized'], name)
    }
    const good = issueCertificate(bed.pki.ca, {
      ...spec,
      ...period,
      subject: { commonName: 'jane', organizations: [] },
    })
    refused(await http.send(configMaps, { identity: good }), 403, forbidden('jane'))
  })
  test('acting for others', async () => {
    const { clock, random } = bed.platform
    const period = { notBeforeMs: clock.nowMs() - day, notAfterMs: clock.nowMs() + day }
    const subject = { commonName: 'jane', organizations: [] }
    const jane = issueCertificate(bed.pki.ca, { subject, ...period, usages: ['clientAuth'], serial: random.bytes(16) })
    const as = (headers: Record<string, string>) => http.send(configMaps, { identity: jane, headers })
    const cannot = (mode: string) => new RegExp(`User "jane" cannot impersonate-on:${mode}:list resource "configmaps"`)
    refused(await as({ 'impersonate-user': 'admin' }), 403, cannot('user-info'))
    refused(await as({ 'impersonate-user': 'system:serviceaccount:kube-system:x' }), 403, cannot('serviceaccount'))
    refused(await as({ 'impersonate-user': 'jane', 'impersonate-group': 'system:masters' }), 403, cannot('user-info'))
    refused(await http.send(configMaps, { headers: { 'impersonate-user': 'jane' } }), 403, forbidden('jane'))
  })
})
