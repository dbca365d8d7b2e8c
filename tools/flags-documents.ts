/**
 * docs/*-flags.md from the tables of flags. With `--write` writes them; a test fails when one is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { apiServerFlags, type Flag, serverFlags } from '../src/cluster/apiserver/flag-table.ts'
import { componentFlags } from '../src/cluster/component/flag-tables.ts'
import { knownControllers } from '../src/controllers/names.ts'

interface FlagsDocument {
  /** In `docs/`. */
  name: string
  text(): string
}

const values = `Values are written \`--name=value\` or \`--name value\`; lists have commas or the flag is repeated.`

const apiServerOpening = `# Flags of \`k8ts apiserver\` and \`k8ts server\`

Every flag of kube-apiserver v1.36 is known by its name. It is honoured, or the server does not start and says why: none
is passed over. ${values}
Generated from \`src/cluster/apiserver/flag-table.ts\` by \`script/update-docs\`.

    k8ts apiserver --data-dir /tmp/api --secure-port 6443 --token-auth-file tokens.csv

makes its keys and certificates below the data directory and writes an administrator's \`admin.kubeconfig\` beside them.

\`k8ts server\`, the whole control plane, takes the same flags, and \`k8ts up\` hands them on to it:

    k8ts up --authentication-config issuers.yaml --audit-policy-file audit.yaml --audit-log-path audit.log
`

const componentOpening = (component: string): string => `# Flags of \`k8ts ${component}\`

Every flag of kube-${component} v1.36 is known by its name. It is honoured, or the program does not start and says why:
none is passed over. ${values}
Generated from \`src/cluster/component/flag-tables.ts\` by \`script/update-docs\`.

    k8ts ${component} --kubeconfig admin.kubeconfig
`

export const flagsDocuments: readonly FlagsDocument[] = [
  { name: 'apiserver-flags.md', text: () => document(`${apiServerOpening}\n${serverDocument()}`, apiServerFlags()) },
  {
    name: 'controller-manager-flags.md',
    text: () =>
      [document(componentOpening('controller-manager'), componentFlags('controller-manager')), controllers()].join(
        '\n',
      ),
  },
  { name: 'scheduler-flags.md', text: () => document(componentOpening('scheduler'), componentFlags('scheduler')) },
]

function document(opening: string, table: ReadonlyMap<string, Flag>): string {
  const flags = [...table.values()]
  return [
    opening,
    section(
      'Honoured',
      '| flag | value | what it does |\n|---|---|---|',
      flags
        .filter(({ handling }) => handling === 'honoured')
        .map((flag) => `| \`--${flag.name}\` | ${flag.type} | ${meaning(flag)} |`),
    ),
    section(
      'Fixed',
      'Accepted with this value only, which is how the server is.\n\n| flag | value | because |\n|---|---|---|',
      flags.flatMap((flag) => fixedRow(flag)),
    ),
    section(
      'Refused',
      '| flag | because |\n|---|---|',
      flags.filter(({ handling }) => handling === 'refused').map(({ name, why }) => `| \`--${name}\` | ${why} |`),
    ),
  ].join('\n')
}

function meaning({ why, standard }: Flag): string {
  return standard === undefined ? why : `${why} (default: ${standard})`
}

function serverDocument(): string {
  const names = (some: Iterable<string>) => [...some].map((name) => `\`--${name}\``).join(', ')
  const [alone, whole] = [apiServerFlags(), serverFlags()]
  const decided = names([...alone.keys()].filter((name) => !whole.has(name)))
  const own = [...whole.values()].filter(({ name }) => alone.get(name) !== whole.get(name))
  const rows = own.map((flag) => `| \`--${flag.name}\` | ${flag.type} | ${flag.why} |`)
  return `Its home directory and its cluster decide what these say: ${decided}. Its own are\n\n| flag | value | what it does |\n|---|---|---|\n${rows.join('\n')}\n`
}

function controllers(): string {
  const rows = knownControllers.map(({ name, aliases, ours, offByDefault, gates, why }) => {
    const gate = gates.length > 0 ? `behind ${gates.join(', ')}` : ''
    const notes = [offByDefault ? 'off by default' : '', gate, ours.length === 0 ? `not run: ${why}` : '']
    return `| \`${name}\` | ${aliases.map((alias) => `\`${alias}\``).join(', ')} | ${notes.filter(Boolean).join('; ')} |`
  })
  return section('Controllers', '| `--controllers` | or | |\n|---|---|---|', rows)
}

function section(title: string, head: string, rows: readonly string[]): string {
  return `## ${title}\n\n${head}\n${rows.join('\n')}\n`
}

function fixedRow({ name, handling, why }: Flag): string[] {
  return typeof handling === 'string' ? [] : [`| \`--${name}\` | \`${handling.only}\` | ${why} |`]
}

const pathOf = (name: string) => new URL(`../docs/${name}`, import.meta.url)

if (process.argv.includes('--write')) {
  for (const { name, text } of flagsDocuments) writeFileSync(pathOf(name), text())
}

export function writtenDocument(name: string): string {
  return readFileSync(pathOf(name), 'utf8')
}
