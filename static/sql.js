// Realtime SQL: Ctrl+Enter in the editor asks.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.target.id !== "sql") return;
  event.preventDefault();
  event.target.form.requestSubmit();
});
