/**
 * `k8ts up --simulated`: a cluster for tests in any language, in the foreground until it is interrupted. It prints what a
 * shell sets: `KUBECONFIG`, and the variable that makes Kubernetes' envtest use a cluster that is there already.
 */
import { thisMachine, untilToldToEnd } from '../cluster/machine.ts'
import { startCluster } from '../testing/index.ts'

export interface UpSimulatedOptions {
  nodes?: string
  rules?: string
  port?: string
}

export async function upSimulated({ nodes = '1', rules, port = '0' }: UpSimulatedOptions): Promise<void> {
  const ending = untilToldToEnd()
  const { disk } = thisMachine()
  const cluster = await startCluster({
    time: 'real',
    nodes: wholeNumber('--nodes', nodes, 30_000),
    port: wholeNumber('--port', port, 65_535),
    ...(rules === undefined ? {} : { rules: await disk.readText(await disk.realPath(rules)) }),
  })
  const kubeconfig = await cluster.kubeconfigFile()
  process.stdout.write(`export KUBECONFIG=${kubeconfig}\nexport USE_EXISTING_CLUSTER=true\n`)
  process.stderr.write(`${cluster.server} is up with ${cluster.nodes.names.length} simulated nodes; Ctrl-C ends it\n`)
  await ending
  await cluster.stop()
}

function wholeNumber(option: string, text: string, max: number): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 0 && number <= max) return number
  throw new Error(`${option}: it has to be a whole number up to ${max}: ${JSON.stringify(text)}`)
}
