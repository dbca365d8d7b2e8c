/** Who has which certificate in a cluster, and under which names servers are reached (kubeadm's PKI, same users and groups). */
import type { CertificateSpec } from '../../api/x509/certificate.ts'

export interface ClusterNames {
  /** This machine's name as a node. */
  nodeName: string
  /** This machine's addresses. */
  nodeAddresses: readonly string[]
  /** The `kubernetes` Service's address. Default 10.96.0.1. */
  serviceAddress?: string
  /** Default `cluster.local`. */
  clusterDomain?: string
  /** Further names or addresses under which clients reach the API server. */
  extraNames?: readonly string[]
}

export type LeafProfile = Pick<CertificateSpec, 'subject' | 'dnsNames' | 'ipAddresses' | 'usages'>

/** Certificates signed by the cluster's authority, by the name of their files. */
export function leafProfiles(names: ClusterNames): Record<LeafName, LeafProfile> {
  return {
    apiserver: serving('kube-apiserver', apiServerNames(names)),
    admin: client('kubernetes-admin', 'system:masters'),
    'controller-manager': client('system:kube-controller-manager'),
    scheduler: client('system:kube-scheduler'),
    'kube-proxy': client('system:kube-proxy'),
    'apiserver-kubelet-client': client('kube-apiserver-kubelet-client', 'system:masters'),
    kubelet: nodeClient(names.nodeName),
    'kubelet-server': nodeServing(names.nodeName, names.nodeAddresses),
  }
}

export type LeafName =
  | 'apiserver'
  | 'admin'
  | 'controller-manager'
  | 'scheduler'
  | 'kube-proxy'
  | 'apiserver-kubelet-client'
  | 'kubelet'
  | 'kubelet-server'

/** What a node proves itself with to the API server. */
export function nodeClient(nodeName: string): LeafProfile {
  return client(`system:node:${nodeName}`, 'system:nodes')
}

/** What the kubelet's own server shows. */
export function nodeServing(nodeName: string, addresses: readonly string[]): LeafProfile {
  const profile = serving(`system:node:${nodeName}`, [nodeName, 'localhost', ...addresses, '127.0.0.1', '::1'])
  return { ...profile, subject: { commonName: `system:node:${nodeName}`, organizations: ['system:nodes'] } }
}

export function client(commonName: string, ...organizations: string[]): LeafProfile {
  return { subject: { commonName, organizations }, usages: ['clientAuth'] }
}

function serving(commonName: string, names: readonly string[]): LeafProfile {
  const distinct = [...new Set(names)]
  return {
    subject: { commonName, organizations: [] },
    dnsNames: distinct.filter((name) => !isAddress(name)),
    ipAddresses: distinct.filter(isAddress),
    usages: ['serverAuth'],
  }
}

function apiServerNames(names: ClusterNames): string[] {
  const { serviceAddress = '10.96.0.1', clusterDomain = 'cluster.local', extraNames = [] } = names
  return [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    `kubernetes.default.svc.${clusterDomain}`,
    'localhost',
    names.nodeName,
    '127.0.0.1',
    '::1',
    serviceAddress,
    ...names.nodeAddresses,
    ...extraNames,
  ]
}

/** A link-local address is no use in a certificate with its zone, so `fe80::1%eth0` counts as a name nobody asks for. */
function isAddress(name: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(name) || name.includes(':')
}
