/** Decoders of short texts in requests and objects, of operators' files, and of what others answer. */
import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { decodeOwners } from '../../src/api/apply/managed-fields.ts'
import { parseJson } from '../../src/api/codec/json.ts'
import { decodeWatchEvent, encodeProtobuf } from '../../src/api/codec/protobuf.ts'
import { parseYaml } from '../../src/api/codec/yaml.ts'
import { pem } from '../../src/api/x509/certificate.ts'
import { bitString, context, element, integer, octetString, oid, sequence, tags } from '../../src/api/x509/der.ts'
import { alternativeNames, subjectDer } from '../../src/api/x509/names.ts'
import { readCertificateRequest } from '../../src/api/x509/request.ts'
import { readResponse } from '../../src/apiserver/admission/webhook/review.ts'
import { readAuditPolicy } from '../../src/apiserver/audit/policy.ts'
import { readAuthenticationConfiguration } from '../../src/apiserver/authentication/configuration.ts'
import { readAbacPolicies } from '../../src/apiserver/authorization/abac.ts'
import { readAuthorizationConfiguration } from '../../src/apiserver/authorization/configuration.ts'
import { parseCidr, parseIp } from '../../src/apiserver/cel/library/network.ts'
import { parseDuration, parseTimestamp } from '../../src/apiserver/cel/library/time-text.ts'
import { parseUrl } from '../../src/apiserver/cel/library/url.ts'
import { parseJsonPath } from '../../src/apiserver/crd/json-path.ts'
import { parseAccept } from '../../src/apiserver/negotiation/accept.ts'
import { splitName } from '../../src/apiserver/node-proxy/targets.ts'
import { readListQuery, readWriteQuery } from '../../src/apiserver/registry/options.ts'
import { readTokenFile } from '../../src/cluster/apiserver/token-file.ts'
import { readSnapshot, writeSnapshot } from '../../src/cluster/snapshot/format.ts'
import { parseIndexes } from '../../src/controllers/job/indexes.ts'
import { parseReference } from '../../src/kubelet/images/reference.ts'
import { parseLogLine } from '../../src/kubelet/logs/line.ts'
import { parseResolvConf } from '../../src/kubelet/pod/dns.ts'
import { readAddresses } from '../../src/network/dns/exchange.ts'
import { parseFlows } from '../../src/network/proxy/stale.ts'
import type { Store } from '../../src/store/store.ts'
import type { Decoder } from './fuzz.ts'

/** Damaged before it is signed: what is behind the signature is reached by whoever has a key. */
const requestKey = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32)]),
  ...{ format: 'der', type: 'pkcs8' },
})
const requestNames = sequence(oid('2.5.29.17'), octetString(alternativeNames(['a.example'], ['10.0.0.1'])))
const requestInfo = sequence(
  integer(Uint8Array.of(0)),
  subjectDer({ commonName: 'system:node:n', organizations: ['system:nodes'] }),
  createPublicKey(requestKey).export({ type: 'spki', format: 'der' }),
  context(0, sequence(oid('1.2.840.113549.1.9.14'), element(tags.set, sequence(requestNames)))),
)

function signedRequest(info: Buffer): string {
  const algorithm = sequence(oid('1.3.101.112'))
  return pem('CERTIFICATE REQUEST', sequence(info, algorithm, bitString(sign(null, info, requestKey))))
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** Unpacked, so that damage comes behind the compression. */
const snapshot = gunzipSync(
  Buffer.concat(
    await Array.fromAsync(
      writeSnapshot(
        {
          currentRevision: async () => 5,
          range: async () => ({
            items: [{ key: '/registry/a/b', value: Buffer.from('{}'), createRevision: 1, modRevision: 2 }],
            remaining: 0,
          }),
        } as unknown as Store,
        '2026-01-02T03:04:05Z',
      ),
    ),
  ),
)

const text = (decode: (input: string) => unknown) => (input: Buffer) => decode(input.toString())
const pod = { spec: { containers: [{ name: 'c' }] }, x: [{ type: 'A', y: 1 }] }

const words: readonly Decoder[] = [
  {
    name: 'list options',
    corpus: ['limit=5&continue=x&resourceVersion=0&resourceVersionMatch=NotOlderThan&timeoutSeconds=3&watch=1'],
    decode: text((input) => readListQuery(new URLSearchParams(input), false)),
    refusals: ['ApiError'],
  },
  {
    name: 'write options',
    corpus: ['dryRun=All&fieldManager=m&fieldValidation=Strict&force=true'],
    decode: text((input) => readWriteQuery(new URLSearchParams(input), 'PatchOptions', true)),
    refusals: ['ApiError'],
  },
  { name: 'proxy name', corpus: ['https:name:8080', 'name:port'], decode: text(splitName), refusals: ['ApiError'] },
  {
    name: 'Accept',
    corpus: ['application/json;as=Table;v=v1;g=meta.k8s.io;q=0.5, */*'],
    decode: text(parseAccept),
    refusals: [],
  },
  {
    name: 'managed fields',
    corpus: [
      '[{"manager":"m","operation":"Apply","apiVersion":"v1","time":"2026-01-02T03:04:05Z","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{".":{},"k:{\\"name\\":\\"c\\"}":{"f:x":{}},"v:\\"a\\"":{},"i:0":{}}}}]',
    ],
    decode: text((input) => decodeOwners(parseJson(input).value as [])),
    refusals: ['DecodeError', 'TypeError', 'SyntaxError'],
  },
  {
    name: 'certificate request',
    corpus: [requestInfo],
    decode: (info) => readCertificateRequest(signedRequest(info)),
    refusals: ['DerError'],
  },
  {
    name: 'JSONPath',
    corpus: ['.spec.containers[*].name', '.a["b.c"][0:2]..d', "{.x[?(@.type=='A')].y}"],
    decode: text((path) => parseJsonPath(path).find(pod)),
    refusals: ['JsonPathError'],
  },
  { name: 'URL in CEL', corpus: ['https://u@h:80/p%20q?a=b#c', '/x'], decode: text(parseUrl), refusals: [] },
  {
    name: 'IP in CEL',
    corpus: ['10.0.0.1', 'fe80::1', '::ffff:1.2.3.4'],
    decode: text(parseIp),
    refusals: ['CelError'],
  },
  { name: 'CIDR in CEL', corpus: ['10.0.0.0/8', '2001:db8::/32'], decode: text(parseCidr), refusals: ['CelError'] },
  {
    name: 'time in CEL',
    corpus: ['2026-01-02T03:04:05.6Z', '1h2m3.5s4ms5us6ns'],
    decode: text((input) => (input.includes('T') ? parseTimestamp(input) : parseDuration(input))),
    refusals: ['CelError'],
  },
  { name: 'completed indexes', corpus: ['1,3-5,7'], decode: text((input) => parseIndexes(input, 1_000)), refusals: [] },
  {
    name: 'image reference',
    corpus: ['registry.example:5000/a/b:c@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'],
    decode: text(parseReference),
    refusals: [],
  },
]

const files: readonly Decoder[] = [
  {
    name: 'audit policy',
    corpus: [
      'apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{level: Metadata, verbs: [get], users: [a], namespaces: [b], resources: [{group: "", resources: [pods, pods/log]}]}]',
    ],
    decode: text((input) => readAuditPolicy(parseYaml(input).value)),
    refusals: ['DecodeError', 'AuditPolicyError'],
  },
  {
    name: 'authentication configuration',
    corpus: [
      'apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt: [{issuer: {url: "https://i", audiences: [a]}, claimMappings: {username: {expression: claims.sub}}, claimValidationRules: [{claim: a, requiredValue: b}]}]\nanonymous: {enabled: true, conditions: [{path: /livez}]}',
    ],
    decode: text((input) => readAuthenticationConfiguration(input)),
    refusals: ['DecodeError', 'ConfigurationError'],
  },
  {
    name: 'authorization configuration',
    corpus: [
      'apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers: [{type: Webhook, name: w, webhook: {timeout: 3s, failurePolicy: Deny, subjectAccessReviewVersion: v1, matchConditionSubjectAccessReviewVersion: v1, unauthorizedTTL: 1s, authorizedTTL: 1s, connectionInfo: {type: InClusterConfig}, matchConditions: [{expression: request.user == "a"}]}}]',
    ],
    decode: text(readAuthorizationConfiguration),
    refusals: ['DecodeError', 'ConfigurationError'],
  },
  {
    name: 'ABAC policies',
    corpus: [
      '{"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":{"user":"a","namespace":"*","resource":"pods","readonly":true}}\n# more\n',
    ],
    decode: text(readAbacPolicies),
    // Theirs and the next are for people who read them at the start.
    refusals: ['Error'],
  },
  { name: 'token file', corpus: ['t,u,1,"a,b"\n# x\n'], decode: text(readTokenFile), refusals: ['Error'] },
  {
    name: 'resolv.conf',
    corpus: ['nameserver 10.0.0.1\nsearch a b # c\noptions ndots:5\n'],
    decode: text(parseResolvConf),
    refusals: [],
  },
]

const answer = Buffer.from(
  '000181800001000100000000076578616d706c6503636f6d0000010001c00c00010001000000050004c0000201',
  'hex',
)
const watchEvent = encodeProtobuf({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: 'b' } })

const answers: readonly Decoder[] = [
  {
    name: 'admission review',
    corpus: [
      '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"u","allowed":true,"patchType":"JSONPatch","patch":"W10=","warnings":["w"],"auditAnnotations":{"a":"b"},"status":{"code":403,"message":"m"}}}',
    ],
    decode: text((input) => readResponse(parseJson(input).value, { version: 'v1', uid: 'u', mutating: true })),
    refusals: ['DecodeError', 'ReviewError'],
  },
  {
    name: 'watch event',
    corpus: [
      Buffer.concat([Buffer.from([10, 5]), Buffer.from('ADDED'), Buffer.from([18, watchEvent.length]), watchEvent]),
    ],
    decode: decodeWatchEvent,
    refusals: ['ProtobufError'],
  },
  { name: 'DNS answer', corpus: [answer], decode: readAddresses, refusals: [] },
  {
    name: 'log line',
    corpus: ['2026-01-02T03:04:05.6Z stdout P text of it', '2026-01-02T03:04:05Z stderr F x'],
    decode: parseLogLine,
    refusals: [],
  },
  {
    name: 'connections',
    corpus: [
      'udp 17 29 src=10.0.0.1 dst=10.96.0.10 sport=1 dport=53 src=10.1.0.2 dst=10.0.0.1 sport=53 dport=1 mark=0',
    ],
    decode: text(parseFlows),
    refusals: [],
  },
  {
    name: 'snapshot',
    corpus: [snapshot],
    async decode(input) {
      const { items } = await readSnapshot(one(gzipSync(input, { level: 1 })))
      for await (const _ of items);
    },
    refusals: ['Error'],
  },
]

export const smallDecoders: readonly Decoder[] = [...words, ...files, ...answers]
