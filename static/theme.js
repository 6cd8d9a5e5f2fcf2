// Theme before first paint: ?theme= wins, then the choice shared with the admin (its key, its format), then the system.
(() => {
  let theme = new URLSearchParams(location.search).get("theme");
  try {
    theme ||= JSON.parse(localStorage.getItem("adminTheme") || '"auto"');
  } catch {
    theme = "auto";
  }
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
})();
