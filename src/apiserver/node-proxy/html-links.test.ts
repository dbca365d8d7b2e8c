import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rewriteLinks } from './html-links.ts'

async function rewritten(chunks: readonly string[]): Promise<string> {
  async function* page() {
    for (const chunk of chunks) yield Buffer.from(chunk)
  }
  const out: Uint8Array[] = []
  for await (const chunk of rewriteLinks(page(), (url) => `[${url}]`)) out.push(chunk)
  return Buffer.concat(out).toString()
}

const cases: [what: string, page: string, wanted: string][] = [
  ['a link', '<a href="/x">test</a>', '<a href="[/x]">test</a>'],
  ['other quotes, and none', "<A HREF='/x'><img src=/y>", "<A HREF='[/x]'><img src=[/y]>"],
  [
    'several, and what is no URL',
    '<img alt="/a" src = "/y" longdesc="/z" />',
    '<img alt="/a" src = "[/y]" longdesc="[/z]" />',
  ],
  ['attributes without a value', '<input disabled src=/a><a href>', '<input disabled src=[/a]><a href>'],
  ['brackets within a value', '<a title="1 > 0 <b" href="/x">', '<a title="1 > 0 <b" href="[/x]">'],
  ['an apostrophe that quotes nothing', "<p title=it's><a href=/x>it's</a>", "<p title=it's><a href=[/x]>it's</a>"],
  ['elements without URLs', '<p href="/x"><ab href="/x">', '<p href="/x"><ab href="/x">'],
  ['text that looks like a tag', 'a < b <3 <> </a href="/x"> <', 'a < b <3 <> </a href="/x"> <'],
  ['comments', '<!-- <a href="/x"> --><a href="/y">', '<!-- <a href="/x"> --><a href="[/y]">'],
  ['a doctype', '<!DOCTYPE html><!-<a href="/y">', '<!DOCTYPE html><!-<a href="[/y]">'],
  [
    'scripts',
    '<script src="/s">if (a<b) "<a href=/x>"</SCRIPT><a href="/y">',
    '<script src="[/s]">if (a<b) "<a href=/x>"</SCRIPT><a href="[/y]">',
  ],
  ['titles', '<title><a href="/x"></title><link href=/y>', '<title><a href="/x"></title><link href=[/y]>'],
  ['text beyond ASCII', '<a href="/ü">größer</a>', '<a href="[/ü]">größer</a>'],
  ['a tag that does not end', 'a<a href="/x', 'a<a href="/x'],
]

test('rewriteLinks finds links, however the page is cut', async () => {
  for (const [what, page, wanted] of cases) {
    assert.equal(await rewritten([page]), wanted, what)
    assert.equal(await rewritten([...page]), wanted, `${what}, in single characters`)
    for (let cut = 1; cut < page.length; cut += 1)
      assert.equal(await rewritten([page.slice(0, cut), page.slice(cut)]), wanted, `${what}, cut at ${cut}`)
  }
})

test('rewriteLinks holds back no more than a tag, and is done with hostile pages at once', async () => {
  const long = '<a '.repeat(300_000)
  assert.equal(await rewritten([long, '><a href="/x">']), `${long}><a href="[/x]">`)
  const quoted = `<a href="${'x'.repeat(1_000_000)}`
  assert.equal(await rewritten([quoted, '"><a href="/x">']), `${quoted}"><a href="[/x]">`)
})
