// A button with which a passkey answers instead of the fields of its form. It asks the service what the passkey is to answer, puts
// the answer into the form, and sends the form. Where passkeys do not work the button stays hidden.
// <button type="button" data-passkey="path" data-field="name" data-step="name" data-make="yes or absent" data-failed="text" hidden>
export function passkey(doc) {
  if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON || !navigator.credentials) return;
  for (const button of doc.querySelectorAll("button[data-passkey]")) {
    button.hidden = false;
    button.addEventListener("click", () => answer(button));
  }
}

async function answer(button) {
  if (button.getAttribute("aria-busy")) return;
  button.setAttribute("aria-busy", "true");
  const problem = button.parentElement.querySelector("[role=alert]");
  problem.hidden = true;
  try {
    const asked = await fetch(button.dataset.passkey, { method: "POST", headers: { Accept: "application/json" } });
    const body = await asked.json();
    if (!asked.ok) return say(problem, body.error);
    const made = await ask(body.options.publicKey, button.dataset.make);
    const fields = button.form.elements;
    fields.namedItem(button.dataset.field).value = JSON.stringify(made.toJSON());
    fields.namedItem(button.dataset.step).value = body.step;
    button.form.submit();
  } catch {
    say(problem, button.dataset.failed); // the person cancelled, or the browser found no passkey
  } finally {
    button.removeAttribute("aria-busy");
  }
}

function ask(options, make) {
  const known = window.PublicKeyCredential;
  if (make) return navigator.credentials.create({ publicKey: known.parseCreationOptionsFromJSON(options) });
  return navigator.credentials.get({ publicKey: known.parseRequestOptionsFromJSON(options) });
}

function say(problem, text) {
  problem.textContent = text;
  problem.hidden = false;
}
