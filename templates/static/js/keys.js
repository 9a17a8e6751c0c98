// "/" goes to the search field, "?" to the list of shortcuts, "g" then a letter to a place of the menu (data-key on its link). Nothing
// happens while somebody writes.
export function keys(doc) {
  let armed = 0;
  doc.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || writing(event.target)) return;
    const search = doc.querySelector("input[type=search]");
    if (event.key === "/" && search) {
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "?") {
      doc.location.assign("/help/shortcuts");
    } else if (event.key === "g") {
      armed = Date.now();
    } else if (Date.now() - armed < 1500) {
      armed = 0;
      doc.querySelector(`a[data-key="${CSS.escape(event.key)}"]`)?.click();
    }
  });
}

function writing(target) {
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}
