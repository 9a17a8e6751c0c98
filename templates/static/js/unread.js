// Marks the fields of a form that could not be read, each with what is wrong with it, as the server does when it shows them, and takes
// the marks of the others away. <template data-problem> in the form holds the empty sentence.
export function mark(form, unread) {
  const problems = new Map(unread.map((field) => [field.field, field.text]));
  for (const field of form.querySelectorAll("[aria-invalid], fieldset.wrong")) {
    if (!problems.has(nameOf(field))) clear(form, field);
  }
  for (const [name, text] of problems) {
    const field = marked(form, name);
    if (field) put(form, field, text);
  }
  form.ownerDocument.getElementById("errors")?.remove(); // told what was wrong when the page was opened
}

// marked is the element that carries the mark of a field: itself, or the group of its boxes.
function marked(form, name) {
  const field = form.querySelector(`[name="${CSS.escape(name)}"]`);
  return field?.type === "checkbox" ? field.closest("fieldset[id]") : field;
}

const nameOf = (field) => field.name || field.id.replace(/^f-/, "");

function put(form, field, text) {
  const id = `${field.id}-problem`;
  let said = form.querySelector(`#${CSS.escape(id)}`);
  if (!said) {
    const blank = form.querySelector("template[data-problem]");
    if (!blank || !field.id) return;
    said = blank.content.firstElementChild.cloneNode(true);
    said.id = id;
    if (field.matches("fieldset")) field.querySelector("legend").after(said);
    else (field.closest(".beside") ?? field).before(said);
  }
  said.querySelector("span").textContent = text;
  describe(field, id, true);
  if (field.matches("fieldset")) field.classList.add("wrong");
  else {
    field.setAttribute("aria-invalid", "true");
    field.closest(".field")?.classList.add("wrong");
  }
  field.closest("details")?.setAttribute("open", "");
}

function clear(form, field) {
  const id = `${field.id}-problem`;
  form.querySelector(`#${CSS.escape(id)}`)?.remove();
  describe(field, id, false);
  field.removeAttribute("aria-invalid");
  field.classList.remove("wrong");
  field.closest(".field")?.classList.remove("wrong");
}

function describe(field, id, on) {
  const ids = new Set((field.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
  if (on) ids.add(id);
  else ids.delete(id);
  if (ids.size > 0) field.setAttribute("aria-describedby", [...ids].join(" "));
  else field.removeAttribute("aria-describedby");
}
