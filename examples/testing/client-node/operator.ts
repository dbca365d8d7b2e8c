/** An operator on @kubernetes/client-node: every Namespace with the label `team` gets a ConfigMap that names its owner. */
import { CoreV1Api, type KubeConfig, makeInformer, type V1Namespace } from '@kubernetes/client-node'

export async function runOperator(config: KubeConfig): Promise<{ stop(): Promise<void> }> {
  const core = config.makeApiClient(CoreV1Api)
  const informer = makeInformer(config, '/api/v1/namespaces', () => core.listNamespace())
  const keep = async ({ metadata }: V1Namespace): Promise<void> => {
    const { name = '', labels, deletionTimestamp } = metadata ?? {}
    const owner = labels?.team
    if (!owner || deletionTimestamp) return
    const body = { metadata: { name: 'team' }, data: { owner } }
    await core.createNamespacedConfigMap({ namespace: name, body }).catch((error: { code?: number }) => {
      if (error.code !== 409) throw error
    })
  }
  informer.on('add', keep)
  informer.on('update', keep)
  informer.on('error', () => undefined)
  await informer.start()
  return { stop: () => informer.stop() }
}
