/**
 * The cluster's DNS as objects: names, labels and ports as every cluster has them, so that network policies,
 * monitoring and checks written for other clusters find it.
 */
import type { KubeObject } from '../../api/meta.ts'
import type { Deployment } from '../../api/types/apps/v1.ts'
import type { PodSpec, Service, ServiceAccount } from '../../api/types/core/v1.ts'
import type { ClusterRole, ClusterRoleBinding } from '../../api/types/rbac/v1.ts'

export interface DnsManifestOptions {
  /** `cluster.local` */
  clusterDomain: string
  /** `10.96.0.10` */
  serviceIp: string
  /** Path of the Node binary on every node. Default that of the default home directory. */
  nodeBinary?: string
  /** Default the image that nodes import at start. */
  image?: string
}

const labels = { 'k8s-app': 'kube-dns', 'kubernetes.io/name': 'CoreDNS' }
const selector = { 'k8s-app': 'kube-dns' }
const [namespace, account, role] = ['kube-system', 'coredns', 'system:coredns']
const [dnsPort, healthPort, readyPort, metricsPort] = [53, 8080, 8181, 9153]

/** To be applied in this order; applying it again changes nothing. */
export function dnsManifest(options: DnsManifestOptions): KubeObject[] {
  return [serviceAccount(), clusterRole(), clusterRoleBinding(), service(options), deployment(options)]
}

function serviceAccount(): ServiceAccount {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account, namespace } }
}

function clusterRole(): ClusterRole {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: role },
    rules: [
      { apiGroups: [''], resources: ['services'], verbs: ['list', 'watch'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
    ],
  }
}

function clusterRoleBinding(): ClusterRoleBinding {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: role },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
  }
}

function service({ serviceIp }: DnsManifestOptions): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'kube-dns',
      namespace,
      labels: { ...labels, 'kubernetes.io/cluster-service': 'true' },
      annotations: { 'prometheus.io/port': String(metricsPort), 'prometheus.io/scrape': 'true' },
    },
    spec: {
      selector,
      clusterIP: serviceIp,
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', targetPort: dnsPort },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: dnsPort },
        { name: 'metrics', port: metricsPort, protocol: 'TCP', targetPort: metricsPort },
      ],
    },
  }
}

function deployment(options: DnsManifestOptions): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'coredns', namespace, labels },
    spec: {
      replicas: 1,
      // With a single replica, the next one must be ready before the last one goes.
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      selector: { matchLabels: selector },
      template: { metadata: { labels: selector }, spec: podSpec(options) },
    },
  }
}

function podSpec({ clusterDomain, serviceIp, nodeBinary, image }: DnsManifestOptions): PodSpec {
  return {
    priorityClassName: 'system-cluster-critical',
    serviceAccountName: account,
    dnsPolicy: 'Default',
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [
      { key: 'CriticalAddonsOnly', operator: 'Exists' },
      { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' },
      // Placed while the node is still getting ready, DNS answers a second or two sooner after a start.
      { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoSchedule' },
    ],
    terminationGracePeriodSeconds: 5,
    containers: [
      {
        name: 'coredns',
        image: image ?? 'k8ts.local/dns:0.1.0',
        imagePullPolicy: 'IfNotPresent',
        env: [
          { name: 'CLUSTER_DOMAIN', value: clusterDomain },
          { name: 'DNS_SERVICE_IP', value: serviceIp },
        ],
        resources: { limits: { memory: '170Mi' }, requests: { cpu: '50m', memory: '70Mi' } },
        ports: [
          { name: 'dns', containerPort: dnsPort, protocol: 'UDP' },
          { name: 'dns-tcp', containerPort: dnsPort, protocol: 'TCP' },
          { name: 'metrics', containerPort: metricsPort, protocol: 'TCP' },
        ],
        livenessProbe: {
          httpGet: { path: '/health', port: healthPort },
          initialDelaySeconds: 10,
          periodSeconds: 10,
          timeoutSeconds: 5,
          failureThreshold: 5,
        },
        readinessProbe: { httpGet: { path: '/ready', port: readyPort }, periodSeconds: 1, failureThreshold: 3 },
        volumeMounts: [{ name: 'node-binary', mountPath: '/usr/bin/node', readOnly: true }],
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 65_532,
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
        },
      },
    ],
    volumes: [{ name: 'node-binary', hostPath: { path: nodeBinary ?? '/var/lib/k8ts/bin/node', type: 'File' } }],
  }
}
