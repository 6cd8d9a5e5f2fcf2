// Copy buttons: `.copy` beside a <pre> copies its text and says so.
document.addEventListener("click", async (event) => {
  const button = event.target.closest(".copy");
  if (!button) return;
  const text = button.parentElement.querySelector("pre").innerText.replace(/\n\n/g, "\n");
  const use = button.querySelector("use");
  const say = (label, icon) => {
    button.ariaLabel = label;
    button.title = label;
    use?.setAttribute("href", icon);
  };
  try {
    await navigator.clipboard.writeText(text);
    say("Copied", "#check");
  } catch {
    getSelection().selectAllChildren(button.parentElement.querySelector("pre"));
    say("Selected: copy it with Ctrl C", "#copy");
  }
  setTimeout(() => say("Copy", "#copy"), 2500);
});
