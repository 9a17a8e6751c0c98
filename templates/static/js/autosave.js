// Saves a form while it is being written. <form data-autosave="/path" data-zone="Europe/Berlin"> posts its fields to the path a
// second after the last key, and within two of the first; with data-dirty at once. The server answers
// {"version": n, "saved": "21:47"}; a field named "version" is kept up to date. An
// <output class="saved"> in the form says what happened, in the words of its data-saved, data-saving, data-unsaved and data-conflict.
const pause = 1000;
const longest = 1800;
const retry = 5000;

export function autosave(doc) {
  for (const form of doc.querySelectorAll("form[data-autosave]")) watch(form);
}

function watch(form) {
  const state = { timer: 0, sending: false, again: false, stopped: false, first: 0 };
  if (form.dataset.dirty) later(form, state, 0); // the server gave back what it has not saved
  form.addEventListener("input", () => {
    state.first ||= Date.now();
    later(form, state, Math.max(0, Math.min(pause, state.first + longest - Date.now())));
  });
  form.addEventListener("submit", (event) => {
    clearTimeout(state.timer);
    state.stopped = true;
    if (!state.sending) return;
    event.preventDefault(); // what is on its way comes back with a new version first
    state.pressed = { button: event.submitter };
  });
  form.ownerDocument.defaultView.addEventListener("pageshow", () => {
    state.stopped = false;
  });
  form.ownerDocument.defaultView.addEventListener("online", () => {
    if (form.dataset.dirty) later(form, state, 0);
  });
}

function later(form, state, wait) {
  if (state.stopped) return;
  form.dataset.dirty = "yes";
  clearTimeout(state.timer);
  state.timer = setTimeout(() => save(form, state), wait);
}

async function save(form, state) {
  if (state.sending) {
    state.again = true;
    return;
  }
  state.sending = true;
  state.again = false;
  state.first = 0;
  say(form, "saving");
  try {
    await send(form, state);
  } catch {
    say(form, "unsaved");
    later(form, state, retry);
  } finally {
    state.sending = false;
    if (state.pressed) {
      const { button } = state.pressed;
      state.pressed = undefined;
      form.requestSubmit(button);
    } else if (state.again) later(form, state, 0);
  }
}

async function send(form, state) {
  const answer = await fetch(form.dataset.autosave, {
    method: "POST",
    body: new URLSearchParams(new FormData(form)),
    headers: { Accept: "application/json" },
    redirect: "error",
    signal: AbortSignal.timeout(8000),
  });
  if (answer.status === 409 || answer.status === 412) {
    state.stopped = true;
    say(form, "conflict");
    return;
  }
  if (!answer.ok) throw new Error(String(answer.status));
  const saved = await answer.json();
  const version = form.elements.namedItem("version");
  if (version && saved.version) version.value = saved.version;
  if (!state.again) delete form.dataset.dirty;
  say(form, "saved", saved.saved);
}

function say(form, what, time = "") {
  const output = form.querySelector("output.saved");
  if (output) output.textContent = [output.dataset[what], time].filter(Boolean).join(" ");
}
