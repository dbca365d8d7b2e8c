/** A timeline as a page by itself: a lane for each component, a filter, refusals and faults marked. */
import type { Timeline, TimelineEntry } from './timeline.ts'

export function timelinePage(timeline: Timeline, title: string): string {
  const components = [...new Set(timeline.entries.map(({ component }) => component))]
  const startMs = timeline.entries[0]?.atMs ?? 0
  const rows = timeline.entries.map((entry) => row(entry, startMs, components)).join('\n')
  const heads = components.map((component) => `<th>${escaped(component)}</th>`).join('')
  const dropped = timeline.dropped > 0 ? `<p>${timeline.dropped} earlier entries were dropped.</p>` : ''
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escaped(title.split('\n')[0] ?? '')}</title>
<style>${style}</style>
<h1>${escaped(title)}</h1>
${dropped}
<p><label>Show lines with <input id="filter" type="search" autofocus></label> <span id="count"></span></p>
<table>
<thead><tr><th>time</th><th>since start</th>${heads}</tr></thead>
<tbody>
${rows}
</tbody>
</table>
<script>${script}</script>
</html>
`
}

function row({ atMs, component, text, status }: TimelineEntry, startMs: number, components: string[]): string {
  const kind = component === 'fault' ? 'fault' : status !== undefined && status >= 400 ? 'refused' : ''
  const cells = components.map((lane) => {
    if (lane !== component) return '<td></td>'
    return `<td>${escaped(text)}${status !== undefined && status >= 300 ? ` <b>${status}</b>` : ''}</td>`
  })
  const moment = new Date(atMs).toISOString()
  return `<tr class="${kind}"><td>${moment}</td><td>+${((atMs - startMs) / 1000).toFixed(3)} s</td>${cells.join('')}</tr>`
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? sign)
}

const style = `
body { font: 14px/1.4 system-ui, sans-serif; margin: 1.5rem; color: #1b1b1b; background: #fff }
h1 { font-size: 1.1rem; white-space: pre-wrap }
table { border-collapse: collapse; font: 12px/1.35 ui-monospace, monospace }
th { position: sticky; top: 0; background: #f2f2f2; text-align: left }
th, td { padding: 2px 8px; border-bottom: 1px solid #e5e5e5; vertical-align: top; white-space: nowrap }
tr.refused td { background: #fff3d6 } tr.fault td { background: #ffe0e0 }
@media (prefers-color-scheme: dark) {
  body { color: #ddd; background: #181818 } th { background: #2a2a2a } th, td { border-color: #333 }
  tr.refused td { background: #4a3a10 } tr.fault td { background: #552020 }
}`

const script = `
const filter = document.getElementById('filter'), count = document.getElementById('count')
const rows = [...document.querySelectorAll('tbody tr')]
const show = () => {
  let shown = 0
  for (const row of rows) { const fits = row.textContent.includes(filter.value); row.hidden = !fits; shown += fits }
  count.textContent = shown + ' of ' + rows.length
}
filter.addEventListener('input', show)
show()`
