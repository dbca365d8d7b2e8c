/** Names that the provisioner of local directories and the node agents share. See docs/how-to/storage.md. */
export const localPath = {
  provisioner: 'k8ts.dev/local-path',
  /** On a volume until its directory is gone. */
  finalizer: 'k8ts.dev/local-path',
  /** On a volume: which node has its directory. */
  nodeAnnotation: 'k8ts.dev/local-path-node',
  /** On a node whose agent makes and removes directories: where they lie. */
  directoryAnnotation: 'k8ts.dev/local-path-directory',
  /** Of the node agent's server: `DELETE /localVolumes/<name>` removes a directory with all that is in it. */
  agentPath: 'localVolumes',
} as const
