/**
 * The program of the DNS pod. It imports little, because every module and every dependency costs each pod memory.
 * Settings come from the environment: `CLUSTER_DOMAIN`, `DNS_SERVICE_IP` (never asked as a resolver); the API server
 * from the pod's service account, as any client in a pod finds it.
 */
import { createClient } from '../../client/client-impl.ts'
import { httpTransport } from '../../client/http-transport.ts'
import { createInformers } from '../../client/informer-impl.ts'
import { realClock } from '../../platform/real/clock.ts'
import { realDisk } from '../../platform/real/disk.ts'
import { createLogger } from '../../platform/real/log.ts'
import { realNet } from '../../platform/real/net.ts'
import { realRandom } from '../../platform/real/random.ts'
import { upstreamsOf } from './resolv-conf.ts'
import { startDns } from './server.ts'

const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount'
/** The kubelet renews the token long before it ends; reading it this often is enough. */
const tokenReadPeriodMs = 60_000
/** Told to end, it answers for this long: no proxy sends anybody here by then. */
const drainMs = 1_000

async function main(): Promise<void> {
  const [clock, random, disk, net] = [realClock(), realRandom(), realDisk(), realNet()]
  const log = createLogger({ clock, level: 'info', format: 'json' })
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '443' } = process.env
  const { CLUSTER_DOMAIN: clusterDomain = 'cluster.local', DNS_SERVICE_IP: ownAddress = '' } = process.env
  if (host === '') throw new Error('start DNS: KUBERNETES_SERVICE_HOST must be set, as it is in every pod')
  let token = await disk.readText(`${serviceAccount}/token`)
  clock.every(tokenReadPeriodMs, () => {
    disk.readText(`${serviceAccount}/token`).then(
      (text) => {
        token = text
      },
      (error) => log.warn('the token could not be read again', { error: String(error) }),
    )
  })
  const transport = httpTransport({
    net,
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    tls: { caPem: await disk.readText(`${serviceAccount}/ca.crt`) },
    token: () => token.trim(),
  })
  const client = createClient(transport, { userAgent: 'k8ts-dns' })
  const informers = createInformers({ client, clock, random: random.stream('informers'), log })
  const upstreams = upstreamsOf(await disk.readText('/etc/resolv.conf'), [ownAddress])
  const dns = await startDns({ informers, net, clock, random, log, clusterDomain, upstreams })
  informers.start()
  dns.ready.then(
    () => log.info('names of the cluster are known', { upstreams: upstreams.join(' ') }),
    () => {},
  )
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => {
      log.info('ending', { signal })
      void clock
        .sleep(drainMs)
        .then(() => dns.stop())
        .then(() => process.exit(0))
    })
}

await main()
