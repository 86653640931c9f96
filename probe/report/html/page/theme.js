// What a page says in passing, and its theme.

/** Announce something to a reader: in a corner of the page, and to a screen reader. @param {string} text */
function announce(text) {
  byId("status").textContent = text;
  byId("status").className = "toast";
  clearTimeout(announce.timer);
  announce.timer = setTimeout(() => (byId("status").className = "sr-only"), 2500);
}
announce.timer = 0;

const THEMES = /** @type {Record<string, string>} */ ({ system: "◐", light: "☀", dark: "☾" });

/** Show the theme that the reader chose; where the browser keeps nothing for this page, the system's. @param {string} [chosen] */
function showTheme(chosen) {
  let theme = chosen;
  try {
    if (chosen) localStorage.setItem("agent-probe-theme", chosen);
    theme ??= localStorage.getItem("agent-probe-theme") ?? undefined;
  } catch {
    // It is forgotten with the page.
  }
  document.documentElement.dataset.theme = theme ??= "system";
  byId("theme").textContent = THEMES[theme] ?? "◐";
  byId("theme").setAttribute("aria-label", `Theme: ${theme}`);
}

function switchTheme() {
  const names = Object.keys(THEMES);
  const theme = names[(names.indexOf(document.documentElement.dataset.theme ?? "") + 1) % names.length];
  showTheme(theme);
  announce(`Theme: ${theme}`);
}
