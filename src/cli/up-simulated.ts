/**
 * `k8ts up --simulated`: a cluster for tests in any language, in the foreground until it is interrupted. It prints what a
 * shell sets: `KUBECONFIG`, the variable that makes Kubernetes' envtest use a cluster that is there already, and how to
 * control time, faults and branches over HTTPS.
 */
import { thisMachine, untilToldToEnd } from '../cluster/machine.ts'
import { controlPrefix, startCluster } from '../testing/index.ts'

export interface UpSimulatedOptions {
  nodes?: string
  rules?: string
  port?: string
  held?: boolean
  startTime?: string
}

export async function upSimulated(options: UpSimulatedOptions): Promise<void> {
  const { nodes = '1', rules, port = '0', held = false, startTime } = options
  if (startTime !== undefined && !held)
    throw new Error('--start-time: only a clock that is held can start anywhere: add --held')
  const ending = untilToldToEnd()
  const { disk } = thisMachine()
  const cluster = await startCluster({
    time: held ? 'held' : 'real',
    ...(startTime === undefined ? {} : { startTime }),
    nodes: wholeNumber('--nodes', nodes, 30_000),
    port: wholeNumber('--port', port, 65_535),
    ...(rules === undefined ? {} : { rules: await disk.readText(await disk.realPath(rules)) }),
  })
  const { kubeconfig, ca, client } = await cluster.credentialFiles()
  const variables = {
    KUBECONFIG: kubeconfig,
    USE_EXISTING_CLUSTER: 'true',
    K8TS_CONTROL: `${cluster.server}${controlPrefix}`,
    K8TS_CACERT: ca,
    K8TS_CERT: client,
  }
  // One write: who waits for the first line finds all of them.
  process.stdout.write(
    Object.entries(variables)
      .map(([name, value]) => `export ${name}=${value}\n`)
      .join(''),
  )
  process.stderr.write(`${cluster.server} is up with ${cluster.nodes.names.length} simulated nodes; Ctrl-C ends it\n`)
  await ending
  await cluster.stop()
}

function wholeNumber(option: string, text: string, max: number): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 0 && number <= max) return number
  throw new Error(`${option}: it has to be a whole number up to ${max}: ${JSON.stringify(text)}`)
}
