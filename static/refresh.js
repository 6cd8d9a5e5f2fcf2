// A live page whose parts are swapped one by one: only what changed, and not while it is read, so that scroll, focus,
// selection and what was unfolded stay as they are.
function summaryOf(details) {
  return details.querySelector("summary")?.textContent ?? "";
}

function isRead(part) {
  const selection = getSelection();
  return !selection.isCollapsed && part.contains(selection.anchorNode);
}

function placeOf(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  const href = element.getAttribute?.("href");
  return href ? `a[href="${CSS.escape(href)}"]` : "";
}

function swap(part, fresh) {
  const unfolded = new Set([...part.querySelectorAll("details[open]")].map(summaryOf));
  const focused = part.contains(document.activeElement) ? placeOf(document.activeElement) : "";
  for (const details of fresh.querySelectorAll("details")) if (unfolded.has(summaryOf(details))) details.open = true;
  if (part.outerHTML === fresh.outerHTML) return;
  part.replaceWith(fresh);
  if (focused) fresh.querySelector(focused)?.focus({ preventScroll: true });
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const page = event.detail.elt;
  if (!page?.matches?.("[data-parts]")) return;
  event.detail.shouldSwap = false;
  if (page.matches("[data-paused]") || event.detail.isError) return;
  const fresh = new DOMParser().parseFromString(event.detail.serverResponse, "text/html");
  for (const part of page.querySelectorAll("[data-part]")) {
    const other = fresh.getElementById(part.id);
    if (other && !isRead(part)) swap(part, document.adoptNode(other));
  }
});

// The last good picture stays, with its time; that nothing newer came is said beside it.
function unreached(event) {
  const page = event.target;
  if (page.matches?.("[data-parts]")) page.querySelector("[data-unreached]")?.removeAttribute("hidden");
}
document.addEventListener("htmx:responseError", unreached);
document.addEventListener("htmx:sendError", unreached);
document.addEventListener("htmx:timeout", unreached);

// Coming back to a tab shows how it is now, not how it was.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  for (const page of document.querySelectorAll("[data-parts]")) htmx.trigger(page, "refresh");
});
