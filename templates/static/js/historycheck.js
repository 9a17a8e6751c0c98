// Checks a history in the browser: entries, the signed heads over them, and the keys that signed. It asks no network.
import { base64, bytesOf, micros, node, openHead, openKey, readHead, record } from "./historyform.js";

const tolerance = 2 * 60 * 1e6; // microseconds: the clocks of two instances are never quite the same
const mostFindings = 500;

// verify checks a bundle: { origin, entries, heads, keys }. What it finds is [{kind, section, number, size}]; number is -1 if it is about
// no entry. It tells how many entries it has hashed. With a place, which an earlier report had, the entries are those that follow it, and
// the head of the place is checked with them.
export async function verify(bundle, hashed = () => {}) {
  const report = { findings: [], undecided: [], entries: bundle.entries.length, covered: 0, open: 0, sections: 0, upTo: 0 };
  const c = { ...bundle, report, opened: new Map(), found: new Map(), sections: new Map(), gaps: new Map(), hashed };
  for (const k of bundle.keys) {
    const key = await openKey(k);
    if (key === null) find(c, "bad-key", 0, -1);
    else c.opened.set(k.id, key);
  }
  if (bundle.place) await resume(c, bundle.place);
  for (const text of bundle.heads) await take(c, text);
  for (const e of bundle.entries) {
    if (!c.sections.has(e.section)) c.sections.set(e.section, newSection(e.section));
    c.sections.get(e.section).list.push(e);
  }
  const order = [...c.sections.keys()].sort((a, b) => a - b);
  for (const n of order) {
    await arrange(c, c.sections.get(n));
    await begins(c, c.sections.get(n));
  }
  for (const n of order) await checkHeads(c, c.sections.get(n));
  checkSections(c, order);
  report.place = await placeOf(c, order.at(-1));
  report.misfits = [...c.found.values()].flat().filter((h) => !h.fits).map((h) => h.note);
  const { findings } = report;
  findings.sort((a, b) => a.section - b.section || a.number - b.number || (a.size ?? 0) - (b.size ?? 0));
  report.state = findings.length > 0 ? "found" : report.undecided.length > 0 ? "undecided" : "well";
  return report;
}

function newSection(number) {
  return { number, start: 0, list: [], entries: [], tree: newTree(), told: newTree(), holes: false, covered: 0, before: null, signers: [],
    latest: -Infinity };
}

// count is how many entries of a section were checked, now or up to the place.
const count = (s) => s.start + s.entries.length;

// resume begins a section at a place.
async function resume(c, p) {
  const s = { ...newSection(p.section), start: p.size, tree: treeOf(p), told: treeOf(p), signers: p.signers, latest: p.latest };
  if (p.before) s.before = await readHead(p.before);
  c.sections.set(p.section, s);
  await take(c, p.head);
}

// treeOf has the hashes that a tree needs to grow from a size on.
function treeOf({ size, peaks }) {
  const tree = [], left = peaks.map(bytesOf);
  for (let level = 0; level === 0 || 2 ** level <= size; level++) {
    tree[level] = [];
    tree[level].length = Math.floor(size / 2 ** level);
  }
  for (let level = tree.length - 1; level >= 0; level--) {
    if (tree[level].length % 2 === 1) tree[level][tree[level].length - 1] = left.shift();
  }
  return tree;
}

// placeOf is up to where a history was checked: the last head of the last section that fits, and what is needed to go on from there.
// It is null if there is none.
async function placeOf(c, section) {
  const s = c.sections.get(section), h = (c.found.get(section) ?? []).findLast((x) => x.fits && x.size === s.covered);
  if (!h) return null;
  const under = s.entries.slice(0, h.size - s.start);
  return { origin: c.origin, section, size: h.size, root: h.root, head: h.note, upTo: h.at, before: s.before?.note ?? "",
    peaks: peaks(s.tree, h.size).map(base64), signers: s.signers.filter((k) => k.from < h.size),
    leaf: under.length > 0 ? base64(await record(under.at(-1))) : c.place.leaf,
    latest: under.reduce((latest, e) => Math.max(latest, micros(e.at)), s.latest),
    sections: c.report.sections, others: c.report.covered - s.covered };
}

function find(c, kind, section, number, size = 0, sizeText = String(size)) {
  const { findings } = c.report;
  const known = findings.some((f) => f.kind === kind && f.section === section && f.number === number && f.size === size);
  if (!known && findings.length < mostFindings) findings.push({ kind, section, number, size, sizeText });
}

function doubt(c, kind, of = {}) {
  const text = JSON.stringify({ kind, ...of });
  if (!c.report.undecided.some((u) => JSON.stringify(u) === text)) c.report.undecided.push({ kind, ...of });
}

// take opens a head that was published or kept, and says why it proves nothing if it does not.
async function take(c, text) {
  try {
    const head = await openHead(text, c.opened);
    if (head.origin !== c.origin) return find(c, "wrong-origin", head.section, -1, head.size, head.sizeText);
    keep(c, head);
    return head;
  } catch (refusal) {
    refuse(c, refusal);
  }
}

function keep(c, head) {
  const list = c.found.get(head.section) ?? [];
  c.found.set(head.section, list);
  if (!list.some((h) => h.note === head.note)) list.push(head);
}

function refuse(c, { message, head }) {
  if (message === "unknown-key") doubt(c, message, { section: head.section, size: head.sizeText, key: head.key });
  else if (message === "bad-signature") find(c, message, head.section, -1, head.size, head.sizeText);
  else find(c, message === "too-many-signatures" ? message : "head-malformed", 0, -1);
}

// A tree is that of RFC 6962: levels of hashes, of which the first holds the records.
const newTree = () => [[]];

async function grow(tree, hash) {
  tree[0].push(hash);
  for (let level = 0; tree[level].length % 2 === 0; level++) {
    tree[level + 1] ??= [];
    tree[level + 1].push(await node(tree[level].at(-2), tree[level].at(-1)));
  }
}

async function fits(tree, head) {
  if (tree === null || head.size > tree[0].length) return false;
  const whole = peaks(tree, head.size);
  if (whole.includes(undefined)) return false; // of a head over fewer entries than the place
  let root = whole.pop();
  while (whole.length > 0) root = await node(whole.pop(), root);
  return base64(root) === head.root;
}

// peaks are the largest whole trees of which a tree over some entries consists.
function peaks(tree, size) {
  const whole = [];
  let from = 0;
  for (let level = tree.length - 1; level >= 0; level--) {
    const width = 2 ** level;
    if (from + width > size) continue;
    whole.push(tree[level][from / width]);
    from += width;
  }
  return whole;
}

// arrange puts entries in order, and checks that they are complete and that no time goes back.
async function arrange(c, s) {
  const seen = new Set(), sorted = [];
  let last = -1;
  for (const e of s.list) {
    if (seen.has(e.number)) {
      find(c, "entry-twice", s.number, e.number);
      continue;
    }
    if (e.number < last) find(c, "entry-order", s.number, e.number);
    last = Math.max(last, e.number);
    seen.add(e.number);
    sorted.push(e);
  }
  sorted.sort((a, b) => a.number - b.number);
  await fill(c, s, sorted);
  let { latest } = s;
  for (const e of sorted) {
    if (micros(e.at) < latest - tolerance) find(c, "back-dated", s.number, e.number);
    latest = Math.max(latest, micros(e.at));
  }
}

// fill takes the entries up to the first that is missing.
async function fill(c, s, sorted) {
  let next = s.start;
  for (const e of sorted) {
    if (e.number !== next) {
      find(c, "entry-missing", s.number, next);
      s.holes = true;
    }
    next = e.number + 1;
    if (s.holes) continue;
    s.entries.push(e);
    const hash = await record(e);
    e.fits = !e.hash || e.hash === base64(hash);
    await grow(s.tree, hash);
    if (s.told && e.hash) await grow(s.told, Uint8Array.from(atob(e.hash), (x) => x.charCodeAt(0)));
    else s.told = null;
    if (e.kind === "key") changeKey(c, s, e);
    c.hashed(count(s), e);
  }
}

function changeKey(c, s, e) {
  let id = "";
  try {
    id = JSON.parse(e.data).new.id;
  } catch {
    // An entry that names no key names an unknown one.
  }
  if (!c.opened.has(id)) doubt(c, "unknown-key-named", { section: s.number, number: e.number, key: id });
  s.signers.push({ from: e.number, key: id });
}

const signer = (s, size) => s.signers.findLast((k) => k.from < size)?.key ?? "";

// begins reads the first entry of a section after the first one.
async function begins(c, s) {
  if (s.number === 1 || s.start > 0 || s.entries.length === 0) return;
  const unfounded = () => find(c, "section-unfounded", s.number, 0);
  let b;
  try {
    b = s.entries[0].kind === "section" ? JSON.parse(s.entries[0].data) : null;
  } catch {
    b = null;
  }
  if (b === null) return unfounded();
  const [head, refusal] = await openHead(b.before ?? "", c.opened).then((h) => [h], (r) => [r.head, r]);
  if (!head || head.section >= s.number) return unfounded();
  s.before = head;
  if (refusal) return refuse(c, refusal);
  keep(c, head);
  const gap = c.gaps.get(head.section), missing = b.missing ?? 0;
  if (!gap || head.size >= gap.size) c.gaps.set(head.section, { missing, size: head.size, by: s.number });
  const old = c.sections.get(head.section), have = old ? old.start + old.list.length : 0;
  // Fewer can be missing: a copy keeps entries that the service has lost.
  if (Math.max(0, head.size - have) > missing) unfounded();
  if (!b.kept) return;
  try {
    keep(c, await openHead(b.kept, c.opened));
  } catch (wrong) {
    refuse(c, wrong);
  }
}

// checkHeads checks the heads of a section against its entries and against each other.
async function checkHeads(c, s) {
  const heads = (c.found.get(s.number) ?? []).toSorted((a, b) => a.size - b.size || a.at - b.at);
  for (const [i, h] of heads.entries()) {
    plain(c, s, h);
    if (i > 0) compare(c, s, heads[i - 1], h);
    h.fits = await fits(s.tree, h);
    if (!h.fits) continue;
    s.covered = Math.max(s.covered, h.size);
    c.report.upTo = Math.max(c.report.upTo, h.at);
  }
  let fitted = 0, explained = false;
  for (const h of heads) {
    if (h.fits) fitted = Math.max(fitted, h.size);
    else if (h.size > count(s)) tooLarge(c, s, h);
    else if (h.size < s.covered) find(c, "heads-contradict", s.number, -1, h.size);
    else if (h.size > s.covered && !explained) {
      explained = true;
      await misfit(c, s, h, fitted);
    }
  }
  for (const e of s.entries) {
    if (!e.fits) find(c, e.number < s.covered ? "hash-changed" : "entry-changed", s.number, e.number);
  }
}

// plain checks what a head says besides its root.
function plain(c, s, h) {
  if (h.before !== (s.before?.hash ?? "") && (s.number === 1 || s.before)) {
    find(c, "head-does-not-fit", s.number, -1, h.size, h.sizeText);
  }
  if (h.size <= count(s) && signer(s, h.size) !== h.key) find(c, "other-signer", s.number, -1, h.size);
  const later = s.entries.slice(0, Math.max(0, h.size - s.start)).find((e) => h.at < micros(e.at) - tolerance);
  if (later) find(c, "back-dated", s.number, later.number, h.size, h.sizeText);
}

// compare compares two heads, the second not over fewer entries.
function compare(c, s, a, b) {
  if (a.size === b.size && a.root !== b.root) find(c, "heads-contradict", s.number, -1, b.size, b.sizeText);
  else if (a.size < b.size && b.at < a.at - tolerance) find(c, "back-dated", s.number, -1, b.size, b.sizeText);
}

// tooLarge is about a head over more entries than there are.
function tooLarge(c, s, h) {
  const have = s.start + s.list.length, gap = c.gaps.get(s.number);
  if (s.holes) return; // the missing entries were found already
  if (gap && h.size <= gap.size && gap.missing === Math.max(0, gap.size - have)) {
    doubt(c, "gap-told", { section: s.number, number: gap.missing, by: gap.by });
    return;
  }
  find(c, "size-too-large", s.number, have, h.size, h.sizeText);
}

// misfit says which entries can be why a head does not fit; those under the largest head that fits cannot.
async function misfit(c, s, h, fitted) {
  if (await fits(s.told, h)) return; // the changed entries are found by their hashes
  find(c, h.size === fitted + 1 ? "entry-changed" : "head-does-not-fit", s.number, fitted, h.size);
}

// checkSections checks that no section is missing, and counts.
function checkSections(c, order) {
  const { report } = c;
  if (c.entries.length === 0 && c.found.size === 0) return doubt(c, "nothing");
  const newest = Math.max(0, ...order, ...c.found.keys());
  const first = c.place?.section ?? 1;
  report.sections = c.place ? c.place.sections + order.length - 1 : order.length;
  report.covered = c.place?.others ?? 0;
  for (let n = first; n <= newest && n <= 1000; n++) {
    const s = c.sections.get(n);
    if (!s) {
      missing(c, n);
      continue;
    }
    report.covered += s.covered;
    const open = count(s) - s.covered;
    if (open === 0) continue;
    if (n === newest && s.covered > 0) report.open = open;
    else if (!c.found.has(n)) doubt(c, "no-head", { section: n });
    else if (n < newest) doubt(c, "no-last-head", { section: n, number: open });
  }
}

// missing is about a section without entries.
function missing(c, n) {
  const gap = c.gaps.get(n);
  if (gap && gap.missing === gap.size) doubt(c, "gap-told", { section: n, number: gap.missing, by: gap.by });
  else find(c, "section-missing", n, -1);
}
