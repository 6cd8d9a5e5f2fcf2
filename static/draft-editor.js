// The editor of a draft: line numbers with marks, Tab and Enter as in an editor, what is saved, what would be lost.
const form = document.getElementById("editor");
const area = document.getElementById("text");
const gutter = form.querySelector(".gutter");
const saved = document.getElementById("saved");
const STEP = "  ";
let isDirty = form.hasAttribute("data-dirty");
let isLeaving = false;
let isTabFree = false;

function marks() {
  const found = new Map();
  for (const link of document.querySelectorAll("#checks [data-line]")) {
    const line = Number(link.dataset.line);
    if (link.dataset.level === "error" || !found.has(line)) found.set(line, link.dataset.level);
  }
  return found;
}

function draw() {
  const levels = marks();
  const numbers = document.createElement("div");
  const count = area.value.split("\n").length;
  for (let line = 1; line <= count; line += 1) {
    const span = document.createElement("span");
    span.textContent = line;
    if (levels.has(line)) span.className = levels.get(line);
    numbers.append(span);
  }
  gutter.replaceChildren(numbers);
  follow();
}

function follow() {
  if (gutter.firstChild) gutter.firstChild.style.transform = `translateY(${-area.scrollTop}px)`;
}

function type(text) {
  // The old command alone keeps undo.
  if (!document.execCommand("insertText", false, text)) area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
}

function lineStart(position) {
  return area.value.lastIndexOf("\n", position - 1) + 1;
}

function indent(isBack) {
  const [start, end] = [area.selectionStart, area.selectionEnd];
  if (start === end && !isBack) return type(STEP);
  const from = lineStart(start);
  const lines = area.value.slice(from, end).split("\n");
  const changed = lines.map((line) => (isBack ? line.replace(/^ {1,2}/, "") : line && STEP + line)).join("\n");
  area.setSelectionRange(from, end);
  type(changed);
  if (start === end) area.setSelectionRange(Math.max(from, start - (end - from - changed.length)), Math.max(from, start - (end - from - changed.length)));
  else area.setSelectionRange(from, from + changed.length);
}

function breakLine() {
  const line = area.value.slice(lineStart(area.selectionStart), area.selectionStart);
  const before = line.match(/^ */)[0];
  type(`\n${before}${/:\s*$/.test(line) ? STEP : ""}`);
}

function goTo(line) {
  const lines = area.value.split("\n");
  const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
  area.scrollTop = Math.max(0, (line - 6) * Number.parseFloat(getComputedStyle(area).lineHeight));
}

area.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "Escape") isTabFree = true;
  else if (event.key === "Tab" && !isTabFree) {
    event.preventDefault();
    indent(event.shiftKey);
  } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    breakLine();
  } else if (event.key !== "Shift") isTabFree = false;
});
area.addEventListener("blur", () => { isTabFree = false; });
area.addEventListener("input", draw);
area.addEventListener("scroll", follow);

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
    event.preventDefault();
    form.requestSubmit();
  }
});

form.addEventListener("input", () => {
  isDirty = true;
  saved.textContent = "Not saved yet";
});
form.addEventListener("submit", () => { isLeaving = true; });
addEventListener("beforeunload", (event) => {
  if (isDirty && !isLeaving) event.preventDefault();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("#checks [data-line]");
  if (!link) return;
  event.preventDefault();
  goTo(Number(link.dataset.line));
});

// What is folded out stays so while the preview is replaced.
const open = new Map();
document.addEventListener("toggle", (event) => {
  if (event.target.matches?.("#preview details")) open.set(event.target.id, event.target.open);
}, true);
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target === area) document.getElementById("checks").setAttribute("aria-busy", "true");
});
document.addEventListener("htmx:afterSettle", () => {
  for (const [id, isOpen] of open) {
    const part = document.getElementById(id);
    if (part) part.open = isOpen;
  }
  draw();
});
for (const trouble of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(trouble, (event) => {
    if (event.target !== area) return;
    const checks = document.getElementById("checks");
    checks.removeAttribute("aria-busy");
    const word = document.createElement("p");
    word.className = "card-body small t-fail";
    word.textContent = "The text could not be checked just now; type on, or save it: it is looked at again.";
    checks.replaceChildren(word);
  });
}

draw();
