/**
 * An API server in memory on a loopback port, for replaying recorded exchanges:
 *
 *     node tools/parity-server.ts [PORT [CERTIFICATE.pem KEY.pem]]
 *
 * prints `URL TOKEN` once it listens (HTTPS with a certificate, else HTTP); the token is an administrator's. Stops with SIGTERM or SIGINT.
 */
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { signingKey } from '../src/apiserver/authentication/jwt.ts'
import { mastersGroup } from '../src/apiserver/authorization/decision.ts'
import { bootstrap } from '../src/apiserver/bootstrap/bootstrap.ts'
import { rulesOfDefaultRole } from '../src/apiserver/bootstrap/default-rbac.ts'
import { httpHandlers } from '../src/apiserver/http/front.ts'
import { tables } from '../src/apiserver/negotiation/tables.ts'
import { conversions, strategies } from '../src/apiserver/registry/strategies.ts'
import { createApiServer } from '../src/apiserver/server.ts'
import { standardSecurity } from '../src/apiserver/standard-security.ts'
import { silent } from '../src/platform/log.ts'
import { realPlatform } from '../src/platform/real/platform.ts'
import { memoryStore } from '../src/store/memory/memory-store.ts'

const token = 'parity'
const admin = { name: 'admin', uid: 'admin', groups: [mastersGroup], extra: {} }
const { clock, random, net } = realPlatform()
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const key = signingKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
const issuer = 'https://kubernetes.default.svc.cluster.local'
const log = process.env.VERBOSE
  ? { ...silent, error: (message: string, fields?: object) => console.error(message, fields) }
  : silent

const store = memoryStore({ clock })
const server = await createApiServer({
  store,
  clock,
  random,
  log,
  security: standardSecurity({
    clock,
    random,
    net,
    serviceAccounts: { keys: [key], issuer, audiences: [issuer] },
    tokens: { [token]: admin },
    nodeRules: rulesOfDefaultRole('system:node'),
  }),
  strategies: strategies(),
  conversions: conversions(),
  tables,
})
await bootstrap({ server, store, clock, random, log })
const [port = '0', certificate, privateKeyFile] = process.argv.slice(2)
const address = { host: '127.0.0.1', port: Number(port) }
const identity =
  certificate && privateKeyFile
    ? { certificatePem: readFileSync(certificate, 'utf8'), keyPem: readFileSync(privateKeyFile, 'utf8') }
    : undefined
const listening = identity
  ? await server.serve(net, { ...address, identity })
  : await net.serveHttp(address, httpHandlers(server, log))
console.log(`${identity ? 'https' : 'http'}://127.0.0.1:${listening.port} ${token}`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0))
