/** What a client knows of its page, device and visit without being told. */

/**
 * The value of a path of the context; undefined where this client knows none.
 * @param {string} path
 * @param {string} platform
 * @param {(unit: string) => string | undefined} idOf
 */
export const surrounding = (path, platform, idOf) => {
  const unit = /^(?:browser|performer)\.(pageview|session|device)_id$/.exec(path);
  if (unit) return idOf(unit[1]);
  if (path == "agent.client_platform") return platform;
  if (!IS_PAGE) return undefined;
  if (path == "browser.page_path") return location.pathname.slice(0, 2048);
  if (path == "browser.language") return document.documentElement.lang || navigator.language;
  return path == "browser.viewport_width_px" ? innerWidth : undefined;
};
