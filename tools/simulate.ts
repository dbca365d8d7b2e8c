/**
 * Runs simulated clusters, one for each seed, and says which broke a rule and how to see it again.
 *
 *     script/simulate --seeds 1000 --from 1          many seeds, in as many processes as there are processors
 *     script/simulate --seed 17 --trace              one seed, with everything that happened
 */
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { plantedBugs } from '../src/testing/simulation/planted.ts'
import { type SimulationResult, simulate } from '../src/testing/simulation/simulation.ts'

const usage = `usage: script/simulate [--seeds N] [--from S] | --seed X [--trace]
  --seeds N     how many seeds (default 100)
  --from S      the first (default 1)
  --seed X      only this one
  --trace       print everything that happened
  --storm S     simulated seconds of faults (default 60)
  --nodes N     simulated nodes (default 20)
  --plant BUG   switch a bug on: ${Object.keys(plantedBugs).join(', ')}
  --jobs N      processes at once (default: one for each processor)`

interface Options {
  seeds: string[]
  trace: boolean
  storm: number
  nodes: number
  plant: string | undefined
  jobs: number
}

async function main(): Promise<number> {
  const options = optionsOf(process.argv.slice(2))
  if (options.jobs > 1 && options.seeds.length > 1) return inProcesses(options)
  let failed = 0
  let simulatedMs = 0
  const startMs = performance.now()
  // Many connections are refused, and nobody reads where from.
  if (!options.trace) Error.stackTraceLimit = 0
  for (const seed of options.seeds) {
    const result = await simulate(simulationOf(seed, options))
    simulatedMs += result.simulatedMs
    if (options.trace) for (const line of result.trace) console.log(line)
    if (result.findings.length > 0) failed++
    report(result, options)
  }
  const realMs = performance.now() - startMs
  const speed = `${Math.round(simulatedMs / 1000)} simulated seconds in ${(realMs / 1000).toFixed(1)} s, ${Math.round(simulatedMs / realMs)} × real time`
  console.log(`${options.seeds.length} seeds, ${failed} failed; ${speed}`)
  return failed === 0 ? 0 : 1
}

function optionsOf(argv: string[]): Options {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  const { values } = parseArgs({
    args: argv,
    options: {
      seeds: text,
      from: text,
      seed: text,
      storm: text,
      nodes: text,
      plant: text,
      jobs: text,
      trace: flag,
      help: flag,
    },
  })
  if (values.help) throw new UsageError('')
  const { plant } = values
  if (plant !== undefined && !(plant in plantedBugs)) throw new UsageError(`there is no bug "${plant}"`)
  const from = number('from', values.from, 1)
  const count = number('seeds', values.seeds, 100)
  return {
    seeds:
      values.seed === undefined ? Array.from({ length: count }, (_, index) => String(from + index)) : [values.seed],
    trace: values.trace ?? false,
    storm: number('storm', values.storm, 60),
    nodes: number('nodes', values.nodes, 20),
    plant,
    jobs: number('jobs', values.jobs, availableParallelism()),
  }
}

class UsageError extends Error {}

function number(name: string, text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new UsageError(`--${name} has to be a number from 1 on: ${text}`)
  return value
}

function simulationOf(seed: string, { storm, nodes, plant }: Options): Parameters<typeof simulate>[0] {
  const planted = plant === undefined ? undefined : plantedBugs[plant]
  return { seed, stormMs: storm * 1000, nodes, ...(planted ? { planted } : {}) }
}

/** One line for a seed that is clean, several for one that is not. */
function report({ seed, findings, digest, simulatedMs, revisions }: SimulationResult, options: Options): void {
  const [finding] = findings
  const what = `seed ${seed}: ${Math.round(simulatedMs / 1000)} s, ${revisions} revisions, trace ${digest.slice(0, 16)}`
  if (!finding) return console.log(`${what}, clean`)
  console.log(`${what}, FAILED after ${(finding.atMs / 1000).toFixed(3)} s`)
  console.log(`  ${finding.rule}: ${finding.text}`)
  console.log(`  see it again: ${commandOf(seed, options)}`)
}

function commandOf(seed: string, { storm, nodes, plant }: Options): string {
  const more = [
    ...(storm === 60 ? [] : ['--storm', String(storm)]),
    ...(nodes === 20 ? [] : ['--nodes', String(nodes)]),
    ...(plant === undefined ? [] : ['--plant', `'${plant}'`]),
  ]
  return ['script/simulate', '--seed', seed, ...more, '--trace'].join(' ')
}

/** Every process takes each n-th seed. */
async function inProcesses(options: Options): Promise<number> {
  const { seeds, jobs, storm, nodes, plant, trace } = options
  const count = Math.min(jobs, seeds.length)
  const ranges = Array.from({ length: count }, (_, index) => {
    const [start, end] = [index, index + 1].map((each) => Math.round((each * seeds.length) / count))
    return seeds.slice(start, end)
  })
  const codes = ranges.map((range) => {
    const argv = ['--from', range[0] ?? '1', '--seeds', String(range.length), '--jobs', '1', '--storm', String(storm)]
    const more = [
      '--nodes',
      String(nodes),
      ...(plant === undefined ? [] : ['--plant', plant]),
      ...(trace ? ['--trace'] : []),
    ]
    const program = [...process.execArgv, fileURLToPath(import.meta.url), ...argv, ...more]
    const child = spawn(process.execPath, program, { stdio: 'inherit' })
    return new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 1)))
  })
  return Math.max(...(await Promise.all(codes)))
}

try {
  process.exitCode = await main()
} catch (error) {
  const isUsage = error instanceof UsageError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')
  if (!isUsage) throw error
  console.error([(error as Error).message, usage].filter((text) => text !== '').join('\n'))
  process.exitCode = 2
}
