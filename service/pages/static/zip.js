// Joins small zips into few large ones without reading what is packed in them. PKWARE's APPNOTE.TXT, sections 4.3.12 and 4.3.16.
const [END, END_MARK, ENTRY, ENTRY_MARK] = [22, 0x06054b50, 46, 0x02014b50];
// Below what a zip can be without zip64, and what a browser keeps at ease.
const LIMITS = { entries: 65_000, bytes: 2 ** 30 };

export class Joined {
  #limits;
  #files = [];

  constructor(limits = LIMITS) {
    this.#limits = limits;
  }

  // BYTES are a whole zip without comment or zip64. Throws when they are not.
  add(bytes) {
    const part = open(bytes);
    const { entries, bytes: most } = this.#limits;
    let file = this.#files.at(-1);
    if (!file || (file.count > 0 && (file.count + part.count > entries || file.size + part.packed.length > most))) {
      file = { pieces: [], directories: [], size: 0, count: 0 };
      this.#files.push(file);
    }
    file.directories.push(moved(part.directory, file.size));
    file.pieces.push(new Blob([part.packed])); // which a browser may put on disk
    file.size += part.packed.length;
    file.count += part.count;
  }

  // One Blob a file; what one part brought is together in one.
  files() {
    return this.#files.map((file) => new Blob([...file.pieces, ...file.directories, end(file)], { type: "application/zip" }));
  }
}

function open(bytes) {
  const at = bytes.length - END;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (at < 0 || view.getUint32(at, true) !== END_MARK) throw new Error("not a whole zip");
  const [count, size, start] = [view.getUint16(at + 10, true), view.getUint32(at + 12, true), view.getUint32(at + 16, true)];
  if (start + size !== at) throw new Error("not a whole zip");
  return { count, packed: bytes.subarray(0, start), directory: bytes.slice(start, at) };
}

// DIRECTORY of entries that come BY bytes later than they did.
function moved(directory, by) {
  const view = new DataView(directory.buffer);
  for (let at = 0; at < directory.length; ) {
    if (view.getUint32(at, true) !== ENTRY_MARK) throw new Error("not a whole zip");
    view.setUint32(at + 42, view.getUint32(at + 42, true) + by, true);
    at += ENTRY + view.getUint16(at + 28, true) + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return directory;
}

function end({ directories, size, count }) {
  const made = new DataView(new ArrayBuffer(END));
  made.setUint32(0, END_MARK, true);
  made.setUint16(8, count, true);
  made.setUint16(10, count, true);
  made.setUint32(12, directories.reduce((sum, directory) => sum + directory.length, 0), true);
  made.setUint32(16, size, true);
  return made;
}
