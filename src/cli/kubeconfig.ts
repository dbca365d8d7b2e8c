/** `k8ts kubeconfig`: the administrator's kubeconfig on standard output. */
import { paths } from '../cluster/config.ts'
import { configFor, type LocationOptions, thisMachine } from '../cluster/machine.ts'

export async function kubeconfig(options: LocationOptions): Promise<void> {
  const machine = thisMachine()
  const path = paths(configFor(machine, options)).adminKubeconfig
  if (!(await machine.disk.stat(path)))
    throw new Error(`there is no cluster yet (${path} is missing): run script/up first`)
  process.stdout.write(await machine.disk.readText(path))
}
