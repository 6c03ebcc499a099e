// Which notes are looked for: by words that differ from the note's in case or accents only, by kind, by tag.
// As service/actions/notes/search.py folds.
const RUN = /(\p{M}{30})\p{M}+/gu; // putting marks in order takes the square of their number
const MARKS = /[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u00ad\u200b-\u200d\u2060\ufeff]+/g;
const LETTERS = { ø: "o", ł: "l", đ: "d", ħ: "h", ŧ: "t", ı: "i", æ: "ae", œ: "oe", ß: "ss", ς: "σ" };
const LETTER = new RegExp(`[${Object.keys(LETTERS).join("")}]`, "g");

export function fold(words) {
  if (/^[\x00-\x7f]*$/.test(words)) return words.toLowerCase();
  const plain = words.replace(RUN, "$1").normalize("NFKD").replace(MARKS, "").toLowerCase();
  return plain.replace(MARKS, "").replace(LETTER, (letter) => LETTERS[letter]).normalize("NFC");
}

const folded = new WeakMap(); // a note's own words, for as long as there is the note
function wordsOf(note) {
  if (!folded.has(note)) folded.set(note, fold([note.title, note.content, ...note.tags].join("\n")));
  return folded.get(note);
}

// The words of TEXT, which all have to be in a note.
export const words = (text) => fold(text).split(/\s+/);

// Whether NOTE is one of those that are wanted: with all WORDS somewhere in it, and of this kind and tag if there is one.
export function isWanted(note, { words, kind, tag, archived }) {
  return (
    note.archived === archived &&
    (!kind || note.kind === kind) &&
    (!tag || note.tags.some((written) => fold(written) === tag)) &&
    words.every((word) => wordsOf(note).includes(word))
  );
}

// The tags of NOTES as [folded, as first written], in order.
export function tagsOf(notes) {
  const found = new Map();
  for (const note of notes) for (const tag of note.tags) if (!found.has(fold(tag))) found.set(fold(tag), tag);
  return [...found].sort(([, a], [, b]) => a.localeCompare(b));
}
