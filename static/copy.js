// Copy buttons: `.copy` beside a <pre> copies its text and says so.
document.addEventListener("click", async (event) => {
  const button = event.target.closest(".copy");
  if (!button) return;
  const code = button.parentElement.querySelector("pre");
  const told = code.querySelector(".why") !== null; // why a line is wrong stands below it, and is no part of the text
  const lines = told ? [...code.children].filter((line) => !line.matches(".why")).map((line) => line.textContent) : null;
  const text = lines ? lines.join("\n") : code.innerText.replace(/\n\n/g, "\n");
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
    getSelection().selectAllChildren(code);
    say("Selected: copy it with Ctrl C", "#copy");
  }
  setTimeout(() => say("Copy", "#copy"), 2500);
});
