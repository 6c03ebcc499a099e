// A plugin of markdown-it: formulas stay the text that they are, where Markdown would take their \, * and _ for its own.
const INLINE = /\\\([^\n]{1,1000}?\\\)|\\\[[^]{1,2000}?\\\]|\$\$[^]{1,2000}?\$\$|\$(?![\s$])[^$\n]{0,500}(?<![\s\\])\$(?!\d)/y;
const FENCES = { "\\[": "\\]", $$: "$$" };
const MOST_LINES = 30;

export function latex(md) {
  md.inline.ruler.before("escape", "latex", inline);
  md.block.ruler.before("fence", "latex", block, { alt: ["paragraph", "blockquote", "list"] });
}

function inline(state, silent) {
  const first = state.src[state.pos];
  if (first !== "\\" && first !== "$") return false;
  INLINE.lastIndex = state.pos;
  const [formula] = INLINE.exec(state.src) ?? [];
  if (!formula) return false;
  if (!silent) state.push("text", "", 0).content = formula;
  state.pos += formula.length;
  return true;
}

// A formula of several lines, from one that is nothing but \[ or $$ to the one that is its end.
function block(state, startLine, endLine, silent) {
  const line = (n) => state.src.slice(state.bMarks[n] + state.tShift[n], state.eMarks[n]).trim();
  const end = FENCES[line(startLine)];
  if (!end) return false;
  const most = Math.min(endLine, startLine + MOST_LINES);
  let last = startLine + 1;
  const isInside = (n) => state.sCount[n] >= state.blkIndent; // as in a fence: a list item ends where its indent does
  while (last < most && isInside(last) && line(last) && line(last) !== end) last += 1;
  if (last >= most || !isInside(last) || line(last) !== end) return false;
  if (silent) return true;
  const token = state.push("latex", "div", 0);
  token.content = state.getLines(startLine, last + 1, state.blkIndent, false);
  state.line = last + 1;
  return true;
}
