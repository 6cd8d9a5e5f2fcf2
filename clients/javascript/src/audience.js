/** Whom an instrument asks. */

/** Whether a client is one of those whom an instrument asks. */
export const fits = (audience, { site, platform, isLoggedIn }) => {
  const { sites = [], except_sites = [], platforms = [], is_logged_in } = audience || {};
  return (
    (!sites.length || sites.includes(site)) &&
    !except_sites.includes(site) &&
    (!platforms.length || platforms.includes(platform)) &&
    (is_logged_in == null || is_logged_in === isLoggedIn)
  );
};
