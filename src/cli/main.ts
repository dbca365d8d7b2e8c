/** The command line: thin commands over `cluster/`. Each command's code is loaded when it runs. */

import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { messageOf } from '../platform/log.ts'

const program = new Command('k8ts')
  .description('Kubernetes v1.36 in TypeScript: a cluster from one command')
  .showHelpAfterError()
  .enablePositionalOptions()

clouded(located(program.command('up').description('start the control plane and this machine as its node')))
  .option('--bare', 'leave out the example application')
  .option('--simulated', 'in the foreground, without root and containers: nodes are simulated, for tests')
  .option('--nodes <number>', 'how many simulated nodes (default: 1)')
  .option('--rules <file>', 'what simulated pods do')
  .option('--held', 'the simulated cluster holds its clock until $K8TS_CONTROL/clock/advance')
  .option('--start-time <time>', 'where a held clock starts (default: now)')
  .option('--port <number>', 'the port of the simulated cluster (default: a free one)')
  .allowUnknownOption()
  .argument('[flags...]', 'further flags of the server: k8ts server --help')
  .action(async (words: string[], options) => {
    if (!options.simulated) return await (await import('./up.ts')).up(words, options)
    if (words.length > 0) throw new Error(`a simulated cluster has no ${words[0]}`)
    await (await import('./up-simulated.ts')).upSimulated(options)
  })

located(program.command('down').description('stop everything and leave nothing behind but the data'))
  .option('--purge', 'remove the data too')
  .action(async (options) => (await import('./down.ts')).down(options))

program
  .command('server')
  .description('run the control plane in the foreground; --help lists its flags')
  .helpOption(false)
  .allowUnknownOption()
  .passThroughOptions()
  .argument('[flags...]')
  .action(async (words: string[]) => (await import('./server.ts')).server(words))

const snapshots = program.command('snapshot').description("save the cluster's state, look into it, start over from it")
for (const [action, description] of [
  ['save', 'write all that the cluster keeps to a file, while it runs'],
  ['restore', 'start over from a file: into an empty etcd, or in place of what the home directory keeps'],
  ['inspect', 'check a file and say what is in it'],
] as const) {
  stored(located(snapshots.command(action).description(description)))
    .argument('<file>')
    .action(async (file: string, options) => (await import('./snapshot.ts')).snapshot(action, file, options))
}

clouded(located(program.command('agent').description('run the node agent in the foreground'))).action(async (options) =>
  (await import('./agent.ts')).agent(options),
)

located(program.command('kubeconfig').description("print the administrator's kubeconfig")).action(async (options) =>
  (await import('./kubeconfig.ts')).kubeconfig(options),
)

located(program.command('doctor').description('say what this machine lacks to run a cluster, and what to do')).action(
  async (options) => (await import('./doctor.ts')).doctor(options),
)

program
  .command('apiserver')
  .description('run the API server alone in the foreground; --help lists its flags')
  .helpOption(false)
  .allowUnknownOption()
  .passThroughOptions()
  .argument('[flags...]')
  .action(async (words: string[]) => (await import('./apiserver.ts')).apiserver(words))

for (const name of ['controller-manager', 'cloud-controller-manager', 'scheduler'] as const) {
  program
    .command(name)
    .description(`run the ${name} alone in the foreground, against any API server; --help lists its flags`)
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .argument('[flags...]')
    .action(async (words: string[]) => (await import('./component.ts')).component(name, words))
}

program
  .command('warm', { hidden: true })
  .description('load the code of all roles, so that the first start finds it compiled')
  .action(async () => {
    await Promise.all([import('./up.ts'), import('./server.ts'), import('./agent.ts'), import('./apiserver.ts')])
  })

program
  .command('assets')
  .description("print the folder for envtest's KUBEBUILDER_ASSETS: its clusters are simulated ones then")
  .action(() => void process.stdout.write(`${fileURLToPath(new URL('../../bin/kubebuilder', import.meta.url))}\n`))

program
  .command('envtest', { hidden: true })
  .description('what envtest starts: etcd or kube-apiserver')
  .helpOption(false)
  .allowUnknownOption()
  .passThroughOptions()
  .argument('<program>')
  .argument('[arguments...]')
  .action(async (name: string, words: string[]) => (await import('./envtest.ts')).envtest(name, words))

for (const tool of ['kubectl', 'helm'] as const) {
  program
    .command(tool)
    .description(`run ${tool} against this cluster`)
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .argument('[arguments...]')
    .action(async (words: string[]) => (await import('./client-tool.ts')).clientTool(tool, words))
}

function located(command: Command): Command {
  return command
    .option('--home <directory>', 'where the cluster lives (default: $K8TS_HOME or /var/lib/k8ts)')
    .option('--node-name <name>', "this machine's name as a node (default: its host name)")
    .option('--node-address <address>', 'the address other nodes reach it by (default: its first one)')
}

function clouded(command: Command): Command {
  return command
    .option(
      '--cloud-provider <name>',
      "who knows the nodes' machines: local, external (k8ts cloud-controller-manager), none (default: local)",
    )
    .option('--load-balancer-pool <ranges>', 'addresses for Services of type LoadBalancer (default: 10.97.0.0/24)')
}

function stored(command: Command): Command {
  return command
    .option('--etcd-servers <urls>', 'etcd members to keep everything in, instead of the embedded store')
    .option('--etcd-cafile <file>', 'authorities of their certificates')
    .option('--etcd-certfile <file>', 'our certificate for them')
    .option('--etcd-keyfile <file>', 'its key')
}

// `k8ts up | head`: who reads no further wants no stack trace.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => process.exit(code === 'EPIPE' ? 0 : 1))

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`k8ts: ${messageOf(error)}\n`)
  if (process.env.K8TS_LOG === 'debug' && error instanceof Error) process.stderr.write(`${error.stack}\n`)
  process.exitCode = 1
}
