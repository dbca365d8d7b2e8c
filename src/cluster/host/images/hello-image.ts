/**
 * The demonstration image: Debian's static BusyBox with a link for every applet, and a web server on port 8080 that
 * answers every path it knows (`/`, `/hostname`) with the container's host name, which is the pod's name, and
 * `/healthz` with `ok`. It serves without arguments, environment or mounts, as any user, and on a read-only root.
 */
import type { ImageSpec } from './oci.ts'
import type { Architecture } from './pause-binary.ts'
import type { TarEntry } from './tar.ts'

export const helloImageName = 'k8ts.local/hello:1.0'

/**
 * The page is a file written once, so that a request costs one `fork` and no `exec`; where the root is read-only the
 * server falls back to a script per request. The shell stays as process 1: the kernel keeps signals without a handler
 * from it, and the web server has none, so that it would outlive every grace period. It serves for half a second more
 * when told to end: by then no proxy sends anybody here, and a rollout loses no request.
 */
const serve = `#!/bin/sh
name=$(hostname)
{ echo "$name" > /www/index.html; } 2>/dev/null
httpd -f -p 8080 -h /www &
server=$!
trap 'echo "hello: stopping"; sleep 0.5; kill "$server"; exit 0' TERM INT
echo "hello: serving as $name on port 8080"
wait "$server"
`

const answerPerRequest = `#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n'
hostname
`

/**
 * Debian builds wget without its time limit, and the option ends it with a crash. The limit is taken over here for the
 * whole transfer, which is what the option means to those who use it. BusyBox's shell would run its own wget without
 * looking for this one: so its own has another name in the image, one that keeps the order of its table of names.
 */
const wgetName = '\0wget\0'
const wgetNameInside = '\0wgex\0'

const boundedWget = `#!/bin/sh
limit= next= set=
for word; do
  [ -n "$set" ] || { set -- ; set=yes; }
  if [ "$next" = limit ]; then limit=$word next=; continue; fi
  case $word in
    -T|--timeout) next=limit ;;
    -T*) limit=\${word#-T} ;;
    --timeout=*) limit=\${word#--timeout=} ;;
    *) set -- "$@" "$word" ;;
  esac
done
[ -n "$limit" ] || exec busybox wgex "$@"
timeout "$limit" busybox wgex "$@"
code=$?
[ "$code" != 143 ] && [ "$code" != 124 ] || { echo 'wget: download timed out' >&2; code=1; }
exit "$code"
`

export interface BusyBox {
  program: Uint8Array
  /** As `busybox --list` prints them. */
  applets: readonly string[]
}

/** @param busyBox a static binary for `architecture` */
export function helloImage(architecture: Architecture, busyBox: BusyBox): ImageSpec {
  const text = (path: string, content: string, mode?: number): TarEntry => ({
    kind: 'file',
    path,
    content: Buffer.from(content),
    ...(mode ? { mode } : {}),
  })
  const links = [...busyBox.applets]
    .filter((applet) => applet !== 'busybox' && applet !== 'wget')
    .sort()
    .map((applet): TarEntry => ({ kind: 'symlink', path: `bin/${applet}`, target: 'busybox' }))
  return {
    name: helloImageName,
    architecture,
    entries: [
      { kind: 'directory', path: 'bin' },
      { kind: 'file', path: 'bin/busybox', mode: 0o755, content: renameWget(busyBox.program) },
      text('bin/hello', serve, 0o755),
      text('bin/wget', boundedWget, 0o755),
      ...links,
      { kind: 'symlink', path: 'sbin', target: 'bin' },
      { kind: 'directory', path: 'usr' },
      { kind: 'symlink', path: 'usr/bin', target: '../bin' },
      { kind: 'symlink', path: 'usr/sbin', target: '../bin' },
      { kind: 'directory', path: 'etc' },
      text('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n'),
      text('etc/group', 'root:x:0:\nnogroup:x:65534:\n'),
      text('etc/hosts', '127.0.0.1 localhost\n'),
      text('etc/nsswitch.conf', 'hosts: files dns\n'),
      { kind: 'directory', path: 'root', mode: 0o700 },
      { kind: 'directory', path: 'tmp', mode: 0o1777 },
      { kind: 'directory', path: 'var' },
      { kind: 'directory', path: 'www', mode: 0o1777 },
      text('www/healthz', 'ok\n'),
      { kind: 'symlink', path: 'www/hostname', target: 'index.html' },
      { kind: 'directory', path: 'www/cgi-bin' },
      text('www/cgi-bin/index.cgi', answerPerRequest, 0o755),
    ],
    // A default command and no entry point: what a container names instead replaces it, as with other base images.
    command: { cmd: ['/bin/hello'] },
  }
}

/** Throws when the table of names is not as Debian and Ubuntu build it. */
function renameWget(program: Uint8Array): Uint8Array {
  const renamed = Buffer.from(program)
  const place = renamed.indexOf(wgetName)
  if (place === -1 || renamed.indexOf(wgetName, place + 1) !== -1)
    throw new Error(
      "build the hello image: the static busybox must name its program wget once (Debian's busybox-static)",
    )
  renamed.write(wgetNameInside, place, 'latin1')
  return renamed
}
