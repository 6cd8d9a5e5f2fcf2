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

// The words change with the state: what carries `data-while` is shown while its part is "running" or "paused".
function togglePause(part) {
  const isPaused = part.toggleAttribute("data-paused");
  for (const word of part.querySelectorAll("[data-while]")) word.hidden = (word.dataset.while === "paused") !== isPaused;
  part.querySelector("[data-pause]:not([hidden])")?.focus();
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-theme-toggle]")) {
    event.preventDefault();
    root.dataset.theme = isDark() ? "light" : "dark";
    localStorage.setItem("adminTheme", JSON.stringify(root.dataset.theme));
  }
  event.target.closest("[data-close]")?.closest(".toast, dialog, .note")?.remove();
  const pause = event.target.closest("[data-pause]");
  if (pause) togglePause(pause.closest("[data-live]"));
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

// A live part stands still while it is paused, its tab is hidden, or somebody selects text in it.
document.addEventListener("htmx:beforeRequest", (event) => {
  const part = event.target;
  if (!part.matches?.("[data-live]")) return;
  const selection = getSelection();
  const isRead = !selection.isCollapsed && part.contains(selection.anchorNode);
  if (part.matches("[data-paused]") || document.hidden || isRead) event.preventDefault();
});

// An answer that was under way when somebody pressed pause comes too late.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.target.matches?.("[data-paused]")) event.detail.shouldSwap = false;
});

dismissToasts();
