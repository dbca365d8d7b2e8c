/**
 * Scenarios as text: commands with the output they must have, as a user would see them in a terminal.
 *
 *     === title                   starts a scenario; it gets a namespace and a directory of its own
 *     > name.yaml                 writes a file from the lines up to a line `<`
 *     $ kubectl get pods          runs a command; `< name.yaml` at its end gives it that file, `VAR=x` before it a variable
 *     $? kubectl get pods         runs it again until the output is as expected
 *     NAME  READY                 standard output
 *     ! error: …                  standard error
 *     [1]                         the exit code, when it is not 0
 *
 * `<ns>` is the scenario's namespace. Runs of blanks count as two blanks, and what differs from run to run is a placeholder (see `steady`). With
 * `K8TS_UPDATE=1` the outputs are written anew: read the difference before you commit it.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { kubeconfigText } from '../../src/client/kubeconfig.ts'
import { type Bed, type Run, steady } from './harness.ts'

export interface Scenario {
  title: string
  steps: Step[]
}

export type Step =
  | { kind: 'text'; lines: string[] }
  | { kind: 'file'; name: string; lines: string[] }
  | { kind: 'command'; line: string; eventually: boolean; expected: string[] }

export function parseScenarios(text: string): { head: string[]; scenarios: Scenario[] } {
  const head: string[] = []
  const scenarios: Scenario[] = []
  let file: { kind: 'file'; name: string; lines: string[] } | undefined
  for (const line of text.replace(/\n$/, '').split('\n')) {
    const steps = scenarios.at(-1)?.steps
    const last = steps?.at(-1)
    if (file) {
      if (line === '<') file = undefined
      else file.lines.push(line)
    } else if (line.startsWith('=== ')) {
      scenarios.push({ title: line.slice(4), steps: [] })
    } else if (!steps) {
      head.push(line)
    } else if (line.startsWith('> ')) {
      file = { kind: 'file', name: line.slice(2), lines: [] }
      steps.push(file)
    } else if (line.startsWith('$ ') || line.startsWith('$? ')) {
      const eventually = line.startsWith('$?')
      steps.push({ kind: 'command', line: line.slice(eventually ? 3 : 2), eventually, expected: [] })
    } else if (last?.kind === 'command' && !(line === '' && last.expected.at(-1) === '')) {
      last.expected.push(line)
    } else if (last?.kind === 'text') {
      last.lines.push(line)
    } else {
      steps.push({ kind: 'text', lines: [line] })
    }
  }
  return { head, scenarios }
}

export function printScenarios({ head, scenarios }: ReturnType<typeof parseScenarios>): string {
  const lines = [...head]
  for (const { title, steps } of scenarios) {
    lines.push(`=== ${title}`)
    for (const step of steps) {
      if (step.kind === 'text') lines.push(...step.lines)
      if (step.kind === 'file') lines.push(`> ${step.name}`, ...step.lines, '<')
      if (step.kind === 'command') lines.push(`$${step.eventually ? '?' : ''} ${step.line}`, ...step.expected)
    }
  }
  return `${lines.join('\n').trimEnd()}\n`
}

/** Runs the scenario; with `update`, takes what it sees as expected from now on. */
export async function runScenario(bed: Bed, { steps }: Scenario, { update }: { update: boolean }): Promise<void> {
  const place = await enter(bed)
  for (const step of steps) {
    if (step.kind === 'file')
      await bed.write(
        `${place.namespace}/${step.name}`,
        `${step.lines.join('\n')}\n`.replaceAll('<ns>', place.namespace),
      )
    if (step.kind !== 'command') continue
    const expected = step.expected.join('\n').trimEnd()
    let actual = await place.run(step.line)
    const deadline = bed.platform.clock.monotonicMs() + (update ? 1_500 : 15_000)
    while (step.eventually && actual !== expected && bed.platform.clock.monotonicMs() < deadline) {
      await bed.platform.clock.sleep(100)
      actual = await place.run(step.line)
    }
    if (update) step.expected = [...(actual === '' ? [] : actual.split('\n')), '']
    else assert.equal(actual, expected, `$ ${step.line}\n${actual}`)
  }
}

interface Terminal {
  namespace: string
  /** Runs one command line; resolves with what a terminal would show. */
  run(line: string): Promise<string>
}

async function enter(bed: Bed): Promise<Terminal> {
  const namespace = await bed.namespace()
  const directory = join(bed.directory, namespace)
  const access = { server: bed.url, caPem: bed.pki.ca.certificatePem, user: 'admin', identity: bed.pki.leafs.admin }
  const kubeconfig = await bed.write(`${namespace}/kubeconfig`, kubeconfigText({ ...access, namespace }))
  const programs: Record<string, Run> = { kubectl: bed.kubectl, helm: bed.helm }
  return {
    namespace,
    async run(line) {
      const { program, args, env, inputFile } = parseCommand(line.replaceAll('<ns>', namespace))
      const run = programs[program]
      if (!run) throw new Error(`scenarios run kubectl and helm, not "${program}"`)
      const input = inputFile === undefined ? '' : await bed.platform.disk.readText(join(directory, inputFile))
      const ran = await run(...args, { cwd: directory, env: { ...env, KUBECONFIG: kubeconfig }, input })
      const code = ran.code === 0 ? '' : `[${ran.code}]\n`
      const text = `${endLine(ran.stdout)}${endLine(withoutLog(ran.stderr)).replace(/^(?=.)/gm, '! ')}${code}`
      // It says so only where it saw the object go.
      const settled = args.includes('--for=delete') ? text.replace(/^\S+ condition met\n/gm, '') : text
      return plain(steady(bed, settled), namespace)
    },
  }
}

const endLine = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`)

function plain(text: string, namespace: string): string {
  return text
    .replaceAll(new RegExp(`\\b${namespace}\\b`, 'g'), '<ns>')
    .replace(/\t/g, '  ')
    .replace(/(?<=\S) {2,}/g, '  ')
    .replace(/ +$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd()
}

interface Command {
  program: string
  args: string[]
  env: Record<string, string>
  inputFile?: string
}

/** Words at blanks; `'…'` and `"…"` keep theirs. */
function parseCommand(line: string): Command {
  const words = [...line.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)].map(([word]) =>
    word.replace(/'([^']*)'|"([^"]*)"/g, (_, single?: string, double?: string) => single ?? double ?? ''),
  )
  const env: Record<string, string> = {}
  while (/^[A-Z_]+=/.test(words[0] ?? '')) {
    const [name = '', ...value] = (words.shift() ?? '').split('=')
    env[name] = value.join('=')
  }
  const [program = '', ...args] = words
  if (args.at(-2) !== '<') return { program, args, env }
  return { program, args: args.slice(0, -2), env, inputFile: args.at(-1) ?? '' }
}

/** What client-go's reflector logs depends on the moment at which a watch ended. */
function withoutLog(stderr: string): string {
  return stderr.replace(/^[IWE]\d{4} [\d:.]+ +\d+ reflector\.go:.*\n?/gm, '')
}
