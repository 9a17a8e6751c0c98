// Menus are <details>: Escape closes the open one and gives the focus back; a click elsewhere closes it too.
export function menus(doc) {
  const open = () => doc.querySelectorAll("details.menu[open]");
  doc.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
  });
  doc.addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
  });
}
