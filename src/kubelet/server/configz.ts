/**
 * How the agent is set, as `/configz` tells it: a KubeletConfiguration of kubelet.config.k8s.io/v1beta1. Only fields that
 * mean something here, with the values in force. Pure.
 * Source: https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/
 */
import { formatDuration } from '../../api/codec/time.ts'
import { defaults, fixed, type KubeletConfig } from '../config.ts'
import { evictionThresholds } from '../node/node-status.ts'

export function kubeletConfiguration(config: KubeletConfig): object {
  const images = config.imageUsagePercent ?? defaults.imageUsagePercent
  const percent = (share: number): string => `${share * 100}%`
  return {
    kind: 'KubeletConfiguration',
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    syncFrequency: textOf(fixed.syncMs),
    fileCheckFrequency: textOf(fixed.manifestCheckMs),
    nodeStatusUpdateFrequency: textOf(fixed.statusCheckMs),
    nodeStatusReportFrequency: textOf(fixed.statusReportMs),
    containerLogMonitorInterval: textOf(fixed.logCheckMs),
    ...(config.staticPodPath === undefined ? {} : { staticPodPath: config.staticPodPath }),
    address: config.server?.host ?? '0.0.0.0',
    port: config.server?.port || defaults.kubeletPort,
    authentication: { webhook: { enabled: true }, anonymous: { enabled: false } },
    authorization: { mode: 'Webhook' },
    enableServer: config.server !== undefined,
    registerNode: true,
    registerWithTaints: config.taints ?? [],
    clusterDomain: config.clusterDomain ?? defaults.clusterDomain,
    clusterDNS: config.clusterDns,
    resolvConf: config.resolvConf ?? defaults.resolvConf,
    nodeLeaseDurationSeconds: fixed.leaseDurationSeconds,
    nodeStatusMaxImages: fixed.imagesMax,
    imageGCHighThresholdPercent: images.high,
    imageGCLowThresholdPercent: images.low,
    cgroupRoot: config.cgroupRoot ?? defaults.cgroupRoot,
    cgroupsPerQOS: true,
    cgroupDriver: 'cgroupfs',
    cpuManagerPolicy: 'none',
    memoryManagerPolicy: 'None',
    topologyManagerPolicy: 'none',
    cpuCFSQuota: true,
    cpuCFSQuotaPeriod: '100ms',
    maxPods: config.podsMax ?? defaults.podsMax,
    podPidsLimit: config.podPidsLimit ?? -1,
    seccompDefault: config.seccompDefault ?? defaults.seccompDefault,
    serializeImagePulls: false,
    evictionHard: {
      'memory.available': `${evictionThresholds.memoryAvailableBytes / 2 ** 20}Mi`,
      'nodefs.available': percent(evictionThresholds.nodeFsAvailableShare),
      'nodefs.inodesFree': percent(evictionThresholds.nodeFsInodesFreeShare),
    },
    enableControllerAttachDetach: true,
    failSwapOn: false,
    containerLogMaxSize: `${(config.containerLogBytesMax ?? defaults.containerLogBytesMax) / 2 ** 20}Mi`,
    containerLogMaxFiles: config.containerLogFilesMax ?? defaults.containerLogFilesMax,
    localStorageCapacityIsolation: true,
    podLogsDir: config.logDirectory ?? `${config.rootDirectory}/logs`,
  }
}

function textOf(milliseconds: number): string {
  return formatDuration(BigInt(milliseconds) * 1_000_000n)
}
