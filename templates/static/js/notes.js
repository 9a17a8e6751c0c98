// Adds and removes the notes of a report without a round trip. <div data-notes> holds them, <template data-note-template> the next
// one with the key "new", and buttons with data-add-note and data-remove-note do what they would do on the server. A sensitive
// topic chooses its readers at once.
export function notes(doc) {
  const list = doc.querySelector("[data-notes]");
  const blank = doc.querySelector("template[data-note-template]");
  if (!list || !blank) return;
  doc.addEventListener("click", (event) => {
    const button = event.target.closest?.("button");
    if (button?.hasAttribute("data-add-note")) add(event, list, blank);
    if (button?.hasAttribute("data-remove-note")) remove(event, list, button);
  });
  list.addEventListener("change", (event) => readers(event.target));
  list.closest("form").addEventListener("change", (event) => chosen(event.target));
}

function add(event, list, blank) {
  event.preventDefault();
  const keys = [...list.querySelectorAll("[data-note]")].map((note) => Number(note.dataset.note));
  const note = copy(blank, Math.max(-1, ...keys) + 1);
  list.append(note);
  number(list);
  note.querySelector("select, input:not([type=hidden]), textarea").focus();
}

// copy is the empty note with another key. It is cloned and renamed, because the page's policy lets no script make HTML of text.
function copy(blank, key) {
  const note = blank.content.firstElementChild.cloneNode(true);
  for (const part of [note, ...note.querySelectorAll("*")]) {
    for (const { name, value } of [...part.attributes]) {
      if (value === "new") part.setAttribute(name, String(key));
      else if (value.includes("n.new.")) part.setAttribute(name, value.replaceAll("n.new.", `n.${key}.`));
      else if (value === "remove-note:new") part.setAttribute(name, `remove-note:${key}`);
    }
  }
  return note;
}

function remove(event, list, button) {
  event.preventDefault();
  const note = button.closest("[data-note]");
  const next = note.nextElementSibling || note.previousElementSibling;
  const form = note.closest("form");
  note.remove();
  number(list);
  (next || form.querySelector("[data-add-note]")).focus();
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

function number(list) {
  list.querySelectorAll("[data-note]").forEach((note, i) => {
    for (const shown of note.querySelectorAll("[data-number]")) shown.textContent = String(i + 1);
  });
}

// chosen makes people who are ticked the readers: ticked beside "everyone" they would mean nothing.
function chosen(field) {
  if (field.type !== "checkbox" || !field.checked || !/(^|\.)people$/.test(field.name)) return;
  const audience = field.form.elements.namedItem(field.name.replace(/people$/, "audience"));
  if (audience) audience.value = "people";
}

// readers keeps a sensitive note from being read by everyone because somebody forgot to choose, and opens the list of people.
function readers(field) {
  const note = field.closest("[data-note]");
  if (!note) return;
  const audience = note.querySelector('select[name$=".audience"]');
  if (field.name.endsWith(".topic") && field.value && ["", "everyone"].includes(audience.value)) audience.value = "management";
  const people = note.querySelector('input[name$=".people"]')?.closest("details");
  if (people && audience.value === "people") people.open = true;
}
