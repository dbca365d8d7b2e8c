/**
 * `$(NAME)` in commands, arguments and environment values. `$$` is a dollar sign; a name that is not known stays as it
 * is written. Source: https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
 */
export function expand(text: string, lookUp: (name: string) => string | undefined): string {
  return text.replace(/\$(\$|\(([^()]*)\))/g, (whole, escaped: string, name: string | undefined) => {
    if (escaped === '$') return '$'
    return lookUp(name ?? '') ?? whole
  })
}
