// A note out of whatever the document holds: the API's, the phone's, or what neither of them wrote. Nothing here fails.
export const KINDS = { note: "Note", bookmark: "Bookmark", quote: "Quote", post: "Post", video: "Video" };
const MOST_TITLE = 300;
const MOST_TAGS = 100;
const UNTITLED = "Untitled";

// DATA as a note. Texts are strings, tags a list of strings, times a Date or null.
export function readNote(id, data) {
  const content = text(data.content);
  const title = oneLine(text(data.title), MOST_TITLE);
  return {
    id,
    content,
    title: title || oneLine(withoutMarks(content.slice(0, 1000)), 80) || UNTITLED,
    kind: text(data.kind) || "note",
    tags: readTags(data.tags),
    sourceUrl: text(data.sourceUrl),
    from: readSource(data.source),
    createdAt: readTime(data.createdAt),
    updatedAt: readTime(data.updatedAt),
    archived: data.archived === true,
    pinned: data.pinned === true,
  };
}

// VALUE as a person may read it: a text as it is, what should have been one in JSON's words.
export function text(value) {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return "";
  try {
    return JSON.stringify(value, null, 1) ?? String(value);
  } catch {
    return ""; // it refers to itself, as the SDK's own objects do
  }
}

function readTags(value) {
  const tags = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
  return tags.slice(0, MOST_TAGS).map((tag) => oneLine(text(tag), 50)).filter(Boolean);
}

// Who saved it: null is the person.
function readSource(value) {
  if (value === undefined || value === null) return null;
  return oneLine(text(value.clientName), 100) || "an assistant";
}

function readTime(value) {
  const time = typeof value?.toDate === "function" ? value.toDate() : typeof value === "string" ? new Date(value) : null;
  return time && Number.isFinite(time.getTime()) ? time : null;
}

export function oneLine(words, most) {
  const line = words.slice(0, 4 * most).replace(/\s+/g, " ").trim();
  const cut = [...line].slice(0, most).join(""); // no half of a character
  return cut.length < line.length || words.length > 4 * most ? `${cut.trim()}…` : line;
}

// A Markdown text for a list: without most of its marks, and the lines that are nothing but marks.
export function withoutMarks(markdown) {
  return markdown
    .split("\n")
    .filter((line) => !/^[\s:|=-]*$|^\s{0,3}(```|~~~)/.test(line))
    .map((line) => line.replace(/^(\s{0,8}(#{1,6}\s|>|[-*+]\s(\[[ xX]\]\s)?|\d{1,9}[.)]\s)){0,9}/, ""))
    .join("\n")
    .replace(/!?\[([^\]\n]{0,200})\]\([^)\s]{0,500}\)/g, "$1")
    .replace(/\*\*|__|~~|`|(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])/g, "")
    .replaceAll("|", " ");
}

// The address of ADDRESS if it is one that a person may be led to from a note; else null.
export function safeLink(address, protocols = ["http:", "https:"]) {
  if (!/^[a-z][a-z\d+.-]*:/i.test(address)) return null; // relative ones would lead into this service
  const url = URL.canParse(address) ? new URL(address) : null;
  return url && protocols.includes(url.protocol) ? url.href : null;
}

// Newest first, pinned ones before; what has no time comes last.
export function compare(a, b) {
  return Number(b.pinned) - Number(a.pinned) || (b.createdAt?.getTime() ?? -Infinity) - (a.createdAt?.getTime() ?? -Infinity)
    || (a.id < b.id ? -1 : 1);
}
