/**
 * The programs that Kubernetes' envtest starts from `$KUBEBUILDER_ASSETS`: `etcd`, which has nothing to do here, and
 * `kube-apiserver`, which is a simulated cluster with the keys and the port that envtest chose. Flags that mean nothing
 * to it are passed over. Source: controller-runtime, `pkg/internal/testing/controlplane`.
 */
import { thisMachine, untilToldToEnd } from '../cluster/machine.ts'
import type { HttpRequest, HttpResponse } from '../platform/net.ts'
import { startCluster } from '../testing/index.ts'

export async function envtest(program: string, words: readonly string[]): Promise<void> {
  const flags = flagsOf(words)
  // Asked for the flags it knows, to find out its age: a new one.
  if (flags.has('help')) {
    process.stdout.write('kube-apiserver: a simulated cluster\n')
    return
  }
  const ending = untilToldToEnd()
  const stop = program === 'etcd' ? await startNothing(flags) : await startApiServer(flags)
  await ending
  await stop()
  process.exit(0)
}

/** Answers that it is healthy. */
async function startNothing(flags: ReadonlyMap<string, string>): Promise<() => Promise<void>> {
  const [first = 'http://127.0.0.1:0'] = (flags.get('listen-client-urls') ?? '').split(',')
  const { hostname, port } = new URL(first)
  const listening = await thisMachine().net.serveHttp(
    { host: hostname, port: Number(port) },
    {
      request: (_request: HttpRequest, response: HttpResponse) => void response.end('{"health":"true"}'),
      upgrade: (_request, socket) => void socket.destroy(),
    },
  )
  return () => listening.close(0)
}

async function startApiServer(flags: ReadonlyMap<string, string>): Promise<() => Promise<void>> {
  const { disk } = thisMachine()
  const directory = flags.get('cert-dir') ?? ''
  const read = (path: string): Promise<string> => disk.readText(path)
  const clientCa = flags.get('client-ca-file')
  const tls = flags.has('tls-cert-file')
    ? { certificate: flags.get('tls-cert-file') ?? '', key: flags.get('tls-private-key-file') ?? '' }
    : { certificate: `${directory}/apiserver.crt`, key: `${directory}/apiserver.key` }
  const cluster = await startCluster({
    time: 'real',
    nodes: Number(process.env.K8TS_NODES ?? 1),
    controllers: process.env.K8TS_CONTROLLERS !== 'false',
    host: flags.get('bind-address') ?? flags.get('advertise-address') ?? '127.0.0.1',
    port: Number(flags.get('secure-port') ?? 6443),
    credentials: {
      serving: { certificatePem: await read(tls.certificate), keyPem: await read(tls.key) },
      ...(clientCa === undefined ? {} : { clientCaPem: await read(clientCa) }),
    },
  })
  return () => cluster.stop()
}

/** `--name=value` and `--name`; of repeated ones the last. */
function flagsOf(words: readonly string[]): Map<string, string> {
  const flags = new Map<string, string>()
  for (const word of words) {
    const [, name, value = 'true'] = /^--?([^=]+)(?:=(.*))?$/s.exec(word) ?? []
    if (name !== undefined) flags.set(name, value)
  }
  return flags
}
