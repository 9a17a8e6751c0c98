// A button that prints. <button data-print hidden>
export function print(doc) {
  for (const button of doc.querySelectorAll("button[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => doc.defaultView.print());
  }
}
