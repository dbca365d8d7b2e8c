/**
 * Builds the images that k8ts brings itself and writes them as one OCI image layout in a tar file, or imports them
 * into a containerd. A cluster does this by itself at start (`src/cluster/host/provide-images.ts`); this command is
 * for looking inside, for carrying images to another machine and for trying changes. See README.md beside it.
 *
 *     node tools/images/build.ts [--output images.tar] [--socket containerd.sock] [pause] [hello] [dns]
 */
import { parseArgs } from 'node:util'
import { describeImages, type ImageChoice } from '../../src/cluster/host/images/catalog.ts'
import { ensureImages, writeLayout } from '../../src/cluster/host/images/import.ts'
import { buildImage } from '../../src/cluster/host/images/oci.ts'
import { installedPackage } from '../../src/cluster/host/provide-images.ts'
import { silent } from '../../src/platform/log.ts'
import { realPlatform } from '../../src/platform/real/platform.ts'

const known: readonly string[] = ['pause', 'hello', 'dns']
const usage = 'usage: build.ts [--output <file.tar>] [--socket <containerd.sock>] [pause] [hello] [dns]'

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { output: { type: 'string' }, socket: { type: 'string' } },
  })
  const wrong = positionals.find((name) => !known.includes(name))
  if (wrong !== undefined || (values.output === undefined && values.socket === undefined)) {
    console.error(wrong === undefined ? usage : `there is no image "${wrong}"\n${usage}`)
    return 2
  }
  const { disk, exec } = realPlatform()
  const choices = (positionals.length > 0 ? positionals : known) as ImageChoice[]
  const specs = await describeImages({ disk, exec, ...installedPackage() }, choices)
  if (values.output !== undefined) {
    await disk.remove(values.output)
    const images = []
    for (const spec of specs) images.push(await buildImage(disk, spec))
    await writeLayout(disk, values.output, images)
    for (const image of images) console.log(`${image.spec.name} ${image.digest}`)
  }
  if (values.socket !== undefined) {
    const directory = `${values.socket}.images`
    const imported = await ensureImages({ disk, exec, log: silent, socketPath: values.socket, directory }, specs)
    await disk.remove(directory)
    console.log(imported.length > 0 ? `imported ${imported.join(', ')}` : 'everything is there')
  }
  return 0
}

process.exitCode = await main()
