// Asks before a page with unsaved words is left. Forms opt in with data-guard; autosave clears the mark when it has saved.
export function leave(doc) {
  doc.addEventListener("input", (event) => {
    const form = event.target.closest("form"); // also of an event on the form itself
    if (form?.hasAttribute("data-guard")) form.dataset.dirty = "yes";
  });
  doc.addEventListener("submit", (event) => delete event.target.dataset.dirty);
  doc.defaultView.addEventListener("beforeunload", (event) => {
    if (doc.querySelector("form[data-guard][data-dirty]")) event.preventDefault();
  });
}
