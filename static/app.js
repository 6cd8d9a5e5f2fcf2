// What every page does: theme switch, `/` to find, rows that open, toasts that leave, live parts that can pause.
const root = document.documentElement;

function isDark() {
  if (root.dataset.theme) return root.dataset.theme === "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

function isTyping(target) {
  return target.closest?.("input, textarea, select, [contenteditable]");
}

function dismissToasts() {
  // Failures stay until they are read and closed.
  for (const toast of document.querySelectorAll(".toast:not(.fail, .warn)")) setTimeout(() => toast.remove(), 8000);
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-theme-toggle]")) {
    event.preventDefault();
    root.dataset.theme = isDark() ? "light" : "dark";
    localStorage.setItem("adminTheme", JSON.stringify(root.dataset.theme));
  }
  event.target.closest("[data-close]")?.closest(".toast, dialog, .note")?.remove();
  const pause = event.target.closest("[data-pause]");
  if (pause) pause.setAttribute("aria-pressed", String(pause.getAttribute("aria-pressed") !== "true"));
});

document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !isTyping(event.target)) {
    const field = document.querySelector("main input[type=search], .nav-find input");
    if (field) {
      event.preventDefault();
      field.focus();
    }
  }
  if (event.key === "Enter" && event.target.matches?.("tr[tabindex]")) event.target.querySelector(".main a")?.click();
});

// A live part stands still while its pause button is pressed, its tab is hidden, or somebody selects text in it.
document.addEventListener("htmx:beforeRequest", (event) => {
  const part = event.target;
  if (!part.matches?.("[data-live]")) return;
  const selection = getSelection();
  const isRead = !selection.isCollapsed && part.contains(selection.anchorNode);
  if (part.querySelector("[data-pause][aria-pressed=true]") || document.hidden || isRead) event.preventDefault();
});

dismissToasts();
