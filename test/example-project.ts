/**
 * Runs an example that is a project of its own, with its dependencies from npm and `k8ts` as it would be published. What
 * npm brought is kept where the next run finds it: `K8TS_TOOLS`, else `~/.cache/k8ts-tools`.
 */
import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const tools = process.env.K8TS_TOOLS ?? join(homedir(), '.cache', 'k8ts-tools')

interface Description {
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

/** Builds the package into `folder`, as npm would put it there. Throws with what the compiler said. */
function installPackage(folder: string): void {
  mkdirSync(folder, { recursive: true })
  const words = ['-p', 'tsconfig.build.json', '--outDir', join(folder, 'dist')]
  const built = spawnSync(join(root, 'node_modules/.bin/tsc'), words, { cwd: root, encoding: 'utf8' })
  if (built.status !== 0) throw new Error(built.stdout)
  const { files }: { files: string[] } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  for (const name of ['package.json', ...files.filter((each) => each !== 'dist')]) {
    cpSync(join(root, name), join(folder, name), { recursive: true })
  }
}

/** Links what this checkout has installed, for a package below `folder` to find. */
function linkModules(folder: string): void {
  mkdirSync(folder, { recursive: true })
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(root, 'node_modules', name), join(folder, name))
  }
}

/** The folder whose `node_modules` has what the example depends on but `k8ts`; undefined when npm can't bring it. */
export function installDependencies(example: string): string | undefined {
  const { dependencies = {}, devDependencies = {} }: Description = JSON.parse(
    readFileSync(join(root, example, 'package.json'), 'utf8'),
  )
  const { k8ts: _, ...wanted } = { ...dependencies, ...devDependencies }
  const text = JSON.stringify({ private: true, type: 'module', dependencies: wanted })
  const home = join(tools, `npm-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`)
  if (existsSync(join(home, 'node_modules'))) return home
  mkdirSync(tools, { recursive: true })
  const fresh = mkdtempSync(join(tools, 'npm-new-'))
  writeFileSync(join(fresh, 'package.json'), text)
  const words = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock']
  const installed = spawnSync('npm', words, { cwd: fresh, encoding: 'utf8', timeout: 120_000 })
  if (installed.status === 0) renameSync(fresh, home)
  else rmSync(fresh, { recursive: true })
  return installed.status === 0 ? home : undefined
}

export interface Ran {
  code: number
  output: string
}

/** Runs the example's `npm test` beside its dependencies; `extra` files are put in first. */
export async function runProject(
  example: string,
  parts: { home: string /** From `packageFolder`. */; package: string; extra?: Record<string, string> },
): Promise<Ran> {
  const folder = mkdtempSync(join(parts.home, 'run-'))
  try {
    cpSync(join(root, example), folder, { recursive: true })
    cpSync(join(parts.package, 'node_modules'), join(folder, 'node_modules'), {
      recursive: true,
      verbatimSymlinks: true,
    })
    for (const [name, text] of Object.entries(parts.extra ?? {})) writeFileSync(join(folder, name), text)
    for (const name of readdirSync(join(parts.home, 'node_modules'))) {
      const target = join(folder, 'node_modules', name)
      rmSync(target, { recursive: true, force: true })
      symlinkSync(join(parts.home, 'node_modules', name), target)
    }
    const { scripts }: { scripts: { test: string } } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    return await run(scripts.test, folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A new folder whose `node_modules` holds the built package, and what it depends on. */
export function packageFolder(): string {
  const home = mkdtempSync(join(tmpdir(), 'k8ts-package-'))
  linkModules(join(home, 'node_modules'))
  installPackage(join(home, 'node_modules', 'k8ts'))
  return home
}

function run(command: string, cwd: string): Promise<Ran> {
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...environment } = process.env
  const path = [join(cwd, 'node_modules/.bin'), dirname(process.execPath), process.env.PATH].join(delimiter)
  const env = { ...environment, PATH: path, CI: 'true', NO_COLOR: '1', NODE_NO_WARNINGS: '1' }
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', command], { cwd, env, timeout: 120_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? 1 : 0, output: `${stdout}${stderr}` }),
    )
  })
}
