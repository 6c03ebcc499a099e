// Markdown to nodes of the page. What a note says becomes text and a few harmless elements, made by DOM methods:
// there is no HTML of a note anywhere, so nothing of it can run, load or be styled.
import MarkdownIt from "./vendor/markdown-it.js";
import { latex } from "./latex.js";
import { safeLink } from "./note.js";

const LINKS = ["http:", "https:", "mailto:"];
const MOST = 200_000; // the API takes half of it
const BLOCKS = ["p", "ul", "ol", "li", "blockquote", "table", "th", "td", "pre", "div"];
const PLAIN = ["p", "ul", "ol", "li", "blockquote", "table", "thead", "tbody", "tr", "th", "td", "em", "strong", "s"];
const md = new MarkdownIt({ html: false, linkify: true, typographer: false }).use(latex);
md.linkify.set({ fuzzyLink: false, fuzzyEmail: false }).add("//", null).add("ftp:", null); // README.md is no address
md.validateLink = (address) => safeLink(address, LINKS) !== null;

export const parse = (markdown) => md.parse(markdown, {});

// MARKDOWN as a fragment. What is longer than any note of the API is shown as it stands.
export function render(markdown) {
  const fragment = document.createDocumentFragment();
  if (markdown.length > MOST) fragment.append(made("pre", markdown));
  else build(parse(markdown), fragment);
  return fragment;
}

function build(tokens, into) {
  const open = [into];
  for (const token of tokens) {
    const top = open.at(-1);
    if (token.nesting < 0) open.pop();
    else if (token.nesting > 0) {
      // The paragraph in a tight list has no lines of its own.
      const element = token.hidden ? top : element_of(token);
      if (element !== top) top.append(token.tag === "table" ? sideways(element) : element);
      open.push(element);
    } else if (token.type === "inline") build(token.children, top);
    else top.append(leaf(token, top));
  }
}

function element_of(token) {
  if (token.type === "link_open") return link(token.attrGet("href"));
  if (token.type === "heading_open") return made(`h${Math.min(6, Number(token.tag[1]) + 2)}`); // below the note's own title
  const element = made(PLAIN.includes(token.tag) ? token.tag : "span");
  const start = token.attrGet("start");
  if (start !== null) element.setAttribute("start", start);
  const align = /^text-align:(left|center|right)$/.exec(token.attrGet("style") ?? "");
  if (align) element.className = `to-${align[1]}`;
  return element;
}

function leaf(token, top) {
  switch (token.type) {
    case "softbreak": // assistants show the line as ended
    case "hardbreak": return made("br");
    case "hr": return made("hr");
    case "code_inline": return made("code", token.content);
    case "code_block":
    case "fence": {
      const pre = made("pre");
      pre.tabIndex = 0; // it may be wider than the page, and is moved by the arrow keys then
      pre.append(made("code", token.content));
      return pre;
    }
    case "image": return image(token, top);
    case "latex": return made("div", token.content);
    default: return token.content;
  }
}

// An image is never loaded: whoever has it would learn when the note is read.
function image(token, top) {
  const words = `Image: ${token.content || token.attrGet("src")}`;
  if (top.closest?.("a")) return words;
  const found = link(token.attrGet("src"));
  found.append(words);
  return found;
}

export function link(address) {
  const href = safeLink(address, LINKS);
  if (!href) return made("span");
  const element = made("a");
  element.href = href;
  element.target = "_blank";
  element.rel = "noopener noreferrer";
  return element;
}

function sideways(table) {
  const frame = made("div");
  frame.className = "sideways";
  frame.tabIndex = 0;
  frame.append(table);
  return frame;
}

function made(tag, words) {
  const element = document.createElement(tag);
  if (BLOCKS.includes(tag) || /^h\d$/.test(tag)) element.dir = "auto";
  if (words !== undefined) element.textContent = words;
  return element;
}
