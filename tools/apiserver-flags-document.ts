/**
 * docs/apiserver-flags.md from the table of flags. With `--write` writes it; a test fails when it is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { apiServerFlags, type Flag, serverFlags } from '../src/cluster/apiserver/flag-table.ts'

const target = new URL('../docs/apiserver-flags.md', import.meta.url)

const opening = `# Flags of \`k8ts apiserver\` and \`k8ts server\`

Every flag of kube-apiserver v1.36 is known by its name. It is honoured, or the server does not start and says why: none
is passed over. Values are written \`--name=value\` or \`--name value\`; lists have commas or the flag is repeated.
Generated from \`src/cluster/apiserver/flag-table.ts\` by \`script/update-docs\`.

    k8ts apiserver --data-dir /tmp/api --secure-port 6443 --token-auth-file tokens.csv

makes its keys and certificates below the data directory and writes an administrator's \`admin.kubeconfig\` beside them.

\`k8ts server\`, the whole control plane, takes the same flags, and \`k8ts up\` hands them on to it:

    k8ts up --authentication-config issuers.yaml --audit-policy-file audit.yaml --audit-log-path audit.log
`

export function flagsDocument(): string {
  const flags = [...apiServerFlags().values()]
  const section = (title: string, head: string, rows: string[]): string =>
    `## ${title}\n\n${head}\n${rows.join('\n')}\n`
  return [
    opening,
    serverDocument(),
    section(
      'Honoured',
      '| flag | value | what it does |\n|---|---|---|',
      flags
        .filter(({ handling }) => handling === 'honoured')
        .map((flag) => `| \`--${flag.name}\` | ${flag.type} | ${flag.why} |`),
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

function serverDocument(): string {
  const names = (some: Iterable<string>) => [...some].map((name) => `\`--${name}\``).join(', ')
  const [alone, whole] = [apiServerFlags(), serverFlags()]
  const decided = names([...alone.keys()].filter((name) => !whole.has(name)))
  const own = [...whole.values()].filter(({ name }) => alone.get(name) !== whole.get(name))
  const rows = own.map((flag) => `| \`--${flag.name}\` | ${flag.type} | ${flag.why} |`)
  return `Its home directory and its cluster decide what these say: ${decided}. Its own are\n\n| flag | value | what it does |\n|---|---|---|\n${rows.join('\n')}\n`
}

function fixedRow({ name, handling, why }: Flag): string[] {
  return typeof handling === 'string' ? [] : [`| \`--${name}\` | \`${handling.only}\` | ${why} |`]
}

if (process.argv.includes('--write')) writeFileSync(target, flagsDocument())

export function writtenFlagsDocument(): string {
  return readFileSync(target, 'utf8')
}
