/** A KMS v2 plugin for tests, on another gRPC implementation than ours. Its keys are AES keys by their id. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'
import { type MessageFile, messageCodec } from '../../../api/codec/message.ts'

export interface KmsPlugin extends AsyncDisposable {
  /** New seeds are encrypted with this key from now on. */
  use(keyId: string): void
  calls: Record<'Status' | 'Encrypt' | 'Decrypt', number>
  health: string
}

const field = (name: string, number: number, type: string) => ({ name, number, type })
const file: MessageFile = {
  package: 'v2',
  enums: {},
  messages: {
    StatusRequest: [],
    StatusResponse: [field('version', 1, 'string'), field('healthz', 2, 'string'), field('key_id', 3, 'string')],
    DecryptRequest: [
      ...[field('ciphertext', 1, 'bytes'), field('uid', 2, 'string'), field('key_id', 3, 'string')],
      field('annotations', 4, 'map<string,bytes>'),
    ],
    DecryptResponse: [field('plaintext', 1, 'bytes')],
    EncryptRequest: [field('plaintext', 1, 'bytes'), field('uid', 2, 'string')],
    EncryptResponse: [
      ...[field('ciphertext', 1, 'bytes'), field('key_id', 2, 'string')],
      field('annotations', 3, 'map<string,bytes>'),
    ],
  },
}

export async function startKmsPlugin(socketPath: string): Promise<KmsPlugin> {
  const keys = new Map<string, Buffer>()
  let current = ''
  const plugin: KmsPlugin = {
    calls: { Status: 0, Encrypt: 0, Decrypt: 0 },
    health: 'ok',
    use(keyId) {
      current = keyId
      if (!keys.has(keyId)) keys.set(keyId, randomBytes(32))
    },
    [Symbol.asyncDispose]: async () => server.forceShutdown(),
  }
  plugin.use('one')
  const answers = {
    Status: () => ({ version: 'v2', healthz: plugin.health, key_id: current }),
    Encrypt({ plaintext }: { plaintext: Uint8Array }) {
      const start = randomBytes(16)
      const cipher = createCipheriv('aes-256-ctr', keys.get(current)!, start)
      return { ciphertext: cipher.update(plaintext), key_id: current, annotations: { 'start.kms.example': start } }
    },
    Decrypt(request: { ciphertext: Uint8Array; key_id: string; annotations: Record<string, Uint8Array> }) {
      const start = request.annotations['start.kms.example']!
      return { plaintext: createDecipheriv('aes-256-ctr', keys.get(request.key_id)!, start).update(request.ciphertext) }
    },
  }
  const server = new Server()
  const same = (bytes: Buffer) => bytes
  const codec = { requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same }
  for (const name of ['Status', 'Encrypt', 'Decrypt'] as const) {
    const definition = {
      path: `/v2.KeyManagementService/${name}`,
      requestStream: false,
      responseStream: false,
      ...codec,
    }
    const handle = (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>): void => {
      plugin.calls[name]++
      const request = messageCodec(file, `${name}Request`).decode(call.request)
      const reply = (answers[name] as (request: object) => object)(request)
      callback(null, Buffer.from(messageCodec(file, `${name}Response`).encode(reply)))
    }
    server.addService({ [name]: definition }, { [name]: handle })
  }
  await new Promise<void>((resolve, reject) => {
    const done = (error: Error | null): void => (error ? reject(error) : resolve())
    server.bindAsync(`unix://${socketPath}`, ServerCredentials.createInsecure(), done)
  })
  return plugin
}
