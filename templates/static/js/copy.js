// "Copy" beside a line of code takes it to the clipboard and says so. <button data-copy="id of the line" data-done="Copied" hidden>
export function copy(doc) {
  if (!navigator.clipboard) return;
  for (const button of doc.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => take(doc, button));
  }
}

async function take(doc, button) {
  const line = doc.getElementById(button.dataset.copy);
  if (!line) return;
  try {
    await navigator.clipboard.writeText(line.textContent.trim());
    button.querySelector("[aria-live]").textContent = button.dataset.done;
  } catch {
    line.focus(); // it can be marked and copied by hand
  }
}
