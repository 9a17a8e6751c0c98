// Reads what is published of the history, and keeps the place up to which it was checked, so that the next visit reads only what is new.
import { base64, readHead, readPage, record } from "./historyform.js";

const name = "toh-history";

// kept is the place that this browser kept, or null.
export function kept(origin) {
  try {
    const place = JSON.parse(localStorage.getItem(name));
    return place?.origin === origin ? place : null;
  } catch {
    return null; // nothing can be kept here
  }
}

// keep keeps a place; null forgets it.
export function keep(place) {
  try {
    if (place === null) localStorage.removeItem(name);
    else localStorage.setItem(name, JSON.stringify(place));
  } catch {
    // Then the next visit reads everything.
  }
}

// goesOn reports whether the history that is published now can be checked from a place on: if it ends before the place, or the last entry
// of the place is another one, everything must be read to say what happened.
export async function goesOn(place, head, read) {
  if (head.section < place.section || head.section === place.section && head.size < place.size) return false;
  const { entries: [last] } = readPage(await read(place.section, place.size - 1));
  return last?.number === place.size - 1 && base64(await record(last)) === place.leaf;
}

const sleep = (time) => new Promise((done) => setTimeout(done, time));

// readAll reads the entries from a place on, or all: the head comes first, so that all entries under it are there when they are read.
export async function readAll(addresses, place, limits = patience, progress = () => {}) {
  const read = (section, from) => ask(`${addresses.entries}?section=${section}&from=${from}`, limits);
  const { newest, head } = await readNewest(addresses.head, place, limits);
  const on = place !== null && await goesOn(place, head, read);
  const got = { heads: [newest], entries: [], keys: [], place: on ? place : null, size: head.size };
  for (let section = on ? place.section : 1; section <= head.section; section++) {
    for (let from = on && section === place.section ? place.size : 0, again = 0; ;) {
      const page = readPage(await read(section, from));
      if (page.section !== section || page.from !== from || page.next !== 0 && page.next <= from) {
        throw new Error(`section ${section}, ${from}`);
      }
      got.entries.push(...page.entries);
      if (section === head.section) progress(page.entries.length + from, head.size);
      from = page.next || (page.entries.at(-1)?.number ?? from - 1) + 1;
      if (page.next !== 0) continue;
      if (section < head.section || from >= head.size || again === limits.pauses.length) break;
      await sleep(limits.pauses[again++]); // another instance of the service may have read the history a little earlier
    }
  }
  got.keys = JSON.parse(await ask(addresses.keys, limits));
  return got;
}

// readNewest reads the newest head. One before the place may be what another instance of the service read a little earlier.
async function readNewest(address, place, limits) {
  for (let again = 0; ; again++) {
    const newest = await ask(address, limits), head = await readHead(newest);
    const before = place !== null && (head.section < place.section || head.section === place.section && head.size < place.size);
    if (!before || again === limits.pauses.length) return { newest, head };
    await sleep(limits.pauses[again]);
  }
}

// What a reader waits for: one answer, altogether when the service asks to come back later, and before what is not there yet is asked for
// again.
const patience = { answer: 20_000, wait: 120_000, pauses: [0, 4000, 7000] };

// ask asks for an address. It comes back when the service says so, and gives up when that is too late.
export async function ask(address, { answer: within, wait: most } = patience) {
  let waited = 0;
  for (let pause = 1000; ; pause *= 2) {
    const answer = await fetch(address, { credentials: "omit", signal: AbortSignal.timeout(within) });
    if (answer.ok) return answer.text();
    if (answer.status !== 429) throw new Error(`${address}: ${answer.status}`);
    const later = Math.max(pause, 1000 * (Number(answer.headers.get("Retry-After")) || 0));
    if (waited + later > most) throw new Error(`${address}: ${answer.status}`);
    waited += later;
    await sleep(later);
  }
}
