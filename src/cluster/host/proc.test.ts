import assert from 'node:assert/strict'
import { test } from 'node:test'
import { realDisk } from '../../platform/real/disk.ts'
import { realNet } from '../../platform/real/net.ts'
import { holderOf, isBelow, listeningPorts, mountOf, parseMounts, parseStat } from './proc.ts'

const mountinfo = `27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
43 42 0:4 net:[402] /home/a\\040b\\134/netns/x rw shared:2 - nsfs nsfs rw
44 27 0:50 / /home ro,noexec - overlay overlay rw,lowerdir=/a - b
`

test('parseMounts reads mountinfo with optional fields and escaped paths', () => {
  assert.deepEqual(parseMounts(mountinfo).slice(1, 3), [
    {
      point: '/sys/fs/cgroup/cpu',
      fsType: 'cgroup',
      options: ['rw', 'relatime'],
      superOptions: ['rw', 'cpu', 'cpuacct'],
    },
    { point: '/home/a b\\/netns/x', fsType: 'nsfs', options: ['rw'], superOptions: ['rw'] },
  ])
})

test('mountOf finds the innermost mount', () => {
  const mounts = parseMounts(mountinfo)
  assert.equal(mountOf(mounts, '/home/c')?.fsType, 'overlay')
  assert.equal(mountOf(mounts, '/homes')?.fsType, 'ext4')
})

test('isBelow tells a directory from one whose name begins alike', () => {
  const cases: [string, string, boolean][] = [
    ['/a/b', '/a', true],
    ['/a', '/a', true],
    ['/ab', '/a', false],
    ['/a', '/', true],
  ]
  for (const [path, directory, expected] of cases) assert.equal(isBelow(path, directory), expected, path)
})

test('parseStat finds state and parent behind a name with blanks and parentheses', () => {
  assert.deepEqual(parseStat('12 (a) b (c)) S 7 12 12 0 -1'), { state: 'S', parentPid: 7 })
})

test('listeningPorts leaves out connections', () => {
  const text = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:192B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0
   1: 0100007F:280A 0100007F:192B 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 100 0 0 10 0
`
  assert.deepEqual([...listeningPorts(text, '')], [[6443, ['4711']]])
})

test('holderOf finds the process that listens', async () => {
  const server = await realNet().serveTcp({ host: '127.0.0.1', port: 0 }, (socket) => socket.destroy())
  const disk = realDisk()
  const inodes = listeningPorts(await disk.readText('/proc/self/net/tcp')).get(server.port) ?? []
  assert.equal((await holderOf(disk, inodes))?.pid, process.pid)
  await server.close()
})
