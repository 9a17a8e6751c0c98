// The page that checks the history: it reads what is published, or files that somebody saved, and says what it finds.
// <div data-history="address of the first entry" data-origin data-head data-keys hidden> holds the form and the sentences.
export function history(doc) {
  const form = doc.querySelector("[data-history]");
  if (!form || !globalThis.crypto?.subtle) return;
  form.hidden = false;
  const button = form.querySelector("button");
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    show(form, "result", []);
    try {
      await run(form);
    } catch (failure) {
      show(form, "result", [sentence(form, "failed", { why: failure.message })]);
    }
    form.querySelector("[data-progress]").hidden = true;
    button.removeAttribute("aria-busy");
  });
}

async function run(form) {
  const [{ readPage }, { verify }, reading] = await Promise.all([import("./historyform.js"), import("./historycheck.js"),
    import("./historyread.js")]);
  const { origin } = form.dataset, progress = form.querySelector("progress");
  const hashed = (n) => {
    if (n % 50 === 0) progress.value = n;
  };
  const bundle = { origin, entries: [], heads: headsOf(form.querySelector("textarea").value), keys: [] };
  const files = [...form.querySelector("input[type=file]").files];
  if (files.length > 0) {
    await fromFiles(bundle, files, readPage);
    return tell(form, await verify(bundle, hashed));
  }
  const own = bundle.heads.length > 0; // those may be over fewer entries than the place, which says nothing about them
  const place = reading.kept(origin);
  let read = await fromService(form, reading, own ? null : place), report = await check(bundle, read, verify, hashed);
  const from = read.place && report.state !== "found" ? read.place : null;
  if (place && !from && (own || read.place === null || report.state === "found")) {
    if (read.place) read = await fromService(form, reading, null);
    report = await check({ ...bundle, heads: [...bundle.heads, place.head] }, read, verify, hashed);
  }
  if (report.state !== "found") reading.keep(report.place);
  tell(form, report, place, from);
}

const check = (bundle, read, verify, hashed) => verify({ ...bundle, entries: read.entries, keys: read.keys, place: read.place,
  heads: [...read.heads, ...bundle.heads] }, hashed);

// fromService reads what is published.
function fromService(form, reading, place) {
  const { history: entries, head, keys } = form.dataset, progress = form.querySelector("progress");
  form.querySelector("[data-progress]").hidden = false;
  return reading.readAll({ entries, head, keys }, place, undefined, (n, of) => {
    progress.max = of;
    progress.value = n;
  });
}

// headsOf are the heads in a text: each ends with its last signature.
function headsOf(text) {
  const heads = [];
  let head = "", signed = false;
  for (const line of `${text}\n`.split(/\r?\n/)) {
    const signature = line.startsWith("— ");
    if (signed && !signature) {
      heads.push(head);
      head = "";
    }
    signed = signature;
    if (head || line.trim()) head += `${line.trimEnd()}\n`;
  }
  return head ? [...heads, head] : heads;
}

async function fromFiles(bundle, files, readPage) {
  for (const file of files) {
    const text = await file.text();
    if (text.trimStart().startsWith("[")) bundle.keys.push(...JSON.parse(text));
    else if (text.trimStart().startsWith("{")) bundle.entries.push(...readPage(text).entries);
    else bundle.heads.push(...headsOf(text));
  }
}

const most = 20; // findings that are shown

const instant = (micros) => micros > 0 ? `${new Date(micros / 1000).toISOString().slice(0, 16).replace("T", " ")} UTC` : "–";

// tell shows the result: one sentence for the whole, one for the place from which it went on, and one for each finding.
function tell(form, report, place = null, from = null) {
  const list = [sentence(form, report.state, { ...report, time: instant(report.upTo), number: report.findings.length })];
  const of = place && { size: place.size, section: place.section, time: instant(place.upTo), root: place.root };
  if (from) list.push(sentence(form, "went-on", of));
  else if (place && report.state === "found" && report.misfits.includes(place.head)) list.push(sentence(form, "kept-place", of));
  if (report.open > 0) list.push(sentence(form, "open", { number: report.open }));
  for (const f of [...report.findings.slice(0, most), ...report.undecided]) {
    const kind = f.kind === "back-dated" && f.number < 0 ? "head-back-dated" : f.kind;
    list.push(sentence(form, kind, { ...f, size: f.sizeText ?? f.size }));
  }
  if (report.findings.length > most) list.push(sentence(form, "more", { number: report.findings.length - most }));
  show(form, "result", list);
}

// sentence is a text of the page with its places filled in: "%number", "%section".
function sentence(form, kind, values) {
  const line = form.querySelector("template").content.querySelector(`[data-kind="${CSS.escape(kind)}"]`).cloneNode(true);
  for (const text of line.querySelectorAll("[data-text]")) {
    text.textContent = text.textContent.replace(/%([a-z]+)/gi, (all, name) => values[name] ?? all);
  }
  return line;
}

function show(form, name, list) {
  form.querySelector(`[data-${name}]`).replaceChildren(...list);
}
