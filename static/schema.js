// Pages about schemas: paths that can be copied, Ctrl Enter checks an event, and a word where an event is too large to be sent.
function showCopyButtons() {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const use = button.querySelector("use");
  await navigator.clipboard.writeText(button.dataset.copy);
  use.setAttribute("href", "#check");
  setTimeout(() => use.setAttribute("href", "#copy"), 2000);
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("[data-try]");
  if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});

document.addEventListener("htmx:afterSwap", showCopyButtons);

// What the server won't even read: the form is sent as a page, so that the answer is seen.
document.addEventListener("htmx:responseError", (event) => {
  if (event.target.matches?.("[data-try]")) event.target.submit();
});

showCopyButtons();

// Where choosing is enough, no button is needed.
for (const list of document.querySelectorAll("[data-go]")) {
  list.form.querySelector("button").hidden = true;
  list.addEventListener("change", () => list.form.requestSubmit());
}

// What scrolls sideways begins where the reader is: at the open tab, at the schema itself.
function centre(scroller, part) {
  if (!scroller || !part) return;
  const [outer, inner] = [scroller.getBoundingClientRect(), part.getBoundingClientRect()];
  if (inner.right > outer.right || inner.left < outer.left) scroller.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2;
}

centre(document.querySelector(".tabs"), document.querySelector(".tabs [aria-current]"));
centre(document.querySelector(".graph"), document.querySelector(".graph .self"));
