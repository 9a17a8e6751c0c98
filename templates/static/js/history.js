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
  const [{ readPage, readHead }, { verify }] = await Promise.all([import("./historyform.js"), import("./historycheck.js")]);
  const kept = headsOf(form.querySelector("textarea").value);
  const files = [...form.querySelector("input[type=file]").files];
  const bundle = { origin: form.dataset.origin, entries: [], heads: kept, keys: [] };
  if (files.length > 0) await fromFiles(bundle, files, readPage);
  else await fromService(form, bundle, readPage, readHead);
  const progress = form.querySelector("progress");
  const report = await verify(bundle, (n) => {
    if (n % 50 === 0) progress.value = n;
  });
  tell(form, report);
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

// fromService reads what is published. The head comes first, so that all entries under it are there when they are read.
async function fromService(form, bundle, readPage, readHead) {
  const { history: entries, head, keys } = form.dataset, progress = form.querySelector("progress");
  const newest = await ask(head), { section: last, size } = await readHead(newest);
  bundle.heads.unshift(newest);
  form.querySelector("[data-progress]").hidden = false;
  progress.max = size;
  for (let section = 1; section <= last; section++) {
    for (let from = 0; ;) {
      const page = readPage(await ask(`${entries}?section=${section}&from=${from}`));
      if (page.section !== section || page.from !== from || page.next !== 0 && page.next <= from) {
        throw new Error(`section ${section}, ${from}`);
      }
      bundle.entries.push(...page.entries);
      if (section === last) progress.value = bundle.entries.length;
      if (page.next === 0) break;
      from = page.next;
    }
  }
  bundle.keys = JSON.parse(await ask(keys));
}

async function ask(address) {
  for (let wait = 1; ; wait *= 2) {
    const answer = await fetch(address, { credentials: "omit" });
    if (answer.ok) return answer.text();
    if (answer.status !== 429 || wait > 64) throw new Error(`${address}: ${answer.status}`);
    await new Promise((done) => setTimeout(done, wait * 1000));
  }
}

const most = 20; // findings that are shown

// tell shows the result: one sentence for the whole, and one for each finding.
function tell(form, report) {
  const at = new Date(report.upTo / 1000);
  const total = { ...report, time: report.upTo > 0 ? `${at.toISOString().slice(0, 16).replace("T", " ")} UTC` : "–",
    number: report.findings.length };
  const list = [sentence(form, report.state, total)];
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
