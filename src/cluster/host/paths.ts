/** Where a node keeps what it needs outside the store. Everything lies below the home directory, so that it can go. */
export interface HostPaths {
  homeDirectory: string
  /** Sockets, process ids, mounts: what does not survive a reboot. */
  runDirectory: string
  logDirectory: string
  containerdConfig: string
  containerdRoot: string
  containerdState: string
  containerdSocket: string
  containerdPid: string
  containerdLog: string
  runcRoot: string
  /** Registry settings: `<host:port>/hosts.toml` below it. */
  registryDirectory: string
  imagesDirectory: string
  /** A link to the Node binary that runs the agent; mounted into the DNS pods. */
  nodeBinary: string
  cniConfigDirectory: string
  /** Address reservations of the host-local plugin. */
  cniDataDirectory: string
}

/** @param runDirectory default `<home>/run` */
export function hostPaths(homeDirectory: string, runDirectory = `${homeDirectory}/run`): HostPaths {
  const containerd = `${homeDirectory}/containerd`
  const logDirectory = `${homeDirectory}/logs`
  return {
    homeDirectory,
    runDirectory,
    logDirectory,
    containerdConfig: `${containerd}/config.toml`,
    containerdRoot: `${containerd}/root`,
    containerdState: `${runDirectory}/containerd`,
    containerdSocket: `${runDirectory}/containerd.sock`,
    containerdPid: `${runDirectory}/containerd.pid`,
    containerdLog: `${logDirectory}/containerd.log`,
    runcRoot: `${runDirectory}/runc`,
    registryDirectory: `${containerd}/certs.d`,
    imagesDirectory: `${homeDirectory}/images`,
    nodeBinary: `${homeDirectory}/bin/node`,
    cniConfigDirectory: `${homeDirectory}/cni/net.d`,
    cniDataDirectory: `${runDirectory}/cni`,
  }
}
