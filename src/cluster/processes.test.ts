import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Exec } from '../platform/exec.ts'
import { realNet } from '../platform/real/net.ts'
import { simulatedDisk } from '../platform/simulated/disk.ts'
import { clusterConfig } from './config.ts'
import { runningPid } from './processes.ts'

const config = clusterConfig(realNet(), { home: '/home', nodeAddress: '192.0.2.1', hostname: 'node' })

const processes: { is: string; pid: number | undefined; words: string[]; alive?: boolean }[] = [
  { is: 'a server in a checkout', pid: 42, words: ['/c/node', '/c/src/cli/main.ts', 'server', '--home', '/home'] },
  { is: 'a server of an installed package', pid: 42, words: ['/n/node', '/n/k8ts/dist/cli/main.js', 'server'] },
  { is: 'the shell that turns into a server', pid: 42, words: ['/bin/sh', '/n/k8ts/bin/k8ts', 'server'] },
  { is: 'another role', pid: undefined, words: ['/c/node', '/c/src/cli/main.ts', 'agent'] },
  { is: 'a stranger that got the same number', pid: undefined, words: ['sleep', 'server'] },
  { is: 'gone', pid: undefined, words: ['/c/node', '/c/src/cli/main.ts', 'server'], alive: false },
]

for (const { is, pid, words, alive = true } of processes) {
  test(`runningPid answers ${pid} when the pid file's process is ${is}`, async () => {
    const disk = simulatedDisk()
    await disk.makeDirectory('/home/run')
    await disk.makeDirectory('/proc/42')
    await disk.write('/home/run/server.pid', '42\n')
    await disk.write('/proc/42/cmdline', `${words.join('\0')}\0`)
    const exec = { alive: () => alive } as unknown as Exec
    assert.equal(await runningPid({ disk, exec }, config, 'server'), pid)
  })
}
