// How the history is written: entries, heads and keys, and what of them is hashed and signed. The program tohctl reads the same forms;
// a test gives both the same histories and compares what they find.

const utf8 = new TextEncoder();

// slices are the values of a JSON object or array as they are written: [name or index, text of the value].
function slices(text) {
  const list = [];
  let depth = 0, from = -1, name = null, quoted = false;
  const close = (end) => {
    const value = text.slice(from, end).trim();
    if (value) list.push([name ?? list.length, value]);
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c === "\\") i++;
      else if (c === '"') quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === "{" || c === "[") {
      if (++depth === 1) from = i + 1;
    } else if (c === "}" || c === "]") {
      if (--depth === 0) close(i);
    } else if (depth === 1 && c === ":") {
      name = JSON.parse(text.slice(from, i));
      from = i + 1;
    } else if (depth === 1 && c === ",") {
      close(i);
      from = i + 1;
    }
  }
  return list;
}

// tight takes white space outside of quotes away, and nothing else.
const tight = (text) => text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, (_, quoted) => quoted ?? "");

// readPage reads one answer of the history. The data of its entries stay the exact text that is hashed, which JSON.parse would change.
export function readPage(text) {
  const page = JSON.parse(text);
  const list = new Map(slices(text)).get("entries") ?? "[]";
  const entries = slices(list).map(([, one]) => {
    const { section, number, at, kind, hash } = JSON.parse(one);
    return { section, number, at, kind, hash: hash ?? "", data: tight(new Map(slices(one)).get("data") ?? "") };
  });
  return { section: page.section, from: page.from, next: page.next, entries };
}

const times = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

// micros is an instant in microseconds since 1970, NaN if it is none.
export function micros(text) {
  const m = times.exec(text);
  return m ? Date.parse(m[1] + m[3]) * 1000 + Number((m[2] ?? "").padEnd(6, "0").slice(0, 6)) : NaN;
}

async function sha256(...parts) {
  const whole = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    whole.set(p, at);
    at += p.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
}

export const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
export const bytesOf = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

function uint64(n) {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(n));
  return new Uint8Array(view.buffer);
}

// part is a text after its length.
function part(text) {
  const bytes = utf8.encode(text);
  return [uint64(bytes.length), bytes];
}

const leaf = Uint8Array.of(0), inner = Uint8Array.of(1); // RFC 6962

// record is the hash of an entry in the tree.
export const record = (e) => sha256(leaf, ...part("toh-history-entry-1"), uint64(e.section), uint64(e.number),
  uint64(micros(e.at)), ...part(e.kind), ...part(e.data));

export const node = (left, right) => sha256(inner, left, right);

const headForm = /^([^\n]+)\n([1-9]\d{0,18})\n([A-Za-z0-9+/]{43}=)\nsection ([1-9]\d{0,18})\ntime (\S+)\n(?:before ([^\n]*)\n)?$/;
const mostNote = 16 << 10, mostSignatures = 16;

// refusal is why a head proves nothing; head is there if only its signature is wrong.
export class Refusal extends Error {
  constructor(why, head) {
    super(why);
    this.head = head;
  }
}

// readHead reads a head without checking who signed it.
export async function readHead(text) {
  const many = text.split("\n— ").length - 1 > mostSignatures;
  if (many) throw new Refusal("too-many-signatures");
  const end = text.indexOf("\n\n");
  if (utf8.encode(text).length > mostNote || end < 0 || !text.endsWith("\n")) throw new Refusal("head-malformed");
  const body = text.slice(0, end + 1), m = headForm.exec(body);
  const head = m && { note: text, body, origin: m[1], size: Number(m[2]), sizeText: m[2], root: m[3], section: Number(m[4]),
    at: micros(m[5]), time: m[5], before: m[6] ?? "" };
  if (!head || !wellFormed(head)) throw new Refusal("head-malformed");
  head.signatures = text.slice(end + 2, -1).split("\n").map(readSignature);
  head.hash = base64(await sha256(leaf, utf8.encode(body)));
  head.key = head.signatures[0].key;
  return head;
}

const mostInt = 2n ** 63n;

function wellFormed(h) {
  if (BigInt(h.sizeText) >= mostInt || h.section > Number.MAX_SAFE_INTEGER) return false;
  if (!/\.\d{6}Z$/.test(h.time) || Number.isNaN(h.at)) return false;
  const whole = new Date(Math.floor(h.at / 1000)).toISOString();
  return whole.slice(0, 19) === h.time.slice(0, 19) && base64(bytesOf(h.root)) === h.root;
}

function readSignature(line) {
  const m = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line);
  let bytes;
  try {
    bytes = bytesOf(m[2]);
  } catch {
    throw new Refusal("head-malformed");
  }
  if (bytes.length < 5) throw new Refusal("head-malformed");
  return { key: `${m[1]}+${hex(bytes.slice(0, 4))}`, signature: bytes.slice(4) };
}

const hex = (bytes) => [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");

// openHead reads a head and checks that one of the keys signed it: a map of WebCrypto keys by their ids.
export async function openHead(text, keys) {
  const head = await readHead(text);
  const ours = head.signatures.filter((s, i, all) => keys.has(s.key) && all.findIndex((x) => x.key === s.key) === i);
  if (ours.length === 0) throw new Refusal("unknown-key", head);
  for (const s of ours) {
    if (!await signed(keys.get(s.key), s.signature, head.body)) throw new Refusal("bad-signature", head);
  }
  head.key = ours[0].key;
  return head;
}

async function signed(key, der, body) {
  const raw = plainSignature(der);
  return raw !== null && crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, raw, utf8.encode(body));
}

// plainSignature turns the DER form of a signature on P-256 into the form of WebCrypto: two numbers of 32 bytes.
function plainSignature(der) {
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return null;
  const out = new Uint8Array(64);
  let at = 2;
  for (const end of [32, 64]) {
    if (der[at] !== 2) return null;
    const length = der[at + 1], number = der.slice(at + 2, at + 2 + length).slice(length === 33 && der[at + 2] === 0 ? 1 : 0);
    if (number.length > 32 || length === 0) return null;
    out.set(number, end - number.length);
    at += 2 + length;
  }
  return at === der.length ? out : null;
}

// openKey reads a key as it is published, null if it is none or its id is not its own.
export async function openKey({ id, name, pem }) {
  const m = /^\s*-----BEGIN PUBLIC KEY-----\n([A-Za-z0-9+/=\n]+)-----END PUBLIC KEY-----\s*$/.exec(pem ?? "");
  try {
    const der = bytesOf(m[1].replaceAll("\n", ""));
    if (id !== `${name}+${hex((await sha256(der)).slice(0, 4))}`) return null;
    return await crypto.subtle.importKey("spki", der, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  } catch {
    return null;
  }
}
