// Sends files in parts. <form data-files="/path/begin"> has an input of files and a list for their progress; its words are its data
// attributes. Each file can be cancelled, and tried again: it goes on where it was. Without this script, the form sends the files whole.
const tries = 4;
const pause = 1500; // doubles with each failure

export function files(doc) {
  for (const form of doc.querySelectorAll("form[data-files]")) watch(form);
}

function watch(form) {
  const input = form.querySelector("input[type=file]");
  const queue = { form, waiting: [], busy: false, failed: 0, added: 0 };
  form.querySelector(".actions").hidden = true;
  input.addEventListener("change", () => {
    for (const file of input.files) take(queue, file);
    input.value = "";
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("dragover", (event) => event.preventDefault());
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    for (const file of event.dataTransfer.files) take(queue, file);
  });
  form.ownerDocument.defaultView.addEventListener("beforeunload", (event) => {
    if (queue.busy) event.preventDefault();
  });
}

// take shows a file in the list, and puts it at the end of the queue.
function take(queue, file) {
  const doc = queue.form.ownerDocument;
  const make = (tag, text) => {
    const element = doc.createElement(tag);
    if (text) element.textContent = text;
    return element;
  };
  const item = { file, id: crypto.randomUUID(), state: "waiting", row: make("li") };
  item.says = make("span", `${file.name} · ${queue.form.dataset.waiting}`);
  item.bar = make("progress");
  item.bar.max = Math.max(1, file.size);
  item.bar.value = 0;
  item.bar.setAttribute("aria-label", file.name);
  item.cancel = button(make, queue.form.dataset.cancel, file.name, () => cancel(queue, item));
  item.retry = button(make, queue.form.dataset.retry, file.name, () => again(queue, item));
  item.retry.hidden = true;
  item.row.append(item.says, item.bar, item.cancel, item.retry);
  const list = queue.form.querySelector(".uploads");
  list.hidden = false;
  list.append(item.row);
  queue.waiting.push(item);
  next(queue);
}

function button(make, text, name, press) {
  const made = make("button", text);
  made.type = "button";
  made.className = "button small";
  made.setAttribute("aria-label", `${text}: ${name}`);
  made.addEventListener("click", press);
  return made;
}

function say(queue, item, text) {
  item.says.textContent = `${item.file.name} · ${text}`;
  queue.form.querySelector("[data-files-says]").textContent = item.says.textContent;
}

// next sends the files one after another. When all have arrived, the page shows them.
async function next(queue) {
  if (queue.busy) return;
  const item = queue.waiting.shift();
  if (!item) {
    const open = queue.form.querySelectorAll(".uploads li").length;
    if (queue.added > 0 && open === 0) queue.form.ownerDocument.location.reload();
    return;
  }
  queue.busy = true;
  item.state = "sending";
  say(queue, item, queue.form.dataset.adding);
  try {
    await send(queue, item);
    item.row.remove();
    queue.added++;
    say(queue, item, queue.form.dataset.done);
  } catch (error) {
    if (item.state !== "cancelled") {
      item.state = "failed";
      item.retry.hidden = error.final === true;
      say(queue, item, error.says || queue.form.dataset.failed);
    }
  }
  queue.busy = false;
  next(queue);
}

function again(queue, item) {
  item.retry.hidden = true;
  item.state = "waiting";
  say(queue, item, queue.form.dataset.waiting);
  queue.waiting.push(item);
  next(queue);
}

async function cancel(queue, item) {
  item.state = "cancelled";
  item.request?.abort();
  queue.waiting = queue.waiting.filter((other) => other !== item);
  say(queue, item, queue.form.dataset.cancelled);
  item.row.remove();
  if (item.upload) await post(`${item.upload}/cancel`, "").catch(() => {}); // it is removed after a day
  next(queue);
}

// send sends what is missing of a file, and tries again by itself while the network fails.
async function send(queue, item) {
  for (let failures = 0; ; ) {
    try {
      await sendOnce(queue, item);
      return;
    } catch (error) {
      if (error.final || item.state === "cancelled" || ++failures === tries) throw error;
      await new Promise((done) => setTimeout(done, pause << failures));
      if (item.state === "cancelled") throw error;
    }
  }
}

async function sendOnce(queue, item) {
  let at;
  if (item.upload) {
    at = await answer(await fetch(item.upload, { headers: { Accept: "application/json" } }));
    at.generation++;
  } else {
    const form = new FormData(queue.form);
    const body = new URLSearchParams({ id: item.id, name: item.file.name, size: item.file.size, audience: form.get("audience") });
    at = await post(queue.form.dataset.files, body);
    item.upload = at.upload;
  }
  for (let n = at.parts; n * at.part < item.file.size; n++) {
    if (item.state === "cancelled") throw new Error("cancelled");
    await part(item, at, n);
  }
  await post(`${item.upload}/complete`, "");
}

// part sends one part, and moves the bar, never back.
function part(item, at, n) {
  const from = n * at.part;
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    item.request = request;
    request.open("POST", `${item.upload}/parts/${n}/${at.generation}`);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", (event) => {
      item.bar.value = Math.max(item.bar.value, Math.min(item.file.size, from + event.loaded));
    });
    request.addEventListener("load", () => {
      if (request.status === 200) done();
      else fail(refused(request.status, text(request.responseText)));
    });
    for (const end of ["error", "abort", "timeout"]) request.addEventListener(end, () => fail(new Error(end)));
    request.send(item.file.slice(from, from + at.part));
  });
}

function text(body) {
  try {
    return JSON.parse(body).error;
  } catch {
    return "";
  }
}

// refused is an error; what the same request would be answered again is final.
function refused(status, says) {
  const error = new Error(`${status}`);
  error.says = says;
  error.final = status >= 400 && status < 500 && status !== 409 && status !== 408 && status !== 429;
  return error;
}

async function post(path, body) {
  return answer(await fetch(path, { method: "POST", body, headers: { Accept: "application/json" } }));
}

async function answer(response) {
  const body = await response.text();
  if (!response.ok) throw refused(response.status, text(body));
  return JSON.parse(body);
}
