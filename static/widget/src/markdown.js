/**
 * The little Markdown a reply may use: paragraphs, lists, tables, code, bold, italic, links. Pure; `prose.js` makes the nodes.
 *
 * Nothing throws and every prefix of a reply is drawn sensibly, because a reply is drawn while it is being written.
 * Images are not among it: an address that loads by itself could carry what the visitor wrote to another server.
 */

/**
 * @typedef {{ type: "text" | "code", text: string }
 *   | { type: "break" }
 *   | { type: "strong" | "em", inline: Inline[] }
 *   | { type: "link", href: string, inline: Inline[] }} Inline
 * @typedef {{ type: "paragraph" | "heading", inline: Inline[] }
 *   | { type: "code", text: string }
 *   | { type: "table", head: Inline[][], rows: Inline[][][] }
 *   | { type: "list", ordered: boolean, start: number, items: Inline[][] }} Block
 */

const FENCE = /^ {0,3}(```|~~~)/;
const BULLET = /^ {0,7}[-*+]\s+(.*)$/;
const NUMBER = /^ {0,7}(\d{1,4})[.)]\s+(.*)$/;
const RULE = /^ {0,3}(?=.*\|)[\s|:-]*-[\s|:-]*$/; // between a table's head and its rows
const HEADING = /^ {0,3}#{1,6}\s+(.*?)\s*#*$/;

/** @param {string} text @returns {Block[]} */
export function parseMarkdown(text) {
  /** @type {Block[]} */
  const blocks = [];
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  for (let at = 0; at < lines.length;) {
    const line = lines[at];
    const fence = FENCE.exec(line)?.[1];
    const heading = HEADING.exec(line);
    if (!line.trim()) {
      at += 1;
    } else if (fence) {
      const body = [];
      for (at += 1; at < lines.length && !lines[at].trimStart().startsWith(fence); at += 1) body.push(lines[at]);
      at += 1;
      blocks.push({ type: "code", text: body.join("\n") });
    } else if (heading) {
      blocks.push({ type: "heading", inline: parseInline(heading[1]) });
      at += 1;
    } else if (isTable(lines, at)) {
      at = readTable(lines, at, blocks);
    } else if (itemOf(line)) {
      at = readList(lines, at, blocks);
    } else {
      const body = [];
      for (; at < lines.length && lines[at].trim() && !startsBlock(lines[at]) && !isTable(lines, at); at += 1)
        body.push(lines[at].trim());
      blocks.push({ type: "paragraph", inline: parseInline(body.join("\n")) });
    }
  }
  return blocks;
}

/** @param {string} line */
const startsBlock = (line) => FENCE.test(line) || HEADING.test(line) || itemOf(line) !== null;

/** @param {string[]} lines @param {number} at */
const isTable = (lines, at) =>
  lines[at].includes("|") && RULE.test(lines[at + 1] ?? "") && cells(lines[at]).length === cells(lines[at + 1]).length;

/** @param {string} line a `\\|` is a bar that is read */
const cells = (line) =>
  line
    .trim()
    .replace(/^\||(?<!\\)\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.replaceAll("\\|", "|").trim());

/** @param {string[]} lines @param {number} at @param {Block[]} blocks @returns {number} the first line after the table */
function readTable(lines, at, blocks) {
  const head = cells(lines[at]);
  const rows = [];
  for (at += 2; at < lines.length && lines[at].includes("|"); at += 1) {
    const row = cells(lines[at]);
    rows.push(head.map((_, column) => parseInline(row[column] ?? "")));
  }
  blocks.push({ type: "table", head: head.map((cell) => parseInline(cell)), rows });
  return at;
}

/** @param {string} line @returns {{ ordered: boolean, start: number, text: string } | null} */
function itemOf(line) {
  const bullet = BULLET.exec(line);
  if (bullet) return { ordered: false, start: 1, text: bullet[1] };
  const number = NUMBER.exec(line);
  return number && { ordered: true, start: Number(number[1]), text: number[2] };
}

/** @param {string[]} lines @param {number} at @param {Block[]} blocks @returns {number} the first line after the list */
function readList(lines, at, blocks) {
  const first = itemOf(lines[at]);
  /** @type {string[]} */
  const items = [];
  for (; at < lines.length; at += 1) {
    const item = itemOf(lines[at]);
    if (item && item.ordered === first?.ordered) items.push(item.text);
    else if (!item && lines[at].trim() && /^\s/.test(lines[at])) items[items.length - 1] += "\n" + lines[at].trim();
    else if (lines[at].trim() || itemOf(lines[at + 1] ?? "")?.ordered !== first?.ordered) break;
  }
  blocks.push({
    type: "list",
    ordered: first?.ordered ?? false,
    start: first?.start ?? 1,
    items: items.map((item) => parseInline(item)),
  });
  return at;
}

// One alternative per kind; the first that matches at the leftmost place wins. No nested quantifier: linear in length.
const INLINE = new RegExp(
  [
    /(?<ticks>`{1,3})(?<code>[^`]+)\k<ticks>/,
    /!?\[(?<label>[^[\]\n]{0,500})\]\((?<href>[^()\s]{1,2000}(?:\([^()\s]{0,200}\))?[^()\s]{0,200})\)/,
    /\*\*(?<strong>[^\s*](?:[^*\n]*[^\s*])?)\*\*/,
    /(?<![\p{L}\p{N}_])__(?<strong2>[^\s_](?:[^_\n]*[^\s_])?)__(?![\p{L}\p{N}_])/u,
    /\*(?<em>[^\s*](?:[^*\n]*[^\s*])?)\*/,
    /(?<![\p{L}\p{N}_])_(?<em2>[^\s_](?:[^_\n]*[^\s_])?)_(?![\p{L}\p{N}_])/u,
    // Letters of every script belong to an address; punctuation of scripts other than Latin ends it, with or without a space.
    /(?<url>[hH][tT]{2}[pP][sS]:\/\/(?:[^\s<>"'`*\u0080-\u{10ffff}]|(?![\p{P}\p{S}\p{Z}\p{C}])[\u0080-\u{10ffff}]){1,2000})/u,
    /(?<break>\n)/,
    /\\(?<escaped>[\\`*_[\]()#+.!-])/,
  ]
    .map((part) => part.source)
    .join("|"),
  "gu",
);

/** @param {string} text @returns {Inline[]} */
export function parseInline(text) {
  /** @type {Inline[]} */
  const parts = [];
  const addText = (/** @type {string} */ words) => {
    const last = parts.at(-1);
    if (last?.type === "text") last.text += words;
    else if (words) parts.push({ type: "text", text: words });
  };
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    addText(text.slice(from, match.index));
    from = match.index + match[0].length;
    const { code, label, href, strong, strong2, em, em2, url, escaped } = match.groups ?? {};
    if (code) parts.push({ type: "code", text: code });
    else if (href) addLink(label, href, parts, addText);
    else if (strong ?? strong2) parts.push({ type: "strong", inline: parseInline(strong ?? strong2) });
    else if (em ?? em2) parts.push({ type: "em", inline: parseInline(em ?? em2) });
    else if (url) addAddress(url, parts, addText);
    else if (escaped) addText(escaped);
    else parts.push({ type: "break" });
  }
  addText(text.slice(from));
  return parts;
}

/** @param {string} label @param {string} href @param {Inline[]} parts @param {(words: string) => void} addText */
function addLink(label, href, parts, addText) {
  const safe = safeLink(href);
  if (safe)
    parts.push({ type: "link", href: safe, inline: [{ type: "text", text: labelWithTarget(label, safe) || href }] });
  else addText(/^http:/i.test(href) ? `${label} (${href})` : label); // which is no link, but not a secret either
}

/** What turns letters around: with one, "moc.knab" reads as a bank's address. */
const TURNING = /[\u202a-\u202e\u2066-\u2069]/g;
const INVISIBLE = /[\p{Cf}\u034f\u115f\u1160\u3164\ufe00-\ufe0f\uffa0]/gu;
const HOST = /[\p{L}\p{N}][\p{L}\p{M}\p{N}-]{0,62}(?:\.[\p{L}\p{M}\p{N}-]{1,63}){0,8}\.[\p{L}\p{M}\p{N}-]{2,63}/gu;

const NUMBERS = /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/g;
// Of an address that is written out, with or without a dot, also with signs that only look like its own.
const AUTHORITY = /(?<=[:∶꞉ː]?[/∕⁄⧸]{2})[^\s/∕⁄⧸?#]+/gu;

/** The words of a link, as they were written, and where it really goes when they look like an address elsewhere.
 * @param {string} words @param {string} href @returns {string} */
function labelWithTarget(words, href) {
  const label = words.replace(TURNING, "");
  const { protocol, hostname, pathname } = new URL(href);
  if (protocol === "tel:") return digitsOf(label).endsWith(digitsOf(href).slice(-6)) ? label : `${label} (${pathname})`;
  const host = protocol === "mailto:" ? pathname.slice(pathname.lastIndexOf("@") + 1).toLowerCase() : hostname;
  const seen = label.replace(INVISIBLE, "").normalize("NFKC").replaceAll("。", ".");
  const names = [HOST, NUMBERS, AUTHORITY].flatMap((form) => seen.match(form) ?? []);
  const elsewhere = names.some((name) => !isPartOf(name, host));
  return elsewhere ? `${label} (${protocol === "mailto:" ? pathname : host})` : label;
}

/** @param {string} text */
const digitsOf = (text) => text.normalize("NFKC").replace(/\D/g, "");

/** Whether `name` is `host`, or what `host` is a subdomain of. @param {string} name @param {string} host */
function isPartOf(name, host) {
  try {
    const known = new URL(`https://${name}`).hostname;
    return host === known || host.endsWith(`.${known}`) || `www.${host}` === known;
  } catch {
    return false;
  }
}

/** A bare address; a full stop after it belongs to the sentence, and so does a bracket that it does not open itself.
 * @param {string} url @param {Inline[]} parts @param {(words: string) => void} addText */
function addAddress(url, parts, addText) {
  let address = url.replace(/[.,;:!?)\]}]+$/, "");
  if (url[address.length] === ")" && address.lastIndexOf("(") > address.lastIndexOf(")")) address += ")";
  const safe = safeLink(address);
  if (safe) parts.push({ type: "link", href: safe, inline: [{ type: "text", text: address }] });
  else addText(address);
  addText(url.slice(address.length));
}

/** The address if a visitor may be sent there, else null. @param {string} href */
export function safeLink(href) {
  try {
    const { protocol, username, password } = new URL(href);
    // A user part is how "https://bank.example@evil.example" reads like a bank.
    if (protocol === "https:") return username || password ? null : href;
    return protocol === "mailto:" || /^tel:\+?[\d().-]{3,30}$/i.test(href) ? href : null;
  } catch {
    return null;
  }
}
