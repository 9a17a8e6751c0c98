// "Now" beside a time field puts the venue's present time into it. <button data-now="field id" data-zone="Europe/Berlin" hidden>
export function now(doc) {
  for (const button of doc.querySelectorAll("button[data-now]")) {
    button.hidden = false;
    button.addEventListener("click", () => stamp(doc, button));
  }
}

function stamp(doc, button) {
  const field = doc.getElementById(button.dataset.now);
  if (!field) return;
  field.value = clock(new Date(), button.dataset.zone);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

function clock(instant, zone) {
  const form = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  try {
    return instant.toLocaleTimeString("en-GB", { ...form, timeZone: zone || undefined });
  } catch {
    return instant.toLocaleTimeString("en-GB", form);
  }
}
