/** What every container runtime has to do for the node agent; run by each implementation's test. */
import assert from 'node:assert/strict'
import type { ContainerConfig, PodSandboxConfig } from './message.ts'
import { type ContainerRuntime, isNotFound } from './runtime.ts'

export interface ContractWorld {
  runtime: ContainerRuntime
  /** An image that is on the node, with a shell. */
  image: string
  /** Where the runtime may write logs. */
  logDirectory: string
  /** Resolves once `holds` does; moves time where time is simulated. */
  until(holds: () => Promise<boolean>): Promise<void>
}

export const contract: Record<string, (world: ContractWorld) => Promise<void>> = {
  'runPodSandbox gives a ready sandbox with an address': async ({ runtime: { runtime }, ...world }) => {
    const id = await runtime.runPodSandbox(sandboxOf(world, 'a'), '')
    const status = await runtime.podSandboxStatus(id)
    assert.equal(status.state, 'SANDBOX_READY')
    assert.ok(status.network?.ip)
    assert.deepEqual(status.metadata, { name: 'a', uid: 'uid-a', namespace: 'contract', attempt: 1 })
    const listed = await runtime.listPodSandboxes({ pod: 'a' })
    assert.deepEqual(
      listed.map((sandbox) => sandbox.id),
      [id],
    )
    await runtime.stopPodSandbox(id)
    assert.equal((await runtime.podSandboxStatus(id)).state, 'SANDBOX_NOTREADY')
    await runtime.removePodSandbox(id)
    await runtime.removePodSandbox(id)
    await assert.rejects(runtime.podSandboxStatus(id), isNotFound)
  },

  'startContainer runs the command and tells how it ended': async (world) => {
    const { runtime } = world.runtime
    const { sandboxId, id } = await start(world, 'b', ['sh', '-c', 'exit 3'])
    await world.until(async () => (await runtime.containerStatus(id)).state === 'CONTAINER_EXITED')
    const status = await runtime.containerStatus(id)
    assert.equal(status.exitCode, 3)
    assert.equal(status.reason, 'Error')
    assert.ok((status.finishedAt ?? 0) >= (status.startedAt ?? 1))
    assert.deepEqual(status.annotations, { note: 'kept' })
    await runtime.removePodSandbox(sandboxId)
    await assert.rejects(runtime.containerStatus(id), isNotFound)
  },

  'stopContainer ends a running container': async (world) => {
    const { runtime } = world.runtime
    const { sandboxId, id } = await start(world, 'c', ['sleep', '1000'])
    assert.equal((await runtime.containerStatus(id)).state, 'CONTAINER_RUNNING')
    await runtime.stopContainer(id, 0)
    const status = await runtime.containerStatus(id)
    assert.equal(status.state, 'CONTAINER_EXITED')
    assert.equal(status.exitCode, 137)
    await runtime.removeContainer(id)
    await runtime.removeContainer(id)
    assert.deepEqual(await runtime.listContainers({ pod: 'c' }), [])
    await runtime.removePodSandbox(sandboxId)
  },

  'execSync runs a command and gives its exit code and output': async (world) => {
    const { runtime } = world.runtime
    const { sandboxId, id } = await start(world, 'd', ['sleep', '1000'])
    const result = await runtime.execSync(id, ['sh', '-c', 'echo hello; exit 4'], 10)
    assert.equal(result.exitCode, 4)
    assert.equal(Buffer.from(result.stdout).toString(), 'hello\n')
    await runtime.removePodSandbox(sandboxId)
  },

  'watchEvents tells of a container that ended': async (world) => {
    const { runtime } = world.runtime
    const ended = new Set<string>()
    const stop = runtime.watchEvents(
      (id) => ended.add(id),
      (error) => assert.fail(String(error)),
    )
    const { sandboxId, id } = await start(world, 'e', ['sh', '-c', 'sleep 1'])
    await world.until(async () => ended.has(id))
    stop()
    await runtime.removePodSandbox(sandboxId)
  },

  'containers are asked for that are not there': async ({ runtime: { runtime, images } }) => {
    await assert.rejects(runtime.containerStatus('none'), isNotFound)
    await runtime.stopContainer('none', 0)
    await runtime.stopPodSandbox('none')
    assert.equal(await images.imageStatus('registry.invalid/none:1'), undefined)
  },
}

type Facts = Pick<ContractWorld, 'logDirectory'>

function sandboxOf({ logDirectory }: Facts, name: string): PodSandboxConfig {
  return {
    metadata: { name, uid: `uid-${name}`, namespace: 'contract', attempt: 1 },
    hostname: name,
    logDirectory: `${logDirectory}/${name}`,
    labels: { pod: name },
    linux: { securityContext: { namespaceOptions: { network: 'POD', pid: 'CONTAINER', ipc: 'POD' } } },
  }
}

async function start(
  world: ContractWorld,
  name: string,
  command: string[],
): Promise<{ sandboxId: string; id: string }> {
  const { runtime } = world.runtime
  const sandbox = sandboxOf(world, name)
  const sandboxId = await runtime.runPodSandbox(sandbox, '')
  const config: ContainerConfig = {
    metadata: { name: 'main' },
    image: { image: world.image },
    command,
    labels: { pod: name },
    annotations: { note: 'kept' },
    logPath: 'main.log',
    linux: { resources: {}, securityContext: {} },
  }
  const id = await runtime.createContainer(sandboxId, config, sandbox)
  await runtime.startContainer(id)
  return { sandboxId, id }
}
