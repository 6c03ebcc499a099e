// firestore.rules with one thing in it taken away, so that it lets more through: {line, label, of, rules}. OF is the
// function it is in.

const EXTRA = { // what a list may not hold, by its first element and its length
  "'note',5": "'memo'", "'note',2": "'video'", "'kind',9": "'source'", "'kind',8": "'source'", "'archived',2": "'title'",
};

export function* mutations(rules) {
  const lines = rules.split("\n");
  const changed = (at, line) => lines.with(at, line).join("\n");
  let of = "isPerson";
  for (const [at, line] of lines.entries()) {
    if (line.trim().startsWith("//")) continue;
    of = line.match(/function (\w+)/)?.[1] ?? of;
    for (const [label, other] of oneLine(line)) yield { line: at + 1, label, of, rules: changed(at, other) };
  }
}

function* oneLine(line) {
  if (line.includes("match /users")) {
    yield ["any document below a person", line.replace("{noteId}", "{noteId=**}")];
    yield ["any collection of a person", line.replace("/notes/{noteId}", "/{any}/{noteId}")];
    yield ["everything", line.replace("/users/{uid}/notes/{noteId}", "/{any=**}/{uid}/{some}/{noteId}")];
    yield ["every collectionGroup", line.replace("/users/{uid}/notes/{noteId}", "/{path=**}/notes/{uid}")];
  }
  const allow = line.match(/^(\s*)allow ([\w, ]+): if (.*);$/);
  if (allow) {
    const [, , verbs, condition] = allow;
    // What needs `resource` cannot be a creation, and neither of the two a deletion.
    if (verbs === "read, delete") yield ["create, update as well", line.replace("read, delete", "read, write")];
    if (verbs === "create") yield ["update with createdAt as well", line.replace("create", "create, update")];
    for (const operand of operands(condition)) for (const [label, other] of without(line, operand)) yield [`${verbs}: ${label}`, other];
    return;
  }
  const body = line.match(/^\s*(?:return|&&|\|\||let \w+ =)\s(.*?);?$/)?.[1];
  if (!body || line.includes("let ")) return;
  for (const operand of operands(body)) yield* without(line, operand);
  yield* inside(line);
}

function* without(line, operand) {
  if (operand !== "false" && !operand.endsWith("size()")) yield [operand, line.replace(operand, () => "true")];
}

// Lists of what may be with one thing more, of what is looked at with one less; limits off by one; patterns that take more.
function* inside(line) {
  for (const [list, elements] of line.matchAll(/\[('[^\]]*')\]/g)) {
    if (/\\x/.test(list)) continue; // a class of a pattern
    const parts = elements.split(", ");
    const extra = EXTRA[`${parts[0]},${parts.length}`];
    if (extra) yield [`${extra} is in the list`, line.replace(list, `[${elements}, ${extra}]`)];
    else for (const part of parts) yield [`${part} not in the list`, line.replace(list, `[${parts.filter((one) => one !== part).join(", ")}]`)];
  }
  const bare = line.replace(/'(?:\\.|[^'\\])*'/g, (text) => " ".repeat(text.length));
  for (const match of bare.matchAll(/\b\d+\b/g)) {
    const other = String(Number(match[0]) + (bare.includes(">= ") ? -1 : 1));
    yield [`${match[0]} is ${other}`, line.slice(0, match.index) + other + line.slice(match.index + match[0].length)];
  }
  for (const [whole, pattern] of line.matchAll(/\.matches\('((?:\\.|[^'\\])*)'\)/g)) {
    yield ["any text will do", line.replace(whole, () => ".matches('(?s).*')")];
    for (const [piece, kind] of pieces(pattern)) yield [`${piece} of a pattern ${kind}`, line.replace(whole, () => whole.replace(piece, () => LOOSER[kind](piece)))];
  }
}

const LOOSER = { "takes anything": () => "(?s:.)", "is not needed": (piece) => `(${piece})?` };

function* pieces(pattern) {
  for (const [piece] of new Set(pattern.matchAll(/\[\^[^\]]*(?:\\\\\][^\]]*)*\]/g))) yield [piece, "takes anything"];
  for (const piece of ["[Hh][Tt][Tt][Pp][Ss]?", "://"]) if (pattern.includes(piece)) yield [piece, "is not needed"];
}

// The parts of EXPRESSION between && and || and ?:, down to those that have none.
export function operands(expression) {
  const parts = [];
  let [depth, quoted, from] = [0, false, 0];
  for (let i = 0; i <= expression.length; i++) {
    const character = expression[i];
    if (quoted) {
      if (character === "\\") i++;
      else if (character === "'") quoted = false;
      continue;
    }
    if (character === "'") quoted = true;
    else if ("([{".includes(character)) depth++;
    else if (")]}".includes(character)) depth--;
    const between = depth === 0 && [" && ", " || ", " ? ", " : "].find((sign) => expression.startsWith(sign, i));
    if (between || i === expression.length) {
      parts.push(expression.slice(from, i));
      from = i + (between ? between.length : 0);
    }
  }
  if (parts.length > 1) return parts.flatMap(operands);
  const [only] = parts;
  return only.startsWith("(") && only.endsWith(")") ? operands(only.slice(1, -1)) : [only];
}
