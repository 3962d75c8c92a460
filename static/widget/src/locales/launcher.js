/** What the launcher is called before the panel, and with it every other word, has been fetched: `Chat`, which is
 * understood in every language that the widget speaks but this one, and sounds in most as their own word does. The loader
 * counts every byte; the panel gives the launcher its name in the language. @param {string} [locale] */
export const launcherLabel = (locale) => (/^ar\b/i.test(locale ?? "") ? "الدردشة" : "Chat");
