/** What a client knows of its page, device and visit without being told. */

const IDENTIFIERS = /^(browser|performer)\.(pageview|session|device)_id$/;

/**
 * The value of a path of the context; undefined where this client knows none.
 * @param {string} path
 * @param {{_options: {platform: string}, _isBrowser: boolean}} client
 * @param {(unit: string) => string | undefined} idOf
 */
export function surrounding(path, { _options, _isBrowser }, idOf) {
  const unit = IDENTIFIERS.exec(path);
  if (unit) return idOf(unit[2]);
  if (path == "agent.client_platform") return _options.platform;
  if (!_isBrowser) return undefined;
  if (path == "browser.page_path") return location.pathname.slice(0, 2048);
  if (path == "browser.language") return document.documentElement.lang || navigator.language;
  return path == "browser.viewport_width_px" ? innerWidth : undefined;
}
