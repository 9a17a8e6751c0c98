// Saves a form while it is being written. <form data-autosave="/path" data-zone="Europe/Berlin"> posts its fields to the path a
// second after the last key, and within two of the first; with data-dirty at once. The server answers
// {"version": n, "saved": "21:47", "unread": […], "notes": {…}}: a field named "version" and the ids of notes are kept up to date, and
// what could not be read is marked (unread.js). An <output class="saved"> in the form says what happened, in the words of its data-saved
// and so on. Words are kept nowhere but in the form: whoever uses the computer next must not find them.
import { mark } from "./unread.js";

const pause = 1000;
const longest = 1800;
const retry = 5000; // doubles with each failure
const slowest = 60000;

export function autosave(doc) {
  for (const form of doc.querySelectorAll("form[data-autosave]")) watch(form);
}

function watch(form) {
  const state = { timer: 0, sending: false, again: false, stopped: false, first: 0, failures: 0, out: false };
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
  const view = form.ownerDocument.defaultView;
  view.addEventListener("pageshow", () => {
    state.stopped = false;
  });
  view.addEventListener("online", () => {
    if (form.dataset.dirty) later(form, state, 0);
  });
  view.addEventListener("focus", () => {
    if (state.out) later(form, state, 0); // signed in again in another tab, maybe
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
    tryAgain(form, state, 0); // the network, or no answer in time
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
  signedOut(form, state, answer.status === 401);
  if (answer.status === 429 || answer.status >= 500) return tryAgain(form, state, waitOf(answer));
  state.failures = 0;
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return saved(form, state, said);
  // The same form would be refused again: it is sent when it has changed.
  if (answer.status === 409 || answer.status === 412) state.stopped = true;
  mark(form, said.unread ?? []);
  say(form, { 401: "out", 409: "conflict", 412: "conflict", 413: "large" }[answer.status] ?? "refused", ...reasons(said));
}

function reasons(said) {
  return said.unread?.length ? said.unread.map(sentence) : [said.error ?? ""];
}

const sentence = (field) => `${field.label}: ${field.text}`;

function saved(form, state, said) {
  const version = form.elements.namedItem("version");
  if (version && said.version) version.value = said.version;
  for (const [key, id] of Object.entries(said.notes ?? {})) {
    const field = form.elements.namedItem(`n.${key}.id`);
    if (field) field.value = id;
  }
  const unread = said.unread ?? [];
  const kept = unread.filter((field) => field.kept);
  const lost = unread.filter((field) => !field.kept);
  if (!state.again && lost.length === 0) delete form.dataset.dirty;
  mark(form, unread);
  const output = form.querySelector("output.saved");
  say(
    form,
    "saved",
    `${said.saved ?? ""}${unread.length > 0 ? "." : ""}`,
    ...(kept.length > 0 ? [output?.dataset.right, ...kept.map(sentence)] : []),
    ...(lost.length > 0 ? [output?.dataset.lost, ...lost.map(sentence)] : []),
  );
}

// tryAgain waits longer each time, and as long as the server asks for.
function tryAgain(form, state, wait) {
  say(form, "unsaved");
  const patience = Math.min(slowest, retry * 2 ** state.failures);
  state.failures = Math.min(state.failures + 1, 10);
  later(form, state, Math.max(wait, patience));
}

function waitOf(answer) {
  const seconds = Number(answer.headers.get("Retry-After"));
  return Number.isFinite(seconds) ? Math.min(seconds, 600) * 1000 : 0;
}

// signedOut offers the way to sign in: a button of the form itself, so that the words go along.
function signedOut(form, state, out) {
  state.out = out;
  const button = form.querySelector("[data-sign-in]");
  if (button) button.hidden = !out;
}

function say(form, what, ...more) {
  const output = form.querySelector("output.saved");
  if (output) output.textContent = [output.dataset[what], ...more].filter(Boolean).join(" ");
}
