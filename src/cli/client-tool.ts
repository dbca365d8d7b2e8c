/** Runs kubectl or Helm in the place of this process's work, with the cluster's kubeconfig unless the caller names one. */
import { paths } from '../cluster/config.ts'
import { clientTools } from '../cluster/kubectl.ts'
import { configFor, thisMachine } from '../cluster/machine.ts'

export async function clientTool(tool: 'kubectl' | 'helm', words: readonly string[]): Promise<void> {
  const machine = thisMachine()
  const { adminKubeconfig, kubectlCache } = paths(configFor(machine, {}))
  const tools = await clientTools(machine, { directory: kubectlCache, architecture: machine.architecture })
  const env: Record<string, string> = process.env.KUBECONFIG ? {} : { KUBECONFIG: adminKubeconfig }
  process.exitCode = await machine.exec.attach([tools[tool], ...words], { env })
}
