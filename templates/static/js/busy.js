// A form that is on its way is not sent twice. The button is never disabled: it says that it is busy, and comes back when the
// page is shown again from the browser's memory.
export function busy(doc) {
  doc.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method === "get") return;
    if (form.dataset.busy) {
      event.preventDefault();
      return;
    }
    form.dataset.busy = "yes";
    event.submitter?.setAttribute("aria-busy", "true");
  });
  doc.defaultView.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of doc.querySelectorAll("form[data-busy]")) delete form.dataset.busy;
    for (const button of doc.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  });
}
