/** `k8ts agent`: this machine as a node: containerd, pod network, kubelet and service proxy. */
import { join } from 'node:path'
import type { Resource } from '../api/meta.ts'
import { coreV1 } from '../api/resources.ts'
import { createClient } from '../client/client-impl.ts'
import { httpTransport } from '../client/http-transport.ts'
import type { Informers } from '../client/informer.ts'
import { createInformers } from '../client/informer-impl.ts'
import { loadKubeconfig } from '../client/kubeconfig.ts'
import { defaultPool, holds, parsePool, reaches } from '../cloud/local/pool.ts'
import { uninitializedTaint } from '../cloud/node/plan.ts'
import { remoteRuntime } from '../kubelet/cri/remote.ts'
import { startKubelet } from '../kubelet/kubelet.ts'
import { type Announcer, startAnnouncer } from '../network/announce/announce.ts'
import { ownAddresses } from '../network/announce/kernel.ts'
import { preparePodNetwork } from '../network/cni/prepare.ts'
import { startProxyHealth } from '../network/proxy/health.ts'
import { startServiceProxy } from '../network/proxy/proxy.ts'
import { connectGrpc } from '../platform/grpc.ts'
import { messageOf } from '../platform/log.ts'
import { cgroupRoot } from './cgroup-root.ts'
import { type ClusterConfig, paths } from './config.ts'
import { startContainerd } from './host/containerd.ts'
import { imageMounter } from './host/images/mount.ts'
import { hostPaths } from './host/paths.ts'
import { provideImages } from './host/provide-images.ts'
import type { Machine } from './machine.ts'

export interface RunningAgent {
  /** Containers, network and rules stay as they are. */
  stop(): Promise<void>
}

/** The node's share of the pod network. One node has the first; further ones get theirs from the control plane. */
const nodePodCidr = '10.244.0.0/24'
const credentialsPollMs = 20
/** Enough for the largest of ordinary programs, too few to take the node down. */
const podPidsLimit = 4096
/** Pods come when the cloud provider has looked at the node. */
const uninitialized = { key: uninitializedTaint, value: 'true', effect: 'NoSchedule' }

export async function startAgent(machine: Machine, config: ClusterConfig): Promise<RunningAgent> {
  const { clock, random, disk, exec, net, log } = machine
  const host = hostPaths(config.home)
  const doors = { clock, disk, exec, net, log, paths: host }
  const runtime = startContainerd(doors)
  const [containerd, network] = await Promise.all([
    runtime,
    preparePodNetwork({
      disk,
      exec,
      log,
      podCidr: nodePodCidr,
      clusterCidr: config.podCidr,
      configDirectory: host.cniConfigDirectory,
      dataDirectory: host.cniDataDirectory,
    }),
    untilCredentialsFit(machine, config),
    provideImages({ disk, exec, log, paths: host, containerd: runtime }),
  ])
  const { agentKubeconfig, proxyKubeconfig } = paths(config)
  const [kubeletClient, proxyClient] = await Promise.all([
    clientOf(machine, agentKubeconfig, 'kubelet'),
    clientOf(machine, proxyKubeconfig, 'kube-proxy'),
  ])
  const nodeInformers = createInformers({ client: kubeletClient, clock, random: random.stream('node-informers'), log })
  const proxyInformers = createInformers({ client: proxyClient, clock, random: random.stream('proxy-informers'), log })
  const informers = sharedInformers(nodeInformers, proxyInformers)
  const proxy = startServiceProxy({
    informers,
    exec,
    clock,
    log,
    nodeName: config.nodeName,
    clusterCidr: config.podCidr,
    serviceCidr: config.serviceCidr,
    trust: { ...config.trust, isBalancer: balancersOf(config) },
    bridgeFiltered: network.bridgeFiltered,
  })
  const announcer = await announcerOf(machine, config, informers)
  informers.start()
  const health = await startProxyHealth({ net, clock, log, informers, proxy })
  const kubelet = await startKubelet({
    client: kubeletClient,
    informers: nodeInformers,
    clock,
    random: random.stream('kubelet'),
    disk,
    exec,
    net,
    log,
    connectGrpc,
    mountImage: imageMounter({ exec, socketPath: containerd.socketPath }),
    runtime: remoteRuntime(connectGrpc({ target: `unix://${containerd.socketPath}` })),
    config: await kubeletConfig(machine, config),
  })
  log.info('the node agent is up', { node: config.nodeName, adopted: containerd.adopted })
  return {
    async stop() {
      await kubelet.stop()
      await health.stop()
      await proxy.stop()
      await announcer?.stop()
      await informers.stop()
      containerd.release()
    },
  }
}

/** Addresses of load balancers that count: those of our own pool, or whatever a cloud's controller manager gives. */
function balancersOf({ cloudProvider = 'local', loadBalancerPool = defaultPool }: ClusterConfig) {
  if (cloudProvider !== 'local') return () => cloudProvider === 'external'
  const pool = parsePool(loadBalancerPool)
  return (address: string) => holds(pool, address)
}

/** Undefined where no load balancer's address can be on the node's own network, or a cloud sees to that. */
async function announcerOf(
  { clock, exec, net, log }: Machine,
  config: ClusterConfig,
  informers: Informers,
): Promise<Announcer | undefined> {
  const { cloudProvider = 'local', loadBalancerPool = defaultPool, nodeName } = config
  if (cloudProvider !== 'local') return undefined
  const pool = parsePool(loadBalancerPool)
  const own = await ownAddresses(exec).catch((error: unknown) => {
    log.warn('the node does not answer for load balancers', { error: messageOf(error) })
    return []
  })
  if (!own.some(({ cidr }) => reaches(pool, cidr))) return undefined
  return startAnnouncer({ informers, exec, net, clock, log, nodeName, isBalancer: balancersOf(config) })
}

async function kubeletConfig({ disk, architecture }: Machine, config: ClusterConfig) {
  const { pki } = paths(config)
  const read = (name: string) => disk.readText(join(pki, name))
  const [certificatePem, keyPem, clientCaPem] = await Promise.all([
    read('kubelet-server.crt'),
    read('kubelet-server.key'),
    read('ca.crt'),
  ])
  return {
    nodeName: config.nodeName,
    rootDirectory: join(config.home, 'kubelet'),
    logDirectory: join(config.home, 'pod-logs'),
    localVolumesDirectory: join(config.home, 'local-volumes'),
    nodeAddresses: [config.nodeAddress],
    clusterDns: [config.dnsServiceIp],
    clusterDomain: config.clusterDomain,
    cgroupRoot: cgroupRoot(config.home),
    podCidr: nodePodCidr,
    staticPodPath: join(config.home, 'manifests'),
    podPidsLimit,
    seccompDefault: true,
    taints: config.cloudProvider === 'none' ? [] : [uninitialized],
    architecture,
    server: { port: config.kubeletPort, identity: { certificatePem, keyPem }, clientCaPem },
  }
}

/**
 * One copy of what both node agent and service proxy follow. A node's credentials allow its own pods, and Services;
 * the proxy's allow what is left.
 */
function sharedInformers(node: Informers, proxy: Informers): Informers {
  const ofNode = new Set<Resource>([coreV1.pods as Resource, coreV1.services as Resource])
  return {
    of: (resource, options) => (ofNode.has(resource as Resource) ? node : proxy).of(resource, options),
    drop(informer) {
      node.drop(informer)
      proxy.drop(informer)
    },
    start() {
      node.start()
      proxy.start()
    },
    async synced() {
      await Promise.all([node.synced(), proxy.synced()])
    },
    async stop() {
      await Promise.all([node.stop(), proxy.stop()])
    },
  }
}

async function clientOf({ disk, net }: Machine, kubeconfig: string, userAgent: string) {
  const { server, tls } = await loadKubeconfig(disk, kubeconfig)
  return createClient(httpTransport({ net, server, tls }), { userAgent })
}

/**
 * The server on this machine writes the node's credentials when it is up. What an earlier start left does not do when the
 * node has another name or address now.
 */
async function untilCredentialsFit({ clock, disk, log }: Machine, config: ClusterConfig): Promise<void> {
  const { nodeName, nodeAddress, apiServerPort } = config
  const path = paths(config).agentKubeconfig
  const user = new RegExp(`system:node:${nodeName.replaceAll('.', '\\.')}(?![-.a-z0-9])`)
  const server = `${nodeAddress.includes(':') ? `[${nodeAddress}]` : nodeAddress}:${apiServerPort}`
  const fits = async (): Promise<boolean> => {
    if (!(await disk.stat(path))) return false
    const text = await disk.readText(path)
    return user.test(text) && text.includes(`https://${server}`)
  }
  let told = false
  while (!(await fits())) {
    if (!told) log.info('waiting for the control plane to write the credentials', { path })
    told = true
    await clock.sleep(credentialsPollMs)
  }
}
