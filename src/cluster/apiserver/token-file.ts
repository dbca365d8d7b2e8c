/**
 * `--token-auth-file`: one bearer token a line, `token,user,uid,"group,group"`.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#static-token-file.
 */
import type { UserInfo } from '../../apiserver/request.ts'

/** Throws with the line's number, never with its text. */
export function readTokenFile(text: string): Record<string, UserInfo> {
  const users: [string, UserInfo][] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const where = `read the token file: line ${index + 1}`
    const [token = '', name = '', uid = '', groups = ''] = columnsOf(line, where)
    if (token === '' || name === '') throw new Error(`${where} wants token,user,uid and may add groups`)
    const listed = groups.split(',').map((group) => group.trim())
    users.push([token, { name, uid, groups: listed.filter((group) => group !== ''), extra: {} }])
  }
  return Object.fromEntries(users)
}

function columnsOf(line: string, where: string): string[] {
  const columns: string[] = []
  let rest = line
  for (;;) {
    const match = /^\s*(?:"((?:[^"]|"")*)"|([^",]*))\s*(,|$)/.exec(rest)
    if (!match) throw new Error(`${where} has a quote where none belongs`)
    columns.push((match[1]?.replaceAll('""', '"') ?? match[2] ?? '').trim())
    if (match[3] === '') break
    rest = rest.slice(match[0].length)
  }
  if (columns.length < 3) throw new Error(`${where} has ${columns.length} columns, want at least 3`)
  return columns
}
