/** Every decoder of what others send, with good input of its kind. Protobuf has tests of its own beside it. */
import { Duplex } from 'node:stream'
import { parseJson } from '../../src/api/codec/json.ts'
import { decodeProtobuf, encodeProtobuf } from '../../src/api/codec/protobuf.ts'
import { parseDuration, parseTime } from '../../src/api/codec/time.ts'
import { parseYaml } from '../../src/api/codec/yaml.ts'
import { parseSchedule } from '../../src/api/cron.ts'
import { applyJsonPatch } from '../../src/api/patch/json-patch.ts'
import { applyMergePatch } from '../../src/api/patch/merge-patch.ts'
import { applyStrategicPatch } from '../../src/api/patch/strategic.ts'
import { compilePattern } from '../../src/api/pattern.ts'
import { canonicalQuantity } from '../../src/api/quantity.ts'
import { objectType } from '../../src/api/schema/registry.ts'
import { parseFieldSelector } from '../../src/api/selectors/field.ts'
import { parseLabelSelector } from '../../src/api/selectors/label.ts'
import { readAll } from '../../src/api/x509/der.ts'
import { hasValidSignature, readClaims, readHeader } from '../../src/apiserver/authentication/jwt.ts'
import { parse } from '../../src/apiserver/cel/parser.ts'
import { decodeContinue, encodeContinue } from '../../src/apiserver/registry/continue.ts'
import { readEncryptionConfiguration } from '../../src/apiserver/storage/encryption/configuration.ts'
import { accessOf, parseKubeconfig } from '../../src/client/kubeconfig.ts'
import { decodeMessage as decodeCri, encodeMessage as encodeCri } from '../../src/kubelet/cri/wire.ts'
import { SpdyConnection } from '../../src/kubelet/streaming/spdy.ts'
import { Frames, framed } from '../../src/network/dns/frames.ts'
import { parseQuery } from '../../src/network/dns/wire.ts'
import type { Decoder } from './fuzz.ts'
import { smallDecoders } from './small-decoders.ts'

const text = (decode: (input: string) => unknown) => (input: Buffer) => decode(input.toString())
const podType = objectType({ apiVersion: 'v1', kind: 'Pod' })!
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', labels: { a: 'b' } },
  spec: { containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 80 }], env: [{ name: 'E', value: 'v' }] }] },
}
const podText = JSON.stringify(pod)

/** Patches are applied as the server does it: what is no JSON never comes to them. */
const patch = (apply: (document: unknown, patch: unknown) => unknown) =>
  text((input) => apply(structuredClone(pod), parseJson(input).value))

const query = Buffer.from('000101000001000000000000076578616d706c6503636f6d0000010001', 'hex')
const patchRefusals = ['DecodeError', 'ApiError']

export const decoders: readonly Decoder[] = [
  { name: 'json', corpus: [podText, '[1,-2.5e3,"\\u00e9",null]'], decode: text(parseJson), refusals: ['DecodeError'] },
  {
    name: 'yaml',
    corpus: ['a: &x {b: [1, "2", ~]}\nc: *x\n', '- |\n  text\n- >-\n  folded\n- !!str 1\n', podText],
    decode: text(parseYaml),
    refusals: ['DecodeError'],
  },
  {
    name: 'json patch',
    corpus: [
      '[{"op":"add","path":"/metadata/labels/x","value":"y"},{"op":"copy","from":"/spec","path":"/x"},{"op":"test","path":"/spec/containers/0/name","value":"c"},{"op":"move","from":"/a","path":"/b"},{"op":"remove","path":"/spec/containers/-"}]',
    ],
    decode: patch(applyJsonPatch),
    refusals: patchRefusals,
  },
  {
    name: 'merge patch',
    corpus: ['{"metadata":{"labels":{"a":null,"x":"y"}},"spec":{"containers":[]}}'],
    decode: patch(applyMergePatch),
    refusals: patchRefusals,
  },
  {
    name: 'strategic merge patch',
    corpus: [
      '{"spec":{"containers":[{"name":"c","image":"y","$patch":"replace"}],"$setElementOrder/containers":[{"name":"c"}]}}',
      '{"metadata":{"$deleteFromPrimitiveList/finalizers":["a"]},"spec":{"$retainKeys":["containers"],"containers":[{"$patch":"delete","name":"c"}]}}',
    ],
    decode: patch((document, own) => applyStrategicPatch(document, own, podType)),
    refusals: patchRefusals,
  },
  {
    name: 'label selector',
    corpus: ['a=b,c!=d,e in (f,g),h notin (i),!j,k,l>1', 'example.com/x==y'],
    decode: text(parseLabelSelector),
    refusals: ['SelectorError'],
  },
  {
    name: 'field selector',
    corpus: ['metadata.name=a,spec.x!=b\\,c'],
    decode: text(parseFieldSelector),
    refusals: ['SelectorError'],
  },
  {
    name: 'quantity',
    corpus: ['1.5Gi', '100m', '1e3', '-5E', '0.1n'],
    decode: text(canonicalQuantity),
    refusals: ['QuantityError'],
  },
  {
    name: 'time',
    corpus: ['2026-01-02T03:04:05.6Z', '2026-01-02T03:04:05+01:00'],
    decode: text(parseTime),
    refusals: [],
  },
  { name: 'duration', corpus: ['1h30m5.5s', '-1ms'], decode: text(parseDuration), refusals: [] },
  {
    name: 'cron',
    corpus: ['*/5 1-3,7 * JAN-MAR 1', '@hourly', '@every 1h'],
    decode: text(parseSchedule),
    refusals: ['ScheduleError'],
  },
  {
    name: 'pattern',
    corpus: ['^(a+|[b-d]{2,5})*?$', '\\p{Greek}(?i:x)\\d'],
    decode: text((source) => compilePattern(source).test('aab!')),
    refusals: ['PatternError'],
  },
  {
    name: 'continue token',
    corpus: [encodeContinue(5, 'default/a')],
    decode: text(decodeContinue),
    refusals: ['ApiError'],
  },
  {
    name: 'CEL',
    corpus: ['self.a.all(x, x > 1 && has(x.y)) ? "t" : r"\\d" + b"x"', '[1u, -2.5e3, {"k": null}][0].f(1)'],
    decode: text(parse),
    refusals: ['IssueError', 'CelError'],
  },
  {
    name: 'kubeconfig',
    corpus: [
      'current-context: x\nclusters: [{name: c, cluster: {server: https://h}}]\ncontexts: [{name: x, context: {cluster: c, user: u}}]\nusers: [{name: u, user: {token: t}}]',
    ],
    decode: text(async (input) => await accessOf(await parseKubeconfig(input), async () => '')),
    refusals: ['KubeconfigError'],
  },
  {
    name: 'encryption configuration',
    corpus: [
      `apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources: [{resources: [secrets], providers: [{aescbc: {keys: [{name: k, secret: ${Buffer.alloc(32).toString('base64')}}]}}, {identity: {}}]}]`,
    ],
    decode: text((input) => readEncryptionConfiguration(parseYaml(input).value)),
    // Its one error is for people who read it at the start.
    refusals: ['DecodeError', 'Error'],
  },
  {
    name: 'token',
    corpus: [
      `${Buffer.from('{"alg":"RS256","kid":"k"}').toString('base64url')}.${Buffer.from('{"sub":"a","exp":1}').toString('base64url')}.c2ln`,
    ],
    decode: text((input) => [readHeader(input), readClaims(input), hasValidSignature(input, [])]),
    refusals: [],
  },
  {
    name: 'DER',
    corpus: [Buffer.from('301106072a8648ce3d0201060628ab01020304', 'hex')],
    decode: readAll,
    refusals: ['DerError'],
  },
  { name: 'DNS query', corpus: [query], decode: parseQuery, refusals: ['FormatError'] },
  {
    name: 'DNS over TCP',
    corpus: [framed(query)],
    decode: (input) => new Frames().push(input).map((one) => one.length),
    refusals: [],
  },
  {
    name: 'protobuf',
    corpus: [encodeProtobuf(pod)],
    decode: (input) => decodeProtobuf(input, { fieldsMax: 20_000 }),
    refusals: ['ProtobufError'],
  },
  {
    name: 'CRI protobuf',
    corpus: [encodeCri('PodSandboxConfig', { hostname: 'h', metadata: { name: 'p', uid: 'u' }, labels: { a: 'b' } })],
    decode: (input) => decodeCri('PodSandboxConfig', input),
    refusals: ['ProtobufError'],
  },
  { name: 'SPDY frames', corpus: spdyCorpus(), decode: spdy, refusals: [] },
  ...smallDecoders,
]

function spdyCorpus(): Uint8Array[] {
  const sent: Buffer[] = []
  const socket = deaf((chunk) => sent.push(chunk))
  const stream = new SpdyConnection(socket).open({ streamtype: 'stdin' })
  stream.on('error', () => undefined)
  stream.end('data')
  socket.destroy()
  // A reset, and a question whether somebody is there.
  const control = Buffer.from(
    '800300030000000800000001000000058003000600000004000000028003000200000004000000018003000700000008',
    'hex',
  )
  return [Buffer.concat(sent), Buffer.concat([...sent, control])]
}

/** A socket that says nothing by itself. */
function deaf(onWritten: (chunk: Buffer) => void): Duplex {
  return new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      onWritten(chunk)
      done()
    },
  })
}

/** A connection ends by itself or stays; what it does must not throw into the socket's events. */
async function spdy(input: Buffer): Promise<void> {
  const socket = deaf(() => undefined)
  socket.on('error', () => undefined)
  const connection = new SpdyConnection(socket, {
    onStream: (_headers, stream) => stream.on('error', () => undefined),
  })
  socket.emit('data', input)
  await new Promise((resolve) => setImmediate(resolve))
  connection.close()
}
