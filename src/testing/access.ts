/** Who may reach a test's cluster, and with what: certificates, kubeconfigs, clients in this process. */

import { issueCertificate } from '../api/x509/certificate.ts'
import type { UserInfo } from '../apiserver/request.ts'
import { kubeconfigText } from '../client/kubeconfig.ts'
import { type ClusterPki, ensureClusterPki } from '../cluster/pki/cluster-pki.ts'
import { client as clientProfile } from '../cluster/pki/names.ts'
import type { Clock } from '../platform/clock.ts'
import type { TlsIdentity } from '../platform/net.ts'
import type { Random } from '../platform/random.ts'
import type { ClusterOptions } from './options.ts'

export interface UserOptions {
  /** Default `kubernetes-admin`, an administrator. */
  user?: string
  groups?: readonly string[]
  /** How long the certificate is valid by the cluster's clock. Default ten years. */
  validForMs?: number
}

export const adminUser: UserInfo = {
  name: 'kubernetes-admin',
  groups: ['system:masters', 'system:authenticated'],
  extra: {},
}

const yearMs = 365 * 86_400_000
const backdateMs = 5 * 60_000

/** Keys and certificates are real ones, made by real time and real randomness, or TLS clients would refuse them. */
export async function makePki(
  real: { clock: Clock; random: Random },
  given?: NonNullable<ClusterOptions['credentials']>,
): Promise<ClusterPki> {
  const pki = await ensureClusterPki({ nodeName: 'localhost', nodeAddresses: [] }, real)
  if (!given) return pki
  const ca =
    given.clientCaPem === undefined ? pki.ca : { certificatePem: bundle(given.clientCaPem, pki), keyPem: pki.ca.keyPem }
  return { ...pki, ca, leafs: { ...pki.leafs, apiserver: given.serving } }
}

/** Users of either authority are known. */
function bundle(clientCaPem: string, { ca }: ClusterPki): string {
  return `${clientCaPem.trim()}\n${ca.certificatePem}`
}

/**
 * A certificate of a user, valid by real time for as long as TLS asks and by the cluster's clock for as long as wanted:
 * whichever of the two clocks is ahead.
 */
export function issueUser(
  pki: ClusterPki,
  { user = adminUser.name, groups, validForMs = 10 * yearMs }: UserOptions,
  clocks: { real: Clock; cluster: Pick<Clock, 'nowMs'>; random: Random },
): TlsIdentity {
  const [realMs, clusterMs] = [clocks.real.nowMs(), clocks.cluster.nowMs()]
  const organizations = groups ?? (user === adminUser.name ? ['system:masters'] : [])
  return issueCertificate(pki.ca, {
    ...clientProfile(user, ...organizations),
    notBeforeMs: Math.min(realMs, clusterMs) - backdateMs,
    notAfterMs: clusterMs + validForMs,
    serial: clocks.random.bytes(16),
  })
}

export function kubeconfigOf(pki: ClusterPki, server: string, user: string, identity: TlsIdentity): string {
  return kubeconfigText({ server, caPem: pki.ca.certificatePem, user, identity })
}
